"""Casts as Spark makes them where it is not in ANSI mode: what does not fit is null, and text is read generously.

Source: Spark's documentation of CAST and its behaviour, against which the tests hold every rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.api import BOOLEAN, DATE, DATETIME, FLOAT64, INT64, STRING, DType, NodeError, portable
from weirflow_tabular.date_formats import moment
from weirflow_tabular.spark_text import spark_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow_tabular.date_formats import DateFormat

_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # seconds: the years 1 to 9999
_BLANK = "".join(map(chr, range(0x21)))
_TRUE = ("t", "true", "y", "yes", "1")
_FALSE = ("f", "false", "n", "no", "0")
_INTEGER = r"^([+-]?[0-9]+\.?[0-9]*|[+-]?\.[0-9]*)\z"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?\z"
_INFINITY = r"^[+-]?(?i:inf|infinity)\z"
_DAY = r"^[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2})?)?"
_CLOCK = r"[0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{0,9})?)?)?"


def spark_cast(expr: nw.Expr, to: DType, frm: DType, fmt: DateFormat | None = None) -> nw.Expr:
    """The value in type `to`, null where Spark gives null; NaN is null too. Raises NodeError where no cast is known.

    `to` is a string, boolean, int64, float64, date or datetime (in UTC). Text, and numbers that become dates, are
    read by the format where there is one; dates and datetimes are not.
    """
    if to == frm:
        return expr
    if frm.kind == "null":
        return portable.cast_or_null(expr, to, frm)
    if frm.kind == "categorical":
        return spark_cast(expr.cast(nw.String), to, STRING, fmt)
    if to == STRING:
        return spark_text(expr, frm)
    made: nw.Expr | None = None
    if fmt is not None and (frm.kind == "string" or (to == DATE and (frm.is_integer or frm.is_float))):
        read = moment(spark_text(expr, frm), fmt)
        made = read if to == DATETIME else portable.cast_or_null(read, DATE, DATETIME)
    elif frm.kind == "string":
        made = _FROM_TEXT[to](expr) if to in _FROM_TEXT else None
    elif frm.is_numeric or frm.kind == "boolean":
        made = _from_number(expr, to, frm)
    elif frm == DATETIME and to in {INT64, FLOAT64, BOOLEAN}:
        made = _from_moment(expr, to)
    elif frm == DATE and to in {INT64, FLOAT64, BOOLEAN}:
        made = (
            nw.when(expr.is_null()).then(nw.lit(None)).cast(portable.to_narwhals(to))
        )  # of no date there is one
    elif (frm, to) in {(DATE, DATETIME), (DATETIME, DATE)}:
        made = portable.cast_or_null(expr, to, frm)
    if made is None:
        raise NodeError(f"a column of type {frm} cannot be cast to {to} as Spark does", code="WF402")
    return made


def _from_number(expr: nw.Expr, to: DType, frm: DType) -> nw.Expr | None:
    if to == BOOLEAN:
        return expr != 0
    if to == INT64 and frm.is_float:  # a number out of range becomes the nearest that fits
        small, large = expr < -(2.0**63), expr >= 2.0**63
        fits = nw.when(~small & ~large).then(_whole(expr)).cast(nw.Int64)
        return nw.when(small).then(nw.lit(-(2**63))).when(large).then(nw.lit(2**63 - 1)).otherwise(fits)
    if to in {INT64, FLOAT64}:
        return expr.cast(portable.to_narwhals(to))
    if to == DATETIME and (frm.is_integer or frm.is_float):  # seconds since 1970
        held = nw.when((expr >= _FIRST) & (expr <= _LAST)).then(expr)
        micros = _whole(held.cast(nw.Float64) * 1e6) if frm.is_float else held.cast(nw.Int64) * 1_000_000
        return micros.cast(nw.Int64).cast(nw.Datetime("us"))
    return None


def _from_moment(expr: nw.Expr, to: DType) -> nw.Expr:
    micros = expr.dt.timestamp("us")
    if to == INT64:
        return micros // 1_000_000
    return micros.cast(nw.Float64) / 1e6 if to == FLOAT64 else micros != 0


def _whole(expr: nw.Expr) -> nw.Expr:
    """Without the fraction, towards zero."""
    return nw.when(expr < 0).then(expr.ceil()).otherwise(expr.floor())


def _trimmed(expr: nw.Expr) -> nw.Expr:
    return expr.str.strip_chars(_BLANK)


def _where(test: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(test).then(value)


def _integer(expr: nw.Expr) -> nw.Expr:
    text = _trimmed(expr)
    whole = _where(text.str.contains(_INTEGER), text.str.replace_all(r"\..*$", ""))
    digits = nw.when(whole.str.contains(r"^[+-]?\z")).then(nw.lit("0")).otherwise(whole)
    return portable.cast_or_null(digits, INT64, STRING)


def _float(expr: nw.Expr) -> nw.Expr:
    text = _trimmed(expr)
    number = _where(text.str.contains(_NUMBER), text.str.replace_all("[dDfF]$", "")).cast(nw.Float64)
    infinite = nw.when(text.str.starts_with("-")).then(nw.lit(float("-inf"))).otherwise(nw.lit(float("inf")))
    return nw.when(text.str.contains(_INFINITY)).then(infinite).otherwise(number)


def _boolean(expr: nw.Expr) -> nw.Expr:
    word = _trimmed(expr).str.to_lowercase()
    return _where(word.is_in((*_TRUE, *_FALSE)), word.is_in(_TRUE))


def _padded(part: nw.Expr, default: str) -> nw.Expr:
    """Two digits of one or two, or of none."""
    two = nw.concat_str(nw.lit("0"), part).str.slice(-2)
    return nw.when(part.str.len_chars() == 0).then(nw.lit(default)).otherwise(two)


def _iso_day(text: nw.Expr) -> nw.Expr:
    """The day at the start of a text, in ISO form: months and days may have one digit, or be left out."""
    day = text.str.replace_all(r"[ T].*$", "")
    month = day.str.replace_all(r"^[0-9]{4}-?", "").str.replace_all(r"-[0-9]*$", "")
    number = day.str.replace_all(r"^[0-9]{4}(-[0-9]{1,2})?-?", "")
    return nw.concat_str(
        text.str.slice(0, 4), nw.lit("-"), _padded(month, "01"), nw.lit("-"), _padded(number, "01")
    )


def _date(expr: nw.Expr) -> nw.Expr:
    text = _trimmed(expr)
    found = _where(text.str.contains(_DAY + r"([ T](?s:.*))?\z"), _iso_day(text))
    return portable.cast_or_null(found, DATE, STRING)


def _moment(expr: nw.Expr) -> nw.Expr:
    text = _trimmed(expr)
    plain = text.str.replace_all(r"(?:Z|UTC|GMT|[+]00:?00)\z", "").str.strip_chars(_BLANK)
    clock = plain.str.replace_all(r"^[^ T]*[ T]?", "")
    hour = _padded(clock.str.replace_all(r":.*$", ""), "00")
    minute = _padded(clock.str.replace_all(r"^[0-9]*:?", "").str.replace_all(r":.*$", ""), "00")
    second = _padded(clock.str.replace_all(r"^[0-9]*:?[0-9]*:?", "").str.replace_all(r"\..*$", ""), "00")
    fraction = clock.str.replace_all(r"^[^.]*\.?", "").str.slice(0, 6).str.pad_end(6, "0")
    made = nw.concat_str(
        _iso_day(plain), nw.lit(" "), hour, nw.lit(":"), minute, nw.lit(":"), second, nw.lit("."), fraction
    )
    found = _where(plain.str.contains(_DAY + rf"([ T]{_CLOCK})?\z"), made)
    return portable.cast_or_null(found, DATETIME, STRING)


_FROM_TEXT: dict[DType, Callable[[nw.Expr], nw.Expr]] = {
    INT64: _integer,
    FLOAT64: _float,
    BOOLEAN: _boolean,
    DATE: _date,
    DATETIME: _moment,
}
