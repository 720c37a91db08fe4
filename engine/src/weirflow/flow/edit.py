"""Change values in a flow's text where they stand: what does not change keeps its place, layout and comments."""

from __future__ import annotations

import copy
import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow.flow.positions import is_json
from weirflow.flow.read import parse
from weirflow.flow.scalars import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.errors import DocumentPath
    from weirflow.flow.positions import Entry, Place

_WORD = re.compile(r"[A-Za-z_](?:[\w ./+-]*[\w./+-])?")


class EditError(Exception):
    """The text cannot be changed there without changing more than was asked for."""


class _Splice(NamedTuple):
    start: int
    end: int
    text: str


def edited(text: str, changes: Mapping[DocumentPath, Any]) -> str:
    """The text with other values at some places. Raises EditError where that cannot be done, as behind an alias.

    `changes` has the whole new value by path. Of a list or mapping only the entries that differ are touched.
    """
    data = parse(text, "").data
    editor = _Editor(text)
    wanted = copy.deepcopy(data)
    for path, new in changes.items():
        place, old = editor.root, data
        for part in path:
            place, old = _inside(place, part), old[part]
        editor.change(place, old, new)
        if path:
            parent = wanted
            for part in path[:-1]:
                parent = parent[part]
            parent[path[-1]] = new
        else:
            wanted = new
    result = editor.result()
    again = parse(result, "")
    if not again.complete or again.diagnostics or not same(again.data, wanted):
        raise EditError
    return result


def appended(text: str, path: DocumentPath, lines: Sequence[str]) -> str:
    """The text with one more entry, given as lines, in a list whose entries stand on lines of their own.

    Raises EditError where the list is written otherwise.
    """
    editor = _Editor(text)
    place = editor.root
    for part in path:
        place = _inside(place, part)
    result = editor.append(place, lines)
    before, after = parse(text, "").data, parse(result, "").data
    for part in path:
        before, after = before[part], after[part]
    if not isinstance(after, list) or len(after) != len(before) + 1 or not same(after[:-1], before):
        raise EditError
    return result


def same(a: Any, b: Any) -> bool:
    """Whether two values of a text are one and the same: 1 is neither 1.0 nor true."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def written(value: Any, *, json_text: bool = False) -> str:
    """A value on one line, as YAML or JSON has it."""
    match value:
        case dict():
            inner = ", ".join(
                f"{written(k, json_text=json_text)}: {written(v, json_text=json_text)}"
                for k, v in value.items()
            )
            return f"{{{inner}}}"
        case list() | tuple():
            return f"[{', '.join(written(v, json_text=json_text) for v in value)}]"
        case str():
            if json_text:
                return json.dumps(value, ensure_ascii=not value.isprintable())
            return value if _is_word(value) else _quoted(value)
        case float() if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        case _:
            return json.dumps(value)


def _is_word(text: str) -> bool:
    """Whether text needs no quotes, here or in another reader of YAML."""
    word = _WORD.fullmatch(text) is not None and plain(text) == text
    return word and text.lower() not in {"y", "n", "yes", "no", "on", "off"}


def _quoted(text: str) -> str:
    """Text in double quotes; what cannot be seen is escaped."""
    found = json.dumps(text, ensure_ascii=False)
    if text.isprintable():
        return found
    return "".join(c if c.isprintable() or ord(c) < 32 else _escape(c) for c in found)  # noqa: PLR2004 - escaped by JSON


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004 - the basic plane


def _inside(place: Place, part: str | int) -> Place:
    entry = next((e for e in place.entries if e.name == part), None)
    if entry is None:
        raise EditError
    return entry.value


class _Editor:
    def __init__(self, text: str) -> None:
        self.text = text
        self.json = is_json(text)
        self.root: Place
        if self.json:
            from weirflow.flow import json_reader

            self.root = json_reader.places(text)
        else:
            from weirflow.flow import yaml_reader

            self.root = yaml_reader.places(text)
        self._splices: list[_Splice] = []

    def result(self) -> str:
        text = self.text
        for splice in sorted(self._splices, reverse=True):
            text = text[: splice.start] + splice.text + text[splice.end :]
        return text

    def change(self, place: Place, old: Any, new: Any) -> None:
        """Note what to put in place of an old value."""
        if same(old, new):
            return
        if any(not place.start <= e.start <= place.end for e in place.entries):
            raise EditError  # an alias: the value stands elsewhere, and others may mean it too
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
            for entry in place.entries:
                self.change(entry.value, old[entry.name], new[entry.name])
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            for entry, before, after in zip(place.entries, old, new, strict=False):
                self.change(entry.value, before, after)
            if len(new) < len(old):
                self._shorten(place, len(new))
            elif len(new) > len(old):
                self._lengthen(place, new[len(old) :])
        else:
            space = " " if place.start == place.end else ""  # an empty value ends with its key's colon
            self._splices.append(_Splice(place.start, self._end(place), space + self._written(new)))

    def append(self, place: Place, lines: Sequence[str]) -> str:
        """The text with these lines as the last entry of a list."""
        if not place.entries or self._bracketed(place):
            raise EditError
        at = self._line_end(self._end(place.entries[-1].value))
        margin = " " * self._column(place.start)
        new = [f"{margin}{'- ' if i == 0 else '  '}{line}" for i, line in enumerate(lines)]
        return f"{self.text[:at]}\n" + "\n".join(new) + (self.text[at:] or "\n")

    def _shorten(self, place: Place, count: int) -> None:
        last, gone = place.entries[count - 1].value, place.entries[-1].value
        start, end = self._end(last), self._end(gone)
        if not self._bracketed(place):
            start, end = self._line_end(start), self._line_end(end)
        self._splices.append(_Splice(start, end, ""))

    def _lengthen(self, place: Place, items: list[Any]) -> None:
        entries = place.entries
        end = self._end(entries[-1].value)
        if not self._bracketed(place):
            end = self._line_end(end)
            begin = "\n" + " " * self._column(place.start) + "- "
        elif "\n" in self.text[place.start : entries[-1].start]:
            begin = ",\n" + " " * self._column(entries[-1].start)
        else:
            begin = ", "
        self._splices.append(_Splice(end, end, "".join(begin + self._written(i) for i in items)))

    def _written(self, value: Any) -> str:
        return written(value, json_text=self.json)

    def _bracketed(self, place: Place) -> bool:
        return self.text[place.start] in "[{"

    def _end(self, place: Place) -> int:
        """Where a value's own text ends: the parser puts the end of a block where the next thing begins."""
        if not place.entries or self._bracketed(place):
            return place.end
        last: Entry = place.entries[-1]
        in_list = last.start == last.value.start
        return max(0 if in_list else last.end, self._end(last.value))

    def _line_end(self, offset: int) -> int:
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found

    def _column(self, offset: int) -> int:
        return offset - (self.text.rfind("\n", 0, offset) + 1)
