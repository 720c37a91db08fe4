"""What a query reads from: tables, queries within it and joins, with the names that it gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from weirflow.api import NodeError, did_you_mean
from weirflow_tabular.sparksql.expressions import Compiler
from weirflow_tabular.sparksql.parse import given
from weirflow_tabular.sparksql.types import SparkType, unproven
from weirflow_tabular.sparksql.value import Tree, Value

Columns = tuple[tuple[str, SparkType], ...]
"""Names and types of what a table or a query gives; its columns are called c0, c1 and so on in DuckDB."""


@dataclass(frozen=True)
class Made:
    """A query in DuckDB's SQL, and what it gives."""

    sql: str
    columns: Columns


@dataclass(frozen=True)
class Relation:
    """One of the tables of a FROM, by its name."""

    name: str
    columns: tuple[tuple[str, Value], ...]


@dataclass
class Around:
    """What queries within a query know of it: tables by name, counters, and how a query is made."""

    tables: Mapping[str, Made]
    numbers: count[int]
    make: Callable[[Any, Around, FromScope | None], Made]


@dataclass
class FromScope:
    """The columns of a FROM. Names are looked up without regard to case, then in the query around."""

    around: Around
    outer: FromScope | None = None
    relations: list[Relation] = field(default_factory=list)
    shown: list[tuple[str, Value]] = field(default_factory=list)
    aliases: dict[str, Value] = field(default_factory=dict)
    grouping: bool = False

    def column(self, tree: Tree) -> Value:
        """The column that is meant. Raises NodeError."""
        found = self._found(tree)
        scope = self.outer
        while not found and scope is not None:
            found, scope = scope._found(tree), scope.outer  # noqa: SLF001 -- of the same kind
        if len(found) == 1:
            return found[0]
        if found:
            raise NodeError(f"'{tree.sql('spark')}' may be any of several columns", code="WF402")
        names = [n for n, _ in self.shown]
        if tree.table and not any(r.name.lower() == tree.table.lower() for r in self.relations):
            raise unproven(f"'{tree.sql('spark')}'", "put a name that has a dot in backticks")
        raise NodeError(
            f"there is no column '{tree.name}'", hint=did_you_mean(tree.name, names), code="WF401"
        )

    def _found(self, tree: Tree) -> list[Value]:
        name = tree.name.lower()
        if tree.table:
            wanted = tree.table.lower()
            return [
                v
                for r in self.relations
                if r.name.lower() == wanted
                for n, v in r.columns
                if n.lower() == name
            ]
        alias = [self.aliases[name]] if name in self.aliases else []
        exact = [v for n, v in self.shown if n == tree.name]
        columns = exact if len(exact) == 1 else [v for n, v in self.shown if n.lower() == name]
        if alias and columns and not self.grouping and alias[0].sql != columns[0].sql:
            raise unproven(
                f"'{tree.name}', which is a column and another one selected,", "give it another name"
            )
        return columns or alias

    def query(self, tree: Tree) -> tuple[str, list[SparkType]]:
        """A query within, in which the columns are known too."""
        made = self.around.make(tree, self.around, self)
        return made.sql, [kind for _, kind in made.columns]

    def star(self, table: str = "") -> list[tuple[str, Value]]:
        """All columns, or those of one table."""
        if not table:
            return self.shown
        found = [r for r in self.relations if r.name.lower() == table.lower()]
        if len(found) != 1:
            raise NodeError(f"there is no table '{table}'", hint="the table is called df", code="WF402")
        return list(found[0].columns)


_JOINS = {
    ("", ""): "INNER",
    ("", "INNER"): "INNER",
    ("", "CROSS"): "CROSS",
    ("LEFT", ""): "LEFT",
    ("LEFT", "OUTER"): "LEFT",
    ("RIGHT", ""): "RIGHT",
    ("RIGHT", "OUTER"): "RIGHT",
    ("FULL", ""): "FULL",
    ("FULL", "OUTER"): "FULL",
    ("LEFT", "SEMI"): "SEMI",
    ("LEFT", "ANTI"): "ANTI",
    ("", "SEMI"): "SEMI",
    ("", "ANTI"): "ANTI",
}


def read_from(tree: Tree, around: Around, outer: FromScope | None) -> tuple[str, FromScope]:
    """The FROM of a query with its joins; empty where there is none."""
    scope = FromScope(around, outer)
    start = tree.args.get("from_") or tree.args.get("from")
    if start is None:
        return "", scope
    sql, relation = _relation(start.this, around)
    scope.relations.append(relation)
    scope.shown = list(relation.columns)
    for join in tree.args.get("joins") or ():
        sql += _joined(join, scope)
    return " FROM " + sql, scope


def _relation(tree: Any, around: Around) -> tuple[str, Relation]:
    kind, alias = type(tree).__name__, tree.args.get("alias")
    if kind == "Table" and given(tree) <= {"this", "alias", "joins"} and not tree.args.get("joins"):
        made = around.tables.get(tree.name.lower())
        if made is None:
            raise NodeError(
                f"there is no table '{tree.sql('spark')}'", hint="the table is called df", code="WF402"
            )
        name = tree.name
    elif kind == "Subquery" and given(tree) <= {"this", "alias"}:
        made, name = around.make(tree.this, around, None), ""
    elif kind == "Table":
        raise unproven(f"'{tree.sql('spark')}'")
    else:
        raise unproven(f"'{tree.sql('spark')}' after FROM")
    columns: Sequence[str] = [n for n, _ in made.columns]
    if alias is not None:
        name = alias.name or name
        if given(alias) - {"this", "columns"}:
            raise unproven(f"'{tree.sql('spark')}'")
        named = [c.name for c in alias.args.get("columns") or ()]
        if named and len(named) != len(columns):
            raise NodeError(
                f"'{alias.sql('spark')}' names {len(named)} of {len(columns)} columns", code="WF402"
            )
        columns = named or columns
    own = f"t{next(around.numbers)}"
    values = tuple(
        (n, Value(f"{own}.c{i}", k)) for i, (n, (_, k)) in enumerate(zip(columns, made.columns, strict=True))
    )
    return f"({made.sql}) AS {own}", Relation(name, values)


def _joined(join: Any, scope: FromScope) -> str:
    side, kind = str(join.args.get("side") or "").upper(), str(join.args.get("kind") or "").upper()
    way = _JOINS.get((side, kind))
    on, using = join.args.get("on"), join.args.get("using")
    if way is None or not given(join) <= {"this", "side", "kind", "on", "using"}:
        raise unproven(f"'{join.sql('spark').strip()}'")
    sql, right = _relation(join.this, scope.around)
    left = list(scope.shown)
    scope.relations.append(right)
    if using:
        test, scope.shown = _using([u.name for u in using], left, list(right.columns), way, join)
    else:
        scope.shown = left + list(right.columns)
        test = "" if on is None else Compiler(scope).truth(on)
    if way in {"SEMI", "ANTI"}:
        scope.relations.pop()
        scope.shown = left
    if not test:
        if way not in {"INNER", "CROSS"}:
            raise unproven(f"'{join.sql('spark').strip()}' without a condition")
        return f" CROSS JOIN {sql}"
    return f" {'INNER' if way == 'CROSS' else way} JOIN {sql} ON {test}"


def _using(
    names: Sequence[str],
    left: list[tuple[str, Value]],
    right: list[tuple[str, Value]],
    way: str,
    join: Tree,
) -> tuple[str, list[tuple[str, Value]]]:
    """The condition, and the columns: the keys once, then what else there is."""
    tests, keys, taken = [], [], set()
    for name in names:
        a = [(n, v) for n, v in left if n.lower() == name.lower()]
        b = [(n, v) for n, v in right if n.lower() == name.lower()]
        if len(a) != 1 or len(b) != 1:
            raise NodeError(
                f"'{join.sql('spark').strip()}': '{name}' is not one column of each", code="WF402"
            )
        (shown, x), (_, y) = a[0], b[0]
        if x.type != y.type or not x.type.is_plain:
            raise unproven(f"'{join.sql('spark').strip()}' on {x.type} and {y.type}", "cast them to one type")
        tests.append(f"{x.sql} = {y.sql}")
        keys.append((shown, {"RIGHT": y, "FULL": Value(f"coalesce({x.sql}, {y.sql})", x.type)}.get(way, x)))
        taken.add(name.lower())
    rest = [(n, v) for n, v in left + right if n.lower() not in taken]
    return " AND ".join(tests), keys + rest
