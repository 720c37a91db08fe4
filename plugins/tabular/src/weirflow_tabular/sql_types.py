"""Types of what databases answer: told by the database, or by the first rows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError

if TYPE_CHECKING:
    import polars as pl

_MOST_DIGITS = 38


def of_postgresql(description: Sequence[Any]) -> dict[str, pl.DataType]:
    """Types of columns as psycopg describes them; what has no equal is text."""
    import polars as pl

    plain: dict[int, pl.DataType] = {
        16: pl.Boolean(),
        17: pl.Binary(),
        20: pl.Int64(),
        21: pl.Int16(),
        23: pl.Int32(),
        26: pl.Int64(),
        700: pl.Float32(),
        701: pl.Float64(),
        1082: pl.Date(),
        1083: pl.Time(),
        1114: pl.Datetime("us"),
        1184: pl.Datetime("us", "UTC"),
        1186: pl.Duration("us"),
    }
    lists = {1000: 16, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1182: 1082, 1115: 1114}
    found: dict[str, pl.DataType] = {}
    for column in description:
        code = column.type_code
        if code == 1700:  # noqa: PLR2004 -- numeric, which without a precision may hold anything
            digits, places = column.precision, column.scale
            exact = digits is not None and digits <= _MOST_DIGITS and 0 <= (places or 0) <= digits
            found[column.name] = pl.Decimal(digits, places or 0) if exact else pl.Float64()
        elif code in lists:
            found[column.name] = pl.List(plain[lists[code]])
        elif code in {1009, 1015}:
            found[column.name] = pl.List(pl.String())
        else:
            found[column.name] = plain.get(code, pl.String())
    return found


def of_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, pl.DataType]:
    """Types that hold the values of these rows; of several kinds, or of none, text."""
    return {name: _of_values(row[i] for row in rows) for i, name in enumerate(names)}


def _of_values(values: Any) -> pl.DataType:
    import polars as pl

    plain: dict[type, pl.DataType] = {
        bool: pl.Boolean(),
        int: pl.Int64(),
        float: pl.Float64(),
        Decimal: pl.Float64(),
        bytes: pl.Binary(),
        date: pl.Date(),
        datetime: pl.Datetime("us"),
        time: pl.Time(),
        timedelta: pl.Duration("us"),
    }
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {int, float, Decimal} and kinds != {int}:
        return pl.Float64()
    return plain.get(kinds.pop(), pl.String()) if len(kinds) == 1 else pl.String()


def frame_of(rows: Sequence[Sequence[Any]], types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """A frame of rows. Raises NodeError that names the column in which a value does not fit."""
    import polars as pl

    columns = list(zip(*rows, strict=True)) if rows else [()] * len(types)
    made = []
    for (name, dtype), values in zip(types.items(), columns, strict=True):
        convert = _converter(dtype)
        try:
            made.append(pl.Series(name, [None if v is None else convert(v) for v in values], dtype))
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            raise NodeError(
                f"column '{name}' of the query holds a value of another type than the first rows",
                hint="cast it in the query",
                code="WF603",
            ) from None
    return pl.DataFrame(made)


def _converter(dtype: pl.DataType) -> Callable[[Any], Any]:
    import polars as pl

    match dtype:
        case pl.String():
            return _text
        case pl.Float32() | pl.Float64():
            return _number
        case pl.Datetime(time_zone="UTC"):
            return lambda v: v.astimezone(UTC)
        case pl.Int64() | pl.Int32() | pl.Int16():
            return _whole
        case _:
            return lambda v: v


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        raise TypeError("bytes are no text")
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        raise TypeError("text is no number")
    number = float(value)
    return None if math.isnan(number) else number


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("no whole number")
    return value
