"""Types of sources that infer them: bound to those of a fit, and as Polars has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.api import DType, portable

if TYPE_CHECKING:
    import polars as pl

_NESTED = frozenset({"struct", "list", "object", "decimal", "null"})


def is_nested(dtype: DType) -> bool:
    """Whether a type of ours says less than Polars' does: of structs, lists and decimals."""
    return dtype.kind in _NESTED


def bound(found: DType | None, was: DType | None) -> DType | None:
    """The type that a column had when the flow was fitted, if any; a whole number may be a fraction now."""
    if was is None or is_nested(was) or (str(was), str(found)) == ("int64", "float64"):
        return found
    return was


def polars_type(dtype: DType) -> pl.DataType:
    """Polars' type for one of ours that is not nested."""
    native: pl.DataType = nw.Schema({"": portable.to_narwhals(dtype)}).to_polars()[""]
    return native
