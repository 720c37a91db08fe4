"""Databases: their URLs, how they are opened, and their errors in words that quote no value."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

NAMES = {"sqlite": "SQLite", "duckdb": "DuckDB", "postgresql": "PostgreSQL"}
"""The databases that reading and writing is proven on, by the first part of their URLs."""

_URL = re.compile(r"(?P<dialect>[a-z][a-z0-9_]*)(?:\+(?P<driver>[a-z0-9_]+))?://(?P<rest>.*)", re.DOTALL)
_WAIT = 10  # seconds for a connection
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ANOTHER = "--source NAME=LOCATION names another database, or a file that holds what the query gives"


@dataclass(frozen=True)
class Database:
    """Where a URL points. `file` is that of an embedded database, None for a server or one in memory.

    The URL may hold a password: `str()` of a database does not.
    """

    dialect: str
    url: str
    file: Path | None = None

    def __str__(self) -> str:
        name = NAMES.get(self.dialect, self.dialect)
        return f"the {name} database '{self.file.name}'" if self.file else f"the {name} database"

    __repr__ = __str__


def database(url: str, locate: Callable[[str], Path]) -> Database:
    """Read a URL as SQLAlchemy writes it; `locate` gives the place of a file that it names. Raises NodeError."""
    found = _URL.fullmatch(url)
    if found is None:
        raise NodeError(
            "the URL of the database is not written as DIALECT://...",
            hint="as sqlite:///shop.db, duckdb:///shop.duckdb or postgresql://user@host/name",
            code="WF205",
        )
    dialect, rest = found["dialect"], found["rest"]
    dialect = "postgresql" if dialect == "postgres" else dialect
    if dialect in {"sqlite", "duckdb"}:
        path = rest.removeprefix("/")
        if not rest.startswith("/") or not path or path == ":memory:" or "?" in path:
            raise NodeError(
                f"the URL of a {NAMES[dialect]} database should name a file",
                hint=f"{dialect}:///FILE, or {dialect}:////FILE from the root",
                code="WF205",
            )
        return Database(dialect, url, locate(path))
    driver = found["driver"] or ("psycopg" if dialect == "postgresql" else None)
    return Database(dialect, f"{dialect}{f'+{driver}' if driver else ''}://{rest}")


def check_query(query: str) -> str:
    """The query without a semicolon at its end. Raises NodeError where it is not one that only reads, as far as its
    words tell; databases are opened for reading besides.
    """  # noqa: D205 -- one sentence
    bare = _QUOTED.sub(" ", query).strip()
    first = re.match(r"[\s(]*(\w*)", bare)
    word = first[1].lower() if first else ""
    if word not in {"select", "with", "values", "from", "table"}:
        raise NodeError("the query should be a SELECT, which only reads", code="WF205")
    if ";" in bare.rstrip("; \n\t\r"):
        raise NodeError("the query should be a single statement, and holds a semicolon", code="WF205")
    return re.sub(r"[;\s]+\Z", "", query) if bare.endswith(";") else query


def there(found: Database) -> Database:
    """The same. Raises NodeError where its file is not there."""
    if found.file is not None and not found.file.is_file():
        raise NodeError(f"there is no file for {found}", hint=_ANOTHER, code="WF602")
    return found


def open_duckdb(found: Database, *, writing: bool = False) -> Any:
    """A connection of DuckDB's own. To read, without files, network and extensions. Raises NodeError."""
    import duckdb

    sandbox = {
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "lock_configuration": True,
    }
    try:
        return duckdb.connect(str(found.file), read_only=not writing, config={} if writing else dict(sandbox))
    except duckdb.Error as error:
        raise NodeError(
            f"{found} cannot be opened: {_duckdb_reason(error)}",
            hint="another program may have it open",
            code="WF602" if not writing else "WF601",
        ) from None


def engine_of(found: Database, *, writing: bool = False) -> Engine:
    """SQLAlchemy's engine, of one connection at a time. Raises NodeError where no driver knows the dialect."""
    try:
        import sqlalchemy as sa
    except ImportError:
        if found.dialect in NAMES:
            raise
        raise _no_driver(found) from None
    options: dict[str, Any] = {"poolclass": sa.pool.NullPool}
    url = found.url
    if found.dialect == "sqlite":
        options["creator"] = _sqlite(found, writing=writing)
        url = "sqlite://"
    if found.dialect == "postgresql":
        options["connect_args"] = {"connect_timeout": _WAIT, "application_name": "weirflow"}
    try:
        engine = sa.create_engine(url, **options)
    except sa.exc.NoSuchModuleError:
        raise _no_driver(found) from None
    except (sa.exc.ArgumentError, ValueError):
        raise NodeError("the URL of the database is not well formed", code="WF205") from None
    if found.dialect == "sqlite" and writing:

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:  # Python's own would leave tables out of it
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def told(found: Database, code: str) -> Iterator[None]:
    """Errors of the database within the block, as NodeErrors of this code; failures to connect are WF602."""
    import sqlalchemy as sa

    try:
        yield
    except sa.exc.DBAPIError as error:
        origin = error.orig or error
        reason, connected = _reason(origin)
        if not connected or error.connection_invalidated:
            raise NodeError(f"cannot connect to {found}: {reason}", hint=_ANOTHER, code="WF602") from None
        raise NodeError(f"{found} refuses: {reason}", code=code) from None
    except sa.exc.SQLAlchemyError as error:
        raise NodeError(f"{found} refuses: {_words(error)}", code=code) from None


@contextmanager
def told_duckdb(found: Database, code: str) -> Iterator[None]:
    """As `told`, for DuckDB's own connections."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise NodeError(f"{found} refuses: {_duckdb_reason(error)}", code=code) from None


def _sqlite(found: Database, *, writing: bool) -> Callable[[], Any]:
    def connect() -> Any:
        import sqlite3
        from urllib.parse import quote

        mode = "rwc" if writing else "ro"
        uri = f"file:{quote(str(found.file))}?mode={mode}"
        made = sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            made.execute("PRAGMA schema_version")  # opening alone does not look at the file
        except sqlite3.Error:
            made.close()
            raise
        return made

    return connect


def _no_driver(found: Database) -> NodeError:
    return NodeError(
        f"there is no driver here for a database of {found.dialect}", hint=_ANOTHER, code="WF602"
    )


def _reason(error: BaseException) -> tuple[str, bool]:
    """Why, without a value of a cell, and whether there was a connection."""
    module = type(error).__module__.partition(".")[0]
    text = str(error).partition("\n")[0]
    if module == "sqlite3":  # whose messages name tables, columns and words of the query alone
        return text, "unable to open" not in text
    if module == "psycopg":
        state = getattr(error, "sqlstate", None)
        if state is None and type(error).__name__ == "OperationalError":
            return _connecting(text), False
        state = state or ""
        if state.startswith("42"):  # of syntax and names
            return str(getattr(error, "diag").message_primary), True  # noqa: B009 -- of psycopg alone
    return _words(error), True


def _connecting(text: str) -> str:
    known = {
        "refused": "nothing answers there",
        "No such file": "nothing answers there",
        "timeout": "nothing answers there in time",
        "password": "it refuses the user or the password",
        "authentication": "it refuses the user or the password",
        "role": "it refuses the user or the password",
        "translate host": "its host is not known",
        "resolve host": "its host is not known",
        "does not exist": "there is none of that name",
    }
    return next((reason for sign, reason in known.items() if sign in text), "the connection failed")


def _duckdb_reason(error: BaseException) -> str:
    text = str(error).partition("\n")[0]
    kind, _, reason = text.partition(": ")
    if kind in {"Catalog Error", "Binder Error", "Parser Error", "Permission Error", "Constraint Error"}:
        return _words(error) if kind == "Constraint Error" else reason
    return _words(error)


def _words(error: BaseException) -> str:
    """An exception's class in words: `DivisionByZero` is "division by zero"."""
    name = re.sub(r"(Exception|Error)$", "", type(error).__name__) or type(error).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
