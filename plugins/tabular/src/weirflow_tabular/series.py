"""Series of moments: whether they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    BOOLEAN,
    ColumnName,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    Rows,
    Transform,
    portable,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.moments import Unit, check_moments, moments

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema, Table

_MOMENT = DType("datetime")


class ValidateSeries(Transform):
    """Look whether each row has a moment in time, and drop those that have none, mark them, or fail.

    A missing value is none, nor is text that is no date. The column stays as it is unless `cast` says otherwise.
    """

    operator = "series.validate"

    column: ColumnName = Field(description="column of dates, times, text, or numbers that count from 1970 on")
    invalid: Literal["drop", "mark", "error"] = Field(
        default="error", description="what becomes of rows without a moment"
    )
    output: NewColumn | None = Field(
        default=None,
        description="the column of `mark`, true where there is a moment; `{column}_is_valid` by default",
    )
    cast: bool = Field(default=False, description="make times of text and of numbers")
    format: str | None = Field(
        default=None, min_length=1, description="how text is written, as %d/%m/%Y; else each as it looks"
    )
    unit: Unit | None = Field(
        default=None, description="what numbers count: s, ms, us or ns since 1970, or by their size: guess"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.output is not None and self.invalid != "mark":
            raise ValueError("`output` is for `invalid: mark` alone")
        return self

    @property
    def _marks(self) -> str:
        return self.output or f"{self.column}_is_valid"

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by this column; or a column that marks them."""
        dtype = schema.dtype(self.column)
        check_moments(self.column, dtype, self.unit)
        makes: dict[str, Made] = {}
        if self.cast and (dtype is None or dtype.kind not in {"date", "datetime"}):
            makes[self.column] = Made(of=(self.column,), dtype=_MOMENT if dtype is not None else None)
        if self.invalid == "mark":
            require_new(schema, [self._marks])
            makes[self._marks] = Made(of=(self.column,), dtype=BOOLEAN)
        if self.invalid == "drop":
            return Effect(reads=(self.column,), makes=makes, rows=Rows.changed(by=(self.column,)))
        return Effect(reads=(self.column,), makes=makes)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Drop, mark or refuse."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        names = native.collect_schema().names()
        dtype = portable.schema_of(inputs.table).dtype(self.column)
        assert dtype is not None
        free = "".join(names) + "#"
        found = native.with_columns(moments(self.column, dtype, self.format, self.unit).alias(free))
        there = pl.col(free).is_not_null()
        if self.invalid == "drop":
            found = found.filter(there)
        elif self.invalid == "error":
            kind = dtype if dtype.kind == "datetime" else _MOMENT
            message = f"column '{self.column}' has rows without a moment in time: see `invalid`"
            fails = portable.fail_when(nw.col(free).is_null(), "WF613", message, kind)
            table = nw.from_native(found).with_columns(nw.coalesce(nw.col(free), fails).alias(free))
            found = table.to_native()
        if self.cast and dtype.kind not in {"date", "datetime"}:
            found = found.with_columns(pl.col(free).alias(self.column))
        elif self.invalid == "error":  # else nobody asks for the moments, and nothing is looked at
            found = found.filter(there)
        if self.invalid == "mark":
            found = found.with_columns(there.alias(self._marks))
        return nw.from_native(found.drop(free))
