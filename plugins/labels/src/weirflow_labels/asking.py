"""Asking a database in SQL that a user wrote: read-only, with no way out of it, and with errors that tell no values."""

from __future__ import annotations

import contextlib
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.api import NodeError
from weirflow_labels.database import opened
from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    import pyarrow as pa


_SHUT = (
    "enable_external_access = false",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "python_enable_replacements = false",
)

_TEXT = {"HUGEINT", "UHUGEINT", "UUID", "INTERVAL", "TIME", "TIME WITH TIME ZONE", "BLOB", "BIT", "JSON"}
_SHOWN = 300  # characters of a database's message


@dataclass(frozen=True)
class Limits:
    """What a query may take: memory in megabytes, and seconds."""

    memory: int
    seconds: int


@contextlib.contextmanager
def sandboxed(path: Path, limits: Limits, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same for SQL that others wrote: it reaches no file, network or extension, and ends after its time.

    What has no room in memory goes to the folder `scratch` for a while.
    """
    with opened(path) as db:
        db.execute(f"SET memory_limit = '{limits.memory}MB'")
        db.execute("SET temp_directory = " + literal(str(scratch)))
        for setting in _SHUT:
            db.execute(f"SET {setting}")
        db.execute("SET lock_configuration = true")
        timer = threading.Timer(limits.seconds, db.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield db
        finally:
            timer.cancel()


def answered(
    db: duckdb.DuckDBPyConnection, sql: str, limits: Limits, *, kind: str
) -> duckdb.DuckDBPyRelation:
    """The answer to the last statement of an SQL text, not yet computed.

    The columns suit where they go: `csv` has them all as text, with instants as ISO 8601 in UTC; `table` has numbers,
    text and times, and lists, maps and structs as JSON; `parquet` has nested values as they are.

    Raises NodeError with the place in the text.
    """
    import duckdb

    text = ""
    try:
        for text, allowed in _statements(db, sql):
            if not allowed:
                raise NodeError(
                    f"{_place(text)}: only SELECT, WITH, FROM and DESCRIBE are run",
                    code="WF402",
                    hint="a query reads the database, and changes nothing",
                )
            relation = db.sql(text)
        if not text:
            raise NodeError("there is no query in it", code="WF402")
        twice = [c for c in relation.columns if relation.columns.count(c) > 1]
        if twice:
            raise NodeError(
                f"two columns of the answer are called '{twice[0]}'",
                code="WF403",
                hint="name them apart: `... AS name`",
            )
        columns = ", ".join(
            f"{_fitted(quoted(c), str(t), kind)} AS {quoted(c)}"
            for c, t in zip(relation.columns, relation.types, strict=True)
        )
        return relation.project(columns)
    except duckdb.Error as error:
        raise explained(db, error, sql, text, limits) from None


def batches(relation: duckdb.DuckDBPyRelation, rows: int = 100_000) -> pa.RecordBatchReader:
    """The rows of an answer, as they are computed."""
    reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader  # before DuckDB 2.0
    return reader(rows)


def explained(
    db: duckdb.DuckDBPyConnection, error: duckdb.Error, sql: str, text: str | None, limits: Limits
) -> NodeError:
    """Why a query failed, and where in its text: DuckDB's words where they quote none of the data.

    `text` is the statement, where it failed before it began.
    """
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return NodeError(
            f"it took longer than {limits.seconds} s", code="WF402", hint="`seconds` sets the limit"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return NodeError(
            f"it needs more than {limits.memory} MB of memory",
            code="WF402",
            hint="`memory` sets the limit",
        )
    said = str(error)
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)) and text and "LINE " not in said:
        try:
            db.execute(text)  # says where it is, and does not begin
        except duckdb.Error as again:
            said = str(again) if type(again) is type(error) else said
    told = (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.PermissionException,
    )
    message, _, shown = said.partition("\n\nLINE ")
    place = _pointed(shown, sql)
    where = f"{place}: " if place else ""
    if not isinstance(error, told):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).replace(" Exception", "").lower()
        return NodeError(f"{where}the query failed with an error of {kind}", code="WF402")
    lines = [" ".join(part.split()) for part in message.splitlines() if part.strip()]
    first = lines[0].partition(" Error: ")[2] or lines[0]
    hint = next((x for x in lines[1:] if x.startswith(("Did you mean", "Candidate"))), None)
    more = "" if hint is None else f" ({hint[:_SHOWN]})"
    return NodeError(f"{where}{first[:_SHOWN]}{more}", code="WF402")


def _statements(db: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[str, bool]]:
    """Each statement, at its place after blanks in place of those before it, and whether it only reads.

    So the places that the database tells are those in the whole text.
    """
    import duckdb

    end = 0
    for statement in db.extract_statements(sql):
        found = sql.find(statement.query, end)
        start = end if found < 0 else found
        end = start + len(statement.query)
        if (code := _code(sql[start:end])) is not None:
            first, last = code
            before = re.sub(r"[^\n]", " ", sql[: start + first])
            yield before + sql[start + first : start + last], statement.type == duckdb.StatementType.SELECT


_TOKEN = re.compile(
    r"""(?P<aside>--[^\n]*|/\*.*?\*/|;|\s+)|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|.""",
    re.DOTALL,
)


def _code(text: str) -> tuple[int, int] | None:
    """Where a statement begins and ends in its text, without comments and semicolons around it; None for nothing."""
    tokens = [m.span() for m in _TOKEN.finditer(text) if m["aside"] is None]
    return (tokens[0][0], tokens[-1][1]) if tokens else None


def _pointed(shown: str, sql: str) -> str:
    """The place that a message shows by a caret, in the whole text."""
    found = re.match(r"(\d+): (.*)\n( *)\^", shown)
    if found is None:
        return ""
    line, snippet = int(found[1]), found[2]
    column = len(found[3]) - len(f"LINE {line}: ")
    written = sql.split("\n")[line - 1] if line <= sql.count("\n") + 1 else ""
    if snippet.startswith("...") and not written.startswith("..."):
        column += written.find(snippet.removeprefix("...").removesuffix("...")) - len("...")
    return f"line {line}, column {column + 1}"


def _place(text: str) -> str:
    """Line and column, from 1, where a text begins after its blanks."""
    before = text[: len(text) - len(text.lstrip())]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _fitted(column: str, kind: str, into: str) -> str:
    """A column as it is wanted where it goes."""
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
    if kind in {"DOUBLE", "FLOAT"}:
        column = f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    if into == "csv":
        if nested:
            return f"CAST(to_json({column}) AS VARCHAR)"
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"replace(CAST({column} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || 'Z'"
        if kind.startswith("TIMESTAMP"):
            return f"replace(CAST({column} AS VARCHAR), ' ', 'T')"
        return f"CAST({column} AS VARCHAR)"
    if kind == "HUGEINT":
        return f"CAST({column} AS BIGINT)"
    if nested:
        return column if into == "parquet" else f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)" if kind in _TEXT or kind.startswith("ENUM") else column
