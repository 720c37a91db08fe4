"""`labels.tables`: the tables of a database of labels as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weirflow.api import Field, Location, Port, Receipt, Sink
from weirflow_labels.database import database_of, opened
from weirflow_labels.query import named
from weirflow_labels.spelling import literal

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from weirflow.api import Files, Target


class LabelTables(Sink):
    """Write the tables of a database of labels as a folder of Parquet files, one folder inside for each table.

    Tables with a column `job` are parted by it, as `objects/job=cars/data_0.parquet`, which DuckDB, Spark, Polars and
    Athena read as a column; rows without a job are in `job=__HIVE_DEFAULT_PARTITION__`. The folder appears whole, in
    the place of what an earlier run has put there. What the tables hold is in docs/reference/labels.md.
    """

    operator: ClassVar[str] = "labels.tables"
    inputs: ClassVar[tuple[Port, ...]] = (Port("database", "files"),)

    path: Location = Field(description="the folder, which holds these files and nothing else")
    tables: tuple[str, ...] = Field(
        default=(), description="the tables, and views; all tables and no views, where it names none"
    )

    @property
    def writes_folder(self) -> bool:
        """It fills a folder."""
        return True

    def write(self, files: Files, target: Target) -> Receipt:
        """Write them."""
        with opened(database_of(files)) as db, target.folder(self.path) as folder:
            db.execute("SET threads = 1")  # one file a partition, with rows in their order
            for name in self.tables or _tables(db):
                _write(db, named(db, name), folder / name)
            found = sorted(p for p in folder.rglob("*.parquet"))
            size = sum(p.stat().st_size for p in found)
            final = target.path(self.path)
            return Receipt(tuple(final / p.relative_to(folder) for p in found), bytes=size)


def _tables(db: duckdb.DuckDBPyConnection) -> list[str]:
    found = db.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' AND table_type = 'BASE TABLE'"
        " AND table_catalog = current_database() ORDER BY table_name"
    ).fetchall()
    return [name for (name,) in found]


def _write(db: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """One table: a file for each job, or a single one."""
    columns = db.sql(f"FROM {table}").columns
    rows = named_rows = 0
    if "job" in columns and len(columns) > 1:
        ((rows, named_rows),) = db.execute(f"SELECT count(*), count(job) FROM {table}").fetchall()  # noqa: S608
    folder.mkdir(parents=True)
    if rows == 0:
        _copy(db, f"FROM {table}", folder / "data_0.parquet")
    if named_rows:
        _copy(db, f"FROM {table} WHERE job IS NOT NULL", folder, ", PARTITION_BY (job)")
    if rows > named_rows:  # apart, since versions of DuckDB have names of their own for no job
        place = folder / "job=__HIVE_DEFAULT_PARTITION__"
        place.mkdir()
        _copy(db, f"SELECT * EXCLUDE (job) FROM {table} WHERE job IS NULL", place / "data_0.parquet")  # noqa: S608


def _copy(db: duckdb.DuckDBPyConnection, query: str, place: Path, more: str = "") -> None:
    db.execute(f"COPY ({query}) TO {literal(str(place))} (FORMAT parquet, COMPRESSION zstd{more})")
