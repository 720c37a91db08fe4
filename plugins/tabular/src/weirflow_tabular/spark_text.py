"""Values of other types as the text that Spark writes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import NodeError
from weirflow_tabular.categories import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import DType, Schema

WRITTEN = "numbers, booleans, dates and moments are taken as the text that Spark writes of them; else they are refused"


def is_writable(dtype: DType) -> bool:
    """Whether values of a type are written."""
    return (
        dtype.is_text
        or dtype.is_integer
        or dtype.is_float
        or dtype.kind in {"boolean", "date"}
        or (dtype.kind == "datetime" and dtype.zone is None)
    )


def require_writable(schema: Schema, columns: Iterable[str]) -> None:
    """Refuse columns that are known to hold what is not written as text."""
    for name in columns:
        dtype = schema.dtype(name)
        if dtype is not None and not is_writable(dtype):
            raise NodeError(
                f"column '{name}' is of type {dtype}, and text, numbers, booleans and dates are taken as text",
                hint="leave it out, or make a column of text of it first",
                code="WF402",
            )


def written(name: str, dtype: DType | None) -> pl.Expr:
    """A column as text."""
    import polars as pl

    value = pl.col(name)
    if dtype is not None and dtype.is_float:

        def texts(numbers: pl.Series) -> pl.Series:
            made = [None if n is None else text_of(n) for n in numbers]
            return pl.Series(numbers.name, made, dtype=pl.String)

        return value.cast(pl.Float64).map_batches(texts, return_dtype=pl.String, is_elementwise=True)
    if dtype is not None and dtype.kind == "datetime":
        text = value.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        return text.str.replace(r"(\.[0-9]*?)0+$", "$1").str.strip_suffix(".")
    return value.cast(pl.String)
