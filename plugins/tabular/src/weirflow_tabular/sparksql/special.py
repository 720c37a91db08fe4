"""Functions whose type depends on what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.expressions import Compiler
from weirflow_tabular.sparksql.numbers import modulo
from weirflow_tabular.sparksql.types import SparkType, unproven
from weirflow_tabular.sparksql.value import Tree, Value

_Args = Sequence[Any]
_MOST_PLACES = 12


def _absolute(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) != 1:
        return None
    of = _number(c, tree, args[0])
    if of.type in {t.INT, t.BIGINT}:
        wide, wrap = ("BIGINT", "s_wrap32") if of.type == t.INT else ("HUGEINT", "s_wrap64")
        return Value(f"{wrap}(abs(CAST({of.sql} AS {wide})))", of.type)
    return Value(f"abs({of.sql})", of.type)


def _number(c: Compiler, tree: Tree, arg: Any) -> Value:
    of = c.compile(arg)
    if of.type == t.STRING:
        return Value(of.to(t.DOUBLE), t.DOUBLE)
    if of.type not in {t.INT, t.BIGINT, t.DOUBLE} and of.type.name != "decimal":
        raise unproven(f"'{tree.sql('spark')}' of {of.type}")
    return of


def _towards(word: str, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) != 1:
        return None
    of = _number(c, tree, args[0])
    if of.type.is_whole:
        return Value(of.to(t.BIGINT), t.BIGINT)
    if of.type == t.DOUBLE:
        return Value(f"s_double_bigint({word}({of.sql}))", t.BIGINT)
    kind = SparkType("decimal", min(of.type.precision - of.type.scale + 1, t.MOST_DIGITS), 0)
    return Value(f"CAST({word}({of.sql}) AS {kind.duckdb})", kind)


def _round(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) not in {1, 2}:
        return None
    of = _number(c, tree, args[0])
    places = 0 if len(args) == 1 else c.compile(args[1]).literal
    if not isinstance(places, int) or not 0 <= places <= _MOST_PLACES:
        raise unproven(f"'{tree.sql('spark')}' with such a number of places")
    if of.type.is_whole:
        return of
    if of.type == t.DOUBLE:  # half away from zero, in the digits as they are written
        digits = f"CAST(CAST({of.sql} AS VARCHAR) AS DECIMAL(38, {places}))"
        power = f"{10**places}::DOUBLE"
        return Value(
            f"(CASE WHEN s_no_half({of.sql} * {power}) THEN s_nearest({of.sql} * {power}) / {power} + 0.0 "
            f"WHEN abs({of.sql}) < 4503599627370496 THEN CAST(CAST({digits} AS VARCHAR) AS DOUBLE) "
            f"ELSE {of.sql} END)",
            t.DOUBLE,
        )
    scale = min(of.type.scale, places)
    precision = of.type.precision - of.type.scale + 1 + scale
    if precision > t.MOST_DIGITS:
        raise unproven(f"'{tree.sql('spark')}' of {of.type}")
    kind = SparkType("decimal", precision, scale)
    return Value(f"CAST({of.sql} AS {kind.duckdb})", kind)


def _extreme(word: str, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    values = [c.compile(a) for a in args]
    if len(values) < 2:  # noqa: PLR2004 -- one is an error in Spark
        return None
    kind = c.common(tree, values, to_text=False)
    return Value(f"{word}({', '.join(v.to(kind) for v in values)})", kind)


def _coalesce(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    values = [c.compile(a) for a in args]
    if not values:
        return None
    kind = c.common(tree, values)
    return Value(f"coalesce({', '.join(v.to(kind) for v in values)})", kind)


def _either(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    return _coalesce(c, tree, args) if len(args) == 2 else None  # noqa: PLR2004 -- nvl and ifnull take two


def _nvl2(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) != 3:  # noqa: PLR2004 -- the tested, and what it stands for
        return None
    return c.branches(tree, [f"{c.compile(args[0]).sql} IS NOT NULL"], [args[1]], args[2])


def _nullif(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) != 2:  # noqa: PLR2004 -- two are compared
        return None
    a, b = c.compile(args[0]), c.compile(args[1])
    return Value(f"(CASE WHEN {c.compared(tree, a, b, '=')} THEN NULL ELSE {a.sql} END)", a.type)


def _modulo(macro: str, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) != 2:  # noqa: PLR2004 -- a division
        return None
    return modulo(tree, macro, c.compile(args[0]), c.compile(args[1]))


def _null(test: str, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    del tree
    return Value(f"({c.compile(args[0]).sql} IS {test})", t.BOOLEAN) if len(args) == 1 else None


def _concat(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    del tree
    return Value(f"({' || '.join(c.text(a) for a in args)})", t.STRING) if args else None


def _concat_ws(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    if len(args) < 2:  # noqa: PLR2004 -- what is put between, and something
        return None
    values = [c.compile(a) for a in args]
    if any(v.type == t.TEXTS for v in values):
        raise unproven(f"'{tree.sql('spark')}' of arrays")
    return Value(f"concat_ws({', '.join(v.to(t.STRING) for v in values)})", t.STRING)


def _size(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    of = c.compile(args[0]) if len(args) == 1 else None
    if of is None or of.type != t.TEXTS:
        raise unproven(f"'{tree.sql('spark')}'")
    return Value(f"coalesce(CAST(len({of.sql}) AS INTEGER), -1)", t.INT)  # of null it is -1


def _read(to: SparkType, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    """A day or a moment; a format counts for text alone."""
    of = c.compile(args[0]) if args else None
    if of is not None and (len(args) == 1 or (of.type in {t.DATE, t.TIMESTAMP} and len(args) == 2)):  # noqa: PLR2004
        return _converted(to, c, tree, args[:1])
    return None


def _seconds(c: Compiler, tree: Tree, args: _Args) -> Value | None:
    del tree
    of = c.compile(args[0]) if args else None
    if of is None or of.type not in {t.DATE, t.TIMESTAMP}:
        return None
    return Value(f"s_seconds_cut({of.to(t.TIMESTAMP)})", t.BIGINT)  # towards zero, where a cast goes down


def _converted(to: SparkType, c: Compiler, tree: Tree, args: _Args) -> Value | None:
    del tree
    return Value(c.compile(args[0]).to(to), to) if len(args) == 1 else None


_Special = Callable[[Compiler, Any, _Args], Value | None]
SPECIAL: Mapping[str, _Special] = {
    "abs": _absolute,
    "floor": partial(_towards, "floor"),
    "ceil": partial(_towards, "ceil"),
    "ceiling": partial(_towards, "ceil"),
    "round": _round,
    "greatest": partial(_extreme, "greatest"),
    "least": partial(_extreme, "least"),
    "coalesce": _coalesce,
    "nvl": _either,
    "ifnull": _either,
    "nvl2": _nvl2,
    "nullif": _nullif,
    "mod": partial(_modulo, "s_mod"),
    "pmod": partial(_modulo, "s_pmod"),
    "isnull": partial(_null, "NULL"),
    "isnotnull": partial(_null, "NOT NULL"),
    "concat": _concat,
    "concat_ws": _concat_ws,
    "size": _size,
    "to_date": partial(_read, t.DATE),
    "to_timestamp": partial(_read, t.TIMESTAMP),
    "unix_timestamp": _seconds,
    "int": partial(_converted, t.INT),
    "bigint": partial(_converted, t.BIGINT),
    "double": partial(_converted, t.DOUBLE),
    "string": partial(_converted, t.STRING),
    "boolean": partial(_converted, t.BOOLEAN),
    "date": partial(_converted, t.DATE),
    "timestamp": partial(_converted, t.TIMESTAMP),
}
"""By name; what gives None is looked up in the table of functions."""
