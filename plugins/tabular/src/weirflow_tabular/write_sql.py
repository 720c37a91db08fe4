"""A sink of tables: a table of a database."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from weirflow.api import NodeError, Receipt, Sink
from weirflow_tabular.databases import (
    NAMES,
    Database,
    database,
    engine_of,
    open_duckdb,
    told,
    told_duckdb,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl
    from sqlalchemy import Connection

    from weirflow.api import Table, Target

_BATCH = 20_000  # rows
_COLUMNS = (
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position"
)


class WriteSql(Sink):
    """Write a table of a database, whole or not at all.

    Proven on DuckDB, SQLite and PostgreSQL, in a transaction: readers see the old table until all rows of the new one
    are there. Needs the extra `sql`. The file of an embedded database is made where there is none. Lists and structs
    can be written to DuckDB alone. SQLite keeps dates as text, and booleans as 0 and 1. Keep passwords out of the file:
    `postgresql://me:${secret:PASSWORD}@host/shop`.
    """

    operator = "write.sql"

    url: str = Field(
        description="the database: duckdb:///FILE and sqlite:///FILE, relative to the output folder, or "
        "postgresql://USER:PASSWORD@HOST/NAME"
    )
    table: str = Field(min_length=1, description="the table's name, as it stands")
    if_exists: Literal["error", "replace", "append"] = Field(
        default="error",
        description="what becomes of a table that is there: the run fails, it is replaced, or rows are added to it, "
        "for which the columns must have the same names",
    )

    def write(self, table: Table, target: Target) -> Receipt:
        """Compute the table first, then write it in one transaction."""
        found = database(self.url, target.path)
        if found.dialect not in NAMES:
            raise NodeError(
                f"a database of {found.dialect} cannot be written to",
                hint=f"it can be {', '.join(NAMES.values())}",
                code="WF205",
            )
        with tempfile.TemporaryDirectory(prefix="weirflow-") as folder:
            rows = Path(folder) / "rows.parquet"
            count = target.tables.sink_parquet(table, rows, "lz4")
            with _undone(found.file):
                if found.dialect == "duckdb":
                    self._to_duckdb(found, rows)
                else:
                    self._to_others(found, rows)
        return Receipt((found.file,) if found.file else (), count)

    def _to_duckdb(self, found: Database, rows: Path) -> None:
        name = _quoted(self.table)
        with told_duckdb(found, "WF601"), open_duckdb(found, writing=True) as connection:
            connection.begin()
            old = [c for (c,) in connection.execute(_COLUMNS, [self.table]).fetchall()]
            source = connection.read_parquet(str(rows))
            if old and self._adds(old, source.columns):
                connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM source")  # noqa: S608 -- quoted
            else:
                made = "CREATE OR REPLACE" if old else "CREATE"
                connection.execute(f"{made} TABLE {name} AS SELECT * FROM source")  # noqa: S608 -- quoted
            connection.commit()

    def _to_others(self, found: Database, rows: Path) -> None:
        import sqlalchemy as sa

        types = _types(rows)
        engine = engine_of(found, writing=True)
        with told(found, "WF601"), engine.begin() as connection:
            inspector = sa.inspect(connection)
            old = (
                [c["name"] for c in inspector.get_columns(self.table)]
                if inspector.has_table(self.table)
                else []
            )
            if old and self._adds(old, list(types)):
                _insert(connection, _table(self.table, types), rows)
                return
            fresh = _fresh(self.table, inspector.get_table_names()) if old else self.table
            made = _table(fresh, types)
            made.create(connection)
            _insert(connection, made, rows)
            if old:
                sa.Table(self.table, sa.MetaData()).drop(connection)
                quote = engine.dialect.identifier_preparer.quote_identifier
                connection.exec_driver_sql(f"ALTER TABLE {quote(fresh)} RENAME TO {quote(self.table)}")

    def _adds(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Whether rows are added to the table that is there. Raises NodeError where they cannot be."""
        if self.if_exists == "replace":
            return False
        if self.if_exists == "error":
            raise NodeError(
                f"there is a table '{self.table}' already",
                hint="name another, or say what becomes of it: `if_exists: replace` or `append`",
                code="WF601",
            )
        for one, other, verb in ((new, old, "lacks"), (old, new, "has")):
            apart = [c for c in one if c not in other]
            if apart:
                more = ", which the rows lack" if verb == "has" else ", which the rows have"
                raise NodeError(
                    f"the table '{self.table}' {verb} column '{apart[0]}'{more}",
                    hint="columns that are added must have the same names",
                    code="WF401",
                )
        return True


@contextmanager
def _undone(file: Path | None) -> Iterator[None]:
    """Remove the file of a database that was made in vain; its folder has to be there."""
    made = file is not None and not file.exists()
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        if made and file is not None:
            file.unlink(missing_ok=True)
        raise


def _types(rows: Path) -> dict[str, Any]:
    """SQLAlchemy's types of a Parquet file's columns. Raises NodeError on what databases have no equal for."""
    import polars as pl
    import sqlalchemy as sa

    found: dict[str, Any] = {}
    for name, dtype in pl.scan_parquet(rows, glob=False).collect_schema().items():
        match dtype:
            case pl.Int8() | pl.Int16() | pl.UInt8():
                found[name] = sa.SmallInteger()
            case pl.Int32() | pl.UInt16():
                found[name] = sa.Integer()
            case pl.Int64() | pl.UInt32():
                found[name] = sa.BigInteger()
            case pl.UInt64():
                found[name] = sa.Numeric(20, 0)
            case pl.Float32() | pl.Float64():
                found[name] = sa.Double()
            case pl.Boolean():
                found[name] = sa.Boolean(create_constraint=False)
            case pl.Decimal():
                found[name] = sa.Numeric(dtype.precision, dtype.scale)
            case pl.String() | pl.Categorical() | pl.Enum() | pl.Null():
                found[name] = sa.Text()
            case pl.Binary():
                found[name] = sa.LargeBinary()
            case pl.Date():
                found[name] = sa.Date()
            case pl.Time():
                found[name] = sa.Time()
            case pl.Datetime():
                found[name] = sa.DateTime(timezone=dtype.time_zone is not None)
            case _:
                kind = type(dtype).__name__.lower()
                raise NodeError(
                    f"column '{name}' is of type {kind}, for which the database has no equal",
                    hint="cast it to text with columns.cast, or drop it",
                    code="WF402",
                )
    return found


def _table(name: str, types: dict[str, Any]) -> Any:
    import sqlalchemy as sa

    columns = [sa.Column(n, t, autoincrement=False) for n, t in types.items()]
    return sa.Table(name, sa.MetaData(), *columns)


def _insert(connection: Connection, table: Any, rows: Path) -> None:
    """Insert a Parquet file's rows, a batch at a time."""
    import polars as pl

    lazy: pl.LazyFrame = pl.scan_parquet(rows, glob=False)
    plain = lazy.with_columns(pl.selectors.categorical().cast(pl.String))
    for batch in plain.collect_batches(chunk_size=_BATCH, maintain_order=True, engine="streaming"):
        if batch.height:
            connection.execute(table.insert().inline(), batch.to_dicts())


def _fresh(name: str, taken: Sequence[str]) -> str:
    made = f"{name[:40]}_new"  # names may be cut at 63 bytes
    while made in taken:
        made += "_"
    return made


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
