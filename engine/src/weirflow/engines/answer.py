"""Answering a set of statistics about one lazy table: few, narrow collects that stay within memory.

What decides was measured: simple aggregates share one select; exact quantiles keep a column each in memory, so
every column has a collect of its own; counts of values are group-bys, since they alone are streamed. A collect
reads the columns it names and no others.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.engines.aggregates import Aggregates
from weirflow.engines.counting import count_binned, count_crossed, count_distinct, count_values
from weirflow.engines.plain import plain_scalar, require_number
from weirflow.engines.sampling import choose
from weirflow.errors import NodeError, did_you_mean
from weirflow.node.statistics import (
    Binned,
    CrossFrequencies,
    Distinct,
    Frequencies,
    Head,
    Quantile,
    Query,
    RowCount,
    Sample,
    Statistic,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl

    from weirflow.engines.base import Engine
    from weirflow.node.payloads import Table
    from weirflow.node.schema import Schema


def answer(engine: Engine, table: Table, statistics: Collection[Statistic[Any]]) -> dict[Statistic[Any], Any]:
    """The answers by their questions, in the order asked. Raises NodeError where one does not fit its column."""
    wanted = dict.fromkeys(statistics)
    schema = engine.schema(table)
    for statistic in wanted:
        _check(statistic, schema)
    answers: dict[Statistic[Any], Any] = {}
    aggregates = Aggregates(schema)
    asked = [s for s in wanted if aggregates.ask(s)]
    if any(isinstance(s, Sample) for s in wanted):
        asked.append(RowCount())
        aggregates.ask(RowCount())
    if asked:
        row = engine.frame(table.select(*aggregates.expressions)).row(0, named=True)
        answers |= {s: aggregates.answer(s, row) for s in asked}
    answers |= _quantiles(engine, table, schema, [s for s in wanted if isinstance(s, Quantile)])
    # Distinct values come last: where all frequencies are known they need no collect of their own.
    for statistic in sorted(wanted, key=lambda s: isinstance(s, Distinct)):
        if statistic not in answers:
            answers[statistic] = _one(engine, table, schema, statistic, answers)
    return {s: answers[s] for s in wanted}


def _check(statistic: Statistic[Any], schema: Schema) -> None:
    for name in statistic.columns():
        if name not in schema:
            raise NodeError(
                f"column '{name}' is not there", hint=did_you_mean(name, schema.names), code="WF401"
            )


def _quantiles(
    engine: Engine, table: Table, schema: Schema, statistics: list[Quantile]
) -> dict[Statistic[Any], Any]:
    by_column: dict[str, list[Quantile]] = defaultdict(list)
    for statistic in statistics:
        by_column[statistic.column].append(statistic)
    answers: dict[Statistic[Any], Any] = {}
    for column, group in by_column.items():
        require_number(schema, column, "a quantile")
        values = nw.col(column).cast(nw.Float64).fill_nan(None)
        row = engine.frame(
            table.select(
                *(values.quantile(s.q, interpolation="linear").alias(str(i)) for i, s in enumerate(group))
            )
        ).row(0)
        answers |= {s: plain_scalar(value) for s, value in zip(group, row, strict=True)}
    return answers


def _one(
    engine: Engine,
    table: Table,
    schema: Schema,
    statistic: Statistic[Any],
    answers: dict[Statistic[Any], Any],
) -> Any:
    """The answer to a question that has a collect of its own."""
    match statistic:
        case Frequencies(column, limit):
            return count_values(engine, table, schema, column, limit)
        case Distinct(column):
            known = answers.get(Frequencies(column))
            if known is not None:
                return sum(value is not None for value, _ in known)
            return count_distinct(engine, table, schema, column)
        case CrossFrequencies(of):
            return count_crossed(engine, table, schema, of)
        case Binned(column, edges, by):
            return count_binned(engine, table, schema, column, edges, by)
        case Head(of, n):
            return engine.frame(table.select(*of).head(n))
        case Sample(of, n, seed):
            return _sample(engine, table.select(*of), n, seed, answers[RowCount()])
        case Query():
            return _query(engine, table, statistic)
        case _:
            raise NodeError(f"the engine knows no statistic {type(statistic).__name__}")


def _sample(engine: Engine, table: Table, n: int, seed: int, rows: int) -> pl.DataFrame:
    return engine.frame(table) if rows <= n else engine.rows_at(table, choose(rows, n, seed))


def _query(engine: Engine, table: Table, query: Query) -> pl.DataFrame:
    result = engine.frame(query.function(table.select(*query.of)).head(query.max_rows + 1))
    if result.height > query.max_rows:
        raise NodeError(
            f"{query.function.__name__} gave more than {query.max_rows} rows",
            hint="aggregate further, or raise max_rows",
        )
    return result
