"""Queries of Spark's SQL in DuckDB's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from weirflow.api import NodeError
from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.aggregates import AGGREGATES
from weirflow_tabular.sparksql.casts import cast
from weirflow_tabular.sparksql.expressions import Compiler
from weirflow_tabular.sparksql.parse import given, parse_expression, parse_query, require_plain_texts
from weirflow_tabular.sparksql.relations import Around, Columns, FromScope, Made, read_from
from weirflow_tabular.sparksql.types import unproven
from weirflow_tabular.sparksql.value import Tree, Value
from weirflow_tabular.sparksql.windows import direction, ordering

NAMELESS = "\0"
"""Begins the name of a column that was given none, where what Spark would call it is not known."""
_NAMING = {"count", "sum", "avg", "min", "max"}
_SELECT = {
    "expressions", "from_", "from", "joins", "where", "group", "having", "order", "limit", "offset", "distinct",
    "windows", "with_", "with", "kind",
}  # fmt: skip
_SET = {"this", "expression", "distinct", "order", "limit", "offset", "with_", "with"}


def query(text: str, columns: Columns) -> Made:
    """A query of a table called `df`, in DuckDB's SQL. Raises NodeError; UnprovenError where it is to go to Spark."""
    tree = parse_query(text)
    require_plain_texts(text)
    cells = ", ".join(f"c{i}" for i in range(len(columns)))
    table = Made(f"SELECT {cells} FROM df", columns)  # noqa: S608 -- all names in what is made are ours
    return _query(tree, Around({"df": table}, count(), _query), None)


def expression(text: str, columns: Columns) -> Value:
    """An expression on the columns of a table in which they are called c0, c1 and so on. Raises NodeError."""
    tree = parse_expression(text)
    require_plain_texts(text)
    shown = [(n, Value(f"c{i}", k)) for i, (n, k) in enumerate(columns)]
    made = Compiler(FromScope(Around({}, count(), _query), shown=shown)).compile(tree)
    if any(_called(c) in AGGREGATES or type(c).__name__ == "Window" for c in tree.walk()):
        raise unproven(f"'{text}', which looks at several rows,", "use group.* or custom.sql for it")
    return made


def _called(tree: Any) -> str:
    return str(tree.this).lower() if type(tree).__name__ == "Anonymous" else ""


def _query(tree: Any, around: Around, outer: FromScope | None) -> Made:
    if type(tree).__name__ == "Subquery" and given(tree) <= {"this"}:
        return _query(tree.this, around, outer)
    around = _with(tree, around)
    match type(tree).__name__:
        case "Select":
            return _select(tree, around, outer)
        case "Union" | "Intersect" | "Except":
            return _set(tree, around, outer)
    raise unproven(f"'{tree.sql('spark')}'")


def _with(tree: Any, around: Around) -> Around:
    named = tree.args.get("with_") or tree.args.get("with")
    if named is None:
        return around
    if not given(named) <= {"expressions"}:
        raise unproven("WITH RECURSIVE")
    tables: Mapping[str, Made] = around.tables
    for one in named.expressions:
        inner = Around(tables, around.numbers, around.make)
        made = _query(one.this, inner, None)
        alias = one.args["alias"]
        names = [c.name for c in alias.args.get("columns") or ()] or [n for n, _ in made.columns]
        if len(names) != len(made.columns) or not given(one) <= {"this", "alias"}:
            raise unproven(f"'{one.sql('spark')}'")
        columns = tuple((n, k) for n, (_, k) in zip(names, made.columns, strict=True))
        tables = {**tables, alias.name.lower(): Made(made.sql, columns)}
    return Around(tables, around.numbers, around.make)


def _select(tree: Tree, around: Around, outer: FromScope | None) -> Made:
    unknown = given(tree) - _SELECT
    if unknown or tree.args.get("kind"):
        raise unproven(f"{', '.join(sorted(unknown)) or 'SELECT ' + str(tree.args['kind'])} in the query")
    source, scope = read_from(tree, around, outer)
    windows = {w.name.lower(): w for w in tree.args.get("windows") or ()}
    compiler = Compiler(scope, windows)
    items = _items(tree, compiler)
    sql = "SELECT "
    if distinct := tree.args.get("distinct"):
        if given(distinct):
            raise unproven("DISTINCT ON")
        sql += "DISTINCT "
    sql += ", ".join(f"{v.sql} AS c{i}" for i, (_, v) in enumerate(items)) + source
    if where := tree.args.get("where"):
        sql += f" WHERE {compiler.truth(where.this)}"
    scope.aliases = {n.lower(): v for n, v in items}
    if group := tree.args.get("group"):
        scope.grouping = True  # a column goes before what is selected under its name
        sql += f" GROUP BY {_group(group, items, compiler)}"
        scope.grouping = False
    if having := tree.args.get("having"):
        sql += f" HAVING {compiler.truth(having.this)}"
    sql += _order(tree, items, compiler, only=bool(distinct)) + _limit(tree)
    return Made(sql, tuple((n, v.type) for n, v in items))


def _items(tree: Tree, compiler: Compiler) -> list[tuple[str, Value]]:
    scope = compiler.scope
    assert isinstance(scope, FromScope)
    items: list[tuple[str, Value]] = []
    for one in tree.expressions:
        kind = type(one).__name__
        if kind == "Star" and not given(one):
            items += scope.star()
        elif kind == "Column" and type(one.this).__name__ == "Star" and not given(one.this):
            items += scope.star(one.table)
        else:
            if kind == "Alias" and not given(one) <= {"this", "alias"}:
                raise unproven(f"'{one.sql('spark')}'")
            made = compiler.compile(one.this if kind == "Alias" else one)
            items.append((one.alias if kind == "Alias" else _name(one), made))
    if not items:
        raise NodeError("the query selects nothing", code="WF402")
    return items


def _name(tree: Tree) -> str:
    """What Spark calls a column that is given no name: what it is, which is written in Spark's own way."""
    if type(tree).__name__ == "Column":
        return str(tree.name)
    called, args = _called(tree), tree.expressions
    if called == "count" and len(args) == 1 and type(args[0]).__name__ == "Star":
        return "count(1)"
    if called in _NAMING and len(args) == 1 and type(args[0]).__name__ == "Column":
        return f"{called}({args[0].name})"
    return f"{NAMELESS}{tree.sql('spark')}"


def _group(group: Tree, items: list[tuple[str, Value]], compiler: Compiler) -> str:
    if not given(group) <= {"expressions"}:
        raise unproven("a grouping by sets")
    keys = []
    for one in group.expressions:
        place = _place(one, items)
        value = items[place][1] if place is not None else compiler.compile(one)
        if not value.type.is_plain:
            raise unproven(f"a grouping by {value.type}")
        # a constant would be taken for a place
        keys.append(value.sql if value.literal is None else f"(SELECT {value.sql})")
    return ", ".join(keys)


def _place(tree: Any, items: list[tuple[str, Value]]) -> int | None:
    if type(tree).__name__ != "Literal" or tree.is_string:
        return None
    number = int(tree.name) if tree.name.isdigit() else 0
    if not 1 <= number <= len(items):
        raise NodeError(f"there is no column {tree.name} to sort or group by", code="WF402")
    return number - 1


def _order(tree: Any, items: list[tuple[str, Value]], compiler: Compiler, *, only: bool = False) -> str:
    """ORDER BY: of a column of the answer by its place, else by an expression, unless `only` those are there."""
    order = tree.args.get("order")
    if order is None:
        return ""
    if not given(order) <= {"expressions"}:
        raise unproven("such an order")
    names, keys = [n.lower() for n, _ in items], []
    for one in order.expressions:
        place = _place(one.this, items)
        if place is None and type(one.this).__name__ == "Column" and not one.this.table:
            matching = [i for i, n in enumerate(names) if n == one.this.name.lower()]
            if len(matching) > 1:
                raise NodeError(
                    f"two columns are called '{one.this.name}': which is to be sorted by?", code="WF402"
                )
            place = matching[0] if matching else None
        if place is not None:
            if not items[place][1].type.is_plain:
                raise unproven(f"an order by {items[place][1].type}")
            keys.append(f"{place + 1}{direction(one)}")
        elif only:
            raise unproven(f"an order by '{one.this.sql('spark')}', which is not selected,")
        else:
            keys.append(ordering(compiler, one))
    return " ORDER BY " + ", ".join(keys)


def _limit(tree: Any) -> str:
    made = ""
    for word in ("limit", "offset"):
        part = tree.args.get(word)
        if part is not None:
            number = getattr(part.expression, "name", "")
            if not number.isdigit() or not given(part) <= {"expression"}:
                raise unproven(f"'{part.sql('spark').strip()}'")
            made += f" {word.upper()} {number}"
    return made


def _set(tree: Any, around: Around, outer: FromScope | None) -> Made:
    """Two answers put together, by the places of their columns; the types are widened."""
    if not given(tree) <= _SET:
        raise unproven(f"{', '.join(sorted(given(tree) - _SET))} in a {type(tree).__name__.upper()}")
    a, b = _query(tree.this, around, outer), _query(tree.expression, around, outer)
    word = type(tree).__name__.upper()
    if len(a.columns) != len(b.columns):
        text = f"a {word} of {len(a.columns)} and {len(b.columns)} columns"
        raise NodeError(text, hint="select as many on both sides", code="WF402")
    columns = []
    for (name, x), (_, y) in zip(a.columns, b.columns, strict=True):
        kind = t.widest((x, y))
        if kind is None or not kind.is_plain:
            raise unproven(f"a {word} of {x} and {y} in column '{name}'", "cast them to one type")
        columns.append((name, kind))
    sides = []
    for made in (a, b):
        cells = ", ".join(
            f"{cast(f'c{i}', made.columns[i][1], kind)} AS c{i}" for i, (_, kind) in enumerate(columns)
        )
        sides.append(f"SELECT {cells} FROM ({made.sql})")  # noqa: S608
    every = "" if tree.args.get("distinct") else " ALL"
    sql = f"({sides[0]}) {word}{every} ({sides[1]})"
    items = [(n, Value(f"c{i}", k)) for i, (n, k) in enumerate(columns)]
    sql = f"SELECT * FROM ({sql})"  # noqa: S608
    sql += _order(tree, items, Compiler(FromScope(around, shown=items)), only=True) + _limit(tree)
    return Made(sql, tuple(columns))
