"""A scan of delimited files on Polars: its header, a guard over what it reads, and where in it an error lies."""

from __future__ import annotations

import csv
import gzip
import hashlib
import re
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import polars as pl

from weirflow.engines.failures import explain_error
from weirflow.engines.polars_text import first_misfit, from_text, recoded, text_dtype
from weirflow.errors import NodeError, did_you_mean
from weirflow.node.delimited import LONGEST, csv_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from weirflow.node.contexts import CsvFormat
    from weirflow.node.payloads import Table
    from weirflow.node.schema import Column, Schema

_BLOCK = 1 << 18  # bytes: what is counted stays in the cache of the processor
_BATCH = 10_000  # rows that are judged together in the search for a value
_NEWLINE = ord("\n")
_WHITE = bytes(range(0x21))  # what Spark takes off the ends of a line to see whether it is blank


class _Text(NamedTuple):
    """One file: as the user knows it, as Polars reads it, its columns, and lines before and after its rows."""

    file: Path
    local: Path
    names: list[str]
    head: int
    blank: int


class CsvScan:
    """Delimited files as a lazy table, guarded.

    Polars reads a line with too few fields as if the rest were null. Only nulls can come of that: where one is
    read, the delimiters of the text are counted against its lines, as far as that row and no farther.
    """

    def __init__(
        self, files: Sequence[str], schema: Schema, fmt: CsvFormat, folder: Callable[[], Path]
    ) -> None:
        self._schema = schema
        self._fmt = fmt
        self._types = {c.name: text_dtype(c.name, c.dtype) for c in schema}
        self._texts = [self._text(Path(f), folder) for f in files]
        alike = len({(*t.names, t.head) for t in self._texts}) == 1 and not any(t.blank for t in self._texts)
        self._parts = [self._texts] if alike else [[t] for t in self._texts]
        self._counts = [_Count(part, fmt) for part in self._parts]
        self.locals = frozenset(str(t.local) for t in self._texts)

    def _text(self, file: Path, folder: Callable[[], Path]) -> _Text:
        line, names = next(csv_records(file, self._fmt))
        head = line + sum(name.count("\n") for name in names)
        if not self._fmt.header:
            names, head = list(self._types), self._fmt.skip
        for name in self._types:
            if name not in names:
                raise NodeError(
                    f"column '{name}' is not in the header of {file.name}",
                    hint=did_you_mean(name, names) or "check the delimiter",
                    code="WF401",
                )
        local = recoded(file, self._fmt, folder)
        text = _Text(file, local, names, head, 0)
        if not self._fmt.lenient:
            return text._replace(blank=_blank_lines(local) if len(names) > 1 else 0)
        if _is_regular(text, self._fmt):
            return text
        return text._replace(local=_regular(text, self._fmt, folder), head=0)

    def table(self) -> Table:
        """The rows, with exactly the schema's columns and types."""
        parts = [self._part(texts, count) for texts, count in zip(self._parts, self._counts, strict=True)]
        return from_text(nw.from_native(parts[0] if len(parts) == 1 else pl.concat(parts)), self._schema)

    def _part(self, texts: list[_Text], count: _Count) -> pl.LazyFrame:
        names, head, blank = texts[0].names, texts[0].head, texts[0].blank
        place = "".join(names) + "#" if len(names) > 1 else None  # longer than any name: it is none of them
        lazy = pl.scan_csv(
            [str(t.local) for t in texts],
            has_header=False,
            separator=self._fmt.delimiter,
            quote_char=self._fmt.quote,
            skip_lines=head,
            # Every column is declared: told to ignore others, Polars also cuts lines that are too long.
            schema={name: self._types.get(name, pl.String()) for name in names},
            null_values=list(self._fmt.null_values) or None,
            empty_string_is_null="" in self._fmt.null_values,
            row_index_name=place,
            glob=False,
        )
        if blank:
            lazy = lazy.head(lazy.select(pl.len()).collect().item() - blank)
        if place is None:
            return lazy
        return lazy.with_columns(count.guard(n, t, place) for n, t in self._types.items()).select(
            list(self._types)
        )

    def located(self, error: BaseException) -> BaseException:
        """An error of computing the table as one that says on which line it lies, where that is found."""
        for count in self._counts:
            if count.fault is not None:
                return count.fault
        _, message = explain_error(error)
        named = re.fullmatch(r"column '(.*)' holds a value that is not of type .*", message, re.DOTALL)
        column = next((c for c in self._schema if named and c.name == named[1]), None)
        try:
            for text in self._texts:
                self._search(text, column)
        except NodeError as found:
            return found
        return error

    def _search(self, text: _Text, column: Column | None) -> None:
        """Read a file to the end. Raises NodeError at the first fault of its text or misfit in the column."""
        place = text.names.index(column.name) if column else 0
        batch: list[tuple[int, str]] = []

        def judge() -> None:
            if column is None or column.dtype is None:
                return
            misfit = first_misfit([t for _, t in batch], column.dtype, self._fmt.null_values)
            if misfit is not None:
                raise NodeError(
                    f"line {batch[misfit][0]} of {text.file.name} holds a value in column '{column.name}' that is "
                    f"not of type {column.dtype}",
                    hint="give the column's type in `types`, or mend the value",
                    code="WF603",
                )
            batch.clear()

        records = csv_records(text.file, self._fmt)
        if self._fmt.header:
            next(records)
        try:
            for line, record in records:
                if column is not None:
                    batch.append((line, record[place]))
                    if len(batch) == _BATCH:
                        judge()
        except NodeError:
            judge()  # what comes first is told
            raise
        judge()


def _is_regular(text: _Text, fmt: CsvFormat) -> bool:
    """Whether each line has as many fields as there are names, and none is blank."""
    import numpy as np

    blank = len(text.names) == 1 or fmt.delimiter.isspace()  # such a line may have the right number of fields
    delimiter, quote = ord(fmt.delimiter), ord(fmt.quote) if fmt.quote else None
    opened = gzip.open if text.local.suffix == ".gz" else open
    with opened(text.local, "rb") as stream:
        for _ in range(text.head):
            stream.readline()
        rest, more = b"", True
        while more:
            block = stream.read(_BLOCK)
            more = bool(block)
            block = rest + block if more or not rest else rest + b"\n"
            values = np.frombuffer(block, np.uint8)
            outside = np.ones(len(values), bool)
            if quote is not None:
                outside = np.cumsum(values == quote, dtype=np.uint8) % 2 == 0  # it may overflow: parity stays
            ends = np.flatnonzero((values == _NEWLINE) & outside)
            if not ends.size:
                if len(block) > LONGEST:
                    return False  # no record is so long
                rest = block if more else b""
                continue
            cut = int(ends[-1]) + 1
            fields = np.diff(np.cumsum((values == delimiter) & outside)[ends], prepend=0)
            if (fields != len(text.names) - 1).any():
                return False
            if blank and any(not line.strip(_WHITE) for line in block[: cut - 1].split(b"\n")):
                return False
            rest = block[cut:]
    return True


def _regular(text: _Text, fmt: CsvFormat, folder: Callable[[], Path]) -> Path:
    """A copy of the rows of a file, without its header, whose lines all have as many fields."""
    facts = text.file.stat()
    key = f"{text.file.resolve()}\n{fmt}\n{facts.st_size}\n{facts.st_mtime_ns}"
    copy = folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.csv"
    if not copy.exists():
        unfinished = copy.with_suffix(".part")
        records = csv_records(text.file, fmt)
        if fmt.header:
            next(records)
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(
                stream,
                delimiter=fmt.delimiter,
                quotechar=fmt.quote,
                quoting=csv.QUOTE_MINIMAL if fmt.quote else csv.QUOTE_NONE,
                lineterminator="\n",
            )
            writer.writerows(record[: len(text.names)] for _, record in records)
        unfinished.replace(copy)
    return copy


class _ShortLineError(NodeError):
    """What the guard raises. Polars makes it anew, from its text with more text after it."""

    def __init__(self, message: str) -> None:
        super().__init__(message.partition("\n")[0], code="WF603")


class _Count:
    """Delimiters counted against lines, as far as the rows that were read."""

    def __init__(self, texts: Sequence[_Text], fmt: CsvFormat) -> None:
        self.fault: NodeError | None = None
        self._lock = Lock()
        self._rows = 0  # that are known to be whole
        self._walk = _count(texts, fmt)

    def guard(self, name: str, dtype: pl.DataType, place: str) -> pl.Expr:
        """The column as it is; fails at nulls that a line with too few fields has left."""

        def guard(given: Sequence[pl.Series]) -> pl.Series:
            column, places = given
            if column.null_count():
                last = places.filter(column.is_null()).max()
                assert isinstance(last, int)
                self._through(last)
            return column

        return pl.map_batches(
            [pl.col(name), pl.col(place)], guard, return_dtype=dtype, is_elementwise=True
        ).alias(name)

    def _through(self, row: int) -> None:
        with self._lock:
            try:
                while self.fault is None and self._rows <= row:
                    self._rows = next(self._walk)
            except StopIteration:
                pass
            except NodeError as fault:
                self.fault = fault
            if self.fault is not None:
                raise _ShortLineError(self.fault.message)


def _count(texts: Sequence[_Text], fmt: CsvFormat) -> Iterator[int]:
    """How many rows, from the first, are whole; more each time. Raises NodeError at a line that is not."""
    rows = 0
    for text in texts:
        sure = False
        for lines, delimiters, ended in _blocks(text, fmt):
            if ended > 1 and not text.blank:
                raise NodeError(f"{text.file.name} ends in blank lines", hint="remove them", code="WF603")
            if delimiters != lines * (len(text.names) - 1) and not sure:
                # counting takes every quotation mark for one end of a quotation: reading has the last word
                for _ in csv_records(text.file, fmt):
                    pass
                sure = True
            rows += lines
            yield rows


def _blocks(text: _Text, fmt: CsvFormat) -> Iterator[tuple[int, int, int]]:
    """Lines, delimiters outside quotes, and newlines at the end of the file, for each block of whole records."""
    opened = gzip.open if text.local.suffix == ".gz" else open
    delimiter, quote = ord(fmt.delimiter), ord(fmt.quote) if fmt.quote else None
    with opened(text.local, "rb") as stream:
        for _ in range(text.head):
            stream.readline()
        rest, more = b"", stream.read(_BLOCK)
        while more:
            block, more = rest + more, stream.read(_BLOCK)
            ended = 0
            if not more:
                whole = block.rstrip(b"\r\n")
                ended = block.count(b"\n", len(whole))
                block = whole + b"\n"
            cut, lines, delimiters = _counted(block, delimiter, quote)
            rest = block[cut:]
            if len(rest) > LONGEST:
                cut, lines, delimiters, rest = len(block), 1, -1, b""  # no record is so long
            yield lines, delimiters, ended


def _counted(block: bytes, delimiter: int, quote: int | None) -> tuple[int, int, int]:
    """Where a block's last whole record ends, and how many lines and delimiters outside quotes come before."""
    import numpy as np  # a tenth of a second, which few runs need

    if quote is None or quote not in block:
        cut = block.rfind(b"\n") + 1
        values = np.frombuffer(block, np.uint8, cut)
        return cut, int(np.count_nonzero(values == _NEWLINE)), int(np.count_nonzero(values == delimiter))
    values = np.frombuffer(block + bytes(-len(block) % 64), np.uint8)

    def places(byte: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        return np.packbits(values == byte, bitorder="little").view("<u8")

    # a bit is set inside of quotes where an odd number of marks stands at or before it
    inside = places(quote)
    for shift in (1, 2, 4, 8, 16, 32):
        inside = inside ^ (inside << np.uint64(shift))
    carried = np.bitwise_xor.accumulate(inside >> np.uint64(63))
    inside[1:] ^= np.uint64(0) - carried[:-1]
    newlines = places(_NEWLINE) & ~inside
    filled = np.flatnonzero(newlines)
    if not filled.size:
        return 0, 0, 0
    last = int(filled[-1])
    top = int(newlines[last]).bit_length()
    delimiters = (places(delimiter) & ~inside)[: last + 1]
    delimiters[last] &= np.uint64((1 << top) - 1)
    return last * 64 + top, int(np.bitwise_count(newlines).sum()), int(np.bitwise_count(delimiters).sum())


def _blank_lines(file: Path) -> int:
    """How many blank lines a file ends in; none where it is compressed, which only reading it would tell."""
    if file.suffix == ".gz":
        return 0
    newlines, kept = 0, b""
    with file.open("rb") as stream:
        end = stream.seek(0, 2)
        while end and not kept:
            start = max(0, end - _BLOCK)
            stream.seek(start)
            block = stream.read(end - start)
            kept = block.rstrip(b"\r\n")
            newlines += block.count(b"\n", len(kept))
            end = start
    return max(0, newlines - 1)
