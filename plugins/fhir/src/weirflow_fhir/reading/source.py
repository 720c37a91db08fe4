"""Files as streams of bytes: gzip by its first bytes, without a byte-order mark, whatever they are called."""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from weirflow_fhir.reading.parse import INVALID, FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Stream: TypeAlias = BufferedReader[FileIO] | gzip.GzipFile
    """Bytes of a file, unpacked."""

ENDINGS = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")
"""What names of files of health records end with."""

GZIP_CUT = "gzip stream is cut short"
GZIP_BAD = "gzip stream is damaged"
XML = "XML, which is not read"

_BOM = b"\xef\xbb\xbf"
_MAGIC = b"\x1f\x8b"
_HEAD = 1 << 16  # bytes that tell what a file is
_BUFFER = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """A stream of the file's bytes, unpacked, that stands after a byte-order mark. Raises OSError."""
    with BufferedReader(FileIO(path), _BUFFER) as file:
        if not is_gzip(file):
            _pass_over_mark(file)
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            with told():
                _pass_over_mark(unpacked)
            yield unpacked


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with a gzip stream, as a FaultError."""
    try:
        yield
    except EOFError:
        raise FaultError(GZIP_CUT) from None
    except (gzip.BadGzipFile, zlib.error):
        raise FaultError(GZIP_BAD) from None


def is_gzip(file: BinaryIO) -> bool:
    """Whether the file, which stands at its beginning and stays there, is packed."""
    start = file.read(len(_MAGIC))
    file.seek(0)
    return start == _MAGIC


def is_lines(path: Path, name: str = "") -> bool:
    """Whether a file has a value a line (NDJSON), and not one that may be on many lines.

    The name tells, where it ends with .ndjson or .jsonl; else whether the first line is a value by itself, which a
    file of one resource in one line is too. Raises FaultError where the content is none of both, and OSError.
    """
    with opened(path) as stream, told():
        head = stream.peek(_HEAD)[:_HEAD].lstrip()
    if head.startswith(b"<"):
        raise FaultError(XML)
    if PurePath(name or path.name).name.removesuffix(".gz").endswith((".ndjson", ".jsonl")):
        return True
    if head and not head.startswith((b"{", b"[")):
        raise FaultError(INVALID)
    first, ended, _ = head.partition(b"\n")
    return bool(ended) and _is_value(first)


def _is_value(raw: bytes) -> bool:
    import msgspec

    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _pass_over_mark(stream: Stream) -> None:
    if stream.peek(len(_BOM))[: len(_BOM)] == _BOM:
        stream.read(len(_BOM))
