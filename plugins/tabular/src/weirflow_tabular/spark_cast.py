"""Casts as Spark makes them where it is not in ANSI mode: what does not fit is null, and text is read generously.

Source: Spark's documentation of CAST and its behaviour, against which the tests hold every rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.api import BOOLEAN, DATE, DATETIME, FLOAT64, INT64, STRING, DType, NodeError, portable

if TYPE_CHECKING:
    from collections.abc import Callable

_BLANK = "".join(map(chr, range(0x21)))
_TRUE = ("t", "true", "y", "yes", "1")
_FALSE = ("f", "false", "n", "no", "0")
_INTEGER = r"^([+-]?[0-9]+\.?[0-9]*|[+-]?\.[0-9]*)\z"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?\z"
_INFINITY = r"^[+-]?(?i:inf|infinity)\z"
_DAY = r"^[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2})?)?"
_CLOCK = r"[0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{0,9})?)?)?"


def spark_cast(expr: nw.Expr, to: DType, frm: DType) -> nw.Expr:
    """The value in type `to`, null where Spark gives null; NaN is null too. Raises NodeError where no cast is known.

    `to` is a string, boolean, int64, float64, date or datetime (in UTC).
    """
    if to == frm:
        return expr
    if frm.kind == "categorical":
        return spark_cast(expr.cast(nw.String), to, STRING)
    if frm.kind == "string":
        rule = _FROM_TEXT.get(to)
        if rule is not None:
            return rule(expr)
    elif frm.is_numeric and to == BOOLEAN:
        return expr != 0
    elif (frm.is_numeric or frm.kind == "boolean") and to in {INT64, FLOAT64}:
        if frm.is_float and to == INT64:  # a number out of range becomes the nearest that fits
            whole = nw.when(expr < 0).then(expr.ceil()).otherwise(expr.floor())
            low, high = nw.lit(-(2**63)), nw.lit(2**63 - 1)
            small, large = expr < -(2.0**63), expr >= 2.0**63
            fits = nw.when(~small & ~large).then(whole).cast(nw.Int64)
            return nw.when(small).then(low).when(large).then(high).otherwise(fits)
        return expr.cast(portable.to_narwhals(to))
    elif (to == STRING and (frm.is_integer or frm.kind in {"boolean", "date"})) or (frm.kind, to.kind) in {
        ("date", "datetime"),
        ("datetime", "date"),
    }:
        return portable.cast_or_null(expr, to, frm)
    raise NodeError(f"a column of type {frm} cannot be cast to {to} as Spark does", code="WF402")


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
