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
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
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
    if file.suffix == ".gz":
        return None
    if start.startswith(b"\x1f\x8b"):
        return "is compressed with gzip", f"name it {file.name}.gz"
    for magic, what, hint in _KINDS:
        if start.startswith(magic):
            if magic.startswith(b"PK") and (b"xl/" in start or b"[Content_Types].xml" in start):
                what, hint = _EXCEL  # noqa: PLW2901 -- which is a zip archive too
            return f"is {what}, not delimited text", hint
    encoding = _encoding(fmt.encoding)
    if encoding.startswith("utf-32"):
        return None
    if encoding.startswith("utf-16"):
        return _other_order(start, encoding)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return f"is {name[:6].upper()} text", f"say so: `encoding: {name[:6]}`"
    if (order := _unmarked(start)) is not None:
        return "looks like UTF-16 text without a mark", f"say so: `encoding: {order}`"
    controls = start.translate(None, _TEXT + fmt.delimiter.encode())
    if len(controls) > len(start) * _MOST_CONTROLS:
        return "is not text", "name a file of delimited text"
    return None


def _encoding(given: str) -> str:
    """The name by which Python knows an encoding; one that it does not know is refused when the text is read."""
    try:
        return codecs.lookup(given).name
    except LookupError:
        return given


def _unmarked(start: bytes) -> str | None:
    """The order of bytes in UTF-16 without a mark: text of Latin letters has a zero in every other one."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[first::2], start[1 - first :: 2]
        if zeros.count(0) > len(zeros) * 0.9 and others.count(0) < len(others) * 0.1:
            return name
    return None


def _other_order(start: bytes, encoding: str) -> tuple[str, str] | None:
    """What UTF-16 is whose bytes are in another order than was said, and would be read as signs of no sense."""
    marked = next((n for m, n in _MARKS if n.startswith("utf-16") and start.startswith(m)), None)
    found = marked or _unmarked(start)
    if found is None or found == encoding or (marked and encoding == "utf-16"):
        return None
    if encoding == "utf-16":
        return "is UTF-16 text without a mark that tells the order of bytes", f"say it: `encoding: {found}`"
    return f"is UTF-16 text in the other order of bytes than {encoding}", f"say so: `encoding: {found}`"
