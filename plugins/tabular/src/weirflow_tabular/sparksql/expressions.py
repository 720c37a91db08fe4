"""Expressions of Spark's SQL in DuckDB's, with the type that Spark gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weirflow.api import NodeError
from weirflow_tabular.sparksql import numbers
from weirflow_tabular.sparksql import types as t
from weirflow_tabular.sparksql.casts import cast
from weirflow_tabular.sparksql.parse import given
from weirflow_tabular.sparksql.types import SparkType, unproven
from weirflow_tabular.sparksql.value import Scope, Tree, Value

_INT_LIMIT, _BIGINT_LIMIT = 2**31, 2**63


@dataclass
class Compiler:
    """Turns a syntax tree into DuckDB's SQL. `windows` are those that the query names."""

    scope: Scope
    windows: Mapping[str, Any] = field(default_factory=dict)

    def compile(self, tree: Tree) -> Value:
        """The expression. Raises UnprovenError where it may mean something else in Spark."""
        made = _MAKERS.get(type(tree).__name__)
        if made is None:
            raise unproven(f"'{tree.sql('spark')}'")
        maker, parts = made
        if not given(tree) <= parts:
            raise unproven(f"'{tree.sql('spark')}'")
        return maker(self, tree)

    def column(self, tree: Tree) -> Value:
        """A column, by its name."""
        return self.scope.column(tree)

    def literal(self, tree: Tree) -> Value:
        """A number or a text."""
        text = str(tree.this)
        if tree.is_string:
            return Value(_quoted(text), t.STRING, text)
        if text.isdigit():
            if int(text) >= _BIGINT_LIMIT:
                raise unproven(f"'{text}'")
            kind = t.INT if int(text) < _INT_LIMIT else t.BIGINT
            return Value(f"{int(text)}::{kind.duckdb}", kind, int(text))
        if "e" in text.lower():
            return Value(f"CAST('{float(text)!r}' AS DOUBLE)", t.DOUBLE, float(text))
        digits = text.replace(".", "").lstrip("0") or "0"
        scale = len(text.partition(".")[2])
        kind = SparkType("decimal", max(len(digits), scale), scale)
        if kind.precision > t.MOST_DIGITS:
            raise unproven(f"'{text}'")
        return Value(f"CAST('{text}' AS {kind.duckdb})", kind, text)

    def constant(self, tree: Tree) -> Value:
        """True, false or null."""
        if type(tree).__name__ == "Null":
            return Value("NULL", t.VOID)
        return Value("true" if tree.this else "false", t.BOOLEAN, bool(tree.this))

    def inner(self, tree: Tree) -> Value:
        """What is in parentheses."""
        made = self.compile(tree.this)
        return Value(f"({made.sql})", made.type, made.literal)

    def cast(self, tree: Tree) -> Value:
        """A cast that is asked for."""
        of, to = self.compile(tree.this), t.of_tree(tree.to)
        return Value(of.to(to), to)

    # conditions

    def compare(self, tree: Tree) -> Value:
        """Two values compared."""
        for side in (tree.left, tree.right):
            # sqlglot itself puts the sides of <=> in parentheses
            _require_plain(side.unnest() if type(tree).__name__ == "NullSafeEQ" else side, tree)
        a, b = self.compile(tree.left), self.compile(tree.right)
        return Value(f"({self.compared(tree, a, b, _SIGNS[type(tree).__name__])})", t.BOOLEAN)

    def compared(self, tree: Tree, a: Value, b: Value, sign: str) -> str:
        """A comparison in the type that both become."""
        kind = t.compared(a.type, b.type)
        if kind is None:
            raise unproven(f"'{tree.sql('spark')}' of {a.type} and {b.type}")
        return f"{a.to(kind)} {sign} {b.to(kind)}"

    def truth(self, tree: Tree) -> str:
        """A condition."""
        of = self.compile(tree)
        if of.type not in {t.BOOLEAN, t.VOID}:
            raise NodeError(f"'{tree.sql('spark')}' is no condition", code="WF402")
        return of.to(t.BOOLEAN)

    def logic(self, tree: Tree) -> Value:
        """Two conditions together."""
        word = type(tree).__name__.upper()
        return Value(f"({self.truth(tree.left)} {word} {self.truth(tree.right)})", t.BOOLEAN)

    def negation(self, tree: Tree) -> Value:
        """A condition turned round."""
        return Value(f"(NOT {self.truth(tree.this)})", t.BOOLEAN)

    def is_(self, tree: Tree) -> Value:
        """Whether something is null, true or false."""
        _require_plain(tree.this, tree)
        if type(tree.expression).__name__ == "Null":
            return Value(f"({self.compile(tree.this).sql} IS NULL)", t.BOOLEAN)
        if type(tree.expression).__name__ != "Boolean":
            raise unproven(f"'{tree.sql('spark')}'")
        return Value(f"({self.truth(tree.this)} IS {'TRUE' if tree.expression.this else 'FALSE'})", t.BOOLEAN)

    def between(self, tree: Tree) -> Value:
        """Whether a value lies between two."""
        low, high = tree.args["low"], tree.args["high"]
        for part in (tree.this, low, high):
            _require_plain(part, tree)
        of = self.compile(tree.this)
        first = self.compared(tree, of, self.compile(low), ">=")
        return Value(f"({first} AND {self.compared(tree, of, self.compile(high), '<=')})", t.BOOLEAN)

    def member(self, tree: Tree) -> Value:
        """Whether a value is one of several, or of what a query gives."""
        _require_plain(tree.this, tree)
        of = self.compile(tree.this)
        query = tree.args.get("query")
        if query is not None:
            sql, kinds = self.scope.query(query.this)
            if len(kinds) != 1 or t.compared(of.type, kinds[0]) != of.type:
                raise unproven(f"'{tree.sql('spark')}'", "give both sides one type")
            values = f"SELECT {cast('c0', kinds[0], of.type)} FROM ({sql})"  # noqa: S608
            return Value(f"({of.sql} IN ({values}))", t.BOOLEAN)
        values_ = [self.compile(e) for e in tree.expressions]
        kind = self.common(tree, [of, *values_])
        return Value(f"({of.to(kind)} IN ({', '.join(v.to(kind) for v in values_)}))", t.BOOLEAN)

    def like(self, tree: Tree) -> Value:
        """Whether text is like a pattern."""
        _require_plain(tree.this, tree)
        of, like = self.text(tree.this), self.compile(tree.expression)
        if not isinstance(like.literal, str) or "\\" in like.literal or like.type != t.STRING:
            raise unproven(f"'{tree.sql('spark')}'", "give the pattern as a text without a backslash")
        word = "NOT LIKE" if tree.args.get("negate") else "LIKE"
        return Value(f"({of} {word} {like.sql})", t.BOOLEAN)

    def text(self, tree: Tree) -> str:
        """Something as text."""
        return self.compile(tree).to(t.STRING)

    def matches(self, tree: Tree) -> Value:
        """Whether a regular expression finds something."""
        from weirflow_tabular.sparksql.functions import call

        return call(self, tree, "rlike", [tree.this, tree.expression])

    def piped(self, tree: Tree) -> Value:
        """Texts put together."""
        for side in (tree.left, tree.right):
            if type(side).__name__ in {"Add", "Sub"}:  # which bind as strongly in Spark
                raise unproven(f"'{tree.sql('spark')}'", "put the sum in parentheses")
            _require_plain(side, tree)
        return Value(f"({self.text(tree.left)} || {self.text(tree.right)})", t.STRING)

    # choices

    def common(self, tree: Tree, values: Sequence[Value], *, to_text: bool = True) -> SparkType:
        """The type of several branches."""
        kind = t.widest((v.type for v in values), to_text=to_text)
        if kind is None or not kind.is_plain:
            raise unproven(f"'{tree.sql('spark')}' of several types", "cast all of its values to one type")
        return kind

    def case(self, tree: Tree) -> Value:
        """The value of the first test that holds, or that equals."""
        tests = []
        for branch in tree.args["ifs"]:
            if tree.this is None:
                tests.append(self.truth(branch.this))
            else:
                tests.append(self.compared(tree, self.compile(tree.this), self.compile(branch.this), "="))
        last = tree.args.get("default")
        return self.branches(tree, tests, [b.args["true"] for b in tree.args["ifs"]], last)

    def choice(self, tree: Tree) -> Value:
        """One of two values."""
        return self.branches(tree, [self.truth(tree.this)], [tree.args["true"]], tree.args.get("false"))

    def branches(self, tree: Tree, tests: Sequence[str], then: Sequence[Any], last: Any) -> Value:
        """The value of the first test that holds."""
        values = [self.compile(v) for v in then]
        values.append(Value("NULL", t.VOID) if last is None else self.compile(last))
        kind = self.common(tree, values)
        whens = " ".join(f"WHEN {x} THEN {v.to(kind)}" for x, v in zip(tests, values[:-1], strict=True))
        return Value(f"(CASE {whens} ELSE {values[-1].to(kind)} END)", kind)

    # others

    def item(self, tree: Tree) -> Value:
        """An item of an array."""
        of, place = self.compile(tree.this), [self.compile(e) for e in tree.expressions]
        if of.type != t.TEXTS or len(place) != 1 or not place[0].type.is_whole:
            raise unproven(f"'{tree.sql('spark')}'")
        return Value(f"s_item({of.sql}, {place[0].sql})", t.STRING)

    def exists(self, tree: Tree) -> Value:
        """Whether a query gives any row."""
        return Value(f"(EXISTS ({self.scope.query(tree.this)[0]}))", t.BOOLEAN)

    def scalar(self, tree: Tree) -> Value:
        """The one value of a query."""
        sql, kinds = self.scope.query(tree.this)
        if len(kinds) != 1:
            raise NodeError(f"'{tree.sql('spark')}' is more than one value", code="WF402")
        return Value(f"({sql})", kinds[0])

    def function(self, tree: Tree) -> Value:
        """A call."""
        from weirflow_tabular.sparksql.functions import call

        return call(self, tree, str(tree.this), tree.expressions)

    def window(self, tree: Tree) -> Value:
        """A call over a window."""
        from weirflow_tabular.sparksql.windows import over

        return over(self, tree)

    def filtered(self, tree: Tree) -> Value:
        """An aggregate of some rows."""
        from weirflow_tabular.sparksql.aggregates import aggregate

        if not given(tree.expression) <= {"this"} or type(tree.this).__name__ != "Anonymous":
            raise unproven(f"'{tree.sql('spark')}'")
        made = aggregate(self, tree.this, self.truth(tree.expression.this))
        return Value(made.sql(), made.type)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_SIGNS = {
    "EQ": "=",
    "NEQ": "<>",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
    "NullSafeEQ": "IS NOT DISTINCT FROM",
}
_CONDITIONS = {*_SIGNS, "Is", "In", "Between", "Like", "RegexpLike", "Not", "And", "Or", "Exists"}


def _require_plain(side: Tree, whole: Tree) -> None:
    """That a side is no condition itself: Spark and others read `a = b is null` in different ways."""
    if type(side).__name__ in _CONDITIONS:
        raise unproven(f"'{whole.sql('spark')}'", "put the inner condition in parentheses")


_Maker = Callable[[Compiler, Any], Value]
_BINARY = {"this", "expression"}
_MAKERS: Mapping[str, tuple[_Maker, set[str]]] = {
    "Column": (Compiler.column, {"this", "table"}),
    "Literal": (Compiler.literal, {"this", "is_string"}),
    "Boolean": (Compiler.constant, {"this"}),
    "Null": (Compiler.constant, set()),
    "Paren": (Compiler.inner, {"this"}),
    "Cast": (Compiler.cast, {"this", "to"}),
    "TryCast": (Compiler.cast, {"this", "to", "requires_string"}),  # what a cast is outside of ANSI mode
    "Div": (numbers.divide, {*_BINARY, "typed", "safe"}),
    "Mod": (numbers.remainder, _BINARY),
    "IntDiv": (numbers.whole_division, _BINARY),
    "Neg": (numbers.negative, {"this"}),
    "Not": (Compiler.negation, {"this"}),
    "Is": (Compiler.is_, _BINARY),
    "Between": (Compiler.between, {"this", "low", "high"}),
    "In": (Compiler.member, {"this", "expressions", "query"}),
    "Like": (Compiler.like, {*_BINARY, "negate"}),
    "RegexpLike": (Compiler.matches, _BINARY),
    "DPipe": (Compiler.piped, {*_BINARY, "safe"}),
    "Case": (Compiler.case, {"this", "ifs", "default"}),
    "If": (Compiler.choice, {"this", "true", "false"}),
    "Bracket": (Compiler.item, {"this", "expressions"}),
    "Exists": (Compiler.exists, {"this"}),
    "Subquery": (Compiler.scalar, {"this"}),
    "Anonymous": (Compiler.function, {"this", "expressions"}),
    "Window": (Compiler.window, {"this", "partition_by", "order", "spec", "alias", "over"}),
    "Filter": (Compiler.filtered, _BINARY),
    **dict.fromkeys(("Add", "Sub", "Mul"), (numbers.arithmetic, _BINARY)),
    **dict.fromkeys(_SIGNS, (Compiler.compare, _BINARY)),
    **dict.fromkeys(("And", "Or"), (Compiler.logic, _BINARY)),
}
"""By the class of a node of the syntax tree, with the parts of it that are known. What is not here is refused."""
