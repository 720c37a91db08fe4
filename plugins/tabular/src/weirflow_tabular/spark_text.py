"""Values of other types as the text that Spark writes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.api import STRING, NodeError, portable

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def spark_text(expr: nw.Expr, frm: DType) -> nw.Expr:
    """A column as text, as a cast of Spark's gives it. Raises NodeError where no cast is known."""
    if frm.is_float:
        return _float(expr)
    if frm.kind == "datetime" and frm.zone is None:
        plain = expr.dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
        return plain.str.replace_all(r"(\.[0-9]*?)0+\z", "${1}").str.replace_all(r"\.\z", "")
    if frm.kind in {"string", "categorical", "boolean", "date", "null"} or frm.is_integer:
        return portable.cast_or_null(expr, STRING, frm)
    raise NodeError(f"a column of type {frm} cannot be cast to {STRING} as Spark does", code="WF402")


def _float(expr: nw.Expr) -> nw.Expr:
    """Fractions as Java writes them: from 1e7 on, and below 1e-3, one digit before the point and an exponent."""
    plain = expr.cast(nw.String)
    magnitude = plain.str.strip_chars_start("-")
    mantissa = magnitude.str.replace_all(r"e.*\z", "")
    power = nw.when(magnitude.str.contains("e")).then(magnitude.str.replace_all(r"^.*e\+?", ""))
    whole = mantissa.str.replace_all(r"\..*\z", "")
    rest = nw.when(mantissa.str.contains(".", literal=True)).then(mantissa.str.replace_all(r"^.*\.", ""))
    fraction = nw.coalesce(rest, nw.lit(""))
    digits = nw.concat_str(whole, fraction).str.strip_chars_start("0").str.strip_chars_end("0")
    zeros = fraction.str.len_chars().cast(nw.Int64) - fraction.str.strip_chars_start(
        "0"
    ).str.len_chars().cast(nw.Int64)
    place = nw.when(whole == "0").then(-1 - zeros).otherwise(whole.str.len_chars().cast(nw.Int64) - 1)
    finite = ~magnitude.is_in(["inf", "NaN"])
    exponent = nw.coalesce(nw.when(finite).then(power).cast(nw.Int64), nw.lit(0)) + place
    following = nw.when(digits.str.len_chars() > 1).then(digits.str.slice(1)).otherwise(nw.lit("0"))
    sign = nw.when(plain.str.starts_with("-")).then(nw.lit("-")).otherwise(nw.lit(""))
    long = nw.concat_str(
        sign, digits.str.slice(0, 1), nw.lit("."), following, nw.lit("E"), exponent.cast(nw.String)
    )
    size = expr.abs()
    usual = (size == 0) | ((size >= 1e-3) & (size < 1e7))  # noqa: PLR2004 -- Java's
    infinite = nw.concat_str(sign, nw.lit("Infinity"))
    return nw.when(usual).then(plain).when(magnitude == "inf").then(infinite).otherwise(long)
