"""What is computed over a window of rows beside each."""

from __future__ import annotations

from typing import Any

from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.aggregates import AGGREGATES, Aggregate, aggregate
from weirflow_tabular.sparksql.expressions import Compiler
from weirflow_tabular.sparksql.parse import given
from weirflow_tabular.sparksql.types import unproven
from weirflow_tabular.sparksql.value import Tree, Value

_RANKS = {
    "row_number": t.INT,
    "rank": t.INT,
    "dense_rank": t.INT,
    "percent_rank": t.DOUBLE,
    "cume_dist": t.DOUBLE,
}
WINDOWED = {*_RANKS, "ntile", "lag", "lead", "first_value", "first", "last_value", "last"}
_SIDES = {"preceding": "PRECEDING", "following": "FOLLOWING"}


def over(compiler: Compiler, tree: Tree) -> Value:
    """A call with its window. Raises UnprovenError."""
    window = _named(compiler, tree)
    order, spec = window.args.get("order"), window.args.get("spec")
    of, where = tree.this, ""
    if type(of).__name__ == "Filter":
        of, where = of.this, compiler.truth(of.expression.this)
    if type(of).__name__ != "Anonymous":
        raise unproven(f"'{tree.sql('spark')}'")
    name = str(of.this).lower()
    parts = []
    if by := window.args.get("partition_by"):
        parts.append("PARTITION BY " + ", ".join(compiler.compile(e).sql for e in by))
    if order is not None:
        parts.append("ORDER BY " + ", ".join(ordering(compiler, o) for o in order.expressions))
    if spec is not None:
        parts.append(_frame(spec, tree))
    made = aggregate(compiler, of, where) if name in AGGREGATES else _windowed(compiler, of, tree)
    if name in WINDOWED and (
        order is None or where or (spec is not None and not name.startswith(("first", "last")))
    ):
        raise unproven(f"'{tree.sql('spark')}'", "give the window an order")
    if "DISTINCT" in made.call:
        raise unproven(f"'{tree.sql('spark')}'")
    return Value(made.sql(f" OVER ({' '.join(parts)})"), made.type)


def ordering(compiler: Compiler, tree: Any) -> str:
    """A key of an order: nulls are the least, unless it is said otherwise."""
    if type(tree).__name__ != "Ordered" or not given(tree) <= {"this", "desc", "nulls_first"}:
        raise unproven(f"'{tree.sql('spark')}'")
    of = compiler.compile(tree.this)
    if not of.type.is_plain:
        raise unproven(f"an order by {of.type}")
    return of.sql + direction(tree)


def direction(tree: Tree) -> str:
    """How a key is ordered."""
    way = " DESC" if tree.args.get("desc") else " ASC"
    return way + (" NULLS FIRST" if tree.args.get("nulls_first") else " NULLS LAST")


def _named(compiler: Compiler, tree: Tree) -> Any:
    name = tree.args.get("alias")
    if name is None:
        return tree
    found = compiler.windows.get(name.name.lower())
    if (
        found is None
        or given(tree) - {"this", "alias", "over"}
        or not given(found)
        <= {
            "this",
            "partition_by",
            "order",
            "spec",
            "over",
        }
    ):
        raise unproven(f"'{tree.sql('spark')}'")
    return found


def _windowed(compiler: Compiler, call: Tree, tree: Tree) -> Aggregate:
    name, args = str(call.this).lower(), [compiler.compile(a) for a in call.expressions]
    if name in _RANKS and not args:
        kind = _RANKS[name]
        return Aggregate(f"{name}()", kind, f"CAST({{}} AS {kind.duckdb})")
    if name == "ntile" and len(args) == 1 and isinstance(args[0].literal, int):
        return Aggregate(f"ntile({args[0].literal})", t.INT, "CAST({} AS INTEGER)")
    if name in {"first", "first_value", "last", "last_value"} and len(args) == 1:
        return Aggregate(f"{name.partition('_')[0]}_value({args[0].sql})", args[0].type)
    if name in {"lag", "lead"} and 1 <= len(args) <= 3:  # noqa: PLR2004 -- of what, how far, what else
        steps = args[1].literal if len(args) > 1 else 1
        if isinstance(steps, int):
            other = args[2] if len(args) == 3 else Value("NULL", t.VOID)  # noqa: PLR2004
            if other.type not in {args[0].type, t.VOID}:
                raise unproven(f"'{tree.sql('spark')}' of {args[0].type} and {other.type}")
            kind = args[0].type
            return Aggregate(f"{name}({args[0].sql}, {steps}, {other.to(kind)})", kind)
    raise unproven(f"'{tree.sql('spark')}'")


def _frame(spec: Tree, tree: Tree) -> str:
    if not given(spec) <= {"kind", "start", "start_side", "end", "end_side"}:
        raise unproven(f"'{tree.sql('spark')}'")
    kind = str(spec.args["kind"]).upper()
    start = _end(spec.args.get("start"), spec.args.get("start_side"), kind, tree)
    last = _end(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), kind, tree)
    return f"{kind} BETWEEN {start} AND {last}"


def _end(at: Any, side: Any, kind: str, tree: Tree) -> str:
    if isinstance(at, str) and at.upper() == "CURRENT ROW":
        return "CURRENT ROW"
    way = _SIDES.get(str(side).lower(), "")
    if isinstance(at, str) and at.upper() == "UNBOUNDED" and way:
        return f"UNBOUNDED {way}"
    number = getattr(at, "name", "")
    if number.isdigit() and kind == "ROWS" and way:
        return f"{number} {way}"
    raise unproven(f"'{tree.sql('spark')}'")
