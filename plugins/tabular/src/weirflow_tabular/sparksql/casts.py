"""Casts of Spark's in DuckDB's SQL."""

from __future__ import annotations

from weirflow_tabular.sparksql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    VOID,
    SparkType,
    as_decimal,
    unproven,
)

_PLACES_WITHOUT_EXPONENT = 6
_MOST_PLACES = 12
_WIDE_DIGITS, _WIDE_SCALE = 20, 18
_OF_TEXT = {
    BIGINT: "s_text_bigint({})",
    INT: "s_text_int({})",
    DOUBLE: "s_text_double({})",
    BOOLEAN: "s_text_boolean({})",
    DATE: "s_text_date({})",
    TIMESTAMP: "s_text_timestamp({})",
}
_OF_NUMBER = {
    ("double", BIGINT): "s_double_bigint({})",
    ("double", INT): "s_double_int({})",
    ("bigint", INT): "s_wrap32({})",
    ("decimal", DOUBLE): "CAST(CAST({} AS VARCHAR) AS DOUBLE)",  # the nearest, where a division rounds twice
    ("decimal", INT): "s_wrap32(s_wrap64(CAST(trunc({}) AS HUGEINT)))",
    ("decimal", BIGINT): "s_wrap64(CAST(trunc({}) AS HUGEINT))",
}
_OF_TIME = {
    ("date", STRING): "CAST({} AS VARCHAR)",
    ("date", TIMESTAMP): "CAST({} AS TIMESTAMP)",
    ("timestamp", STRING): "CAST({} AS VARCHAR)",
    ("timestamp", DATE): "CAST({} AS DATE)",
    ("timestamp", BIGINT): "s_seconds({})",
    ("timestamp", INT): "TRY_CAST(s_seconds({}) AS INTEGER)",
    ("timestamp", DOUBLE): "(epoch_us({}) / 1000000.0::DOUBLE)",
    ("bigint", TIMESTAMP): "s_moment({})",
    ("int", TIMESTAMP): "s_moment(CAST({} AS BIGINT))",
}


def cast(sql: str, frm: SparkType, to: SparkType) -> str:
    """An expression of one type as one of another. Raises UnprovenError."""
    if frm == to:
        return sql
    if frm == VOID:
        return f"CAST(NULL AS {to.duckdb})"
    template = _template(frm, to)
    if template is None:
        raise unproven(f"a cast of {frm} to {to}")
    return f"({template.format(sql)})"


def _template(frm: SparkType, to: SparkType) -> str | None:
    if frm == STRING:
        return _text_to_decimal(to) if to.name == "decimal" else _OF_TEXT.get(to)
    if to == BOOLEAN:
        return "({} <> 0)" if frm.is_number else None
    if frm == BOOLEAN:
        return f"CAST({{}} AS {to.duckdb})" if to in {INT, BIGINT, DOUBLE, STRING} else None
    found = _OF_NUMBER.get((frm.name, to)) or _OF_TIME.get((frm.name, to))
    if found is not None:
        return found
    if to.name == "decimal" and frm.is_number:
        return _to_decimal(frm, to)
    if frm.is_whole and (to in {STRING, DOUBLE} or (to.is_whole and _holds(to, frm))):
        return f"CAST({{}} AS {to.duckdb})"
    if frm.name == "float" and to == DOUBLE:
        return "CAST({} AS DOUBLE)"
    if frm.name == "decimal" and to == STRING and frm.scale <= _PLACES_WITHOUT_EXPONENT:
        return "CAST({} AS VARCHAR)"
    return None


def _text_to_decimal(to: SparkType) -> str | None:
    if to.scale > _WIDE_SCALE or to.precision - to.scale > _WIDE_DIGITS:
        return None
    plain = f"TRY_CAST(s_number({{0}}) AS {to.duckdb})"  # an exponent may need more digits than the type has
    wide = f"TRY_CAST(s_wide(s_number({{0}})) AS {to.duckdb})"
    return f"CASE WHEN contains(lower({{0}}), 'e') THEN {wide} ELSE {plain} END"


def _to_decimal(frm: SparkType, to: SparkType) -> str | None:
    if frm == DOUBLE:  # as its digits are written, with half away from zero
        if to.scale > _MOST_PLACES:
            return None
        power, text = f"{10**to.scale}::DOUBLE", "CAST({0} AS VARCHAR)"
        return (
            f"CASE WHEN s_no_half({{0}} * {power}) THEN TRY_CAST(s_nearest({{0}} * {power}) / {power} AS {to.duckdb}) "
            f"WHEN abs({{0}}) < 1e-4 THEN TRY_CAST(TRY_CAST({text} AS DECIMAL(38, 30)) AS {to.duckdb}) "
            f"WHEN abs({{0}}) < 1e15 THEN TRY_CAST({text} AS {to.duckdb}) "
            f"WHEN abs({{0}}) < 1e38 THEN TRY_CAST(TRY_CAST({text} AS DECIMAL(38, 0)) AS {to.duckdb}) END"
        )
    held = as_decimal(frm)
    surely = to.scale >= held.scale and to.precision - to.scale >= held.precision - held.scale
    return f"{'CAST' if surely else 'TRY_CAST'}({{}} AS {to.duckdb})"


def _holds(wide: SparkType, narrow: SparkType) -> bool:
    return as_decimal(wide).precision >= as_decimal(narrow).precision
