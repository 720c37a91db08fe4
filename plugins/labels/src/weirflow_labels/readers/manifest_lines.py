"""Manifests line by line: for files that have lines which cannot be read."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weirflow_labels.readers.base import LARGEST, Reject, UnreadableError
from weirflow_labels.readers.manifest_pairs import ENDING, SOURCES, Pair, label_type
from weirflow_labels.readers.manifest_sql import METADATA, shape
from weirflow_labels.readers.manifest_types import Repeated, fault, once

KEPT = 2000  # characters of a bad line that are told
MANY = 1000  # lines that are searched for one by one before the file counts as unreadable

_WHITE = b" \t\r\n\x0b\x0c"
_NOTHING = b"{}\n"
_TRAILING = re.compile(r",(\s*[}\]])")


class _BadLineError(Exception):
    pass


@dataclass
class Mended:
    """A copy of a manifest in which each line that cannot be read is an empty object, so that lines keep their numbers.

    `pairs` are all that label something in it, `longest` the bytes of its longest line.
    """

    path: Path
    pairs: list[Pair]
    rejects: list[Reject]
    starts: array[int]
    longest: int

    def some(self, lines: Sequence[int], to: Path) -> None:
        """Copy some of its lines, by their places from 0, to another file."""
        with self.path.open("rb") as file, to.open("wb") as out:
            for line in lines:
                file.seek(self.starts[line])
                out.write(file.readline())

    def without(self, lines: Sequence[int], reason: str) -> None:
        """Reject lines, by their places from 0."""
        with self.path.open("r+b") as file:
            for line in lines:
                file.seek(self.starts[line])
                raw = file.readline()
                file.seek(self.starts[line])
                file.write(b"{}".ljust(len(raw) - 1) + b"\n")
                shown = raw.decode(errors="replace")[:KEPT].rstrip()
                self.rejects.append(Reject("", line + 1, reason, shown))
        self.rejects.sort(key=lambda r: r.line_no or 0)


def mend(path: Path, to: Path) -> Mended:
    """Copy a manifest with what can be read of it."""
    made = Mended(to, [], [], array("q"), 0)
    columns = _Columns()
    place = 0
    with path.open("rb") as file, to.open("wb") as out:
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            try:
                good = _line(line, columns)
            except _BadLineError as error:
                good = _NOTHING
                shown = line[: 4 * KEPT].decode(errors="replace")[:KEPT].rstrip("\r\n")
                made.rejects.append(Reject("", number, str(error), shown))
            made.starts.append(place)
            place += out.write(good)
            made.longest = max(made.longest, len(good))
    made.pairs = list(columns.pairs.values())
    return made


class _Columns:
    """Which pairs there are, and the names they have in the copy: one for each type of an attribute's labels."""

    def __init__(self) -> None:
        self.pairs: dict[tuple[str, str], Pair] = {}
        self._taken: set[str] = set()

    def pair(self, attribute: str, kind: str) -> Pair:
        """The pair of an attribute and a type."""
        if (attribute, kind) not in self.pairs:
            own = attribute.lower() not in SOURCES and attribute not in self._taken
            column = "" if own else f"label {len(self.pairs)} of {attribute}"
            self.pairs[attribute, kind] = Pair(attribute, kind, column)
            self._taken.add(attribute)
        return self.pairs[attribute, kind]


def _line(raw: bytes, columns: _Columns) -> bytes:
    """A line as it goes into the copy."""
    if not raw.strip(_WHITE):
        return _NOTHING
    if len(raw) >= LARGEST:
        raise _BadLineError(f"it is longer than {LARGEST >> 20} MiB")
    record = _parsed(raw)
    if not isinstance(record, dict):
        raise _BadLineError("it is no JSON object")
    changed = False
    pairs: list[tuple[str, str]] = []
    for key in [k for k in record if k.endswith(ENDING)]:
        attribute = key.removesuffix(ENDING)
        kind = label_type(record[key])
        if kind is None or not attribute:
            # another line may have a label there: what is none must not be in its way
            del record[key]
            if attribute not in SOURCES and not attribute.endswith(ENDING):
                record.pop(attribute, None)
            changed = True
        else:
            pairs.append((attribute, kind))
    _check(record, pairs)
    for attribute, kind in pairs:
        pair = columns.pair(attribute, kind)
        if pair.column:
            meta = record.pop(attribute + ENDING)
            record[pair.column] = record.get(attribute)
            record[pair.column + ENDING] = meta
            if attribute not in SOURCES:
                record.pop(attribute, None)
            changed = True
    if changed:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    return raw.rstrip(b"\n") + b"\n"


def _parsed(raw: bytes) -> Any:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _BadLineError("it is not UTF-8") from error
    text = text.strip(_WHITE.decode())
    try:
        found = _loads(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair
    except RecursionError as error:
        raise _BadLineError("it is nested too deep") from error
    except ValueError as error:
        cut = isinstance(error, json.JSONDecodeError) and (
            error.pos >= len(text) or error.msg.startswith("Unterminated string")
        )
        reason = "it ends in the midst of a JSON value" if cut else "it is not valid JSON"
        raise _BadLineError(reason) from error
    return found


def _loads(text: str) -> Any:
    """JSON as DuckDB takes it: with NaN and Infinity, and with a comma after the last value."""
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError:
        mended = _TRAILING.sub(r"\1", text)
        if mended == text:
            raise
        return json.loads(mended, object_pairs_hook=once)


def _check(record: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    names = {*SOURCES, *(a for a, _ in pairs), *(a + ENDING for a, _ in pairs)}
    if isinstance(record, Repeated) and record.keys_twice & names:
        raise _BadLineError("it has a name twice")
    for attribute, kind in pairs:
        look = shape(Pair(attribute, kind))
        metadata = record[attribute + ENDING]
        for expected, value, at in (
            (look.value, record.get(attribute), attribute),
            (METADATA, metadata, attribute + ENDING),
            (look.metadata, metadata, attribute + ENDING),
        ):
            if (reason := fault(expected, value, at)) is not None:
                raise _BadLineError(reason)


def culprits(lines: Sequence[int], works: Callable[[Sequence[int]], bool]) -> list[int]:
    """Which lines do not work, found by halving. Raises UnreadableError where there are very many."""
    found: list[int] = []
    waiting = [lines]
    while waiting:
        some = waiting.pop()
        if works(some):
            continue
        if len(some) == 1:
            found.append(some[0])
            if len(found) > MANY:
                raise UnreadableError(f"more than {MANY} of its lines have values of another type")
            continue
        middle = len(some) // 2
        waiting += [some[middle:], some[:middle]]
    return found
