"""A label database: one DuckDB file with the tables of `schema.sql` and the views of `views`."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_labels.compat import define_compatible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb
    import pyarrow as pa

    from weirflow.api import Files

SCHEMA = "2"
"""The version of the tables and of what readers put into them: raise it where either changes its meaning.

A database of another version is made anew, since the lake has all that is in it.
"""

BY_FILE = (
    *("rejects", "labels", "annotations", "frames", "objects", "responses", "sightings", "activity"),
    *("categories", "golden"),
)
"""The tables whose rows belong to files."""


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database file. Instants are read and written in UTC.

    Raises NodeError where it is no DuckDB file, or one of a newer DuckDB.
    """
    import duckdb

    # as the oldest DuckDB writes it that is supported: other programs often bring an older one
    config: dict[str, Any] = {} if read_only else {"storage_compatibility_version": "v1.4.0"}
    try:
        db = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.Error as error:
        locked = "lock on file" in str(error)
        reason = "another program has it open" if locked else "it is no DuckDB database, or a newer one"
        hint = "close it there, or open it there with `-readonly`" if locked else None
        raise NodeError(f"'{path.name}' cannot be opened: {reason}", code="WF603", hint=hint) from error
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET enable_progress_bar = false")  # it draws into what the verbs print
    db.execute("SET preserve_insertion_order = true")
    return db


def create(db: duckdb.DuckDBPyConnection, root: str) -> None:
    """Make the empty tables of a database."""
    db.execute(_text("schema.sql"))
    db.execute("INSERT INTO about VALUES ('schema', ?), ('root', ?), ('run', '0')", [SCHEMA, root])


def views() -> list[str]:
    """The statements that make the views, in the order of the files' names."""
    folder = resources.files(__package__) / "views"
    found = [f for f in folder.iterdir() if f.name.endswith(".sql")]
    return [f.read_text(encoding="utf-8") for f in sorted(found, key=lambda f: f.name)]


def define_views(db: duckdb.DuckDBPyConnection) -> None:
    """Make the views anew."""
    for statement in views():
        db.execute(statement)
    define_compatible(db)


def about(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What a database says of itself; empty where it is none of ours."""
    import duckdb

    try:
        return dict(db.execute("SELECT key, value FROM about").fetchall())
    except duckdb.Error:
        return {}


def database_of(files: Files) -> Path:
    """The one file of an input. Raises NodeError where there is not exactly one."""
    if len(files) != 1:
        raise NodeError(
            f"the input has {len(files)} files, where one database is wanted",
            hint="connect the node that makes it: `labels.read`",
        )
    path: Path = files[0].path
    return path


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of labels, to be read. Raises NodeError where it is not there, or of something else."""
    if not path.is_file():
        raise NodeError(f"database '{path.name}' is not there", code="WF602")
    with connect(path, read_only=True) as db:
        if "schema" not in about(db):
            raise NodeError(f"'{path.name}' is no database of labels", code="WF603")
        yield db


def rows(db: duckdb.DuckDBPyConnection, query: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query as dicts. Through Arrow, since DuckDB itself needs pytz for instants."""
    found: pa.Table = db.sql(query, params=list(parameters)).to_arrow_table()
    return list(found.to_pylist())


def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
