"""Sinks of tables: delimited text and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weirflow.api import CsvFormat, Location, Open, Receipt, Sink
from weirflow_tabular.pandas_text import assign, column, literal, loop

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Table, Target


_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


class WriteCsv(Sink):
    """Write one delimited text file. Null is written as nothing, lists as JSON text."""

    operator = "write.csv"

    path: Location = Field(description="the file, relative to the output folder")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="what separates fields")
    header: bool = Field(default=True, description="whether the first line holds the names")
    encoding: str = Field(default="utf-8", description="the text's encoding, as Python names it")

    def write(self, table: Table, target: Target) -> Receipt:
        """Write the file under a temporary name, which `target` publishes."""
        fmt = CsvFormat(delimiter=self.delimiter, header=self.header, encoding=self.encoding)
        with target.file(self.path) as temporary:
            rows = target.tables.sink_csv(table, temporary, fmt)
            size = temporary.stat().st_size
        return Receipt((target.path(self.path),), rows, size)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.to_csv`."""
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


class WriteParquet(Sink):
    """Write one Parquet file."""

    operator = "write.parquet"

    path: Location = Field(description="the file, relative to the output folder")
    compression: Literal["zstd", "snappy", "gzip", "lz4", "none"] = Field(
        default="zstd", description="how pages are compressed"
    )

    def write(self, table: Table, target: Target) -> Receipt:
        """Write the file under a temporary name, which `target` publishes."""
        with target.file(self.path) as temporary:
            rows = target.tables.sink_parquet(table, temporary, self.compression)
            size = temporary.stat().st_size
        return Receipt((target.path(self.path),), rows, size)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.to_parquet`."""
        dates = [c.name for c in code.schema if c.dtype is not None and c.dtype.kind == "date"]
        if dates:  # pandas holds them as moments, and would write them so
            code.write(f"df = df.astype({literal(dict.fromkeys(dates, 'date32[pyarrow]'))})")
        codec = "None" if self.compression == "none" else literal(self.compression)
        moments = any(c.dtype is not None and c.dtype.kind == "datetime" for c in code.schema)
        unit = ', coerce_timestamps="us"' if moments else ""
        code.describe("Write a Parquet file")
        code.write(f"df.to_parquet({code.argument(self.path)}, index=False, compression={codec}{unit})")
