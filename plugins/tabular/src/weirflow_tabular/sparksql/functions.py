"""The functions of Spark's SQL that give the same here: what they take, what they give, and DuckDB's form of each.

Every name has cases in the tests, which hold it against Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weirflow_tabular.sparksql import literals
from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.aggregates import AGGREGATES, aggregate
from weirflow_tabular.sparksql.expressions import Compiler
from weirflow_tabular.sparksql.special import SPECIAL
from weirflow_tabular.sparksql.types import SparkType, unproven
from weirflow_tabular.sparksql.value import Tree, Value


@dataclass(frozen=True)
class Function:
    """A function for so many arguments of such kinds.

    A kind is a type, to which the argument is cast as Spark does unasked, or one of `literals.KINDS`: a constant
    that is read when the query is. `{0}` in `sql` is the first argument.
    """

    takes: tuple[str, ...]
    gives: SparkType
    sql: str


_TABLE: tuple[tuple[str, str, SparkType, str], ...] = (
    # numbers
    ("sqrt", "double", t.DOUBLE, "s_sqrt({0})"),
    ("cbrt", "double", t.DOUBLE, "cbrt({0})"),
    ("exp", "double", t.DOUBLE, "exp({0})"),
    ("ln", "double", t.DOUBLE, "s_ln({0})"),
    ("log", "double", t.DOUBLE, "s_ln({0})"),
    ("log", "double double", t.DOUBLE, "(s_ln({1}) / s_ln({0}))"),
    ("log10", "double", t.DOUBLE, "s_log10({0})"),
    ("log2", "double", t.DOUBLE, "s_log2({0})"),
    ("log1p", "double", t.DOUBLE, "s_log1p({0})"),
    ("pow power", "double double", t.DOUBLE, "s_pow({0}, {1})"),
    ("sign signum", "double", t.DOUBLE, "s_sign({0})"),
    ("sin", "double", t.DOUBLE, "s_sin({0})"),
    ("cos", "double", t.DOUBLE, "s_cos({0})"),
    ("tan", "double", t.DOUBLE, "s_tan({0})"),
    ("atan", "double", t.DOUBLE, "atan({0})"),
    ("atan2", "double double", t.DOUBLE, "atan2({0}, {1})"),
    ("isnan", "double", t.BOOLEAN, "s_nan({0})"),
    ("nanvl", "double double", t.DOUBLE, "(CASE WHEN isnan({0}) THEN {1} ELSE {0} END)"),
    ("degrees", "double", t.DOUBLE, "degrees({0})"),
    ("radians", "double", t.DOUBLE, "radians({0})"),
    ("pi", "", t.DOUBLE, "pi()"),
    ("e", "", t.DOUBLE, "exp(1::DOUBLE)"),
    # text
    ("lower lcase", "string", t.STRING, "s_lower({0})"),
    ("upper ucase", "string", t.STRING, "s_upper({0})"),
    ("length char_length character_length len", "string", t.INT, "CAST(length({0}) AS INTEGER)"),
    ("trim", "string", t.STRING, "trim({0}, ' ')"),
    ("ltrim", "string", t.STRING, "ltrim({0}, ' ')"),
    ("rtrim", "string", t.STRING, "rtrim({0}, ' ')"),
    ("replace", "string string string", t.STRING, "replace({0}, {1}, {2})"),
    ("replace", "string string", t.STRING, "replace({0}, {1}, '')"),
    ("substring substr", "string int int", t.STRING, "s_substring({0}, {1}, {2})"),
    ("substring substr", "string int", t.STRING, "s_rest({0}, {1})"),
    ("left", "string int", t.STRING, "s_left({0}, {1})"),
    ("right", "string int", t.STRING, "s_right({0}, {1})"),
    ("lpad", "string int string", t.STRING, "s_lpad({0}, {1}, {2})"),
    ("lpad", "string int", t.STRING, "s_lpad({0}, {1}, ' ')"),
    ("rpad", "string int string", t.STRING, "s_rpad({0}, {1}, {2})"),
    ("rpad", "string int", t.STRING, "s_rpad({0}, {1}, ' ')"),
    ("instr", "string string", t.INT, "CAST(instr({0}, {1}) AS INTEGER)"),
    ("locate position", "string string", t.INT, "CAST(instr({1}, {0}) AS INTEGER)"),
    ("locate position", "string string int", t.INT, "CAST(s_locate({0}, {1}, {2}) AS INTEGER)"),
    ("startswith", "string string", t.BOOLEAN, "starts_with({0}, {1})"),
    ("endswith", "string string", t.BOOLEAN, "ends_with({0}, {1})"),
    ("contains", "string string", t.BOOLEAN, "contains({0}, {1})"),
    ("repeat", "string int", t.STRING, "repeat({0}, greatest({1}, 0))"),
    ("md5", "string", t.STRING, "md5({0})"),
    ("rlike regexp regexp_like", "string pattern", t.BOOLEAN, "regexp_matches({0}, {1})"),
    ("regexp_replace", "string finding replacement", t.STRING, "regexp_replace({0}, {1}, {2}, 'g')"),
    ("regexp_extract", "string finding", t.STRING, "regexp_extract({0}, {1}, 1)"),
    ("regexp_extract", "string finding group", t.STRING, "regexp_extract({0}, {1}, {2})"),
    ("split", "string finding", t.TEXTS, "string_split_regex({0}, {1})"),
    # dates and times
    ("year", "date", t.INT, "CAST(year({0}) AS INTEGER)"),
    ("quarter", "date", t.INT, "CAST(quarter({0}) AS INTEGER)"),
    ("month", "date", t.INT, "CAST(month({0}) AS INTEGER)"),
    ("day dayofmonth", "date", t.INT, "CAST(day({0}) AS INTEGER)"),
    ("dayofweek", "date", t.INT, "CAST(dayofweek({0}) + 1 AS INTEGER)"),
    ("weekday", "date", t.INT, "CAST(isodow({0}) - 1 AS INTEGER)"),
    ("dayofyear", "date", t.INT, "CAST(dayofyear({0}) AS INTEGER)"),
    ("weekofyear", "date", t.INT, "CAST(week({0}) AS INTEGER)"),
    ("hour", "timestamp", t.INT, "CAST(hour({0}) AS INTEGER)"),
    ("minute", "timestamp", t.INT, "CAST(minute({0}) AS INTEGER)"),
    ("second", "timestamp", t.INT, "CAST(second({0}) AS INTEGER)"),
    ("date_add dateadd", "date int", t.DATE, "CAST({0} + to_days({1}) AS DATE)"),
    ("date_sub", "date int", t.DATE, "CAST({0} - to_days({1}) AS DATE)"),
    ("datediff date_diff", "date date", t.INT, "CAST(date_diff('day', {1}, {0}) AS INTEGER)"),
    ("add_months", "date int", t.DATE, "CAST({0} + to_months({1}) AS DATE)"),
    ("months_between", "timestamp timestamp", t.DOUBLE, "s_months({0}, {1})"),
    ("last_day", "date", t.DATE, "last_day({0})"),
    ("trunc", "date day_unit", t.DATE, "CAST(date_trunc({1}, {0}) AS DATE)"),
    ("date_trunc", "unit timestamp", t.TIMESTAMP, "date_trunc({0}, {1})"),
    ("to_date", "string day_format", t.DATE, "{1}"),
    ("to_timestamp", "string moment_format", t.TIMESTAMP, "{1}"),
    ("unix_timestamp", "string moment_format", t.BIGINT, "s_seconds({1})"),
    ("date_format", "timestamp written", t.STRING, "strftime({0}, {1})"),
    ("from_unixtime", "bigint", t.STRING, "CAST(s_moment({0}) AS VARCHAR)"),
    ("from_unixtime", "bigint written", t.STRING, "strftime(s_moment({0}), {1})"),
)


def _table() -> Mapping[str, tuple[Function, ...]]:
    found: dict[str, tuple[Function, ...]] = {}
    for names, takes, gives, sql in _TABLE:
        for name in names.split():
            found[name] = (*found.get(name, ()), Function(tuple(takes.split()), gives, sql))
    return found


FUNCTIONS = _table()
_CASES = {"s_lower({0})", "s_upper({0})"}
_TYPES = {str(kind): kind for kind in (t.INT, t.BIGINT, t.DOUBLE, t.STRING, t.BOOLEAN, t.DATE, t.TIMESTAMP)}


def names() -> list[str]:
    """All functions that may be called."""
    return sorted({*FUNCTIONS, *SPECIAL, *AGGREGATES})


def call(compiler: Compiler, tree: Tree, name: str, args: Sequence[Tree]) -> Value:
    """A function called. Raises UnprovenError, by name, where it is none of those that give the same."""
    name = name.lower()
    if name in AGGREGATES:
        made = aggregate(compiler, tree)
        return Value(made.sql(), made.type)
    if name in SPECIAL:
        special: Callable[[Compiler, Any, Sequence[Any]], Value | None] = SPECIAL[name]
        value = special(compiler, tree, args)
        if value is not None:
            return value
    for function in FUNCTIONS.get(name, ()):
        if len(function.takes) == len(args):
            return _called(compiler, tree, function, args)
    if name in {*FUNCTIONS, *SPECIAL}:
        raise unproven(f"`{name}` of such arguments ('{tree.sql('spark')}')")
    raise unproven(f"the function `{name}`")


def _called(compiler: Compiler, tree: Tree, function: Function, args: Sequence[Tree]) -> Value:
    made: list[str] = []
    for kind, arg in zip(function.takes, args, strict=True):
        value = compiler.compile(_once(arg) if function.sql in _CASES else arg)
        if kind in _TYPES:
            made.append(unasked(tree, value, _TYPES[kind]))
        else:
            made.append(literals.KINDS[kind](value.literal, made[0] if made else "", tree))
    return Value(f"({function.sql.format(*made)})", function.gives)


def _once(tree: Tree) -> Tree:
    """What a change of case within another changes: Spark leaves the inner one out, and so its `SS` for `ß`."""
    while type(tree).__name__ == "Anonymous" and str(tree.this).lower() in {
        "lower",
        "lcase",
        "upper",
        "ucase",
    }:
        tree = tree.expressions[0]
    return tree


def unasked(tree: Tree, value: Value, to: SparkType) -> str:
    """An argument as the type that a function takes. Raises UnprovenError where Spark would not cast it unasked."""
    of = value.type
    fits = (
        of in {to, t.VOID}
        or to == t.STRING
        or (to == t.DOUBLE and of.is_number)
        or (to in {t.INT, t.BIGINT} and of.is_whole)
        or (of == t.STRING and to in {t.INT, t.BIGINT, t.DOUBLE, t.DATE, t.TIMESTAMP})
        or {of, to} == {t.DATE, t.TIMESTAMP}
    )
    if not fits:
        raise unproven(f"'{tree.sql('spark')}' of {of}")
    return value.to(to)
