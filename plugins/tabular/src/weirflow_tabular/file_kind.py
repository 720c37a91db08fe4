"""What a file is that was said to be delimited text and is not, from its first bytes."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from weirflow.api import CsvFormat, NodeError

if TYPE_CHECKING:
    from pathlib import Path

_START = 4096  # bytes
_TEXT = bytes({*b"\t\n\v\f\r", *range(32, 256)})
_MOST_CONTROLS = 0.05  # of the bytes of a text
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before that of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EXCEL = ("an Excel workbook", "save the sheet as CSV")
_UNPACK = "unpack it first; gzip is read as it is, if the name ends with .gz"
_KINDS = (
    (b"PAR1", "a Parquet file", "read it with `operator: read.parquet`"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", *_EXCEL),
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (b"ARROW1", "an Arrow (Feather) file", "write it as Parquet or CSV first"),
    (b"SQLite format 3\x00", "a SQLite database", "write the table to a CSV file first"),
    (b"%PDF-", "a PDF document", "save its table as CSV first"),
)


def check_kind(file: Path, fmt: CsvFormat) -> None:
    """Raise NodeError on a file that is no text in the format's encoding, as far as its first bytes tell."""
    try:
        with file.open("rb") as stream:
            start = stream.read(_START)
    except OSError:
        return  # reading it says why
    found = _refusal(file, start, fmt)
    if found is not None:
        what, hint = found
        raise NodeError(f"{file.name} {what}", hint=hint, code="WF603")


def _refusal(file: Path, start: bytes, fmt: CsvFormat) -> tuple[str, str] | None:
    """What a file is, and how to read it; None for what may be text."""
    encoding = fmt.encoding.lower().replace("_", "-")
    if file.suffix == ".gz":
        return None
    if start.startswith(b"\x1f\x8b"):
        return "is compressed with gzip", f"name it {file.name}.gz"
    for magic, what, hint in _KINDS:
        if start.startswith(magic):
            if magic.startswith(b"PK") and (b"xl/" in start or b"[Content_Types].xml" in start):
                what, hint = _EXCEL  # noqa: PLW2901 -- which is a zip archive too
            return f"is {what}, not delimited text", hint
    if encoding.startswith(("utf-16", "utf16", "utf-32", "utf32")):
        return None
    for mark, name in _MARKS:
        if start.startswith(mark):
            return f"is {name.upper()} text", f"say so: `encoding: {name}`"
    # text of Latin letters in UTF-16 has a zero in every other byte
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[first::2], start[1 - first :: 2]
        if zeros.count(0) > len(zeros) * 0.9 and others.count(0) < len(others) * 0.1:
            return "looks like UTF-16 text without a mark", f"say so: `encoding: {name}`"
    controls = start.translate(None, _TEXT + fmt.delimiter.encode())
    if len(controls) > len(start) * _MOST_CONTROLS:
        return "is not text", "name a file of delimited text"
    return None
