"""JSON into plain data by the decoder in C, and positions found by letting it skip what is not asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from weirflow.flow.positions import Entry
from weirflow.flow.syntax import (
    TOO_DEEP,
    MalformedTextError,
    SyntaxFault,
    Twice,
    conflict,
    from_json,
    too_deep,
)

_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')
_SURROGATES = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)")
_decode = json.JSONDecoder().raw_decode


def read(text: str) -> tuple[Any, list[Twice]]:
    """Read a JSON text: its value, and the keys that stand twice, of which the first counts.

    Raises MalformedTextError.
    """
    doubled = False

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        result = dict(items)
        if len(result) != len(items):
            doubled = True
            result = dict(reversed(items))
        return result

    def refuse(name: str) -> Any:
        raise MalformedTextError(SyntaxFault(max(text.find(name), 0), f"{name} is no JSON", "write null"))

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise MalformedTextError(conflict(text) or from_json(text, error)) from None
    except RecursionError:
        raise MalformedTextError(SyntaxFault(0, TOO_DEEP)) from None
    except ValueError:
        raise MalformedTextError(SyntaxFault(0, "a number has too many digits", "put it in quotes")) from None
    if too_deep(_depth(value)):
        raise MalformedTextError(SyntaxFault(0, TOO_DEEP))
    if "\\ud" in text or "\\uD" in text:
        half = next((m for m in _SURROGATES.finditer(text) if m[1]), None)
        if half is not None:
            raise MalformedTextError(
                SyntaxFault(half.start(), f"'{half[0]}' is half of a character", "write the character itself")
            )
    return value, _twice(text) if doubled else []


def _depth(value: Any) -> int:
    depth = 0
    level = [value]
    while level:
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        depth += 1
    return depth


def _twice(text: str) -> list[Twice]:
    """The keys that stand twice in one object of a text that is valid."""
    found: list[Twice] = []
    objects: list[dict[str, int] | None] = []
    string: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{":
                objects.append({})
            case "[":
                objects.append(None)
            case "}" | "]":
                objects.pop()
            case ":":
                keys = objects[-1]
                if keys is not None and string is not None:
                    key = json.loads(string[0])
                    first = keys.setdefault(key, string.start())
                    if first != string.start():
                        found.append(Twice(key, first, string.start()))
            case ",":
                pass
            case _:
                string = token
    return found


@dataclass(frozen=True)
class JsonPlace:
    """A value's span in a valid text; the entries of an object or array are found when asked for."""

    text: str
    start: int
    end: int

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries, each skipped over by the decoder in C."""
        opening = self.text[self.start]
        if opening not in "{[":
            return ()
        found: list[Entry] = []
        at = self._skip(self.start + 1)
        while self.text[at] not in "}]":
            name: Any = len(found)
            begin = end = at
            if opening == "{":
                name, end = _decode(self.text, at)
                at = self._skip(self._skip(end) + 1)
            _, stop = _decode(self.text, at)
            value = JsonPlace(self.text, at, stop)
            found.append(Entry(name, begin, end if opening == "{" else stop, value))
            at = self._skip(stop)
            if self.text[at] == ",":
                at = self._skip(at + 1)
        return tuple(found)

    def _skip(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        assert space is not None
        return space.end()


def places(text: str) -> JsonPlace:
    """The positions of everything in a text that `read` accepts."""
    begin = len(text) - len(text.lstrip())
    return JsonPlace(text, begin, len(text.rstrip()))
