"""What Spark has and DuckDB has not, as macros and functions of a connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from weirflow.api import BOOLEAN, DATE, DATETIME, FLOAT64, INT64, STRING
from weirflow_tabular.spark_cast import spark_cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from weirflow.api import DType

_NAME = re.compile(r"\bs_\w+")
_MACROS = r"""
-- whole numbers overflow by wrapping round
s_wrap64(h) AS CASE WHEN h >= -9223372036854775808::HUGEINT AND h < 9223372036854775808::HUGEINT THEN TRY_CAST(h
    AS BIGINT) ELSE TRY_CAST(((h + 9223372036854775808::HUGEINT) % 18446744073709551616::HUGEINT +
    18446744073709551616::HUGEINT) % 18446744073709551616::HUGEINT - 9223372036854775808::HUGEINT AS BIGINT) END;
s_wrap32(b) AS CASE WHEN b BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST(b AS INTEGER) ELSE TRY_CAST(((CAST(b
    AS HUGEINT) + 2147483648) % 4294967296 + 4294967296) % 4294967296 - 2147483648 AS INTEGER) END;
-- fractions become the nearest whole number towards zero that there is
s_double_bigint(x) AS CASE WHEN isnan(x) THEN 0 WHEN x >= 9.223372036854775807e18::DOUBLE THEN
    9223372036854775807 WHEN x <= -9.223372036854775808e18::DOUBLE THEN (-9223372036854775807 - 1) ELSE
    TRY_CAST(trunc(x) AS BIGINT) END;
s_double_int(x) AS CASE WHEN isnan(x) THEN 0 WHEN x >= 2147483647.0::DOUBLE THEN 2147483647 WHEN x <=
    -2147483648.0::DOUBLE THEN (-2147483647 - 1) ELSE TRY_CAST(trunc(x) AS INTEGER) END;
s_seconds(t) AS (epoch_us(t) - ((epoch_us(t) % 1000000) + 1000000) % 1000000) // 1000000;
s_seconds_cut(t) AS epoch_us(t) // 1000000;
s_moment(n) AS CASE WHEN n BETWEEN -62135596800 AND 253402300799 THEN make_timestamp(n * 1000000) WHEN n IS NOT
    NULL THEN error('a number of seconds is no moment of the years 1 to 9999') END;
s_text_int(s) AS CASE WHEN s_text_bigint(s) BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST(s_text_bigint(s) AS
    INTEGER) END;
s_text_double(s) AS CASE WHEN regexp_full_match(s, '[\x00-\x20]*(?i:nan)[\x00-\x20]*') THEN 'NaN'::DOUBLE ELSE
    s_plain_double(s) END;
s_number(s) AS CASE WHEN regexp_full_match(s,
    '[\x00-\x20]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[\x00-\x20]*') THEN regexp_replace(s,
    '[\x00-\x20]', '', 'g') END;
s_wide(s) AS TRY_CAST(s AS DECIMAL(38, 18));
s_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);
-- a number far from a half need not be written to be rounded
s_no_half(x) AS abs(x) < 1e9 AND abs(abs(x) - floor(abs(x)) - 0.5) > 1e-6;
s_nearest(x) AS CASE WHEN x < 0 THEN ceil(x - 0.5) ELSE floor(x + 0.5) END;
s_divided(a, b) AS CASE WHEN b <> 0 THEN a / b END;
s_mod(a, b) AS CASE WHEN b <> 0 THEN a % b END;
s_pmod(a, b) AS CASE WHEN b <> 0 THEN CASE WHEN a % b < 0 THEN ((a % b) + b) % b ELSE a % b END END;
s_half_up(a, b) AS CASE WHEN b <> 0 THEN CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END * ((2 * abs(a) + abs(b))
    // (2 * abs(b))) END;
s_div(a, b) AS CASE WHEN b <> 0 THEN a // b END;
s_sqrt(x) AS CASE WHEN x < 0 THEN 'NaN'::DOUBLE WHEN x >= 0 THEN sqrt(x) END;
s_ln(x) AS CASE WHEN x > 0 THEN ln(x) END;
s_log10(x) AS CASE WHEN x > 0 THEN log10(x) END;
s_log2(x) AS CASE WHEN x > 0 THEN log2(x) END;
s_log1p(x) AS CASE WHEN x > -1 THEN s_ln_1p(x) END;
s_sin(x) AS CASE WHEN isinf(x) THEN 'NaN'::DOUBLE ELSE sin(x) END;
s_cos(x) AS CASE WHEN isinf(x) THEN 'NaN'::DOUBLE ELSE cos(x) END;
s_tan(x) AS CASE WHEN isinf(x) THEN 'NaN'::DOUBLE ELSE tan(x) END;
s_pow(x, y) AS CASE WHEN x IS NULL THEN NULL WHEN isnan(y) OR (abs(x) = 1 AND isinf(y)) THEN 'NaN'::DOUBLE ELSE
    pow(x, y) END;
s_sign(x) AS CASE WHEN isnan(x) THEN x WHEN x > 0 THEN 1.0::DOUBLE WHEN x < 0 THEN -1.0::DOUBLE WHEN x = 0 THEN
    0.0::DOUBLE END;
s_nan(x) AS coalesce(isnan(x), false);
-- places in text are counted from 1, and from the end where negative; 0 is 1
s_from(s, p) AS CASE WHEN p > 0 THEN CAST(p AS BIGINT) - 1 WHEN p < 0 THEN length(s) + CAST(p AS BIGINT) ELSE 0
    END;
s_cut(s, a, b) AS substring(s, greatest(a, 0) + 1, greatest(greatest(b, 0) - greatest(a, 0), 0));
s_substring(s, p, n) AS CASE WHEN s IS NOT NULL AND p IS NOT NULL AND n IS NOT NULL THEN s_cut(s, s_from(s, p),
    s_from(s, p) + CAST(n AS BIGINT)) END;
s_rest(s, p) AS CASE WHEN s IS NOT NULL AND p IS NOT NULL THEN s_cut(s, s_from(s, p), length(s)) END;
s_left(s, n) AS CASE WHEN s IS NOT NULL AND n IS NOT NULL THEN substring(s, 1, greatest(CAST(n AS BIGINT), 0))
    END;
s_right(s, n) AS CASE WHEN s IS NOT NULL AND n IS NOT NULL THEN substring(s, greatest(length(s) -
    greatest(CAST(n AS BIGINT), 0), 0) + 1) END;
s_lpad(s, n, w) AS CASE WHEN w = '' THEN s_left(s, n) ELSE lpad(s, greatest(n, 0), w) END;
s_rpad(s, n, w) AS CASE WHEN w = '' THEN s_left(s, n) ELSE rpad(s, greatest(n, 0), w) END;
s_locate(w, s, p) AS CASE WHEN w IS NULL OR s IS NULL THEN NULL WHEN p IS NULL OR p < 1 THEN 0 WHEN w = '' THEN
    1 WHEN p > length(s) THEN 0 WHEN instr(substring(s, p), w) = 0 THEN 0 ELSE instr(substring(s, p), w) + p - 1
    END;
s_item(v, i) AS CASE WHEN i >= 0 THEN v[CAST(i AS BIGINT) + 1] END;
s_months(a, b) AS CASE WHEN day(a) = day(b) OR (CAST(a AS DATE) = last_day(a) AND CAST(b AS DATE) = last_day(b))
    THEN CAST((year(a) - year(b)) * 12 + month(a) - month(b) AS DOUBLE) ELSE floor(((year(a) - year(b)) * 12 +
    month(a) - month(b) + ((day(a) - day(b)) * 86400 + ((hour(a) - hour(b)) * 3600 + (minute(a) - minute(b)) *
    60 + second(a) - second(b))) / 2678400.0::DOUBLE) * 1e8 + 0.5) / 1e8 END;
"""


def teach(base: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make those of the macros and functions known to a connection that a query needs."""
    wanted, macros = set(_NAME.findall(sql)), _macros()
    while more := {n for w in wanted if w in macros for n in _NAME.findall(macros[w])} - wanted:
        wanted |= more
    for name, (work, takes, gives) in _FUNCTIONS.items():
        if name in wanted:
            _function(base, name, work, takes, gives)
    for name, macro in macros.items():
        if name in wanted:
            base.execute(f"CREATE MACRO {macro}")


def _macros() -> dict[str, str]:
    plain = re.sub(r"^--.*\n", "", _MACROS, flags=re.MULTILINE)
    return {_NAME.findall(m)[0]: m for part in plain.split(";\n") if (m := part.strip())}


def _cast(to: DType) -> Callable[[pl.Series], pl.Series]:
    def cast(texts: pl.Series) -> pl.Series:
        table = nw.from_native(texts.alias("x").to_frame().lazy())
        made: pl.DataFrame = table.select(spark_cast(nw.col("x"), to, STRING)).to_native().collect()
        return made.to_series()

    return cast


def _function(
    base: duckdb.DuckDBPyConnection,
    name: str,
    work: Callable[[pl.Series], pl.Series],
    takes: str,
    gives: str,
) -> None:
    kind = pl.String if takes == "VARCHAR" else pl.Float64
    # a lambda, since DuckDB would evaluate annotations
    call: Any = lambda values: work(pl.Series(values, dtype=kind)).to_arrow()  # noqa: E731
    make: Any = base.create_function
    make(name, call, [takes], gives, type="arrow", null_handling="special")


_FUNCTIONS: dict[str, tuple[Callable[[pl.Series], pl.Series], str, str]] = {
    "s_text_bigint": (_cast(INT64), "VARCHAR", "BIGINT"),
    "s_plain_double": (_cast(FLOAT64), "VARCHAR", "DOUBLE"),
    "s_text_boolean": (_cast(BOOLEAN), "VARCHAR", "BOOLEAN"),
    "s_text_date": (_cast(DATE), "VARCHAR", "DATE"),
    "s_text_timestamp": (_cast(DATETIME), "VARCHAR", "TIMESTAMP"),
    "s_upper": (lambda s: s.str.to_uppercase(), "VARCHAR", "VARCHAR"),
    "s_lower": (lambda s: s.str.to_lowercase(), "VARCHAR", "VARCHAR"),
    "s_ln_1p": (lambda s: s.log1p(), "DOUBLE", "DOUBLE"),
}
