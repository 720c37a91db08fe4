"""Arithmetic: whole numbers that wrap round, doubles, and decimals of as many digits as Spark gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.types import SparkType, as_decimal, decimal, unproven
from weirflow_tabular.sparksql.value import Tree, Value

if TYPE_CHECKING:
    from weirflow_tabular.sparksql.expressions import Compiler


def arithmetic(compiler: Compiler, tree: Tree) -> Value:
    """A sum, a difference or a product."""
    a, b = numbers(compiler, tree)
    sign = {"Add": "+", "Sub": "-", "Mul": "*"}[type(tree).__name__]
    if t.DOUBLE in {a.type, b.type}:
        return Value(f"({a.to(t.DOUBLE)} {sign} {b.to(t.DOUBLE)})", t.DOUBLE)
    if a.type.is_whole and b.type.is_whole:
        return _wrapped(lambda x, y: f"{x} {sign} {y}", a, b, tree)
    x, y = _fractions(a, b)
    if sign == "*":
        kind = decimal(x.type.precision + y.type.precision + 1, x.type.scale + y.type.scale)
    else:
        scale = max(x.type.scale, y.type.scale)
        whole = max(x.type.precision - x.type.scale, y.type.precision - y.type.scale)
        kind = decimal(whole + scale + 1, scale)
    exact = x.type.scale + y.type.scale if sign == "*" else max(x.type.scale, y.type.scale)
    if kind.precision == t.MOST_DIGITS or kind.scale != exact:
        raise unproven(f"'{tree.sql('spark')}', a decimal of more than 38 digits,")
    if sign == "*":
        return Value(f"CAST({_roomy(x)} * {_roomy(y)} AS {kind.duckdb})", kind)
    return Value(
        f"(CAST({x.sql} AS {kind.duckdb}) {sign} CAST({y.sql} AS {kind.duckdb}))::{kind.duckdb}", kind
    )


def numbers(compiler: Compiler, tree: Tree) -> tuple[Value, Value]:
    """Two numbers; text is one as well, and then both are doubles."""
    return _numbers(tree, compiler.compile(tree.left), compiler.compile(tree.right))


def _numbers(tree: Tree, a: Value, b: Value) -> tuple[Value, Value]:
    if t.VOID in {a.type, b.type} and (a.type.is_number or b.type.is_number):
        kind = b.type if a.type == t.VOID else a.type
        return Value(a.to(kind), kind), Value(b.to(kind), kind)
    if t.STRING in {a.type, b.type}:
        for one in (a, b):
            if not one.type.is_number and one.type != t.STRING:
                raise unproven(f"'{tree.sql('spark')}' of {a.type} and {b.type}")
        return Value(a.to(t.DOUBLE), t.DOUBLE), Value(b.to(t.DOUBLE), t.DOUBLE)
    if not (a.type.is_number and b.type.is_number):
        raise unproven(f"'{tree.sql('spark')}' of {a.type} and {b.type}")
    return a, b


def divide(compiler: Compiler, tree: Tree) -> Value:
    """A division: of whole numbers too it is a fraction."""
    a, b = numbers(compiler, tree)
    if t.DOUBLE in {a.type, b.type} or (a.type.is_whole and b.type.is_whole):
        return Value(f"s_divided({a.to(t.DOUBLE)}, {b.to(t.DOUBLE)})", t.DOUBLE)
    x, y = _fractions(a, b)
    scale = max(6, x.type.scale + y.type.precision + 1)
    whole = x.type.precision - x.type.scale + y.type.scale
    up = scale + y.type.scale - x.type.scale
    if (
        whole + scale > t.MOST_DIGITS
        or x.type.precision + up >= t.MOST_DIGITS
        or up < 0
        or y.type.precision == t.MOST_DIGITS
    ):
        raise unproven(f"'{tree.sql('spark')}', a decimal of more than 38 digits,")
    kind = SparkType("decimal", whole + scale, scale)
    top, below = f"s_unscaled({x.sql}) * {10**up}::HUGEINT", f"s_unscaled({y.sql})"
    unit = f"CAST('{10**-scale:.{scale}f}' AS DECIMAL(38, {scale}))"
    return Value(f"CAST(CAST(s_half_up({top}, {below}) AS DECIMAL(38, 0)) * {unit} AS {kind.duckdb})", kind)


def remainder(compiler: Compiler, tree: Tree) -> Value:
    """What is left of a division."""
    return modulo(tree, "s_mod", compiler.compile(tree.left), compiler.compile(tree.right))


def modulo(tree: Tree, macro: str, a: Value, b: Value) -> Value:
    """What is left of a division."""
    a, b = _numbers(tree, a, b)
    if t.DOUBLE in {a.type, b.type}:
        return Value(f"{macro}({a.to(t.DOUBLE)}, {b.to(t.DOUBLE)})", t.DOUBLE)
    return _wrapped(lambda x, y: f"{macro}({x}, {y})", a, b, tree)


def whole_division(compiler: Compiler, tree: Tree) -> Value:
    """A division of whole numbers without what is left."""
    a, b = compiler.compile(tree.left), compiler.compile(tree.right)
    if not (a.type.is_whole and b.type.is_whole):
        raise unproven(f"'{tree.sql('spark')}' of {a.type} and {b.type}")
    return Value(f"s_wrap64(s_div(CAST({a.sql} AS HUGEINT), CAST({b.sql} AS HUGEINT)))", t.BIGINT)


def negative(compiler: Compiler, tree: Tree) -> Value:
    """The number with the other sign."""
    of = compiler.compile(tree.this)
    if of.type == t.STRING:
        of = Value(of.to(t.DOUBLE), t.DOUBLE)
    literal = (
        -of.literal if isinstance(of.literal, (int, float)) and not isinstance(of.literal, bool) else None
    )
    if of.type in {t.INT, t.BIGINT}:
        return Value(_wrap(f"-{_wide(of.type, of.sql)}", of.type), of.type, literal)
    if of.type == t.DOUBLE or of.type.name == "decimal":
        return Value(f"(-({of.sql}))", of.type, literal)
    raise unproven(f"'{tree.sql('spark')}' of {of.type}")


def _wide(kind: SparkType, sql: str) -> str:
    return f"CAST({sql} AS {'HUGEINT' if kind == t.BIGINT else 'BIGINT'})"


def _wrap(sql: str, kind: SparkType) -> str:
    return f"s_wrap64({sql})" if kind == t.BIGINT else f"s_wrap32({sql})"


def _wrapped(make: Callable[[str, str], str], a: Value, b: Value, tree: Tree) -> Value:
    """Whole numbers, which wrap round where they overflow."""
    kind = t.widest((a.type, b.type))
    if kind not in {t.INT, t.BIGINT}:
        raise unproven(f"'{tree.sql('spark')}' of {a.type} and {b.type}", "cast them to int or bigint")
    return Value(_wrap(make(_wide(kind, a.sql), _wide(kind, b.sql)), kind), kind)


def _roomy(of: Value) -> str:
    """A decimal of so many digits that DuckDB does not cut its product to eighteen."""
    return f"CAST({of.sql} AS DECIMAL({max(19, of.type.precision)}, {of.type.scale}))"


def _fractions(a: Value, b: Value) -> tuple[Value, Value]:
    """Two decimals; a whole number beside one has as many digits as are written, or as its type has."""
    made = []
    for one in (a, b):
        kind = as_decimal(one.type)
        if one.type.is_whole and isinstance(one.literal, int):
            kind = SparkType("decimal", len(str(abs(one.literal))), 0)
        made.append(Value(one.to(kind), kind))
    return made[0], made[1]
