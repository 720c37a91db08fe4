"""What several rows have in common as one value: of groups, and of windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from weirflow.api import FLOAT64, INT64, DType, NodeError
from weirflow_tabular.pandas_text import pandas_type

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema

Aggregate: TypeAlias = Literal[
    "count", "sum", "mean", "min", "max", "std", "var", "median", "first", "last", "n_distinct"
]

_NUMBERS = frozenset(
    {"sum", "mean", "std", "var", "median", "cumulative_sum", "cumulative_min", "cumulative_max"}
)
_UNORDERED = frozenset({"list", "struct", "object", "binary"})


def require_aggregable(schema: Schema, column: str, function: str) -> None:
    """Refuse a column whose type is known to have no such aggregate."""
    dtype = schema.dtype(column)
    if dtype is None:
        return
    counted = function in {"sum", "mean"} and dtype.kind == "boolean"
    if function in _NUMBERS and not (dtype.is_numeric or counted):
        raise NodeError(
            f"column '{column}' is of type {dtype}, which has no {function}",
            hint=f"cast it first: columns.cast with types {{{column}: float64}}",
            code="WF402",
        )
    if function in {"min", "max", "n_distinct"} and dtype.kind in _UNORDERED:
        raise NodeError(f"column '{column}' is of type {dtype}, which has no {function}", code="WF402")


def require_keys(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns whose values cannot tell groups apart."""
    for name in columns:
        dtype = schema.dtype(name)
        if dtype is not None and dtype.kind in _UNORDERED - {"binary"}:
            raise NodeError(
                f"column '{name}' is of type {dtype}, whose values do not make groups",
                hint="group by columns of text, numbers, booleans or dates",
                code="WF402",
            )


def made_type(function: str, dtype: DType | None) -> DType | None:
    """The type of what a function makes of a column."""
    if function in {"count", "n_distinct"}:
        return INT64
    if function in {"mean", "std", "var", "median"}:
        return FLOAT64
    if dtype is None:
        return None
    if function == "list":
        return DType("list", dtype)
    if function in {"sum", "cumulative_sum"}:
        if dtype.is_float:
            return FLOAT64
        return dtype if dtype.kind in {"decimal", "uint64"} else INT64
    return DType("string") if function in {"min", "max"} and dtype.is_text else dtype


def expression(function: str, value: pl.Expr, dtype: DType | None) -> pl.Expr:
    """The function of a column's values."""
    import polars as pl

    floats = value.cast(pl.Float64)
    if dtype is not None and dtype.is_text and function in {"min", "max"}:
        value = value.cast(pl.String)
    summed = _summed(value, dtype)
    made: Mapping[str, Callable[[], pl.Expr]] = {
        "count": lambda: value.count().cast(pl.Int64),
        "sum": lambda: pl.when(value.count() > 0).then(summed.sum()),
        "mean": floats.mean,
        "min": value.min,
        "max": value.max,
        "std": lambda: floats.std(ddof=1),
        "var": lambda: floats.var(ddof=1),
        "median": floats.median,
        "first": value.first,
        "last": value.last,
        "n_distinct": lambda: value.drop_nulls().n_unique().cast(pl.Int64),
        "list": value.implode,
        "cumulative_sum": summed.cum_sum,
        "cumulative_min": value.cum_min,
        "cumulative_max": value.cum_max,
    }
    return made[function]()


def _summed(value: pl.Expr, dtype: DType | None) -> pl.Expr:
    """The values in the type in which they are summed."""
    import polars as pl

    if dtype is not None and dtype.is_float:
        return value.cast(pl.Float64)
    return value if dtype is not None and dtype.kind in {"decimal", "uint64"} else value.cast(pl.Int64)


_PANDAS = {
    "sum": "sum(min_count=1)",
    "first": "first(skipna=False)",
    "last": "last(skipna=False)",
    "n_distinct": "nunique()",
    "list": "agg(list)",
}


def pandas_call(function: str) -> str:
    """The method of grouped values that does the same."""
    return _PANDAS.get(function, f"{function}()")


def pandas_transform(function: str) -> str:
    """The same, put beside each row."""
    name, _, arguments = pandas_call(function)[:-1].partition("(")
    return f'transform("{name}"{", " + arguments if arguments else ""})'


def pandas_cast(function: str, dtype: DType | None) -> str:
    """What gives the result the type that it has here; empty where pandas does."""
    if function in {"mean", "std", "var", "median"}:
        return "" if dtype == FLOAT64 else '.astype("float64")'
    made = made_type(function, dtype)
    name = pandas_type(made) if made is not None and not made.is_text and function != "list" else None
    return "" if name is None or made == dtype else f'.astype("{name}")'
