"""Portable spellings: Narwhals expressions that mean the same on Polars, DuckDB and Spark.

Plugins find this module as `weirflow.api.portable`. What is not here is either the same on every engine
already, or has no portable form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.engines.casts import cast_or_fail, cast_or_null
from weirflow.engines.dtypes import from_narwhals, schema_of, to_narwhals
from weirflow.engines.failures import explain_error, fail_when, raised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.node.schema import DType
    from weirflow.node.statistics import Scalar

__all__ = [
    "cast_or_fail",
    "cast_or_null",
    "explain_error",
    "fail_when",
    "from_narwhals",
    "list_item",
    "map_values",
    "nan_to_null",
    "raised",
    "schema_of",
    "split",
    "to_narwhals",
]

_CHAIN = 64
_STAND_IN = "\x1f\x1e\x1f"


def split(expr: nw.Expr, delimiter: str) -> nw.Expr:
    """Text cut at a literal delimiter, as a list of text; without the delimiter a list of one."""
    if not delimiter:
        raise ValueError("the delimiter is empty")
    if re.escape(delimiter) == delimiter:
        return expr.str.split(delimiter)
    # Spark reads the delimiter as a regular expression: cut at one that means itself.
    return expr.str.replace_all(delimiter, _STAND_IN, literal=True).str.split(_STAND_IN)


def list_item(expr: nw.Expr, index: int) -> nw.Expr:
    """The element of a list at `index` (from 0), null where the list is shorter."""
    if index < 0:
        raise ValueError("the index is negative")
    return nw.when(expr.list.len() > index).then(expr).list.get(index)  # Polars and Spark fail beyond the end


def nan_to_null(expr: nw.Expr) -> nw.Expr:
    """A float column with null in place of NaN, which engines compare, order and count differently."""
    return expr.fill_nan(None)


def map_values(
    expr: nw.Expr,
    mapping: Sequence[tuple[Scalar, Scalar]],
    default: nw.Expr | None,
    dtype: DType,
) -> nw.Expr:
    """Each key replaced by its value, anything else by `default` (None: null), as type `dtype`.

    A key of None stands for null; of equal keys the first counts. Each key costs a comparison a row: a
    mapping of thousands is better a join.
    """
    target = to_narwhals(dtype)
    nothing = nw.lit(None, dtype=target)
    otherwise = nothing if default is None else default.cast(target)

    def matches(key: Scalar) -> nw.Expr:
        return expr.is_null() if key is None else expr == nw.lit(key)

    def chain(part: Sequence[tuple[Scalar, Scalar]], last: nw.Expr) -> nw.Expr:
        whole = nw.when(matches(part[0][0])).then(nw.lit(part[0][1], dtype=target))
        for key, value in part[1:]:
            whole = whole.when(matches(key)).then(nw.lit(value, dtype=target))
        return whole.otherwise(last)

    if not mapping:
        return nw.when(expr.is_null()).then(otherwise).otherwise(otherwise)
    if len(mapping) <= _CHAIN:
        return chain(mapping, otherwise)
    # A chain is as deep as it is long, and engines recurse into it: lay shorter ones side by side.
    mapped = nw.coalesce(*(chain(mapping[i : i + _CHAIN], nothing) for i in range(0, len(mapping), _CHAIN)))
    keys = [key for key, _ in mapping]
    known = expr.is_in([key for key in keys if key is not None])
    known = known | expr.is_null() if None in keys else nw.coalesce(known, nw.lit(value=False))
    return nw.when(known).then(mapped).otherwise(otherwise)
