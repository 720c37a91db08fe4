"""Keep the rows that meet conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Effect, Inputs, NullWord, Rows, Transform, portable
from weirflow_tabular.checks import Value, compared, parsed
from weirflow_tabular.pandas_text import column, literal

if TYPE_CHECKING:
    from weirflow.api import DType, PandasCode, Scalar, Schema, Table

Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not_in"]
Test: TypeAlias = (
    NullWord[Literal["null", "not_null"]]
    | Annotated[dict[Comparison, Value | tuple[Value, ...]], Field(min_length=1)]
)


@dataclass(frozen=True)
class _Condition:
    """A condition on one column; `given` is None where it takes no value."""

    column: str
    word: str
    given: Value | tuple[Value, ...] | None

    def fault(self) -> str:
        """What is wrong with the value; empty where nothing is."""
        if self.word in {"null", "not_null"}:
            return f"`{self.word}` takes no value" if self.given is not None else ""
        if self.word in {"in", "not_in"}:
            return "" if isinstance(self.given, tuple) else f"`{self.word}` takes a list of values"
        one = self.given is not None and not isinstance(self.given, tuple)
        return "" if one else f"`{self.word}` takes one value"

    def values(self, dtype: DType, *, parse: bool) -> list[Scalar]:
        """What is compared with, as values of the column's type."""
        given = self.given if isinstance(self.given, tuple) else () if self.given is None else (self.given,)
        if parse:
            given = tuple(
                parsed(v, dtype, self.column) if isinstance(v, str) and not dtype.is_text else v
                for v in given
            )
        return [compared(v, dtype, self.column) for v in given]

    def told(self) -> str:
        """The condition in words."""
        if self.given is None:
            return f"{self.column} is {'missing' if self.word == 'null' else 'there'}"
        word = {"in": "is one of", "not_in": "is none of"}.get(self.word, self.word)
        value = f"{len(self.given)} values" if isinstance(self.given, tuple) else json.dumps(self.given)
        return f"{self.column} {word} {value}"

    def mask(self, dtype: DType, *, parse: bool) -> nw.Expr:
        """The condition as an expression; null or false where it is not met."""
        col = nw.col(self.column)
        if self.word == "null":
            return col.is_null()
        if self.word == "not_null":
            return ~col.is_null()
        values = self.values(dtype, parse=parse)
        if dtype.kind == "categorical":
            col = col.cast(nw.String)
        if self.word == "in":
            return ~col.is_null() & col.is_in(values)
        if self.word == "not_in":
            return ~col.is_null() & ~col.is_in(values)
        other: Any = nw.lit(values[0])
        tests: dict[str, nw.Expr] = {
            "==": col == other, "!=": col != other, "<": col < other,
            "<=": col <= other, ">": col > other, ">=": col >= other,
        }  # fmt: skip
        return tests[self.word]

    def pandas_mask(self, dtype: DType | None, *, parse: bool) -> str:
        """The condition as pandas code."""
        col = column(self.column)
        if self.given is None:
            return f"{col}.isna()" if self.word == "null" else f"{col}.notna()"
        values: list[Any] = list(self.given) if isinstance(self.given, tuple) else [self.given]
        if dtype is not None:
            values = self.values(dtype, parse=parse)
        if self.word == "in":
            return f"{col}.isin({literal(values)})"
        if self.word == "not_in":
            return f"{col}.notna() & ~{col}.isin({literal(values)})"
        if isinstance(values[0], bool) and self.word in {"==", "!="}:
            true = col if dtype is not None else f"{col}.eq(True)"
            return true if values[0] is (self.word == "==") else f"{col}.notna() & ~{true}"
        if self.word == "!=":
            return f"{col}.notna() & ({col} != {literal(values[0])})"
        return f"{col} {self.word} {literal(values[0])}"


class FilterRows(Transform):
    """Keep the rows whose values meet a condition, or several.

    One condition is a `column` with what it `is`. Several are `conditions` by column, as
    `{age: {">=": 30, "<": 65}, city: {in: [Rome, Oslo]}, name: not_null}`, of which a row must meet all, or any. A
    missing value meets `null` alone: not `!=` and not `not_in` either. Text is compared by code point.
    """

    operator = "rows.filter"

    column: ColumnName | None = Field(default=None, description="column that is looked at, of one condition")
    is_: NullWord[Literal[Comparison, "null", "not_null"]] | None = Field(
        default=None, alias="is", description="the condition"
    )
    value: Value | tuple[Value, ...] | None = Field(
        default=None, description="what it is compared with; a list for `in` and `not_in`; none for `null`"
    )
    conditions: dict[ColumnName, Test] | None = Field(
        default=None,
        min_length=1,
        description="several conditions by column: `null`, `not_null`, or comparisons with their values",
    )
    match: Literal["all", "any"] = Field(
        default="all", description="whether a row must meet all of the conditions, or any of them"
    )
    parse: bool = Field(
        default=False, description="values that are text are to be read as values of the column's type"
    )

    @model_validator(mode="before")
    @classmethod
    def _null(cls, data: Any) -> Any:
        """Take `is: null` for the word, which next to a column it must be."""
        if isinstance(data, dict) and data.get("column") is not None and data.get("is", "") is None:
            return {**data, "is": "null"}
        return data

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.conditions is None) == (self.column is None and self.is_ is None and self.value is None):
            raise ValueError("give either a `column` and what it `is`, or `conditions`")
        if self.conditions is None and (self.column is None or self.is_ is None):
            raise ValueError(f"`{'column' if self.column is None else 'is'}` is missing")
        fault = next(filter(None, (c.fault() for c in self._each())), None)
        if fault is not None:
            raise ValueError(fault)
        return self

    def _each(self) -> Iterator[_Condition]:
        if self.column is not None and self.is_ is not None:
            yield _Condition(self.column, self.is_, self.value)
        for name, test in (self.conditions or {}).items():
            if isinstance(test, str):
                yield _Condition(name, test, None)
            else:
                yield from (_Condition(name, word, given) for word, given in test.items())

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the columns that are looked at."""
        for condition in self._each():
            dtype = schema.dtype(condition.column)
            if dtype is not None:
                condition.values(dtype, parse=self.parse)
        by = tuple(dict.fromkeys(c.column for c in self._each()))
        return Effect(reads=by, rows=Rows.changed(by=by))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Filter the rows."""
        schema = portable.schema_of(inputs.table)
        masks = []
        for condition in self._each():
            dtype = schema.dtype(condition.column)
            assert dtype is not None
            masks.append(condition.mask(dtype, parse=self.parse))
        return inputs.table.filter(reduce(and_ if self.match == "all" else or_, masks))

    def to_pandas(self, code: PandasCode) -> None:
        """As a boolean mask."""
        code.use("import pandas as pd")
        each = list(self._each())
        word, sign = ("and", "&") if self.match == "all" else ("or", "|")
        code.describe(f"Keep the rows where {f' {word} '.join(c.told() for c in each)}")
        masks = []
        for condition in each:
            dtype = code.schema.dtype(condition.column)
            if self.parse and dtype is None:
                code.refuse(f"the type of column '{condition.column}' is not known before the run")
                return
            masks.append(condition.pandas_mask(dtype, parse=self.parse))
        mask = masks[0] if len(masks) == 1 else f" {sign} ".join(f"({m})" for m in masks)
        code.write(f"df = df[{mask}].reset_index(drop=True)")
