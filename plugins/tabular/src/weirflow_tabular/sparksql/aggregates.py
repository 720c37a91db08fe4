"""What is computed over several rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.types import SparkType, decimal, unproven
from weirflow_tabular.sparksql.value import Tree, Value

if TYPE_CHECKING:
    from weirflow_tabular.sparksql.expressions import Compiler


@dataclass(frozen=True)
class Aggregate:
    """A call in DuckDB's SQL; `after` is what is made of its result, and `where` what rows count."""

    call: str
    type: SparkType
    after: str = "{}"
    where: str = ""

    def sql(self, over: str = "") -> str:
        """All of it, over a window if there is one."""
        chosen = f" FILTER (WHERE {self.where})" if self.where else ""
        return self.after.format(f"{self.call}{chosen}{over}")


_DOUBLES: Mapping[str, str] = {
    **dict.fromkeys(("stddev", "std", "stddev_samp"), "stddev_samp({})"),
    "stddev_pop": "stddev_pop({})",
    **dict.fromkeys(("variance", "var_samp"), "var_samp({})"),
    "var_pop": "var_pop({})",
    "median": "quantile_cont({}, 0.5)",
}
_TRUTHS: Mapping[str, str] = {
    **dict.fromkeys(("bool_and", "every"), "bool_and({})"),
    **dict.fromkeys(("bool_or", "any", "some"), "bool_or({})"),
}
AGGREGATES = {"count", "sum", "avg", "mean", "min", "max", "count_if", "percentile", *_DOUBLES, *_TRUTHS}
_ORDERED = {t.INT, t.BIGINT, t.DOUBLE, t.STRING, t.BOOLEAN, t.DATE, t.TIMESTAMP, t.SMALLINT, t.TINYINT}


def aggregate(compiler: Compiler, tree: Any, where: str = "") -> Aggregate:
    """A call of one of the aggregates. Raises UnprovenError."""
    name, args, distinct = str(tree.this).lower(), list(tree.expressions), False
    if len(args) == 1 and type(args[0]).__name__ == "Distinct":
        args, distinct = list(args[0].expressions), True
    if name == "count":
        return _count(compiler, tree, args, where, distinct=distinct)
    values = [compiler.compile(a) for a in args]
    if name == "percentile" and len(values) == 2 and not distinct:  # noqa: PLR2004 -- of what, and which
        return _percentile(tree, values, where)
    if name not in AGGREGATES or len(values) != 1:
        raise unproven(f"'{tree.sql('spark')}'")
    of, each = values[0], "DISTINCT " if distinct else ""
    if of.type == t.STRING and name not in {"min", "max", "count_if", *_TRUTHS}:
        of = type(of)(of.to(t.DOUBLE), t.DOUBLE)
    if name in {"min", "max"} and (of.type in _ORDERED or of.type.name == "decimal"):
        return Aggregate(f"{name}({of.sql})", of.type, where=where)
    if name in _TRUTHS and of.type == t.BOOLEAN:
        return Aggregate(_TRUTHS[name].format(of.sql), t.BOOLEAN, where=where)
    if name == "count_if" and of.type == t.BOOLEAN and not distinct:
        return Aggregate(f"count(CASE WHEN {of.sql} THEN 1 END)", t.BIGINT, where=where)
    if name == "sum" and of.type.is_number:
        return _sum(of, each, where)
    if name in {"avg", "mean"} and (of.type.is_whole or of.type == t.DOUBLE):
        return Aggregate(f"avg({each}{of.sql})", t.DOUBLE, where=where)
    if name in _DOUBLES and of.type.is_number and not (distinct and name == "median"):
        call = _DOUBLES[name].format(each + of.to(t.DOUBLE))
        return Aggregate(call, t.DOUBLE, where=where)
    raise unproven(f"'{tree.sql('spark')}' of {of.type}")


def _count(compiler: Compiler, tree: Any, args: list[Any], where: str, *, distinct: bool) -> Aggregate:
    if len(args) == 1 and type(args[0]).__name__ == "Star" and not distinct:
        return Aggregate("count(*)", t.BIGINT, where=where)
    values = [compiler.compile(a) for a in args]
    if not values or not all(v.type.is_plain for v in values):
        raise unproven(f"'{tree.sql('spark')}'")
    if len(values) == 1:
        return Aggregate(f"count({'DISTINCT ' if distinct else ''}{values[0].sql})", t.BIGINT, where=where)
    known = " AND ".join(f"{v.sql} IS NOT NULL" for v in values)  # rows with a gap do not count
    row = f"row({', '.join(v.sql for v in values)})" if distinct else "1"
    each = "DISTINCT " if distinct else ""
    return Aggregate(f"count({each}CASE WHEN {known} THEN {row} END)", t.BIGINT, where=where)


def _sum(of: Value, each: str, where: str) -> Aggregate:
    if of.type.is_whole:
        return Aggregate(f"sum({each}CAST({of.sql} AS BIGINT))", t.BIGINT, "s_wrap64({})", where)
    if of.type == t.DOUBLE:
        return Aggregate(f"sum({each}{of.sql})", t.DOUBLE, where=where)
    kind = decimal(of.type.precision + 10, of.type.scale)
    if kind.precision == t.MOST_DIGITS:
        raise unproven(f"a sum of {of.type}, of more than 38 digits,")
    return Aggregate(f"sum({each}{of.sql})", kind, f"CAST({{}} AS {kind.duckdb})", where)


def _percentile(tree: Tree, values: list[Value], where: str) -> Aggregate:
    of, share = values
    try:
        part = float(share.literal)
    except (TypeError, ValueError):
        part = -1
    if not 0 <= part <= 1 or not of.type.is_number:
        raise unproven(f"'{tree.sql('spark')}'")
    return Aggregate(f"quantile_cont({of.to(t.DOUBLE)}, {part!r})", t.DOUBLE, where=where)
