"""Features of a series: what its values come to, by the names that tsfresh gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from weirflow.api import NodeError

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema

Feature: TypeAlias = Literal[
    "sum_values",
    "median",
    "mean",
    "length",
    "standard_deviation",
    "variance",
    "root_mean_square",
    "maximum",
    "absolute_maximum",
    "minimum",
]
FEATURES: tuple[Feature, ...] = get_args(Feature)
"""Those of tsfresh's minimal set, in its order."""


def feature(name: Feature, values: pl.Expr) -> pl.Expr:
    """A feature, in float64, of the values that are not missing; deviation and variance are a population's.

    Of none, `length` and `sum_values` are 0, and the others null.
    """
    import polars as pl

    found = values.drop_nulls().cast(pl.Float64)
    made = {
        "sum_values": found.sum,
        "median": found.median,
        "mean": found.mean,
        "length": lambda: found.len().cast(pl.Float64),
        "standard_deviation": lambda: found.std(ddof=0),
        "variance": lambda: found.var(ddof=0),
        "root_mean_square": lambda: (found * found).mean().sqrt(),
        "maximum": found.max,
        "absolute_maximum": lambda: found.abs().max(),
        "minimum": found.min,
    }
    number: pl.Expr = made[name]()
    return number.fill_nan(None)  # as of infinite values that differ in sign


def require_lists(schema: Schema, columns: Iterable[str], *, numeric: bool = False) -> None:
    """Refuse columns that are known not to be lists, or not lists of numbers."""
    for name in columns:
        dtype = schema.dtype(name)
        if dtype is None:
            continue
        if dtype.kind != "list":
            raise NodeError(
                f"column '{name}' is of type {dtype}, not a list",
                hint="series.group makes lists of the values of each series",
                code="WF402",
            )
        if numeric and dtype.inner is not None and not dtype.inner.is_numeric:
            raise NodeError(
                f"column '{name}' holds lists of {dtype.inner}, not of numbers",
                hint="cast the values before they are put in lists",
                code="WF402",
            )
