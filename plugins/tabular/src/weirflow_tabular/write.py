"""Sinks of tables: delimited text and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import ColumnName, CsvFormat, Effect, Location, NodeError, Open, Parts, Receipt, Sink
from weirflow_tabular.pandas_text import assign, column, literal, loop
from weirflow_tabular.spark_write import as_spark_writes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from weirflow.api import PandasCode, Schema, Table, Target


_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


class FileSink(Sink):
    """Base of the sinks that write one file, or a folder of several."""

    path: Location = Field(description="the file, or the folder of several, relative to the output folder")
    partition_by: tuple[ColumnName, ...] = Field(
        default=(), description="columns by whose values rows go to folders `column=value` in a folder"
    )
    files: int = Field(
        default=1,
        ge=1,
        description="how many files rows are dealt out to, in turn; more than one are in a folder",
    )

    @property
    def writes_folder(self) -> bool:
        """With partitions or several files."""
        return bool(self.partition_by) or self.files > 1

    def effect(self, schema: Schema) -> Effect:
        """Writes every column there is."""
        if len(set(self.partition_by)) < len(self.partition_by):
            raise NodeError("`partition_by` names a column twice", code="WF403")
        for name in self.partition_by:
            dtype = schema.dtype(name)
            if dtype is not None and dtype.kind in {"list", "struct", "binary", "object"}:
                raise NodeError(f"column '{name}' is of type {dtype}, which names no folder", code="WF402")
        if self.partition_by and not schema.is_open and set(schema.names) <= set(self.partition_by):
            raise NodeError("`partition_by` leaves no column for the files", code="WF402")
        return super().effect(schema)

    def _publish(
        self, target: Target, ending: str, sink: Callable[[Path, Parts | None], int | None]
    ) -> Receipt:
        """Write the file or the folder under a temporary name, which `target` publishes."""
        final = target.path(self.path)
        if not self.writes_folder:
            with target.file(self.path) as temporary:
                rows = sink(temporary, None)
                size = temporary.stat().st_size
            return Receipt((final,), rows, size)
        with target.folder(self.path) as temporary:
            rows = sink(temporary, Parts(ending, self.partition_by, self.files))
            files = sorted(f for f in temporary.rglob("*") if f.is_file())
            size = sum(f.stat().st_size for f in files)
            paths = tuple(final / f.relative_to(temporary) for f in files)
        return Receipt(paths, rows, size)

    def _refused(self, code: PandasCode) -> bool:
        if self.writes_folder:
            code.refuse("several files in a folder have no plain pandas form")
        return self.writes_folder


class WriteCsv(FileSink):
    """Write one delimited text file, or a folder of several. Null is written as nothing, lists as JSON text.

    It is compressed with gzip where the file's name ends with .gz. By the rules of Spark, fractions are written as Java
    does (`1.0E10`), times in milliseconds and UTC (`2024-02-29T12:00:00.000Z`), lists and sparse vectors as their
    text (`[1.0, 0.0]`, `(3,[0],[1.0])`), and text without the blanks at its ends.
    """

    operator = "write.csv"

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="what separates fields")
    header: bool = Field(default=True, description="whether the first line holds the names")
    encoding: str = Field(default="utf-8", description="the text's encoding, as Python names it")
    compression: Literal["none", "gzip"] = Field(
        default="none",
        description="of several files; a single one is compressed where its name ends with .gz",
    )

    rules: Literal["plain", "spark"] = Field(
        default="plain", description="how values are written: `plain`, or `spark`: as Spark writes them"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.compression != "none" and not self.writes_folder:
            raise ValueError("`compression` is for several files: end the name of a single one with .gz")
        packed = self.compression != "none" or (self.path.endswith(".gz") and not self.writes_folder)
        if packed and self.encoding.lower() not in {"utf-8", "utf8", "utf-8-sig"}:
            raise ValueError("compressed text is written as utf-8 alone")
        return self

    def write(self, table: Table, target: Target) -> Receipt:
        """Write the file, or the folder."""
        fmt = CsvFormat(delimiter=self.delimiter, header=self.header, encoding=self.encoding)
        ending = ".csv.gz" if self.compression == "gzip" else ".csv"
        if self.rules == "spark":
            table = as_spark_writes(table, besides=self.partition_by)
        return self._publish(
            target, ending, lambda path, parts: target.tables.sink_csv(table, path, fmt, parts)
        )

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.to_csv`, which has ways of its own to write fractions."""
        if self._refused(code):
            return
        path = code.argument(self.path)
        code.describe("Write a CSV file")
        booleans = [c.name for c in code.schema if c.dtype is not None and c.dtype.kind == "boolean"]
        moments = [c.name for c in code.schema if c.dtype is not None and str(c.dtype) == "datetime"]
        lists = [c.name for c in code.schema if c.dtype is not None and c.dtype.kind == "list"]
        unknown = any(i.prefix == "" if isinstance(i, Open) else i.dtype is None for i in code.schema.items)
        if unknown:
            words = 'df[name].map({True: "true", False: "false"})'
            loop(code, 'name in df.select_dtypes(["bool", "boolean"])', [f"df[name] = {words}"])
        elif booleans:
            words = '{True: "true", False: "false"}'
            code.write(assign((name, f"{column(name)}.map({words})") for name in booleans))
        if moments:
            iso = f".dt.strftime({literal(_MOMENT)})"
            code.write(assign((name, f"{column(name)}{iso}") for name in moments))
        if lists:
            code.use("import json")
            dumps = 'functools.partial(json.dumps, separators=(",", ":"), ensure_ascii=False)'
            code.use("import functools")
            code.write(f"as_json = {dumps}")
            code.write(assign((name, f'{column(name)}.map(as_json, na_action="ignore")') for name in lists))
        options = "".join(
            f", {option}"
            for option, wanted in (
                (f"sep={literal(self.delimiter)}", self.delimiter != ","),
                ("header=False", not self.header),
                (f"date_format={literal(_MOMENT)}", unknown),
                (f"encoding={literal(self.encoding)}", self.encoding.lower() not in {"utf-8", "utf8"}),
            )
            if wanted
        )
        code.write(f"df.to_csv({path}, index=False{options})")


class WriteParquet(FileSink):
    """Write one Parquet file, or a folder of several."""

    operator = "write.parquet"

    compression: Literal["zstd", "snappy", "gzip", "lz4", "none"] = Field(
        default="zstd", description="how pages are compressed"
    )

    def write(self, table: Table, target: Target) -> Receipt:
        """Write the file, or the folder."""
        return self._publish(
            target,
            ".parquet",
            lambda path, parts: target.tables.sink_parquet(table, path, self.compression, parts),
        )

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.to_parquet`."""
        if self._refused(code):
            return
        dates = [c.name for c in code.schema if c.dtype is not None and c.dtype.kind == "date"]
        if dates:  # pandas holds them as moments, and would write them so
            code.write(f"df = df.astype({literal(dict.fromkeys(dates, 'date32[pyarrow]'))})")
        codec = "None" if self.compression == "none" else literal(self.compression)
        moments = any(c.dtype is not None and c.dtype.kind == "datetime" for c in code.schema)
        unit = ', coerce_timestamps="us"' if moments else ""
        code.describe("Write a Parquet file")
        code.write(f"df.to_parquet({code.argument(self.path)}, index=False, compression={codec}{unit})")
