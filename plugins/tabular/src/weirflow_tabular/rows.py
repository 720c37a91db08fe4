"""Operators on rows: filter, limit, sort, drop duplicates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, Effect, Inputs, NullWord, Rows, Transform, portable
from weirflow_tabular.checks import Value, compared
from weirflow_tabular.pandas_text import column, literal, one_or_list

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import DType, PandasCode, Scalar, Schema, Table


class FilterRows(Transform):
    """Keep the rows whose value in a column meets a condition.

    A missing value meets `null` alone: not `!=` and not `not_in` either. Text is compared by code point.
    """

    operator = "rows.filter"

    column: ColumnName = Field(description="column that is looked at")
    is_: NullWord[Literal["==", "!=", "<", "<=", ">", ">=", "in", "not_in", "null", "not_null"]] = Field(
        alias="is", description="the condition"
    )
    value: Value | tuple[Value, ...] | None = Field(
        default=None, description="what it is compared with; a list for `in` and `not_in`; none for `null`"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_ in {"null", "not_null"}:
            if self.value is not None:
                raise ValueError(f"`{self.is_}` takes no value")
        elif self.is_ in {"in", "not_in"}:
            if not isinstance(self.value, tuple):
                raise ValueError(f"`{self.is_}` takes a list of values")
        elif self.value is None or isinstance(self.value, tuple):
            raise ValueError(f"`{self.is_}` takes one value")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by one column."""
        dtype = schema.dtype(self.column)
        if dtype is not None:
            self._values(dtype)
        return Effect(reads=(self.column,), rows=Rows.changed(by=(self.column,)))

    def _values(self, dtype: DType) -> list[Scalar]:
        given = self.value if isinstance(self.value, tuple) else () if self.value is None else (self.value,)
        return [compared(v, dtype, self.column) for v in given]

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Filter the rows."""
        dtype = portable.schema_of(inputs.table).dtype(self.column)
        assert dtype is not None
        values, col = self._values(dtype), nw.col(self.column)
        if self.is_ == "null":
            return inputs.table.filter(col.is_null())
        if self.is_ == "not_null":
            return inputs.table.filter(~col.is_null())
        if dtype.kind == "categorical":
            col = col.cast(nw.String)
        if self.is_ == "in":
            return inputs.table.filter(~col.is_null() & col.is_in(values))
        if self.is_ == "not_in":
            return inputs.table.filter(~col.is_null() & ~col.is_in(values))
        other: Any = nw.lit(values[0])
        tests = {
            "==": col == other, "!=": col != other, "<": col < other,
            "<=": col <= other, ">": col > other, ">=": col >= other,
        }  # fmt: skip
        return inputs.table.filter(tests[self.is_])

    def _told(self) -> str:
        if self.is_ in {"null", "not_null"}:
            return f"{'without' if self.is_ == 'null' else 'with'} a value in {self.column}"
        word = {"in": "is one of", "not_in": "is none of"}.get(self.is_, self.is_)
        value = f"{len(self.value)} values" if isinstance(self.value, tuple) else json.dumps(self.value)
        return f"where {self.column} {word} {value}"

    def to_pandas(self, code: PandasCode) -> None:
        """As a boolean mask."""
        code.use("import pandas as pd")
        dtype, col = code.schema.dtype(self.column), column(self.column)
        code.describe(f"Keep the rows {self._told()}")
        if dtype is None:
            given = self.value if isinstance(self.value, tuple) else (self.value,)
            values: list[Any] = list(given)
        else:
            values = self._values(dtype)
        if self.is_ in {"null", "not_null"}:
            mask = f"{col}.isna()" if self.is_ == "null" else f"{col}.notna()"
        elif self.is_ == "in":
            mask = f"{col}.isin({literal(values)})"
        elif self.is_ == "not_in":
            mask = f"{col}.notna() & ~{col}.isin({literal(values)})"
        elif isinstance(values[0], bool) and self.is_ in {"==", "!="}:
            true = col if dtype is not None else f"{col}.eq(True)"
            mask = true if values[0] is (self.is_ == "==") else f"{col}.notna() & ~{true}"
        elif self.is_ == "!=":
            mask = f"{col}.notna() & ({col} != {literal(values[0])})"
        else:
            mask = f"{col} {self.is_} {literal(values[0])}"
        code.write(f"df = df[{mask}].reset_index(drop=True)")


class LimitRows(Transform):
    """Keep the first rows."""

    operator = "rows.limit"
    ordered = True

    n: int = Field(ge=0, description="how many rows to keep")

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows; no column decides which."""
        del schema
        return Effect(rows=Rows.changed(by=()))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The first rows."""
        return inputs.table.head(self.n)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.head`."""
        code.describe(f"Keep the first {self.n:,} rows")
        code.write(f"df = df.head({self.n})")


class SortRows(Transform):
    """Sort rows by columns, the first one foremost. Missing values come last; equal rows keep their order."""

    operator = "rows.sort"
    ordered = True

    by: tuple[ColumnName, ...] = Field(min_length=1, description="columns to sort by, the foremost first")
    descending: bool | tuple[bool, ...] = Field(
        default=False, description="largest first: for all columns, or a list with one entry for each"
    )

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if isinstance(self.descending, tuple) and len(self.descending) != len(self.by):
            raise ValueError(f"`descending` has {len(self.descending)} entries for {len(self.by)} columns")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Another order of rows, decided by these columns."""
        del schema
        return Effect(reads=self.by, rows=Rows.changed(by=self.by))

    def _descending(self) -> list[bool]:
        down = self.descending
        return list(down) if isinstance(down, tuple) else [down] * len(self.by)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Sort the rows."""
        table = inputs.table
        if table.implementation.is_polars():  # Narwhals does not offer a stable sort
            native: pl.LazyFrame = table.to_native()
            return nw.from_native(
                native.sort(*self.by, descending=self._descending(), nulls_last=True, maintain_order=True)
            )
        return table.sort(*self.by, descending=self._descending(), nulls_last=True)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.sort_values`, stable."""
        down = self._descending()
        ascending = str(not down[0]) if len(set(down)) == 1 else literal([not d for d in down])
        order = "" if ascending == "True" else f", ascending={ascending}"
        stable = ', kind="stable"' if len(self.by) == 1 else ""  # by several it always is
        code.describe("Sort the rows; missing values come last")
        code.write(f"df = df.sort_values({one_or_list(self.by)}{order}{stable}, ignore_index=True)")


class DropDuplicates(Transform):
    """Keep the first of rows that are equal in some columns, or in all. Missing values equal one another."""

    operator = "rows.drop_duplicates"
    ordered = True

    columns: Columns | None = Field(default=None, description="columns to compare; all by default")

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the columns compared."""
        del schema
        by = None if self.columns is None else tuple(self.columns)
        return Effect(reads=by or (), rows=Rows.changed(by=by))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The first of equal rows."""
        subset = None if self.columns is None else list(self.columns)
        native: pl.LazyFrame = inputs.table.to_native()
        return nw.from_native(native.unique(subset, keep="first", maintain_order=True))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.drop_duplicates`."""
        subset = "" if self.columns is None else f"subset={one_or_list(self.columns)}, "
        code.describe("Keep the first of rows that are equal" + (" in these columns" if subset else ""))
        code.write(f"df = df.drop_duplicates({subset}ignore_index=True)")
