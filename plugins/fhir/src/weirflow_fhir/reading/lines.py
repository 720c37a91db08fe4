"""Lines of a file, or of a range of its bytes, within a bound of memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from weirflow_fhir.reading.parse import FaultError
from weirflow_fhir.reading.source import is_gzip, is_lines, opened, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weirflow_fhir.reading.source import Stream

LIMIT = 256 << 20
"""Bytes of the longest line that is read unless told otherwise: an attachment of 100 MB is 134 MB of base64."""

CHUNK = 32 << 20
"""Bytes of a file that are one piece of work. Never told by the number of workers, so that pieces stay the same."""

TOO_LONG = "longer than the limit"

_PIECE = 1 << 20


class Line(NamedTuple):
    """A line: its number, from 1, and its bytes without the end of the line; or what is wrong with it.

    Of a line that was not kept for its length there are no bytes but the digest of all.
    """

    number: int
    raw: bytes = b""
    fault: str = ""
    digest: str = ""


def chunks(path: Path, name: str = "", size: int = CHUNK) -> list[tuple[int, int | None]]:
    """Ranges of bytes of a file that can be read apart, as (start, end); one with no end where it cannot be split.

    Those of a file with a value a line that is not packed are of `size` bytes. A line is in the range in which it
    begins. Raises OSError; a file with another fault is one range, whose reading tells.
    """
    whole: list[tuple[int, int | None]] = [(0, None)]
    with path.open("rb") as file:
        if is_gzip(file):
            return whole
    total = path.stat().st_size
    try:
        if total <= size or not is_lines(path, name):
            return whole
    except FaultError:
        return whole
    return [(start, min(start + size, total)) for start in range(0, total, size)]


def lines(path: Path, start: int = 0, end: int | None = None, limit: int = LIMIT) -> Iterator[Line]:
    """The lines that begin in a range of bytes, blank ones left out; numbers count from the range's first line.

    A line of more than `limit` bytes is passed over without being held. Raises OSError.
    """
    number = 0
    try:
        with opened(path) as stream, told():
            at = _first(stream, start) if start else 0
            mark = 0 if start else stream.tell()  # bytes of a byte-order mark, which are of the first line
            while end is None or at < end:
                raw = stream.readline(limit + 1)
                if not raw:
                    return
                number += 1
                at += mark + len(raw)
                mark = 0
                if len(raw) > limit and not raw.endswith(b"\n"):
                    digest, rest = _passed_over(stream, raw)
                    at += rest
                    yield Line(number, fault=TOO_LONG, digest=digest)
                elif (raw := raw.rstrip(b"\r\n")) and not raw.isspace():
                    yield Line(number, raw)
    except FaultError as fault:
        yield Line(number + 1, fault=fault.reason)


def lines_before(path: Path, start: int) -> int:
    """How many lines begin before a byte at which a range begins, in a file that is not packed."""
    if not start:
        return 0
    count, left, last = 0, start, b"\n"
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            count += piece.count(b"\n")
            left -= len(piece)
            last = piece[-1:]
    return count + (last != b"\n")


def _first(stream: Stream, start: int) -> int:
    """Where the first line begins that does so at a byte or after it; the stream is moved there."""
    stream.seek(start - 1)
    at = start - 1
    while piece := stream.readline(_PIECE):
        at += len(piece)
        if piece.endswith(b"\n"):
            break
    return at


def _passed_over(stream: Stream, begun: bytes) -> tuple[str, int]:
    """The digest of a line whose beginning was read, and how many bytes more it has."""
    digest, size, last = hashlib.sha256(), 0, begun
    while piece := stream.readline(_PIECE):
        size += len(piece)
        digest.update(last)
        last = piece
        if piece.endswith(b"\n"):
            break
    digest.update(last.rstrip(b"\r\n"))
    return digest.hexdigest()[:16], size
