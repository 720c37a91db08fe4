"""Whether two outcomes are the same, and if not, where they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from weirflow.testing.frames import plain

if TYPE_CHECKING:
    import pandas as pd

REL = 1e-12
"""Floats that differ by less than this share of their size are equal."""


def outputs_differ(one: Mapping[str, Any], other: Mapping[str, Any], rel: float = 0.0) -> str | None:
    """How the outputs of two runs differ; None where they are the same."""
    if list(one) != list(other):
        return f"the outputs are {list(one)} and {list(other)}"
    for port, left in one.items():
        right = other[port]
        if isinstance(left, pl.DataFrame) and isinstance(right, pl.DataFrame):
            if (found := differ(left, right, rel)) is not None:
                return found
        elif left != right:
            return f"output '{port}' differs"
    return None


def differ(one: pl.DataFrame, other: pl.DataFrame, rel: float = 0.0) -> str | None:
    """How two frames differ: in names, types, rows, or a value; None where they are the same."""
    if one.columns != other.columns:
        return f"the columns are {one.columns} and {other.columns}"
    if one.schema != other.schema:
        name = next(n for n in one.columns if one.schema[n] != other.schema[n])
        return f"column '{name}' is of type {one.schema[name]} and {other.schema[name]}"
    return values_differ(
        {c: one[c].to_list() for c in one.columns}, {c: other[c].to_list() for c in one.columns}, rel
    )


def values_differ(
    one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]], rel: float = 0.0
) -> str | None:
    """How the values of columns of the same names differ."""
    for name, values in one.items():
        if len(values) != len(other[name]):
            return f"there are {len(values)} rows and {len(other[name])}"
        for row, (left, right) in enumerate(zip(values, other[name], strict=True)):
            if not equal(plain(left), plain(right), rel):
                return f"column '{name}', row {row}: {left!r} and {right!r}"
    return None


def pandas_differs(frame: pl.DataFrame, df: pd.DataFrame) -> str | None:
    """How the result of exported code differs from the run's: labels and integers exactly, floats to 1e-12."""
    if [str(c) for c in df.columns] != frame.columns:
        return f"the columns are {list(df.columns)} in pandas, and {frame.columns}"
    if list(df.index) != list(range(len(df))):
        return "the index is not 0, 1, 2 and so on: end with reset_index(drop=True)"
    theirs = {name: df.iloc[:, i].tolist() for i, name in enumerate(frame.columns)}
    found = values_differ(theirs, {c: frame[c].to_list() for c in frame.columns}, REL)
    return found and f"{found} (pandas first)"


def equal(one: Any, other: Any, rel: float) -> bool:
    """Whether two plain values are the same."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(a, b, rel) for a, b in zip(one, other, strict=True))
    if isinstance(one, datetime) and isinstance(other, date) and not isinstance(other, datetime):
        return one == datetime(other.year, other.month, other.day)  # noqa: DTZ001 - pandas has no dates
    if isinstance(one, float) and isinstance(other, float) and rel:
        return one == other or math.isclose(one, other, rel_tol=rel)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)
