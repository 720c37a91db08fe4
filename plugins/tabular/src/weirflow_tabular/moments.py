"""Moments in time of columns that hold dates, times, text or seconds since 1970."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from weirflow.api import NodeError

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import DType

Unit: TypeAlias = Literal["s", "ms", "us", "ns", "guess"]

_PER_UNIT = {"s": 1_000_000, "ms": 1000, "us": 1}  # microseconds
_GUESSES = ((2**34, "s"), (2**44, "ms"), (2**54, "us"))


def check_moments(name: str, dtype: DType | None, unit: Unit | None) -> None:
    """Raises NodeError where a column's type holds no moments."""
    if dtype is None or dtype.is_text or dtype.kind in {"date", "datetime"}:
        return
    if not dtype.is_numeric or dtype.kind == "decimal":
        raise NodeError(f"column '{name}' is of type {dtype}, which holds no dates", code="WF402")
    if unit is None:
        raise NodeError(
            f"column '{name}' is of type {dtype}, not a date",
            hint="where it counts from 1970 on, say in which `unit`: s, ms, us or ns",
            code="WF402",
        )


def moments(name: str, dtype: DType, layout: str | None, unit: Unit | None) -> pl.Expr:
    """The moments of a column; null where there is none, or where text is none that can be read.

    Text is read by pandas, by a layout of `strptime` or as each looks; with an offset it is taken to UTC. `unit` is
    that of numbers; guessed, it is seconds below 2**34, milliseconds below 2**44, microseconds below 2**54.
    """
    import polars as pl

    column = pl.col(name)
    if dtype.kind == "datetime":
        return column
    if dtype.kind == "date":
        return column.cast(pl.Datetime("us"))
    if dtype.is_numeric:
        number = column.fill_nan(None) if dtype.is_float else column.cast(pl.Int64, strict=False)
        return _counted(number, unit or "s").cast(pl.Int64, strict=False).cast(pl.Datetime("us"))

    def read(texts: pl.Series) -> pl.Series:
        import pandas as pd

        given = pd.Series(texts.to_list(), dtype="object")
        found = pd.to_datetime(given, errors="coerce", format=layout or "mixed", utc=True)
        plain = found.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        return pl.Series(texts.name, plain, dtype=pl.Datetime("us"))

    return column.cast(pl.String).map_batches(read, return_dtype=pl.Datetime("us"), is_elementwise=True)


def _counted(number: pl.Expr, unit: Unit) -> pl.Expr:
    """Microseconds since 1970."""
    import polars as pl

    if unit == "ns":
        return number // 1000
    if unit != "guess":
        return number * _PER_UNIT[unit]
    made = number // 1000
    for bound, kind in reversed(_GUESSES):
        made = pl.when(number.abs() < bound).then(number * _PER_UNIT[kind]).otherwise(made)
    return made
