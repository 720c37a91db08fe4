"""Statistics that count groups of rows. Each is a group-by over the columns it needs, which streams."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.engines.plain import prepared, require_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.engines.base import Engine
    from weirflow.node.payloads import Table
    from weirflow.node.schema import Schema
    from weirflow.node.statistics import Scalar

_COUNT = "n"


def count_values(
    engine: Engine, table: Table, schema: Schema, column: str, limit: int | None
) -> tuple[tuple[Scalar, int], ...]:
    """Values with their counts: most frequent first, ties by value, null last of its tie."""
    grouped = _grouped(table.select(prepared(schema, column, "the frequencies").alias("0")), ["0"])
    ordered = grouped.sort(_COUNT, "0", descending=[True, False], nulls_last=True)
    counted = engine.frame(ordered if limit is None else ordered.head(limit))
    return tuple(counted.select("0", _COUNT).iter_rows())


def count_distinct(engine: Engine, table: Table, schema: Schema, column: str) -> int:
    """How many different values there are, null not counted."""
    values = table.select(prepared(schema, column, "the distinct values").alias("0"))
    found: int = engine.frame(_grouped(values.drop_nulls("0"), ["0"]).select(nw.len())).item()
    return found


def count_crossed(
    engine: Engine, table: Table, schema: Schema, columns: Sequence[str]
) -> tuple[tuple[tuple[Scalar, ...], int], ...]:
    """Combinations of values with their counts, sorted by the values, null last."""
    keys = [str(i) for i in range(len(columns))]
    values = [prepared(schema, c, "the frequencies").alias(k) for c, k in zip(columns, keys, strict=True)]
    ordered = _grouped(table.select(*values), keys).sort(*keys, nulls_last=True)
    rows = engine.frame(ordered).select(*keys, _COUNT).iter_rows()
    return tuple((tuple(values), n) for *values, n in rows)


def count_binned(
    engine: Engine, table: Table, schema: Schema, column: str, edges: Sequence[float], by: Sequence[str]
) -> tuple[tuple[int, tuple[Scalar, ...], int], ...]:
    """How many values fall between edges, by combination of the `by` columns; sorted, null last."""
    require_number(schema, column, "the histogram")
    if len(edges) < 2 or any(a > b for a, b in pairwise(edges)):  # noqa: PLR2004
        raise ValueError("a histogram needs two edges at least, in ascending order")
    keys = [str(i) for i in range(len(by))]
    values = [prepared(schema, c, "the histogram").alias(k) for c, k in zip(by, keys, strict=True)]
    x = nw.col("x")
    # A value's bin is the number of inner edges that it has reached: the last bin then holds its upper edge too.
    reached = [(x >= edge).cast(nw.Int32) for edge in edges[1:-1]]
    place = nw.sum_horizontal(*reached) if reached else (x - x).cast(nw.Int32)
    binned = (
        table.select(nw.col(column).cast(nw.Float64).alias("x"), *values)
        .filter((x >= edges[0]) & (x <= edges[-1]))
        .with_columns(place.alias("bin"))
    )
    ordered = _grouped(binned, ["bin", *keys]).sort("bin", *keys, nulls_last=True)
    rows = engine.frame(ordered).select("bin", *keys, _COUNT).iter_rows()
    return tuple((place, tuple(values), n) for place, *values, n in rows)


def _grouped(table: Table, keys: Sequence[str]) -> Table:
    return table.group_by(*keys).agg(nw.len().alias(_COUNT))
