"""Rows of a series as lists in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, DType, Effect, Inputs, Made, NewColumn, Rows, Transform
from weirflow_tabular.checks import require_new
from weirflow_tabular.series_order import arrange, check_order, require_apart

if TYPE_CHECKING:
    from weirflow.api import Schema, Table


class GroupSeries(Transform):
    """Make one row of each series: its ids, and lists of its values in the order of time.

    Missing values stay in the lists, so that those of one row are equally long. Rows without a time come last in
    their series, and rows of equal time stay in their order. The series are in the order in which they first occur.
    Columns that are not named are left out.
    """

    operator = "series.group"
    holds_table: ClassVar[bool] = True
    ordered: ClassVar[bool] = True

    by: tuple[ColumnName, ...] = Field(
        min_length=1, description="columns that say to which series a row belongs"
    )
    time: ColumnName | None = Field(
        default=None,
        description="column of dates, times, numbers or text that orders a series; else its rows do",
    )
    columns: Columns = Field(description="columns of which lists are made, under their names")
    start: NewColumn | None = Field(default=None, description="name of a column of each series' first time")
    end: NewColumn | None = Field(default=None, description="name of a column of each series' last time")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        require_apart(self.time, self.by)
        if self.time is None and (self.start, self.end) != (None, None):
            raise ValueError("`start` and `end` are for series with `time`")
        both = set(self.by) & set(self.columns) if self.columns.resolved else set()
        if both:
            raise ValueError(f"column '{min(both)}' is among `by` and `columns`")
        return self

    @property
    def _ends(self) -> list[str]:
        return [n for n in (self.start, self.end) if n is not None]

    def effect(self, schema: Schema) -> Effect:
        """A row for each series."""
        check_order(schema, self.time, self.by)
        columns = [c for c in self.columns if c not in self.by]
        require_new(schema.select([n for n in (*self.by, *columns) if n in schema]), self._ends)
        keys = (*self.by, *((self.time,) if self.time is not None else ()))
        makes: dict[str, Made] = {}
        for name in columns:
            dtype = schema.dtype(name)
            of = tuple(dict.fromkeys((name, *keys)))
            makes[name] = Made(of=of, dtype=None if dtype is None else DType("list", dtype))
        time = None if self.time is None else schema.dtype(self.time)
        makes |= {n: Made(of=keys, dtype=time) for n in self._ends}
        return Effect(
            makes=makes,
            reads=keys,
            rows=Rows.changed(by=keys),
            order=(*self.by, *columns, *self._ends),
            keep=self.by,
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Put the values together."""
        import polars as pl

        arranged = arrange(inputs.table, self.time, self.by, self._ends)
        columns = [c for c in self.columns if c not in self.by]
        times = [] if self.time is None else [pl.col(self.time).filter(pl.col(arranged.at).is_not_null())]
        ends = [t.first().alias(n) for t in times for n in [self.start] if n is not None]
        ends += [t.last().alias(n) for t in times for n in [self.end] if n is not None]
        rows = arranged.frame.group_by(arranged.series, maintain_order=True).agg(
            pl.col(arranged.row).min(),
            *(pl.col(n).first() for n in self.by),
            *(pl.col(c) for c in columns),
            *ends,
        )
        return nw.from_native(rows.sort(arranged.row).select(*self.by, *columns, *self._ends).lazy())
