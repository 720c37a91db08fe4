"""Sources of tables: JSON, as whole files and as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weirflow.api import (
    Columns,
    PersonalColumns,
    Schema,
    SourceFacts,
    mark_personal,
    portable,
)
from weirflow_tabular.files import facts_of, is_folder, is_pattern
from weirflow_tabular.formats import FileSource
from weirflow_tabular.json_files import JsonFile, infer, scan
from weirflow_tabular.native import bound, is_nested, polars_type
from weirflow_tabular.pandas_text import literal, pandas_type
from weirflow_tabular.read import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from weirflow.api import PandasCode, SourceContext, Table

LINES = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")
WHOLE = (".json", ".json.gz")


class ReadJson(FileSource):
    """Read JSON files: one, all of a folder (.json, .json.gz), or those a pattern finds.

    Each holds an array of objects, or one object. An object is a row and its keys are the columns, in the
    order in which they are met; a key that an object lacks is null in its row. A key whose values are of several types
    is text, and so is one without any value. Objects within objects are structs. Several files are read in the order
    of their names, and each is held in memory while it is read: for large data there is `read.ndjson`.
    """

    operator = "read.json"

    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names and types, from all objects."""
        return _facts(self, _files(self, context), context, None)

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The objects as one table."""
        return _table(self, context, schema, None)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pd.DataFrame` of what `json.load` gives."""
        _write_code(self, code, whole=True)


class ReadNdjson(FileSource):
    """Read files of JSON lines: one, all of a folder, or those a pattern finds.

    Of a folder these are .ndjson, .jsonl and .json, and .gz of them. Each line holds an object, which is a row; blank
    lines are left out. Keys are the columns, in the order in which they are met; a key that an object lacks is null in
    its row. A key whose values are of several types is text, and so is one without any value. Objects within objects
    are structs. Several files are read in the order of their names.
    """

    operator = "read.ndjson"

    infer_rows: int | None = Field(
        default=None,
        ge=1,
        description="how many rows of each file are looked at for names and types; null for all. With a number, a "
        "value further down that is of another type fails the run, and keys that come there first are left out",
    )
    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names and types, from as many objects as `infer_rows` says."""
        return _facts(self, _files(self, context), context, self.infer_rows)

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """The lines as one table."""
        return _table(self, context, schema, self.infer_rows)

    def to_pandas(self, code: PandasCode) -> None:
        """As `pd.DataFrame` of what `json.loads` gives for each line."""
        _write_code(self, code, whole=False)


def _files(node: FileSource, context: SourceContext) -> list[JsonFile]:
    whole = isinstance(node, ReadJson)
    return [JsonFile(path, whole=whole) for path in node.find(context, WHOLE if whole else LINES)]


def _facts(
    node: ReadJson | ReadNdjson, files: Sequence[JsonFile], context: SourceContext, rows: int | None
) -> SourceFacts:
    import narwhals as nw
    import polars as pl

    found = portable.schema_of(nw.from_native(pl.LazyFrame(schema=infer(files, rows))))
    columns = Schema.of({c.name: bound(c.dtype, context.types.get(c.name)) for c in found})
    schema = mark_personal(node.with_file_column(columns, [f.path for f in files]), node.personal)
    return SourceFacts(schema, facts_of([f.path for f in files]), dear=True)


def _table(node: FileSource, context: SourceContext, schema: Schema, rows: int | None) -> Table:
    import narwhals as nw

    files = {f.path: f for f in _files(node, context)}

    def table(paths: Sequence[Path], schema: Schema) -> Table:
        wanted = [files[p] for p in paths]
        return nw.from_native(scan(wanted, _types(wanted, schema, rows)))

    return node.by_file(list(files), schema, table)


def _types(files: Sequence[JsonFile], schema: Schema, rows: int | None) -> pl.Schema:
    """Polars' types of a schema's columns; those of structs, which a schema does not hold, are inferred again."""
    import polars as pl

    nested = any(c.dtype is None or is_nested(c.dtype) for c in schema)
    found = infer(files, rows) if nested else pl.Schema()
    types: dict[str, pl.DataType] = {}
    for column in schema:
        if column.dtype is None or (is_nested(column.dtype) and column.name in found):
            types[column.name] = found.get(column.name, pl.String())
        else:
            types[column.name] = polars_type(column.dtype)
    return pl.Schema(types)


def _write_code(node: FileSource, code: PandasCode, *, whole: bool) -> None:
    """Write code that decodes the files and gives the columns the types that were found."""
    location = node.path
    if node.refused(code):
        return
    if "://" in location:
        code.refuse("a copy of the file is needed for that")
        return
    unknown = code.schema.is_open or any(c.dtype is None for c in code.schema)
    if unknown:
        code.refuse("the types of its columns are not known before the file is looked at")
        return
    if any(c.dtype is not None and "struct" in str(c.dtype) for c in code.schema):
        code.refuse("pandas has no column of objects within objects")
        return
    code.use("import json")
    code.use("import pandas as pd")
    path = code.argument(location)
    several = is_pattern(location) or is_folder(location)
    kind = "JSON" if whole else "JSON lines"
    code.describe(
        f"Read {kind} files as one table, in the order of their names" if several else f"Read a {kind} file"
    )
    opened = 'open({0}, encoding="utf-8")'
    if several or location.endswith(".gz"):
        code.use("import gzip")
        opened = 'gzip.open({0}, "rt", encoding="utf-8")'
    if several:
        opened = '(gzip.open if str({0}).endswith(".gz") else open)({0}, "rt", encoding="utf-8")'
    if whole:
        take = [
            "    found = json.load(file)",
            "rows += found if isinstance(found, list) else [found]",
        ]
    else:
        take = ["    rows += [json.loads(line) for line in file if line.strip()]"]
    lines = ["rows = []"]
    if several:
        lines.append(f"for name in {_listing(code, path, location, WHOLE if whole else LINES)}:")
        lines += ["    " + line for line in (f"with {opened.format('name')} as file:", *take)]
    else:
        lines += [f"with {opened.format(path)} as file:", *take]
    types = {c.name: pandas_type(c.dtype) for c in code.schema if c.dtype is not None}
    names = literal(list(code.schema.names))
    lines.append(f'df = pd.DataFrame(rows, columns={names}, dtype="object")')
    typed = {n: t for n, t in types.items() if t is not None}
    if typed:
        lines.append(f"df = df.astype({literal(typed)})")
    code.write("\n".join(lines))


def _listing(code: PandasCode, path: str, location: str, endings: Sequence[str]) -> str:
    if is_pattern(location):
        code.use("import glob")
        return f"sorted(glob.glob({path}, recursive=True))"
    code.use("from pathlib import Path")
    return f"sorted(f for f in Path({path}).iterdir() if f.name.endswith(({literal(list(endings))[1:-1]})))"
