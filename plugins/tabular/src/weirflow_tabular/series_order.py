"""Rows as series: which belong together, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, NodeError, Rows, Transform, portable
from weirflow_tabular.moments import moments

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import DType, Inputs, Schema, Table

_UNORDERED = frozenset({"list", "struct", "object", "binary", "boolean"})
_NO_IDS = frozenset({"list", "struct", "object"})


class Series(Transform):
    """Base of the operators that work on columns along time, each series by itself."""

    holds_table: ClassVar[bool] = True
    ordered: ClassVar[bool] = True

    columns: Columns = Field(description="columns to work on")
    time: ColumnName | None = Field(
        default=None,
        description="column of dates, times, numbers or text that orders a series; else its rows do",
    )
    by: tuple[ColumnName, ...] = Field(
        default=(), description="columns that say to which series a row belongs; without, all rows are one"
    )
    sort: bool = Field(
        default=False, description="put the rows in the order of the series and, within each, of time"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        require_apart(self.time, self.by)
        return self

    @property
    def _keys(self) -> tuple[str, ...]:
        return (*self.by, *((self.time,) if self.time is not None else ()))

    @property
    def _rows(self) -> Rows:
        return Rows.changed(by=self._keys) if self.sort and self._keys else Rows()

    def _check(self, schema: Schema) -> None:
        check_order(schema, self.time, self.by)

    def _arranged(self, inputs: Inputs[Table]) -> Arranged:
        made = self.effect(portable.schema_of(inputs.table)).makes
        return arrange(inputs.table, self.time, self.by, made)

    def _finished(self, arranged: Arranged, frame: pl.DataFrame) -> Table:
        if not self.sort:
            frame = frame.sort(arranged.row)
        table: Table = nw.from_native(frame.drop(arranged.hidden).lazy())
        return table


@dataclass(frozen=True)
class Arranged:
    """A frame with the rows of each series together, in order of time, and what is hidden in it.

    `row` numbers the rows as they were, `series` the series; `at` is what they are ordered by.
    """

    frame: pl.DataFrame
    row: str
    series: str
    at: str

    @property
    def hidden(self) -> tuple[str, ...]:
        """The columns that are not the table's."""
        return (self.row, self.series, self.at)


def require_apart(time: str | None, by: Sequence[str]) -> None:
    """Raises ValueError where one column is to be two things."""
    if len(set(by)) < len(by):
        raise ValueError("`by` names a column twice")
    if time is not None and time in by:
        raise ValueError("`time` is among `by`")


def check_order(schema: Schema, time: str | None, by: Iterable[str]) -> None:
    """Raises NodeError where columns are known to be of types that cannot order rows, or tell series apart."""
    dtype = None if time is None else schema.dtype(time)
    if dtype is not None and dtype.kind in _UNORDERED:
        raise NodeError(
            f"column '{time}' is of type {dtype}, which is no time",
            hint="name a column of dates, times, numbers or text",
            code="WF402",
        )
    for name in by:
        dtype = schema.dtype(name)
        if dtype is not None and dtype.kind in _NO_IDS:
            raise NodeError(
                f"column '{name}' is of type {dtype}, which cannot tell series apart",
                hint="name a column of text, numbers or dates",
                code="WF402",
            )


def arrange(table: Table, time: str | None, by: Sequence[str], made: Iterable[str] = ()) -> Arranged:
    """Put the rows of each series together, in order of time; those of equal time stay as they are.

    Rows without a time come last in their series. Text is read as dates, each as it looks. A null among `by` is an id
    as any other. `made` are names that will be given.
    """
    import polars as pl

    frame: pl.DataFrame = table.to_native().collect()
    row, series, at = (max(["", *frame.columns, *made], key=len) + mark for mark in ("#", "##", "###"))
    dtype = None if time is None else portable.schema_of(table).dtype(time)
    frame = frame.with_row_index(row).with_columns(_order(time, dtype).alias(at))
    frame = frame.sort(*by, at, nulls_last=True, maintain_order=True)
    told = pl.struct(by).rle_id() if by else pl.lit(0)
    return Arranged(frame.with_columns(told.cast(pl.UInt32).alias(series)), row, series, at)


def _order(time: str | None, dtype: DType | None) -> pl.Expr:
    import polars as pl

    if time is None or dtype is None:
        return pl.lit(0)
    return moments(time, dtype, None, None) if dtype.is_text else pl.col(time)
