"""Carrying out what was translated, in a DuckDB that reaches no file and no network."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import polars as pl

from weirflow.api import NodeError
from weirflow_tabular.sparksql import queries
from weirflow_tabular.sparksql.parse import first_line
from weirflow_tabular.sparksql.types import SparkType, of_polars, to_polars, unproven

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from weirflow_tabular.sparksql.relations import Columns, Made

SHUT = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
"""Settings of a DuckDB that reads nothing but what it is given."""


def translated(query: str, frame: pl.DataFrame) -> Made:
    """The query for tables of this kind. Raises NodeError, UnprovenError where it is to go to Spark."""
    made = queries.query(query, _columns(frame))
    names = [n for n, _ in made.columns]
    nameless = next((n for n in names if n.startswith(queries.NAMELESS)), None)
    if nameless is not None:
        raise unproven(f"the name of '{nameless[1:]}'", "name it: `... AS name`")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise NodeError(f"two columns of the answer are called '{twice}'", code="WF403")
    return made


def answer(made: Made, frame: pl.DataFrame) -> pl.DataFrame:
    """What a query gives of a table. Raises NodeError."""
    base = _connected(made.sql)
    with base:
        base.register("df", _given(frame).to_arrow())
        found = _asked(base, made.sql, frame.columns)
    columns = [_taken(c, k, frame).alias(n) for c, (n, k) in zip(found, made.columns, strict=True)]
    return pl.DataFrame(columns)


def computing(formula: str, frame: pl.DataFrame) -> tuple[Callable[[pl.DataFrame], pl.Series], pl.DataType]:
    """A function that computes an expression on tables of this kind, and the type of what it gives."""
    value = queries.expression(formula, _columns(frame))
    if not value.type.is_plain:
        raise unproven(f"'{formula}' that gives {value.type}")
    base, lock = _connected(value.sql), threading.Lock()

    def compute(part: pl.DataFrame) -> pl.Series:
        with lock:
            base.register("df", _given(part).to_arrow())
            found = _asked(base, f"SELECT {value.sql} AS c0 FROM df", part.columns)  # noqa: S608
            base.unregister("df")
        return _taken(found.to_series(), value.type, part)

    return compute, to_polars(value.type)


def _columns(frame: pl.DataFrame) -> Columns:
    return tuple((n, of_polars(k, i)) for i, (n, k) in enumerate(frame.schema.items()))


def _connected(sql: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    from weirflow_tabular.sparksql.macros import teach

    base = duckdb.connect(":memory:", config=dict(SHUT))
    base.execute("SET lock_configuration = true")
    teach(base, sql)
    return base


def _given(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns by their places, of types that DuckDB reads as Spark would."""
    made = {}
    for i, column in enumerate(frame):
        kind = of_polars(column.dtype, i)
        if kind.is_plain:
            made[f"c{i}"] = column.cast(to_polars(kind))
        else:
            made[f"c{i}"] = pl.arange(frame.height, dtype=pl.Int64, eager=True)
    return pl.DataFrame(made)


def _asked(base: duckdb.DuckDBPyConnection, sql: str, names: list[str]) -> pl.DataFrame:
    import duckdb

    naming = (duckdb.BinderException, duckdb.CatalogException)
    try:
        found: pl.DataFrame = base.sql(sql).pl()
    except duckdb.Error as error:
        said = f" with {type(error).__name__}"
        if isinstance(error, naming):
            said = ": " + re.sub(
                r'"?\b(?:t\d+"?\.)?"?c(\d+)\b"?', lambda m: _shown(m, names), first_line(error)
            )
        raise NodeError(f"the query failed{said}", code="WF402") from None
    return found


def _shown(match: re.Match[str], names: list[str]) -> str:
    place = int(match[1])
    return f"'{names[place]}'" if place < len(names) else match[0]


def _taken(column: pl.Series, kind: SparkType, frame: pl.DataFrame) -> pl.Series:
    if not kind.is_plain and kind.duckdb == "BIGINT":
        return frame.to_series(kind.precision).gather(column)
    made = column.cast(to_polars(kind))
    return made.fill_nan(None) if made.dtype.is_float() else made
