"""Quantiles that lie between two values, or are one of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import narwhals as nw

from weirflow.api import Answers, Count, Quantile, Query

if TYPE_CHECKING:
    from weirflow.api import Statistic, Table

Between: TypeAlias = Literal["linear", "element"]

BETWEEN = (
    "what a quantile is that falls between two values: `linear` puts it between them, `element` takes the value whose "
    "place, rounded up, it is, as Spark does where it need not approximate"
)


@dataclass(frozen=True)
class _Element:
    """The value at a share of the way through the sorted ones, which falls on a value."""

    column: str
    share: float

    def __call__(self, table: Table) -> Table:
        value = nw.col(self.column).cast(nw.Float64)
        return table.select(value.quantile(self.share, interpolation="nearest").alias("0"))


def _element(column: str, q: float, count: int) -> Query:
    place = max(math.ceil(q * count) - 1, 0)
    return Query((column,), _Element(column, place / (count - 1) if count > 1 else 0.0), max_rows=1)


def asked(column: str, q: float, between: Between, known: Answers) -> list[Statistic[Any]]:
    """What has to be known for a quantile, as far as that can be said yet."""
    if between == "linear":
        return [Quantile(column, q)]
    count = known.get(Count(column))
    return [Count(column)] if count is None else [Count(column), _element(column, q, count)]


def quantile(column: str, q: float, between: Between, answers: Answers) -> float | None:
    """A quantile; None without a value, or before it is known."""
    if between == "linear":
        return answers.get(Quantile(column, q))
    count = answers.get(Count(column))
    found = None if count is None else answers.get(_element(column, q, count))
    value = None if found is None else found.item()
    return value if value is not None and math.isfinite(value) else None
