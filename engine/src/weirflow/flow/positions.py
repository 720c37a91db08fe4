"""Where things stand in a flow's text: a side table, built only when there is something to point at."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from weirflow.flow.syntax import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.errors import Where

_WORD = re.compile(r"\$\{[^}\s\"']*\}?|[\w.-]+|\S", re.ASCII)


class Place(Protocol):
    """A value's span (character offsets, the end excluded) and what lies inside it."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries of a mapping or list, in order; none for a scalar."""


class Entry(NamedTuple):
    """An entry of a mapping (named by its key, whose span it has) or of a list (named by its index)."""

    name: Any
    start: int
    end: int
    value: Place


class Positions:
    """The positions in one text, found at the first question."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.removesuffix("\n").split("\n")

    @cached_property
    def _root(self) -> Place | None:
        try:
            if is_json(self.text):
                from weirflow.flow import json_reader

                json_reader.read(self.text)
                return json_reader.places(self.text)
            from weirflow.flow import yaml_reader

            return yaml_reader.places(self.text)
        except MalformedTextError:
            return None

    def span(self, where: Where) -> tuple[int, int]:
        """The character offsets of the place, or of its nearest parent that the text holds."""
        if where.line is not None:
            start = self._offset(where.line, where.column or 1)
            word = _WORD.match(self.text, start)
            return start, word.end() if word else start
        place = self._root
        if place is None:
            return 0, 0
        key: tuple[int, int] | None = None
        for part in where.path:
            entry = _entry(place.entries, part)
            if entry is None:  # a parent is pointed at by its key, a parent in a list by its beginning
                return key or (place.start, place.end)
            in_list = entry.start == entry.value.start
            key = None if in_list else (entry.start, entry.end)
            place = entry.value
        if key is not None and (where.key or place.start == place.end):
            return key
        return place.start, place.end

    def locate(self, where: Where) -> tuple[int, int, int]:
        """Line and column (1-based) and the length on that line, in characters."""
        start, end = self.span(where)
        line_end = self.text.find("\n", start)
        stop = min(end, len(self.text) if line_end < 0 else line_end)
        length = len(self.text[start:stop].rstrip())
        return *self.at(start), max(length, 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column (1-based) of a character offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def find(self, fragment: str, where: Where) -> tuple[int, int] | None:
        """Line and column of a piece of text inside a value, where it stands there as it is."""
        start, end = self.span(where)
        found = self.text.find(fragment, start, end)
        return None if found < 0 else self.at(found)

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1] if line <= len(self._starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.text))]


def _entry(entries: Sequence[Entry], part: str | int) -> Entry | None:
    if isinstance(part, int) and part < len(entries) and entries[part].name == part:
        return entries[part]  # the common case of a long list
    return next((e for e in entries if part in (e.name, str(e.name))), None)


def is_json(text: str) -> bool:
    """Whether a flow's text is read as JSON: it begins with `{`."""
    return text[:1] == "{" or text.lstrip()[:1] == "{"


def locate(text: str, where: Where) -> tuple[int, int, int]:
    """Line, column (1-based) and length of a place; for several in one text keep a `Positions`."""
    return Positions(text).locate(where)


class SourcePositions:
    """Positions in several texts, by the name of the file."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._positions: dict[str, Positions] = {}

    def of(self, file: str) -> Positions | None:
        """The positions in one file, or None where its text is not at hand."""
        if file not in self._sources:
            return None
        if file not in self._positions:
            self._positions[file] = Positions(self._sources[file])
        return self._positions[file]

    def locate(self, where: Where) -> tuple[int, int, int] | None:
        """Line, column and length of a place, or None where its text is not at hand."""
        positions = self.of(where.file)
        if positions is not None:
            return positions.locate(where)
        return None if where.line is None else (where.line, where.column or 1, 1)
