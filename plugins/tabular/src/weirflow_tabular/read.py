"""Sources of tables: delimited text and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import (
    BOOLEAN,
    STRING,
    Columns,
    CsvFormat,
    DType,
    NodeError,
    PersonalColumns,
    SourceContext,
    SourceFacts,
    did_you_mean,
    mark_personal,
)
from weirflow_tabular.cast_code import cast_lines
from weirflow_tabular.checks import TypeName
from weirflow_tabular.csv_sample import sample, typed
from weirflow_tabular.files import facts_of, is_folder, is_pattern
from weirflow_tabular.formats import FileSource
from weirflow_tabular.pandas_text import assign, column, literal, pandas_type

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from weirflow.api import PandasCode, Schema, Table

_CSV = (".csv", ".csv.gz", ".tsv", ".txt")
PERSONAL = "columns whose values no report, event or message shows, nor those of columns made from them"


class ReadCsv(FileSource):
    """Read delimited text files: one, all of a folder (.csv, .csv.gz, .tsv, .txt), or those a pattern finds.

    Several files must have the same columns, and are read in the order of their names. Types are told from the
    first rows: integers, floats, true/false, ISO dates and times; codes such as `01`, and yes/no, stay text. NaN
    beside numbers is null. A value further down that is not of its column's type fails the run: give the column's
    type then. So does a line with another number of fields than the first; blank lines at the end are left out,
    but in a file of one column each is a null.
    """

    operator = "read.csv"

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="what separates fields")
    header: bool = Field(
        default=True,
        description="whether the first line holds the names; else they are column_1, column_2 and so on",
    )
    quote: str | None = Field(
        default='"', min_length=1, max_length=1, description="the quotation mark; null for none"
    )
    encoding: str = Field(default="utf-8", description="the text's encoding, as Python names it")
    skip: int = Field(default=0, ge=0, description="how many lines to leave out before the header")
    null_values: tuple[str, ...] = Field(default=("",), description="texts that stand for a missing value")
    types: dict[str, TypeName] = Field(
        default={},
        description=(
            "types of columns, as {zip: string}; others are inferred. A single column whose lines all hold another "
            "usual delimiter is taken for a mistake, unless its type is given"
        ),
    )
    infer: bool = Field(
        default=True, description="whether to infer types; else all columns without a type are text"
    )
    infer_rows: int = Field(default=10_000, ge=1, description="how many rows are looked at for that")
    rules: Literal["strict", "spark"] = Field(
        default="strict",
        description=(
            "`strict`, as above, or `spark`: as Spark reads, which leaves out blank lines, takes what a line lacks for "
            "null and cuts what it has too much, and calls columns without a name _c0, _c1 and so on; to names that "
            "occur twice it adds their place. A line break within quotes belongs to the value by either"
        ),
    )
    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.delimiter == self.quote:
            raise ValueError("`delimiter` and `quote` are the same")
        for name in ("delimiter", "quote"):
            if not (getattr(self, name) or "").isascii():
                raise ValueError(f"`{name}` should be an ASCII character")
        return self

    @property
    def _format(self) -> CsvFormat:
        return CsvFormat(
            self.delimiter,
            self.header,
            self.quote,
            self.encoding,
            self.skip,
            self.null_values,
            lenient=self.rules == "spark",
        )

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names and types, from the first rows."""
        files = self.find(context, _CSV)
        found = sample(files, self._format, self.infer_rows, self.types)
        for name in self.types:
            if name not in found.names:
                raise NodeError(
                    f"`types` names column '{name}', which {files[0].name} does not have",
                    hint=did_you_mean(name, found.names),
                    code="WF401",
                )
        schema = typed(found, self.types, self.null_values, infer=self.infer, before=context.types)
        schema = mark_personal(self.with_file_column(schema, files), self.personal)
        return SourceFacts(schema, facts_of(files), dear=True, warnings=tuple(found.warnings))

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The files as one table."""

        def scan(files: Sequence[Path], schema: Schema) -> Table:
            return context.tables.scan_csv([str(f) for f in files], schema, self._format)

        return self.by_file(self.find(context, _CSV), schema, scan)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pd.read_csv`, with the types that were found."""
        if self.refused(code):
            return
        dates = [c.name for c in code.schema if c.dtype is not None and c.dtype.is_temporal]
        types = {
            c.name: pandas_type(c.dtype) for c in code.schema if c.dtype is not None and c.name not in dates
        }
        if code.schema.is_open or len(types) + len(dates) < len(code.schema):
            code.refuse("the types of its columns are not known before the file is looked at")
            return
        # pandas reads true and false alone: yes and no, which only a given type allows, are cast afterwards
        words = [n for n, t in self.types.items() if t == "boolean"]
        # and reads NaN as a number only from text
        floats = {n: t for n, t in types.items() if t and t.startswith("float")}
        # of a column without a value it cannot tell that it is one of dates
        casts = {n: floats.get(n, "datetime64[us]") for n in code.schema.names if n in floats or n in dates}
        types |= dict.fromkeys((*words, *floats), "str")
        # pandas calls a column without a name after its place
        unnamed = next((f"Unnamed: {i}" for i, c in enumerate(code.schema) if not c.name), None)
        options = {"dtype": literal({(unnamed if unnamed and not n else n): t for n, t in types.items()})}
        if dates:
            options |= {"parse_dates": literal(dates), "date_format": '"ISO8601"'}
        if self.delimiter != ",":
            options["sep"] = literal(self.delimiter)
        if not self.header:
            options |= {"header": "None", "names": literal(list(code.schema.names))}
        elif self.rules == "spark" and any(n.endswith(str(i)) for i, n in enumerate(code.schema.names)):
            options |= {"header": "0", "names": literal(list(code.schema.names))}  # which Spark may have made
        if self.rules == "spark":
            options["usecols"] = f"range({len(code.schema)})"  # or surplus fields would be errors
        if self.quote is None:
            code.use("import csv")
            options["quoting"] = "csv.QUOTE_NONE"
        elif self.quote != '"':
            options["quotechar"] = literal(self.quote)
        if self.encoding.lower() not in {"utf-8", "utf8"}:
            options["encoding"] = literal(self.encoding)
        if self.skip:
            options["skiprows"] = str(self.skip)
        if len(code.schema) == 1 and self.rules == "strict":
            options["skip_blank_lines"] = "False"
        options |= {"keep_default_na": "False", "na_values": literal(list(self.null_values))}
        write_reading(code, self.path, "csv", options)
        if unnamed:
            code.write(f'df = df.rename(columns={{"{unnamed}": ""}})')
        for name in words:
            code.write("\n".join(cast_lines(code, name, STRING, BOOLEAN, strict=True) or ()))
        if casts:
            code.write(f"df = df.astype({literal(casts)})")


class ReadParquet(FileSource):
    """Read Parquet files: one, all of a folder (.parquet), or those a pattern finds. NaN is read as null.

    Several files must have the same columns, and are read in the order of their names.
    """

    operator = "read.parquet"

    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names, types and the number of rows, from the files' footers."""
        import narwhals as nw
        import polars as pl

        from weirflow.api import portable

        files = self.find(context, (".parquet",))
        schema: Schema | None = None
        rows = 0
        for file in files:
            try:
                lazy = pl.scan_parquet(file, glob=False)
                rows += lazy.select(pl.len()).collect().item()
            except pl.exceptions.PolarsError:
                raise NodeError(f"{file.name} is not a Parquet file, or is cut short", code="WF603") from None
            found = portable.schema_of(nw.from_native(lazy))
            if schema is not None and found != schema:
                raise NodeError(
                    f"{file.name} has other columns or types than the first file",
                    hint="read files of one layout",
                    code="WF603",
                )
            schema = found
        assert schema is not None
        return SourceFacts(
            mark_personal(self.with_file_column(schema, files), self.personal), facts_of(files), rows=rows
        )

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The files as one table."""

        def scan(files: Sequence[Path], schema: Schema) -> Table:
            return context.tables.scan_parquet([str(f) for f in files], schema)

        return self.by_file(self.find(context, (".parquet",)), schema, scan)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pd.read_parquet`."""
        if not self.refused(code):
            write_columnar(code, self.path, "parquet")


def write_columnar(code: PandasCode, location: str, kind: str) -> None:
    """Write a call of pandas' reader of a format that holds types: `parquet` or `orc`."""
    kinds = {c.name: c.dtype.kind for c in code.schema if c.dtype is not None}
    exact = any(k == "boolean" or "int" in k for k in kinds.values())
    write_reading(code, location, kind, {"dtype_backend": '"numpy_nullable"'} if exact else {})
    types = {n: "datetime64[us]" for n, k in kinds.items() if k == "date"}
    if exact:  # they would be Float64, in which NaN is a value
        types |= {n: k for n, k in kinds.items() if k.startswith("float")}
    if types:
        code.write(f"df = df.astype({literal({n: types[n] for n in kinds if n in types})})")
    for item in code.schema:
        if item.dtype is not None and item.dtype.kind == "list":
            _list_code(code, item.name, item.dtype.inner)


def _list_code(code: PandasCode, name: str, inner: DType | None) -> None:
    """Make lists of the arrays that pandas reads; a gap among integers makes them all floats."""
    code.use("import numpy as np")
    plain = "np.ndarray.tolist"
    if inner is not None and inner.is_integer:
        plain = "lambda items: [None if pd.isna(i) else int(i) for i in items]"
    code.write(assign([(name, f'{column(name)}.map({plain}, na_action="ignore")')]))


def write_reading(code: PandasCode, location: str, kind: str, options: dict[str, str]) -> None:
    """Write a call of a pandas reader for one file or for several."""
    code.use("import pandas as pd")
    path = code.argument(location)
    parts = [f"{k}={v}" for k, v in options.items()]
    name = {"csv": "CSV", "parquet": "Parquet", "orc": "ORC"}[kind]
    if is_pattern(location) or is_folder(location):
        code.describe(f"Read {name} files as one table, in the order of their names")
    else:
        code.describe(f"Read {'an' if kind == 'orc' else 'a'} {name} file")

    def call(first: str, indent: str) -> str:
        if not parts:
            return f"pd.read_{kind}({first})"
        inner = "".join(f"{indent}    {p}".replace("\n", f"\n{indent}    ") + ",\n" for p in (first, *parts))
        return f"pd.read_{kind}(\n{inner}{indent})"

    if not (is_pattern(location) or is_folder(location)):
        code.write(f"df = {call(path, '')}")
        return
    if is_pattern(location):
        code.use("import glob")
        files = f"sorted(glob.glob({path}, recursive=True))"
    else:
        code.use("from pathlib import Path")
        ends = f"({literal(list(_CSV))[1:-1]})" if kind == "csv" else literal(f".{kind}")
        files = f"sorted(f for f in Path({path}).iterdir() if f.name.endswith({ends}))"
    code.write(f"frames = [\n    {call('file', '    ')}\n    for file in {files}\n]")
    code.write("df = pd.concat(frames, ignore_index=True)")
