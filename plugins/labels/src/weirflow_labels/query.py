"""`labels.query` and `labels.table`: answers to SQL, as files and as a table."""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from weirflow.api import (
    Field,
    File,
    Files,
    Handling,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    NodeError,
    Port,
    Task,
    did_you_mean,
)
from weirflow_labels.asking import Limits, answered, batches, explained, sandboxed
from weirflow_labels.database import database_of, opened
from weirflow_labels.spelling import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import duckdb

    from weirflow.api import Inputs

_WILD = set("*?[")


class _Asking(Task):
    """Base of the nodes that ask a database."""

    inputs: ClassVar[tuple[Port, ...]] = (Port("database", "files"),)
    by_item: ClassVar[bool] = True

    memory: Handling[int] = Field(default=2048, ge=64, description="megabytes that a query may take")
    seconds: Handling[int] = Field(default=600, ge=1, description="how long a query may take")

    @property
    def _limits(self) -> Limits:
        return Limits(self.memory, self.seconds)

    def _write(self, item: Item, out: ItemOutput, file: str, kind: str) -> None:
        """Write the answer to an item's query into a file of its folder."""
        import duckdb

        database, sql = Path(item.payload["database"]), item.payload["sql"]
        if item.etag != _etag(database, sql):
            raise NodeError("the database changed while the flow ran", hint="run the flow again")
        scratch = out.folder / "scratch"
        try:
            with sandboxed(database, self._limits, scratch) as db:
                relation = answered(db, sql, self._limits, kind=kind)
                try:
                    (_write_csv if kind == "csv" else _write_parquet)(relation, out.folder / file)
                except duckdb.Error as error:
                    raise explained(db, error, sql, None, self._limits) from None
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class QueryLabels(_Asking):
    """Answer SQL from a database of labels: one file for each query.

    The queries are files ending with .sql: one, those of a folder and the folders in it, or those of a pattern, as
    `reports/*.sql`. Or they stand in the flow, in `sql`. Tables and views are those of docs/reference/labels.md; the
    SQL of AWS's published dashboards runs as it was printed. Of several statements in a file all are checked, and the
    last one's answer counts. Answers are named after their queries: `workers.sql` gives `workers.csv`.

    Queries read the database and change nothing; they reach no file, no network and no extension of DuckDB's. One that
    fails, takes too long or too much memory is a bad item, told with the line and column of its text.

    In CSV null and empty text are both empty, instants are written in UTC as `2024-02-29T12:00:00Z`, lists and structs
    as JSON. Parquet keeps types and nested values. Without ORDER BY the order of rows is the database's.
    """

    operator: ClassVar[str] = "labels.query"
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    path: Location | None = Field(
        default=None, description="a file of SQL, a folder of such, or a pattern: `reports/*.sql`"
    )
    sql: str | dict[str, str] | None = Field(
        default=None,
        description="a query, or several by name; `SELECT * FROM worker_times`",
    )
    format: Literal["csv", "parquet"] = Field(default="csv", description="what the answers are written as")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.sql is None):
            raise ValueError("give `path` or `sql`")
        return self

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """One a query, by the name of its file."""
        database = database_of(inputs["database"])
        for name, sql in self._queries():
            payload = {"database": str(database), "sql": sql}
            yield Item(name, payload, _etag(database, sql))

    def _queries(self) -> Iterator[tuple[str, str]]:
        if self.sql is not None:
            given = {"query": self.sql} if isinstance(self.sql, str) else self.sql
            yield from sorted(given.items())
            return
        assert self.path is not None
        for name, file in _files(self.path):
            try:
                yield name, file.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
                raise NodeError(f"'{name}' cannot be read: {reason}", code="WF603") from error

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Answer one query."""
        file = f"answer.{self.format}"
        self._write(item, out, file, self.format)
        path = out.folder / file
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return ItemResult(item.key, {"file": file, "bytes": path.stat().st_size, "sha256": digest})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The answers, by name."""
        files: dict[str, File] = {}
        for r in results:
            assert r.folder is not None
            name = f"{r.key.removesuffix('.sql')}.{self.format}"
            if name in files:
                raise NodeError(f"two answers would be called '{name}'", hint="name the queries apart")
            files[name] = File(r.folder / r.facts["file"], r.facts["bytes"], r.facts["sha256"], name)
        return {"files": Files(tuple(files[n] for n in sorted(files)))}


class LabelTable(_Asking):
    """A table or view of a database of labels, or the answer to a query, as a table for other nodes.

    The tables and views are those of docs/reference/labels.md. A query is one of `labels.query`, in the same sandbox.
    Attributes, shapes and other nested values become JSON text.
    """

    operator: ClassVar[str] = "labels.table"

    name: str | None = Field(default=None, min_length=1, description="the table or view, as `worker_times`")
    sql: str | None = Field(
        default=None,
        min_length=1,
        description="a query in its stead, as `SELECT job, n_tasks FROM worker_job_times`",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) == (self.sql is None):
            raise ValueError("give `name` or `sql`")
        return self

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The one query."""
        database = database_of(inputs["database"])
        sql = self.sql or ""
        if self.name is not None:
            with opened(database) as db:
                sql = f"FROM {named(db, self.name)}"
        return [Item(self.name or "query", {"database": str(database), "sql": sql}, _etag(database, sql))]

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Answer it."""
        self._write(item, out, "answer.parquet", "table")
        return ItemResult(item.key)

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The table."""
        import narwhals as nw
        import polars as pl

        for result in results:
            assert result.folder is not None
            answer = pl.scan_parquet(result.folder / "answer.parquet", glob=False, hive_partitioning=False)
            return {"default": nw.from_native(answer)}
        raise NodeError("the query failed, and without its answer there is no table")


def named(db: duckdb.DuckDBPyConnection, name: str) -> str:
    """A table or view by its name, as SQL has it. Raises NodeError where there is none."""
    known = [
        n
        for (n,) in db.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'main' AND table_catalog = current_database() ORDER BY table_name"
        ).fetchall()
    ]
    if name not in known:
        raise NodeError(
            f"the database has no table or view '{name}'", code="WF402", hint=did_you_mean(name, known)
        )
    return quoted(name)


def _files(location: str) -> list[tuple[str, Path]]:
    """The files of SQL at a location, by their names below it."""
    place = Path(location)
    if place.is_file():
        return [(place.name, place)]
    if place.is_dir():
        root, found = place, sorted(place.rglob("*.sql"))
    else:
        parts = place.parts
        wild = next((i for i, p in enumerate(parts) if _WILD & set(p)), None)
        if wild is None:
            raise NodeError(f"'{location}' is not there", code="WF602")
        root = Path(*parts[:wild])
        found = sorted(p for p in root.glob("/".join(parts[wild:])) if p.is_file())
    if not found:
        raise NodeError(
            f"no file of SQL lies at '{location}'", code="WF602", hint="their names end with .sql"
        )
    return [(PurePosixPath(p.relative_to(root)).as_posix(), p) for p in found]


def _etag(database: Path, sql: str) -> str:
    """What changes with the database and with the query."""
    try:
        found = database.stat()
    except OSError as error:
        raise NodeError(f"database '{database.name}' is not there", code="WF602") from error
    return f"{found.st_size}-{found.st_mtime_ns}-{hashlib.sha256(sql.encode()).hexdigest()}"


def _write_csv(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(relation.columns)
        for batch in batches(relation):
            writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _write_parquet(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    import pyarrow.parquet as pq

    reader = batches(relation)
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
