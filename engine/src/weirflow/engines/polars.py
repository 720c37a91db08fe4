"""The Polars engine: lazy scans, streaming sinks, bounded memory."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from weirflow.engines.answer import answer
from weirflow.engines.dtypes import schema_of
from weirflow.engines.polars_csv import CsvScan
from weirflow.engines.polars_dtypes import from_polars, to_polars
from weirflow.engines.polars_parts import in_parts
from weirflow.engines.polars_text import to_text
from weirflow.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from polars._typing import ParquetCompression

    from weirflow.node.contexts import CsvFormat, Parts
    from weirflow.node.payloads import Table
    from weirflow.node.schema import DType, Schema
    from weirflow.node.statistics import Statistic

ROW_GROUP = 250_000  # rows: larger groups are held whole in memory by whoever writes or reads them

_SCAN = re.compile(
    r"^\s*(?:FAST COUNT \((\w+)\)|(\w+) SCAN) \[([^\]]*)\]", re.MULTILINE
)  # as plans are explained
_UTF8 = frozenset({"utf-8", "utf8", "utf-8-sig"})
_LENIENT = pl.ScanCastOptions(
    integer_cast=["upcast", "allow-float"],
    float_cast=["upcast", "downcast"],
    datetime_cast=["nanosecond-downcast", "convert-timezone"],
)


class PolarsEngine:
    """Tables as Polars lazy frames, computed by its streaming engine."""

    name = "polars"

    def __init__(self) -> None:
        self.scans: Counter[str] = Counter()
        self._texts: list[CsvScan] = []
        self._copies: set[str] = set()  # what `cache` made: reading it is no scan of a source
        self._scratch: Path | None = None
        # By default many row groups are read ahead, and all of them are held: one for each thread is enough.
        os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", str(max(2, pl.thread_pool_size())))

    # ------------------------------------------------------------------ sources

    def scan_csv(self, files: Sequence[str], schema: Schema, fmt: CsvFormat) -> Table:
        """A lazy table over delimited files, with exactly the schema's columns and types.

        The files have the same header; a name in it that the schema lacks is left out. A field whose text is
        one of `fmt.null_values`, quoted or not, is null, and so is NaN. Booleans, dates and times are read as
        `cast_or_null` reads text, and what is not of the type fails the run. So does a line with too few or too
        many fields, unless the plan reads only some of the columns and the line has them, and one with too many
        in such a plan: Polars then does not look at the rest of a line.
        """
        scan = CsvScan(files, schema, fmt, self._folder)
        self._texts.append(scan)
        return scan.table()

    def located(self, table: Table, error: BaseException) -> BaseException:
        """An error of computing a table as one that names file and line, where text is read and has the fault."""
        plan = self._lazy(table).explain(engine="streaming")
        for scan in self._texts:
            if any(path in plan for path in scan.locals):
                found = scan.located(error)
                if found is not error:
                    return found
        return error

    def scan_parquet(self, files: Sequence[str], schema: Schema) -> Table:
        """A lazy table over Parquet files, with exactly the schema's columns and types; NaN is null."""
        found = pl.scan_parquet(files[0], glob=False).collect_schema()
        types: dict[str, pl.DataType] = {}
        for column in schema:
            if column.name not in found:
                raise NodeError(f"column '{column.name}' is not in {Path(files[0]).name}", code="WF401")
            same = column.dtype is None or from_polars(found[column.name]) == column.dtype
            types[column.name] = found[column.name] if same else to_polars(column.dtype)
        if len(files) == 1:
            lazy = pl.scan_parquet(files[0], glob=False)
            if list(types) != list(found):
                lazy = lazy.select(list(types))
        else:
            lazy = pl.scan_parquet(
                list(files), glob=False, schema=types, extra_columns="ignore", cast_options=_LENIENT
            )
            found = pl.Schema(types)
        changed = []
        for name, dtype in types.items():
            expr = pl.col(name) if found[name] == dtype else pl.col(name).cast(dtype)
            if dtype.is_float():
                expr = expr.fill_nan(None)
            if dtype.is_float() or found[name] != dtype:
                changed.append(expr)
        return nw.from_native(lazy.with_columns(changed) if changed else lazy)

    # ------------------------------------------------------------------ sinks

    def sink_csv(self, table: Table, path: Path, fmt: CsvFormat, parts: Parts | None = None) -> int | None:
        """Write a table as one delimited file, or a folder of them, streaming. Lists and structs become JSON text.

        Null is written as the first of `fmt.null_values`, by default as nothing. The rows are not counted.
        """
        lazy = self._lazy(table)
        if parts is not None:
            zipped = parts.ending.endswith(".gz")
            self._in_parts(lazy, path, parts, lambda part, to: self._sink_csv(part, to, fmt, zipped=zipped))
            for file in list(path.rglob(f"*{parts.ending}")) if fmt.encoding.lower() not in _UTF8 else ():
                file.rename(file.with_suffix(".utf8"))
                _encode(file.with_suffix(".utf8"), file, fmt.encoding)
                file.with_suffix(".utf8").unlink()
            return None
        self._count(lazy)
        utf8 = path if fmt.encoding.lower() in _UTF8 else path.with_name(f"{path.name}.utf8")
        try:
            self._sink_csv(lazy, utf8, fmt, zipped=path.suffix == ".gz")
            if utf8 != path:
                _encode(utf8, path, fmt.encoding)
        finally:
            if utf8 != path:
                utf8.unlink(missing_ok=True)
        return None

    def sink_parquet(
        self, table: Table, path: Path, compression: str, parts: Parts | None = None
    ) -> int | None:
        """Write a table as one Parquet file, or a folder of them, streaming, in bounded row groups; how many rows."""
        codec: ParquetCompression = "uncompressed" if compression == "none" else compression  # type: ignore[assignment]
        lazy = self._lazy(table)
        if parts is not None:

            def sink(part: pl.LazyFrame, to: Path | pl.PartitionBy) -> None:
                part.sink_parquet(
                    to, compression=codec, row_group_size=ROW_GROUP, mkdir=True, engine="streaming"
                )

            self._in_parts(lazy, path, parts, sink)
            return sum(map(_length, path.rglob(f"*{parts.ending}")))
        self._count(lazy)
        lazy.sink_parquet(path, compression=codec, row_group_size=ROW_GROUP, engine="streaming")
        return _length(path)

    @staticmethod
    def _sink_csv(lazy: pl.LazyFrame, to: Path | pl.PartitionBy, fmt: CsvFormat, *, zipped: bool) -> None:
        texts = [
            e for name, dtype in lazy.collect_schema().items() if (e := to_text(name, dtype)) is not None
        ]
        lazy.with_columns(texts).sink_csv(
            to,
            compression="gzip" if zipped else "uncompressed",
            include_bom=fmt.encoding.lower() == "utf-8-sig",
            check_extension=False,
            include_header=fmt.header,
            separator=fmt.delimiter,
            quote_char=fmt.quote or '"',
            quote_style="necessary" if fmt.quote else "never",
            null_value=fmt.null_values[0] if fmt.null_values else "",
            mkdir=True,
            engine="streaming",
        )

    def _in_parts(
        self,
        lazy: pl.LazyFrame,
        path: Path,
        parts: Parts,
        sink: Callable[[pl.LazyFrame, Path | pl.PartitionBy], None],
    ) -> None:
        self._count(lazy)
        path.mkdir(exist_ok=True)
        rest, where = in_parts(lazy, path, parts)
        sink(rest, where)
        if not any(path.iterdir()):  # no rows: one file says which columns there are
            sink(lazy.head(0), path / f"part-00000{parts.ending}")

    def cache(self, table: Table, path: Path) -> Table:
        """Compute a table once, streaming, into a Parquet file at `path`; a table that reads it from there."""
        self.sink_parquet(table, path, "lz4")
        self._copies.add(str(path))
        return nw.from_native(pl.scan_parquet(path, glob=False))

    # ------------------------------------------------------------------ in memory

    def frame(self, table: Table) -> pl.DataFrame:
        """All rows, in memory."""
        lazy = self._lazy(table)
        self._count(lazy)
        return lazy.collect(engine="streaming")

    def hold(self, table: Table) -> Table:
        """Compute a table into memory, rows in the same order; lazy again over what is held."""
        return nw.from_native(self.frame(table).lazy())

    def rows_at(self, table: Table, places: Sequence[int]) -> pl.DataFrame:
        """The rows at these places (from 0), in the table's order."""
        lazy = self._lazy(table)
        place = "".join(lazy.collect_schema().names()) + "#"  # longer than any name: it is none of them
        wanted = pl.Series(sorted(places), dtype=pl.get_index_type())
        chosen = lazy.with_row_index(place).filter(pl.col(place).is_in(wanted.implode())).drop(place)
        return self.frame(nw.from_native(chosen))

    def from_frame(self, frame: pl.DataFrame) -> Table:
        """A lazy table over rows in memory; NaN is null in it."""
        floats = [pl.col(name).fill_nan(None) for name, dtype in frame.schema.items() if dtype.is_float()]
        return nw.from_native(frame.lazy().with_columns(floats) if floats else frame.lazy())

    # ------------------------------------------------------------------ shapes

    def schema(self, table: Table) -> Schema:
        """The columns of a table and their types, found without reading it."""
        return schema_of(table)

    def touch(self, table: Table) -> None:
        """Compute every value of a table and keep none; raises what computing them raises."""
        lazy = self._lazy(table)
        lazy.select(pl.all().is_null().sum()).collect(engine="streaming")

    def empty(self, schema: Schema) -> Table:
        """A table of these columns without rows; a column of unknown type is text."""
        return nw.from_native(pl.LazyFrame(schema={c.name: to_polars(c.dtype) for c in schema}))

    def ghost(self, table: Table, columns: Mapping[str, DType | None]) -> Table:
        """The table with these columns added or replaced by nulls; one of unknown type is text."""
        nulls = [pl.lit(None, dtype=to_polars(dtype)).alias(name) for name, dtype in columns.items()]
        return nw.from_native(self._lazy(table).with_columns(nulls))

    # ------------------------------------------------------------------ statistics

    def answer(self, table: Table, statistics: Collection[Statistic[Any]]) -> dict[Statistic[Any], Any]:
        """The answers to questions about one table; see `weirflow.engines.answer`."""
        return answer(self, table, statistics)

    # ------------------------------------------------------------------ within

    def _lazy(self, table: Table) -> pl.LazyFrame:
        lazy = nw.to_native(table)
        if not isinstance(lazy, pl.LazyFrame):
            raise TypeError(f"a table of another engine ({type(lazy).__module__}) came to polars")
        return lazy

    def _count(self, lazy: pl.LazyFrame) -> None:
        """Count the scans of the plan as it will be carried out: a shared one stands once in it."""
        found = _SCAN.findall(lazy.explain(engine="streaming"))
        self.scans.update(
            "copy" if where in self._copies else (count or scan).lower() for count, scan, where in found
        )

    def _folder(self) -> Path:
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="weirflow-"))
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        return self._scratch


def _length(path: Path) -> int:
    """How many rows a Parquet file has, from its footer."""
    rows: int = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    return rows


def _encode(source: Path, target: Path, encoding: str) -> None:
    try:
        with (
            source.open(encoding="utf-8", newline="") as read,
            target.open("w", encoding=encoding, newline="") as write,
        ):
            shutil.copyfileobj(read, write, 1 << 20)
    except UnicodeEncodeError as error:
        raise NodeError(
            f"a value holds a character that {encoding} does not have",
            hint="write the file as utf-8",
            code="WF601",
        ) from error
