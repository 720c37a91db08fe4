"""Values of a JSON file, one after the other, and the entries of a Bundle without all of it in memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from weirflow_fhir.reading.lines import TOO_LONG
from weirflow_fhir.reading.parse import CUT, INVALID, FaultError
from weirflow_fhir.reading.source import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weirflow_fhir.reading.source import Stream

# up to the next bracket that is in no string
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([{}\[\]])', re.DOTALL)
_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')
_ENTRY = re.compile(rb'"entry"\s*:\s*\[\Z')
_SPACE = b" \t\r\n"
_PIECE = 1 << 20
_TOP, _LIST, _ENTRIES = 0, 1, 2  # depths: outside of all, in the object, in its list of entries


class Value(NamedTuple):
    """A value or an entry: the number of the line on which it begins, from 1, and its bytes; or what is wrong with it.

    entry: of a Bundle, from 0; None for a value that is not read by entries.
    """

    line: int
    entry: int | None
    raw: bytes
    fault: str = ""


def values(stream: Stream, limit: int, *, entries: bool = True) -> Iterator[Value]:
    """The values of a stream; of a Bundle, unless it says too late that it is one, its entries in its place.

    Only brackets and strings are looked at: what is wrong within a value says whoever parses it, and the values after
    it are read nonetheless. One of more than `limit` bytes is not given, and is the last if its end is not at hand.

    Raises FaultError where a gzip stream is at fault, once what was unpacked before is given.
    """
    return _Scanner(stream, limit, entries=entries).values()


class _Scanner:
    def __init__(self, stream: Stream, limit: int, *, entries: bool) -> None:
        self._stream = stream
        self._limit = limit
        self._entries = entries
        self._buffer = b""
        self._line = 1  # on which the byte `_counted` is
        self._counted = 0
        self._start = 0  # of what is to be given next
        self._is_bundle = False
        self._entry: int | None = None  # that comes next; None outside of a list that is read by entries
        self._given = False  # whether the value was given by its entries

    def values(self) -> Iterator[Value]:
        depth, at = _TOP, 0
        while True:
            found = _BRACKET.match(self._buffer, at)
            if found is None:
                if len(self._buffer) - self._start > self._limit:
                    yield self._value(len(self._buffer), TOO_LONG)
                    return
                at -= self._start
                if self._read():
                    continue
                if depth > _TOP:
                    yield self._value(len(self._buffer), CUT)
                elif self._buffer[at:].strip(_SPACE):
                    yield self._value(len(self._buffer), INVALID)
                return
            before, at = at, found.end()
            if found[1] in b"{[":
                if depth == _TOP:
                    if self._buffer[before : at - 1].strip(_SPACE):
                        yield self._value(at, INVALID)
                        return
                    self._start, self._is_bundle, self._given = at - 1, False, False
                elif depth == _LIST and self._begins_entries(before, at):
                    self._entry, self._given, self._start = 0, True, at
                elif depth == _ENTRIES and self._entry is not None:
                    self._start = at - 1
                depth += 1
                continue
            depth -= 1
            if depth < _TOP:
                yield self._value(at, INVALID)
                return
            if depth == _ENTRIES and self._entry is not None:
                yield self._value(at)
                self._entry += 1
            elif depth == _LIST and self._entry is not None:
                self._entry = None
            elif depth == _TOP and not self._given:
                yield self._value(at)
            if depth == _TOP or (self._given and depth <= _ENTRIES):
                self._start = at

    def _begins_entries(self, before: int, at: int) -> bool:
        """Whether a bracket in the object opens the list of a Bundle's entries; notes whether it is one."""
        text = self._buffer[before:at]
        self._is_bundle = self._is_bundle or _BUNDLE.search(text) is not None
        return self._entries and self._is_bundle and _ENTRY.search(text) is not None

    def _value(self, end: int, fault: str = "") -> Value:
        self._line += self._buffer.count(b"\n", self._counted, self._start)
        self._counted = self._start
        if end - self._start > self._limit:
            fault = fault or TOO_LONG
        return Value(self._line, self._entry, self._buffer[self._start : end], fault)

    def _read(self) -> bool:
        """Get more bytes, without those that were given; as many as are held, so that long values take few turns."""
        self._line += self._buffer.count(b"\n", self._counted, self._start)
        held = self._buffer[self._start :]
        pieces, wanted = [held], max(_PIECE, len(held))
        try:
            with told():
                while wanted > 0 and (piece := self._stream.read1(wanted)):
                    pieces.append(piece)
                    wanted -= len(piece)
        except FaultError:
            if len(pieces) == 1:
                raise
        self._buffer, self._start, self._counted = b"".join(pieces), 0, 0
        return len(pieces) > 1
