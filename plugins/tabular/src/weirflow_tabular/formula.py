"""A column computed by an expression of Spark's SQL, as far as it means the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    BOOLEAN,
    FLOAT64,
    INT64,
    STRING,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Transform,
    did_you_mean,
    portable,
)
from weirflow_tabular.spark_cast import spark_cast

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp

    from weirflow.api import Schema, Table

_CASTS: Mapping[str, DType] = {
    **dict.fromkeys(("DOUBLE",), FLOAT64),
    **dict.fromkeys(("BIGINT",), INT64),
    "TEXT": STRING,
    "BOOLEAN": BOOLEAN,
}
_SUPPORTED = (
    "+, -, *, /, comparisons, and, or, not, is null, case, if, coalesce, cast, floor, ceil, abs, sqrt, exp, lower, "
    "upper, length, concat"
)


class Formula(Transform):
    """Compute a column by an expression of Spark's SQL, as `0.3 * energy + floor(tempo)`.

    What it may hold is what has been proven to give the same as Spark (not in ANSI mode): arithmetic, in which whole
    numbers divided are fractions and what is divided by zero is null; comparisons; `and`, `or`, `not`, `is null`;
    `case`, `if`, `coalesce`; `cast` to double, bigint, string and boolean; `floor`, `ceil`, `abs`, `sqrt`, `exp`;
    `lower`, `upper`, `length`, `concat`. All else is sent to Spark itself where the extra `spark` is installed, which
    needs the whole table in memory, and else refused by name. Names of columns may stand in backticks. A column that
    is there is replaced; a new one comes last.
    """

    operator = "custom.formula"

    formula: str = Field(min_length=1, description="the expression")
    output: NewColumn = Field(description="name of the column that it gives")

    @cached_property
    def _parsed(self) -> exp.Expression:
        import sqlglot

        try:
            parsed = sqlglot.parse_one(f"SELECT {self.formula}", read="spark").expressions[0]
        except (sqlglot.errors.SqlglotError, IndexError) as error:
            text = f"the formula is no expression of Spark's SQL: {_first_line(error)}"
            raise NodeError(text, code="WF402") from None
        inner: exp.Expression = parsed.unalias()
        return inner

    def effect(self, schema: Schema) -> Effect:
        """One column, made of those that the formula names."""
        from sqlglot import exp

        names = [_name(c, schema) for c in self._parsed.find_all(exp.Column)]
        dtype = None
        if all(schema.dtype(n) is not None for n in names):
            made = self._compiled(schema)
            dtype = None if made is None else made.dtype
        return Effect(makes={self.output: Made(of=tuple(dict.fromkeys(names)), dtype=dtype)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Compute the column."""
        made = self._compiled(portable.schema_of(inputs.table))
        if made is not None:
            return inputs.table.with_columns(made.value.alias(self.output))
        from weirflow_tabular.spark_code import compute

        table: pl.LazyFrame = inputs.table.to_native()

        def computed(frame: pl.DataFrame) -> pl.DataFrame:
            return compute(self.formula, self.output, frame)

        schema = computed(table.collect_schema().to_frame()).schema
        made_there: Table = nw.from_native(table.map_batches(computed, schema=schema))
        return made_there

    def _compiled(self, schema: Schema) -> _Value | None:
        """The expression; None where it is to be sent to Spark."""
        from weirflow_tabular.spark_code import has_spark, require_harmless

        require_harmless(self._parsed)
        try:
            return _Compiler(schema).compile(self._parsed)
        except _UnprovenError:
            if has_spark():
                return None
            raise


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _name(column: exp.Column, schema: Schema) -> str:
    """The column that is meant: Spark does not mind the case of names."""
    name = column.name
    if column.table:
        raise NodeError(
            f"'{column.sql()}' is not a column: put a name that has a dot in backticks", code="WF402"
        )
    if name in schema:
        return name
    alike = [n for n in schema.names if n.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    if schema.may_have(name):
        return name
    raise NodeError(f"there is no column '{name}'", hint=did_you_mean(name, schema.names), code="WF401")


@dataclass(frozen=True)
class _Value:
    """An expression with its type; `fraction` marks a literal such as 0.3, which Spark takes for a decimal."""

    value: nw.Expr
    dtype: DType
    fraction: bool = False


class _Compiler:
    """Turns a syntax tree into an expression on tables."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def compile(self, tree: exp.Expression) -> _Value:
        maker = _MAKERS.get(type(tree).__name__)
        if maker is None:
            raise _unproven(tree)
        return maker(self, tree)

    def column(self, tree: exp.Column) -> _Value:
        name = _name(tree, self.schema)
        dtype = self.schema.dtype(name)
        value = nw.col(name)
        if dtype is not None and dtype.is_integer:
            return _Value(value.cast(nw.Int64), INT64)
        if dtype is not None and dtype.is_float:
            return _Value(value.cast(nw.Float64), FLOAT64)
        if dtype in {STRING, BOOLEAN}:
            return _Value(value, dtype)
        raise _UnprovenError(f"column '{name}' is of type {dtype}, which formulas do not take", code="WF402")

    def literal(self, tree: exp.Literal) -> _Value:
        text = str(tree.this)
        if tree.is_string:
            return _Value(nw.lit(text), STRING)
        if text.isdigit():
            if int(text) >= 2**31:
                raise _unproven(tree)
            return _Value(nw.lit(int(text), dtype=nw.Int64), INT64)
        return _Value(nw.lit(float(text), dtype=nw.Float64), FLOAT64, fraction="e" not in text.lower())

    def boolean(self, tree: exp.Boolean) -> _Value:
        return _Value(nw.lit(bool(tree.this)), BOOLEAN)

    def inner(self, tree: exp.Expression) -> _Value:
        return self.compile(tree.this)

    def numbers(self, tree: exp.Expression) -> tuple[_Value, _Value]:
        """Two numbers of types whose combination is a bigint or a double in Spark."""
        a, b = self.compile(tree.left), self.compile(tree.right)  # type: ignore[attr-defined]
        for one, other in ((a, b), (b, a)):
            if one.dtype not in {INT64, FLOAT64}:
                raise _UnprovenError(
                    f"'{tree.sql('spark')}' takes numbers, and one is {one.dtype}", code="WF402"
                )
            if one.fraction and (other.fraction or other.dtype == INT64):
                raise _UnprovenError(
                    f"'{tree.sql('spark')}' is a decimal in Spark, and not a double",
                    hint="cast the whole number to double, or write the fraction with an exponent: 3e-1",
                    code="WF402",
                )
        return a, b

    def arithmetic(self, tree: exp.Expression) -> _Value:
        a, b = self.numbers(tree)
        dtype = INT64 if a.dtype == b.dtype == INT64 else FLOAT64
        x, y = (v.value.cast(portable.to_narwhals(dtype)) for v in (a, b))
        made = {"Add": x + y, "Sub": x - y, "Mul": x * y}[type(tree).__name__]
        return _Value(portable.nan_to_null(made) if dtype == FLOAT64 else made, dtype)

    def divide(self, tree: exp.Div) -> _Value:
        a, b = self.numbers(tree)
        x, y = (v.value.cast(nw.Float64) for v in (a, b))
        # by a column, since Polars multiplies by the reciprocal of a constant, which rounds twice
        by = y + x.is_null().cast(nw.Float64) * 0.0
        return _Value(portable.nan_to_null(nw.when(y != 0).then(x / by)), FLOAT64)

    def negative(self, tree: exp.Neg) -> _Value:
        of = self.compile(tree.this)
        if of.dtype not in {INT64, FLOAT64}:
            raise _unproven(tree)
        return _Value(nw.lit(0) - of.value if of.dtype == INT64 else of.value * -1.0, of.dtype, of.fraction)

    def whole(self, tree: exp.Floor | exp.Ceil) -> _Value:
        of = self.double(tree)
        if of.dtype == INT64:
            return of
        down = type(tree).__name__ == "Floor"
        return _Value(spark_cast(of.value.floor() if down else of.value.ceil(), INT64, FLOAT64), INT64)

    def double(self, tree: exp.Expression) -> _Value:
        """The one number that a function takes; further arguments are refused."""
        of = self.compile(tree.this)
        if (
            of.dtype not in {INT64, FLOAT64}
            or of.fraction
            or any(v is not None and k != "this" for k, v in tree.args.items())
        ):
            raise _unproven(tree)
        return of

    def function(self, tree: exp.Expression) -> _Value:
        of = self.double(tree)
        match type(tree).__name__:
            case "Abs":
                return _Value(of.value.abs(), of.dtype)
            case "Sqrt":
                x = of.value.cast(nw.Float64)
                return _Value(nw.when(x >= 0).then(x).sqrt(), FLOAT64)
            case _:
                return _Value(of.value.cast(nw.Float64).exp(), FLOAT64)

    def text(self, tree: exp.Expression) -> _Value:
        of = self.compile(tree.this)
        if of.dtype != STRING:
            raise _unproven(tree)
        match type(tree).__name__:
            case "Lower":
                return _Value(of.value.str.to_lowercase(), STRING)
            case "Upper":
                return _Value(of.value.str.to_uppercase(), STRING)
            case _:
                return _Value(of.value.str.len_chars().cast(nw.Int64), INT64)

    def concat(self, tree: exp.Concat) -> _Value:
        parts = [self.compile(p) for p in tree.expressions]
        if not parts or any(p.dtype != STRING for p in parts):
            raise _unproven(tree)
        return _Value(nw.concat_str(*(p.value for p in parts)), STRING)

    def cast(self, tree: exp.Cast) -> _Value:
        of = self.compile(tree.this)
        to = _CASTS.get(tree.to.this.name)
        if to is None or of.fraction:
            raise _unproven(tree)
        return _Value(spark_cast(of.value, to, of.dtype), to)

    def compare(self, tree: exp.Expression) -> _Value:
        a, b = self.compile(tree.left), self.compile(tree.right)  # type: ignore[attr-defined]
        numbers = {INT64, FLOAT64}
        if a.dtype != b.dtype and not {a.dtype, b.dtype} <= numbers:
            raise _unproven(tree)
        x, y = a.value, b.value
        if a.dtype != b.dtype:
            x, y = x.cast(nw.Float64), y.cast(nw.Float64)
        tests = {"EQ": x == y, "NEQ": x != y, "LT": x < y, "LTE": x <= y, "GT": x > y, "GTE": x >= y}
        return _Value(tests[type(tree).__name__], BOOLEAN)

    def truth(self, tree: exp.Expression) -> nw.Expr:
        of = self.compile(tree)
        if of.dtype != BOOLEAN:
            raise NodeError(f"'{tree.sql('spark')}' is no condition", code="WF402")
        return of.value

    def logic(self, tree: exp.Expression) -> _Value:
        a, b = self.truth(tree.left), self.truth(tree.right)  # type: ignore[attr-defined]
        return _Value(a & b if type(tree).__name__ == "And" else a | b, BOOLEAN)

    def negation(self, tree: exp.Not) -> _Value:
        return _Value(~self.truth(tree.this), BOOLEAN)

    def is_null(self, tree: exp.Is) -> _Value:
        if type(tree.expression).__name__ != "Null":
            raise _unproven(tree)
        return _Value(self.compile(tree.this).value.is_null(), BOOLEAN)

    def alike(self, tree: exp.Expression, values: list[_Value]) -> DType:
        """The one type of several values."""
        types = {v.dtype for v in values}
        if len(types) == 1 and not any(v.fraction for v in values):
            return types.pop()
        raise _UnprovenError(
            f"the values of '{tree.sql('spark')}' are of several types: cast them to one", code="WF402"
        )

    def coalesce(self, tree: exp.Coalesce) -> _Value:
        values = [self.compile(v) for v in (tree.this, *tree.expressions)]
        return _Value(nw.coalesce(*(v.value for v in values)), self.alike(tree, values))

    def case(self, tree: exp.Case) -> _Value:
        if tree.this is not None:
            raise _unproven(tree)
        return self.branches(
            tree, [(i.this, i.args["true"]) for i in tree.args["ifs"]], tree.args.get("default")
        )

    def choice(self, tree: exp.If) -> _Value:
        return self.branches(tree, [(tree.this, tree.args["true"])], tree.args.get("false"))

    def branches(self, tree: exp.Expression, pairs: list[tuple[Any, Any]], default: Any) -> _Value:
        tests = [self.truth(t) for t, _ in pairs]
        values = [self.compile(v) for _, v in pairs]
        last = None if default is None or type(default).__name__ == "Null" else self.compile(default)
        dtype = self.alike(tree, [*values, *([last] if last else [])])
        made: Any = nw.when(tests[0]).then(values[0].value)
        for test, value in zip(tests[1:], values[1:], strict=True):
            made = made.when(test).then(value.value)
        return _Value(made.otherwise(last.value) if last else made, dtype)


class _UnprovenError(NodeError):
    """What may mean something else here than in Spark."""


def _unproven(tree: exp.Expression) -> NodeError:
    return _UnprovenError(
        f"'{tree.sql('spark')}' is not known to give here what it gives in Spark",
        hint=f"formulas may have {_SUPPORTED}; with the extra `spark`, Spark computes all others",
        code="WF402",
    )


_MAKERS: Mapping[str, Callable[[_Compiler, Any], _Value]] = {
    "Column": _Compiler.column,
    "Literal": _Compiler.literal,
    "Boolean": _Compiler.boolean,
    "Paren": _Compiler.inner,
    "Div": _Compiler.divide,
    "Neg": _Compiler.negative,
    "Concat": _Compiler.concat,
    "Cast": _Compiler.cast,
    "TryCast": _Compiler.cast,  # what a cast is outside of ANSI mode
    "Not": _Compiler.negation,
    "Is": _Compiler.is_null,
    "Coalesce": _Compiler.coalesce,
    "Case": _Compiler.case,
    "If": _Compiler.choice,
    **dict.fromkeys(("Add", "Sub", "Mul"), _Compiler.arithmetic),
    **dict.fromkeys(("Floor", "Ceil"), _Compiler.whole),
    **dict.fromkeys(("Abs", "Sqrt", "Exp"), _Compiler.function),
    **dict.fromkeys(("Lower", "Upper", "Length"), _Compiler.text),
    **dict.fromkeys(("EQ", "NEQ", "LT", "LTE", "GT", "GTE"), _Compiler.compare),
    **dict.fromkeys(("And", "Or"), _Compiler.logic),
}
"""By the class of a node of the syntax tree. What is not here is refused."""
