"""The records of delimited text, one at a time, and what is wrong with them, by line."""

from __future__ import annotations

import csv
import errno
import gzip
import os
import re
import zlib
from collections import Counter
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from weirflow.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from weirflow.node.contexts import CsvFormat

LONGEST = 1 << 24
"""Characters of a field; a longer one is taken for a quotation that is not closed."""

_BLANK = "".join(map(chr, range(0x21)))
_START = 1 << 16  # characters in which a first line should end
_UNDECODED = re.compile("[\udc80-\udcff]")  # what stands for a byte that is no text
_QUOTES = "double a quotation mark inside quotes; `quote: null` reads quotation marks as any other character"


@contextmanager
def open_text(file: Path, encoding: str, errors: str = "strict") -> Iterator[IO[str]]:
    """Delimited text as it is, decompressed if its name ends with .gz; lines end with a newline alone.

    Raises NodeError on a file that cannot be read, WF602, and on damaged compression, WF603: in the block too.
    """
    name = "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding
    try:
        with (gzip.open if file.suffix == ".gz" else open)(
            file, "rt", encoding=name, errors=errors, newline="\n"
        ) as stream:
            yield stream
    except LookupError:
        raise NodeError(f"there is no text encoding '{encoding}'", code="WF205") from None
    except EOFError:
        raise NodeError(
            f"{file.name} ends in the middle of its compressed data",
            hint="fetch or write the file again",
            code="WF603",
        ) from None
    except (gzip.BadGzipFile, zlib.error):
        raise NodeError(
            f"{file.name} is not compressed with gzip, or is damaged",
            hint="a name that ends with .gz is for gzip alone",
            code="WF603",
        ) from None
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:  # met where the block writes
            raise
        why = os.strerror(error.errno).lower() if error.errno is not None else "unknown reason"
        raise NodeError(f"{file.name} cannot be read: {why}", code="WF602") from None


def csv_records(file: Path, fmt: CsvFormat) -> Iterator[tuple[int, list[str]]]:
    """The records of a delimited file, a header too, each with the number of the line that it begins on.

    All have as many fields as the first. Blank lines at the end are left out; in a file of one column, each
    blank line is a record of its own, whose field is empty. A lenient format makes them so: all blank lines are
    left out, and fields are added or cut; its header has the names that Spark makes of it.

    Raises NodeError that names the line, WF603, where the number of fields differs, quotation marks do not
    match, or bytes are no text; and as `open_text` does.
    """
    # every field of a record is held, so that one limit for the process, raised and not lowered, does no harm
    csv.field_size_limit(max(LONGEST, csv.field_size_limit()))
    with open_text(file, fmt.encoding, "surrogateescape") as stream:
        lines = _Lines(stream, file.name, fmt)
        reader = csv.reader(
            lines,
            delimiter=fmt.delimiter,
            quotechar=fmt.quote,
            quoting=csv.QUOTE_MINIMAL if fmt.quote else csv.QUOTE_NONE,
            strict=not fmt.lenient,
        )
        try:
            _skip(lines, file.name, fmt)
            yield from (_lenient if fmt.lenient else _records)(reader, lines, file.name, fmt)
        except UnicodeError:  # the codec gives up and does not say where
            raise _undecoded(file.name, fmt) from None


class _Lines:
    """The lines of a text, counted, with the quotation marks since `quotes` was last set to 0."""

    def __init__(self, stream: IO[str], name: str, fmt: CsvFormat) -> None:
        self.number = 0
        self.quotes = 0
        self._stream = stream
        self._name = name
        self._fmt = fmt
        self._mark = fmt.quote

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline() if self.number else self._first()
        if not line:
            raise StopIteration
        self.number += 1
        if not line.isascii() and _UNDECODED.search(line):
            raise _undecoded(f"line {self.number} of {self._name}", self._fmt)
        if self._mark:
            self.quotes += line.count(self._mark)
        return line

    def _first(self) -> str:
        line = self._stream.readline(_START)
        if "\r" in line and not line.endswith("\n"):
            raise NodeError(
                f"{self._name} ends its lines with carriage returns, where newlines are expected",
                hint=f"convert it first: tr '\\r' '\\n' < {self._name}",
                code="WF603",
            )
        if len(line) == _START and not line.endswith("\n"):
            line += self._stream.readline()
        return line.removeprefix("\ufeff")


def _skip(lines: _Lines, name: str, fmt: CsvFormat) -> None:
    for skipped in range(fmt.skip):
        if next(lines, None) is None:
            has = f"{skipped} line{'' if skipped == 1 else 's'}"
            raise NodeError(f"`skip: {fmt.skip}` leaves nothing of {name}, which has {has}", code="WF603")


def _lenient(
    reader: Iterator[list[str]], lines: _Lines, name: str, fmt: CsvFormat
) -> Iterator[tuple[int, list[str]]]:
    width = 0
    while True:
        start = lines.number + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise _malformed(str(error), start, lines.number, name) from None
        if record is None:
            break
        if not record or (_is_blank(record) and (record[0] if len(record) == 1 else fmt.delimiter.isspace())):
            continue
        if not width:
            width = len(record)
            yield start, spark_names(record) if fmt.header else record
        else:
            yield start, [*record[:width], *[""] * (width - len(record))]
    if not width:
        raise _nothing(name, fmt)


def _is_blank(record: Sequence[str]) -> bool:
    return not any(field.strip(_BLANK) for field in record)


def spark_names(header: Sequence[str]) -> list[str]:
    """Names of columns as Spark makes them of a header: those that occur twice, in any case, get their place behind."""
    counts = Counter(n.lower() for n in header)
    named = [n if counts[n.lower()] == 1 else f"{n}{place}" for place, n in enumerate(header)]
    return [n if header[place] else f"_c{place}" for place, n in enumerate(named)]


def _records(
    reader: Iterator[list[str]], lines: _Lines, name: str, fmt: CsvFormat
) -> Iterator[tuple[int, list[str]]]:
    width = blank = 0
    while True:
        start, lines.quotes = lines.number + 1, 0
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise _malformed(str(error), start, lines.number, name) from None
        if record is None:
            if width:
                return
            raise _nothing(name, fmt)
        if lines.quotes % 2:
            raise NodeError(
                f"line {start} of {name} holds quotation marks that do not match", hint=_QUOTES, code="WF603"
            )
        if not width:
            if not record:
                raise NodeError(
                    f"{name} starts with a blank line, where {_expected(fmt)} should be",
                    hint=f"leave it out with `skip: {fmt.skip + 1}`",
                    code="WF603",
                )
            width = len(record)
        if not record and width == 1:
            record = [""]
        if not record:
            blank = blank or start
        elif blank:
            raise _ragged(blank, name, 0, width)
        elif len(record) != width:
            raise _ragged(start, name, len(record), width)
        else:
            yield start, record


def _expected(fmt: CsvFormat) -> str:
    return "the names of the columns" if fmt.header else "the first row"


def _nothing(name: str, fmt: CsvFormat) -> NodeError:
    if fmt.skip:
        return NodeError(f"`skip: {fmt.skip}` leaves nothing of {name}", code="WF603")
    return NodeError(f"{name} is empty, where {_expected(fmt)} should be", code="WF603")


def _undecoded(what: str, fmt: CsvFormat) -> NodeError:
    usual = fmt.encoding.lower() in {"utf-8", "utf8"}
    hint = "say which encoding it is in, as `encoding: cp1252`" if usual else "it is in another `encoding`"
    return NodeError(f"{what} is not {fmt.encoding} text", hint=hint, code="WF603")


def _malformed(error: str, start: int, line: int, name: str) -> NodeError:
    if "new-line" in error:
        return NodeError(
            f"line {line} of {name} holds a carriage return inside a field without quotes",
            hint="quote the field, or end the line with a newline",
            code="WF603",
        )
    if "end of data" in error or "field limit" in error:
        what = f"line {start} of {name} opens a quotation that is not closed"
    else:
        what = f"line {start} of {name} holds quotation marks that do not match"
    return NodeError(what, hint=_QUOTES, code="WF603")


def _ragged(line: int, name: str, fields: int, width: int) -> NodeError:
    has = f"has {fields} field{'' if fields == 1 else 's'}" if fields else "is blank"
    return NodeError(
        f"line {line} of {name} {has}, where the first line has {width}{'' if fields else ' fields'}",
        hint="mend the line, or check `delimiter` and `quote`",
        code="WF603",
    )
