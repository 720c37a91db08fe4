"""Resources of a file with their places, and what is set aside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from weirflow_fhir.reading.lines import LIMIT, lines, lines_before
from weirflow_fhir.reading.parse import INVALID, NO_OBJECT, FaultError, decoded, parsed, resource
from weirflow_fhir.reading.source import is_lines, opened, told
from weirflow_fhir.reading.values import values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Bundles: TypeAlias = Literal["entries", "whole"]
"""Whether the resources in a Bundle are read in its place, or the Bundle as one resource."""


@dataclass(frozen=True, slots=True)
class Reject:
    """What is set aside: its place, the class of fault, and the first 16 hex digits of its bytes' SHA-256.

    line: from 1; None where the file as a whole is at fault. entry: of a Bundle, from 0.
    """

    line: int | None
    entry: int | None
    reason: str
    digest: str | None = None

    def row(self, file: str) -> dict[str, Any]:
        """A row of the table of rejects, for a file by its name."""
        return {
            "file": file,
            "line": self.line,
            "entry": self.entry,
            "reason": self.reason,
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """A resource with its place.

    line: on which it, or the Bundle that it is in, begins, from 1. entry: of a Bundle, from 0.
    full_url: the Bundle's identity for it.
    """

    line: int
    entry: int | None
    resource: dict[str, Any]
    full_url: str | None = None
    raw: bytes = field(default=b"", repr=False)

    def reject(self, reason: str) -> Reject:
        """The same, set aside."""
        return Reject(self.line, self.entry, reason, _digest(self.raw))


def records(
    path: Path,
    start: int = 0,
    end: int | None = None,
    *,
    name: str = "",
    bundles: Bundles = "entries",
    limit: int = LIMIT,
    numbered: bool = True,
) -> Iterator[Record | Reject]:
    """The resources of a file, in its order, and what is wrong between them.

    It is NDJSON, a resource, or a Bundle, whose entries are read one by one; also Bundles in NDJSON. gzip is known by
    its first bytes, a byte-order mark is left out. `start` and `end` are one of the ranges that `chunks` gives. `name`
    is what the file is called, where its path says something else. Lines have `limit` bytes at most. Lines count from
    the beginning of the file, whose earlier part is read for that, or from that of the range where not `numbered`: see
    `lines_before`.

    Raises OSError where the file cannot be read.
    """
    try:
        in_lines = start > 0 or is_lines(path, name)
    except FaultError as fault:
        yield Reject(None, None, fault.reason)
        return
    if not in_lines:
        yield from _of_values(path, bundles, limit)
        return
    before = lines_before(path, start) if numbered else 0
    for line in lines(path, start, end, limit):
        number = before + line.number
        if line.fault:
            yield Reject(number, None, line.fault, line.digest or None)
        else:
            yield from _of_line(number, line.raw, bundles)


def _of_line(line: int, raw: bytes, bundles: Bundles) -> Iterator[Record | Reject]:
    try:
        found = parsed(raw)
    except FaultError as fault:
        yield Reject(line, None, fault.reason, _digest(raw))
        return
    if bundles == "entries" and found["resourceType"] == "Bundle":
        yield from _of_bundle(line, found, raw)
    else:
        yield Record(line, None, found, None, raw)


def _of_bundle(line: int, bundle: dict[str, Any], raw: bytes) -> Iterator[Record | Reject]:
    entries = bundle.get("entry", ())
    if not isinstance(entries, (list, tuple)):
        yield Reject(line, None, INVALID, _digest(raw))
        return
    for number, entry in enumerate(entries):
        yield from _of_entry(line, number, entry, raw)


def _of_entry(line: int, number: int, entry: object, raw: bytes) -> Iterator[Record | Reject]:
    """The resource of an entry, which has none where it is a request to delete, or an answer without a body."""
    if not isinstance(entry, dict):
        yield Reject(line, number, NO_OBJECT, _digest(raw))
        return
    if (inner := entry.get("resource")) is None:
        return
    try:
        found = resource(inner)
    except FaultError as fault:
        yield Reject(line, number, fault.reason, _digest(raw))
        return
    if found["resourceType"] != "Bundle":
        url = entry.get("fullUrl")
        yield Record(line, number, found, url if isinstance(url, str) else None, raw)
        return
    for inside in _of_bundle(line, found, raw):  # the answer to a search in a batch
        if isinstance(inside, Reject):
            yield Reject(line, number, inside.reason, inside.digest)
        else:
            yield Record(line, number, inside.resource, inside.full_url, raw)


def _of_values(path: Path, bundles: Bundles, limit: int) -> Iterator[Record | Reject]:
    line: int | None = None
    try:
        with opened(path) as stream, told():
            for value in values(stream, limit, entries=bundles == "entries"):
                line = value.line
                if value.fault:
                    yield Reject(line, value.entry, value.fault, _digest(value.raw))
                elif value.entry is None:
                    yield from _of_line(line, value.raw, bundles)
                else:
                    yield from _of_value(line, value.entry, value.raw)
    except FaultError as fault:
        yield Reject(line, None, fault.reason)


def _of_value(line: int, number: int, raw: bytes) -> Iterator[Record | Reject]:
    try:
        entry = decoded(raw)
    except FaultError as fault:
        yield Reject(line, number, fault.reason, _digest(raw))
    else:
        yield from _of_entry(line, number, entry, raw)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]
