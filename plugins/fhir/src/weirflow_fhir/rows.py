"""Rows of the family's tables, written to Parquet as they come and read again as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from weirflow.api import BOOLEAN, FLOAT64, INT64, STRING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from weirflow.api import DType

_ROWS = 8192
_CHARACTERS = 16 << 20  # of long texts, after which rows are written however few they are


class Writer:
    """Writes rows of a table to a Parquet file, some thousands at a time, so that memory does not grow with them."""

    def __init__(self, path: Path, columns: Mapping[str, DType], texts: str | None = None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = {STRING: pa.string(), INT64: pa.int64(), FLOAT64: pa.float64(), BOOLEAN: pa.bool_()}
        self._schema = pa.schema([(name, types[dtype]) for name, dtype in columns.items()])
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []
        self._texts = texts
        self._characters = 0
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._file.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row; columns that it lacks are null."""
        self._rows.append(row)
        self.count += 1
        if self._texts is not None:
            self._characters += len(row[self._texts])
        if len(self._rows) >= _ROWS or self._characters > _CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            columns = [pa.array([r.get(f.name) for r in self._rows], f.type) for f in self._schema]
            self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows, self._characters = [], 0


def table(paths: Sequence[Path], columns: Mapping[str, DType]) -> Any:
    """A lazy table of files that a Writer wrote, in their order."""
    import narwhals as nw
    import polars as pl

    types = {STRING: pl.String, INT64: pl.Int64, FLOAT64: pl.Float64, BOOLEAN: pl.Boolean}
    schema = {n: types[dtype] for n, dtype in columns.items()}
    if not paths:  # every item was bad
        return nw.from_native(pl.LazyFrame(schema=schema))
    return nw.from_native(pl.scan_parquet(list(paths), glob=False, schema=schema))
