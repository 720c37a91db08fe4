"""Values of cells as plain Python ones, and columns made ready to be counted or compared."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.errors import NodeError

if TYPE_CHECKING:
    from weirflow.node.schema import Schema
    from weirflow.node.statistics import Scalar


def plain_scalar(value: Any) -> Scalar:
    """A value as JSON could hold it, or a plain temporal: no Decimal; NaN and the infinities are None."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    plain: Scalar = value
    return plain


def prepared(schema: Schema, column: str, what: str) -> nw.Expr:
    """A column whose values can be told apart and ordered: NaN is null, a category its text, a decimal a float.

    Raises NodeError for lists, structs and objects, saying that `what` cannot be had of them.
    """
    dtype = schema[column].dtype
    expr = nw.col(column)
    if dtype is None:
        return expr
    if dtype.kind in {"list", "struct", "object"}:
        raise NodeError(f"{what} of column '{column}' cannot be had: it is of type {dtype}", code="WF402")
    if dtype.is_float:
        return expr.fill_nan(None)
    if dtype.kind == "categorical":
        return expr.cast(nw.String)
    if dtype.kind == "decimal":
        return expr.cast(nw.Float64)
    return expr


def require_number(schema: Schema, column: str, what: str) -> None:
    """Raise NodeError unless a column holds numbers or booleans, or nothing but nulls."""
    dtype = schema[column].dtype
    if dtype is not None and not (dtype.is_numeric or dtype.kind in {"boolean", "null"}):
        raise NodeError(f"{what} of column '{column}' needs numbers; it is of type {dtype}", code="WF402")
