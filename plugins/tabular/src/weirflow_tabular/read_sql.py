"""A source of tables: what a query of a database gives."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weirflow.api import (
    Columns,
    FileFact,
    Location,
    NodeError,
    PersonalColumns,
    Schema,
    Source,
    SourceFacts,
    mark_personal,
    portable,
)
from weirflow_tabular.databases import (
    Database,
    check_query,
    database,
    engine_of,
    open_duckdb,
    there,
    told,
    told_duckdb,
)
from weirflow_tabular.formats import file_source
from weirflow_tabular.native import bound, polars_type
from weirflow_tabular.read import PERSONAL
from weirflow_tabular.sql_types import frame_of, of_postgresql, of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from weirflow.api import SourceContext, Table

_BATCH = 50_000  # rows
_TYPED = frozenset({"duckdb", "postgresql"})  # which say the types of a query's columns
_BOUND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")  # as SQLAlchemy finds names of values
_FILES = {b"SQLite format 3\x00": ("sqlite", 0), b"DUCK": ("duckdb", 8)}


class ReadSql(Source):
    """Read what a query of a database gives.

    Proven on DuckDB, SQLite and PostgreSQL; whatever else SQLAlchemy has a driver for is asked in the same way. Needs
    the extra `sql`. The database is opened for reading alone, and DuckDB without files, network and extensions. DuckDB
    and PostgreSQL say which types the columns have; of other databases the first rows tell, and a value further down
    that is of another type fails the run. Numbers that PostgreSQL has without a precision are floats, JSON and UUIDs
    are text. Keep passwords out of the file: `postgresql://me:${secret:PASSWORD}@host/shop`.
    """

    operator = "read.sql"

    url: Location = Field(
        description="the database: duckdb:///FILE and sqlite:///FILE, relative to the flow's folder, "
        "postgresql://USER:PASSWORD@HOST/NAME, or any URL that SQLAlchemy knows"
    )
    query: str = Field(
        min_length=1,
        description="a single SELECT; it is never interpolated: `:name` stands for one of `values`",
    )
    values: dict[str, bool | int | float | str | None] = Field(
        default={}, description="values for the query, by name, which the database puts in as such"
    )
    infer_rows: int = Field(
        default=10_000, ge=1, description="how many rows tell the types, where the database does not"
    )
    personal: PersonalColumns = Field(default=Columns(), description=PERSONAL)

    def at(self, location: str) -> Source:
        """The same query of another database, by URL or by file; or the reader of a file that holds its answer."""
        if "://" in location and not location.startswith("s3://"):
            return super().at(location)
        for magic, (dialect, offset) in _FILES.items():
            if _starts(location, magic, offset):
                return super().at(f"{dialect}:///{location}")
        return file_source(self, location, "parquet")

    def impure(self) -> bool:
        """Whether the query asks the clock, or chance, by functions as DuckDB calls them."""
        from weirflow_tabular.sql_volatile import is_volatile

        return is_volatile(self.query, "duckdb")

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Names and types, as the database describes them or the first rows tell."""
        import narwhals as nw
        import polars as pl

        found = there(self._database(context))
        schema = portable.schema_of(nw.from_native(pl.LazyFrame(schema=_types(found, self))))
        if found.dialect not in _TYPED:
            schema = Schema.of({c.name: bound(c.dtype, context.types.get(c.name)) for c in schema})
        stat = found.file.stat() if found.file else None
        files = (FileFact(str(found.file), stat.st_size, stat.st_mtime_ns),) if stat else ()
        return SourceFacts(mark_personal(schema, self.personal), files, dear=True)

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """What the query gives, in batches."""
        import narwhals as nw
        from polars.io.plugins import register_io_source

        found = self._database(context)
        types = self._native(found, schema)

        def batches(
            columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
        ) -> Iterator[pl.DataFrame]:
            del size
            left = rows
            for whole in _frames(found, self, types):
                frame = whole.select(list(types) if columns is None else columns)
                if left is not None:
                    frame = frame.head(left)
                    left -= frame.height
                yield frame if predicate is None else frame.filter(predicate)
                if left is not None and left <= 0:
                    return

        return nw.from_native(register_io_source(batches, schema=types))

    def _native(self, found: Database, schema: Schema) -> pl.Schema:
        """Polars' types of the columns: what the first rows told is not asked for again."""
        import polars as pl

        if found.dialect in _TYPED:
            return pl.Schema({n: t for n, t in _types(found, self).items() if n in schema})
        return pl.Schema({c.name: polars_type(c.dtype) for c in schema if c.dtype is not None})

    def _database(self, context: SourceContext) -> Database:
        return database(self.url, lambda path: Path(context.resolve(path)))


def _starts(location: str, magic: bytes, offset: int) -> bool:
    try:
        with Path(location).open("rb") as stream:
            return stream.read(offset + len(magic))[offset:] == magic
    except OSError:
        return False


def _types(found: Database, node: ReadSql) -> dict[str, pl.DataType]:
    """Polars' types of the query's columns, in order. Raises NodeError, on two columns of one name too."""
    query = check_query(node.query)
    if found.dialect == "duckdb":
        with told_duckdb(found, "WF603"), open_duckdb(found) as connection:
            relation = _relation(connection, query, node)
            names = list(relation.columns)
            _check_names(names)
            empty = next(iter(_arrow(relation, empty=True)))
            return dict(empty.schema)
    engine = engine_of(found)
    with (
        told(found, "WF603"),
        engine.connect() as connection,
        closing(_execute(connection, found, query, node)) as result,
    ):
        names = list(result.keys())
        _check_names(names)
        if found.dialect == "postgresql":
            return of_postgresql(result.cursor.description)
        return of_rows(names, result.fetchmany(node.infer_rows))


def _frames(found: Database, node: ReadSql, types: pl.Schema) -> Iterator[pl.DataFrame]:
    """The query's answer, batch by batch."""
    query = check_query(node.query)
    if found.dialect == "duckdb":
        with told_duckdb(found, "WF603"), open_duckdb(found) as connection:
            yield from _arrow(_relation(connection, query, node))
        return
    engine = engine_of(found)
    with (
        told(found, "WF603"),
        engine.connect() as connection,
        closing(_execute(connection, found, query, node)) as result,
    ):
        if list(result.keys()) != list(types):
            raise NodeError("the query gives other columns than when it was looked at", code="WF611")
        while rows := result.fetchmany(_BATCH):
            yield frame_of(rows, types)


def _execute(connection: Any, found: Database, query: str, node: ReadSql) -> Any:
    """Ask, in a transaction that may not write and is rolled back; rows stay in the database until fetched."""
    import sqlalchemy as sa

    connection = connection.execution_options(stream_results=True, max_row_buffer=_BATCH)
    if found.dialect == "postgresql":
        connection = connection.execution_options(postgresql_readonly=True)
    if (
        not node.values
    ):  # nothing is bound; a driver would take % for a place of a value, which text() escapes
        return connection.execute(sa.text(_BOUND.sub(r"\\:\1", query)))
    _check_values(query, node)
    return connection.execute(sa.text(query), dict(node.values))


def _relation(connection: Any, query: str, node: ReadSql) -> Any:
    if not node.values:
        return connection.sql(query)
    _check_values(query, node)
    return connection.sql(_BOUND.sub(r"$\1", query), params=dict(node.values))


def _check_values(query: str, node: ReadSql) -> None:
    named = set(_BOUND.findall(query))
    if lacking := sorted(named - node.values.keys()):
        raise NodeError(f"`values` lacks '{lacking[0]}', which the query names", code="WF205")
    if more := sorted(node.values.keys() - named):
        raise NodeError(f"`values` has '{more[0]}', and the query names no `:{more[0]}`", code="WF205")


def _arrow(relation: Any, *, empty: bool = False) -> Iterator[pl.DataFrame]:
    """Frames of what DuckDB gives: enumerations as text, NaN as null; intervals cannot be read."""
    import polars as pl
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_stream(relation)
    for field in reader.schema:
        if pa.types.is_interval(field.type):
            raise NodeError(
                f"column '{field.name}' of the query is an interval",
                hint="cast it in the query",
                code="WF603",
            )
    tables = [reader.schema.empty_table()] if empty else (pa.Table.from_batches([b]) for b in reader)
    for table in tables:
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        texts = pl.selectors.categorical() | pl.selectors.enum()
        yield frame.with_columns(texts.cast(pl.String), pl.selectors.float().fill_nan(None))


def _check_names(names: list[str]) -> None:
    twice = next((n for n, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise NodeError(
            f"the query gives two columns '{twice}'", hint="name them apart with AS", code="WF603"
        )
