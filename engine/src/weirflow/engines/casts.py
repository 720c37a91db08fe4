"""Casts that mean the same on every engine, guarded so that a value that does not fit gives null."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw

from weirflow.engines.dtypes import to_narwhals
from weirflow.engines.failures import fail_when
from weirflow.errors import NodeError
from weirflow.node.schema import DType

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z"
_LEAP = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    r"([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    rf"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_PLAIN = frozenset({("decimal", "float64"), ("date", "datetime"), ("datetime", "date")})
_LARGEST_FLOAT32 = 3.4028234663852886e38


class _Rule(NamedTuple):
    """How one type becomes another: `fits` says where it can, `convert` is used only there."""

    convert: Callable[[nw.Expr], nw.Expr]
    fits: Callable[[nw.Expr], nw.Expr] | None = None


def cast_or_null(expr: nw.Expr, to: DType, frm: DType) -> nw.Expr:
    """The value in type `to`, null where it does not fit.

    Text is read strictly: ISO dates and times, `true/false/yes/no/t/f/y/n/1/0`, numbers without blanks or
    separators. Floats lose their fraction (towards zero) as integers. Raises NodeError where no portable cast
    is known between the types.
    """
    rule = _rule(to, frm)
    if rule.fits is None:
        return rule.convert(expr)
    return rule.convert(nw.when(rule.fits(expr)).then(expr))


def cast_or_fail(expr: nw.Expr, to: DType, frm: DType, code: str, message: str) -> nw.Expr:
    """As `cast_or_null`, but the run fails, as by `fail_when`, where a value does not fit.

    Between types where every value fits nothing is checked.
    """
    value = cast_or_null(expr, to, frm)
    fits = _rule(to, frm).fits
    if fits is None:
        return value
    wrong = ~expr.is_null() & ~nw.coalesce(fits(expr), nw.lit(value=False))
    return nw.coalesce(value, fail_when(wrong, code, message, to))


def _rule(to: DType, frm: DType) -> _Rule:
    target = to_narwhals(to)

    def plain(expr: nw.Expr) -> nw.Expr:
        return expr.cast(target)

    def not_zero(expr: nw.Expr) -> nw.Expr:
        return expr != 0

    if to == frm:
        return _Rule(lambda expr: expr)
    if frm.kind == "null":
        return _Rule(lambda expr: nw.when(~expr.is_null()).then(nw.lit(None, dtype=target)))
    if frm.kind == "categorical":
        inner = _rule(to, DType("string"))
        fits = inner.fits
        return _Rule(
            lambda expr: inner.convert(expr.cast(nw.String)),
            (lambda expr: fits(expr.cast(nw.String))) if fits else None,
        )
    if to.is_text and frm.kind not in {"list", "struct", "binary", "object"}:
        return _Rule(plain)
    rule: _Rule | None = None
    if frm.kind == "string":
        rule = _from_text(to)
    elif frm.kind == "boolean" and (to.is_integer or to.is_float):
        rule = _Rule(plain)
    elif frm.is_integer or frm.is_float:
        if to.kind == "boolean":
            rule = _Rule(not_zero)
        elif to.is_integer:
            rule = _to_integer(to, frm)
        elif to.kind == "float64" or (to.kind == "float32" and frm.is_integer):
            rule = _Rule(plain)
        elif to.kind == "float32":
            rule = _Rule(plain, lambda expr: expr.abs() <= _LARGEST_FLOAT32)
    elif (frm.kind, to.kind) in _PLAIN and not (frm.zone or to.zone):
        rule = _Rule(plain)
    if rule is None:
        raise NodeError(f"a column of type {frm} cannot be cast to {to}", code="WF402")
    return rule


def _from_text(to: DType) -> _Rule | None:
    if to.is_integer:
        signs = "+-" if to.kind.startswith("u") else "+"  # the one negative that fits is -0
        return _Rule(
            lambda expr: expr.str.strip_chars_start(signs).cast(to_narwhals(to)),
            lambda expr: _is_integer_text(expr, to),
        )
    if to.is_float:
        limit = _LARGEST_FLOAT32 if to.kind == "float32" else float(2**1023) * (2 - 2**-52)

        def finite(expr: nw.Expr) -> nw.Expr:
            number = nw.when(expr.str.contains(_NUMBER)).then(expr).cast(nw.Float64)
            return number.abs() <= limit

        return _Rule(lambda expr: expr.cast(nw.Float64).cast(to_narwhals(to)), finite)
    if to.kind == "boolean":
        return _Rule(
            lambda expr: expr.str.to_lowercase().is_in(_TRUE),
            lambda expr: expr.str.to_lowercase().is_in((*_TRUE, *_FALSE)),
        )
    if to.kind == "date":
        return _Rule(lambda expr: expr.str.to_date("%Y-%m-%d"), lambda expr: _is_moment(expr, rf"^{_DAY}\z"))
    if to.kind == "datetime" and to.zone is None:
        return _Rule(_moment, lambda expr: _is_moment(expr, rf"^{_DAY}([ T]{_CLOCK})?\z"))
    return None


def _is_moment(expr: nw.Expr, pattern: str) -> nw.Expr:
    return expr.str.contains(pattern) & ~expr.str.starts_with("0000")  # there is no year 0


def _moment(expr: nw.Expr) -> nw.Expr:
    """ISO text as a datetime: seconds by format, their fraction by arithmetic, as engines spell it apart."""
    short = expr.str.replace_all("T", " ", literal=True)
    length = short.str.len_chars()
    second = (
        nw.when(length == len("2020-01-01"))
        .then(nw.concat_str(short, nw.lit(" 00:00:00")))
        .when(length == len("2020-01-01 00:00"))
        .then(nw.concat_str(short, nw.lit(":00")))
        .otherwise(short.str.slice(0, len("2020-01-01 00:00:00")))
    )
    digits = nw.concat_str(short, nw.lit("0")).str.slice(len("2020-01-01 00:00:00."))
    fraction = nw.when(length > len("2020-01-01 00:00:00")).then(digits.str.slice(0, 6).str.pad_end(6, "0"))
    micros = nw.coalesce(fraction.cast(nw.Int64), nw.lit(0))
    moment = second.str.to_datetime("%Y-%m-%d %H:%M:%S") + nw.lit(timedelta(microseconds=1)) * micros
    return moment.cast(nw.Datetime("us"))


def _limits(dtype: DType) -> tuple[int, int]:
    bits = int(dtype.kind.lstrip("uint"))
    return (0, 2**bits - 1) if dtype.kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _is_integer_text(expr: nw.Expr, to: DType) -> nw.Expr:
    """Decimal digits whose magnitude is within the type's limits, compared as text: nothing overflows."""
    low, high = _limits(to)
    magnitude = expr.str.strip_chars_start("+-").str.strip_chars_start("0")
    length = magnitude.str.len_chars()

    def within(limit: str) -> nw.Expr:
        return (length < len(limit)) | ((length == len(limit)) & (magnitude <= limit))

    negative = expr.str.starts_with("-")
    least = (magnitude == "") if low == 0 else within(str(-low))
    return expr.str.contains(r"^[+-]?[0-9]+\z") & ((negative & least) | (~negative & within(str(high))))


def _to_integer(to: DType, frm: DType) -> _Rule:
    target = to_narwhals(to)
    low, high = _limits(to)
    if frm.is_float:
        # DuckDB would round; the upper bound is a power of two, which a float holds exactly.
        return _Rule(
            lambda expr: nw.when(expr < 0).then(expr.ceil()).otherwise(expr.floor()).cast(target),
            lambda expr: (expr.ceil() >= float(low)) & (expr.floor() < float(high + 1)),
        )
    least, most = _limits(frm)
    if low <= least and most <= high:
        return _Rule(lambda expr: expr.cast(target))

    def within(expr: nw.Expr) -> nw.Expr:
        bounds = ([expr >= low] if least < low else []) + ([expr <= high] if most > high else [])
        return bounds[0] if len(bounds) == 1 else bounds[0] & bounds[1]

    return _Rule(lambda expr: expr.cast(target), within)
