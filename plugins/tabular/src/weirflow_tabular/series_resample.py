"""Series at even distances in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    INT64,
    ColumnName,
    Columns,
    DType,
    Effect,
    Inputs,
    Made,
    NodeError,
    NullWord,
    Rows,
    Transform,
    portable,
)
from weirflow_tabular.frequency import Day, Every, Frequency
from weirflow_tabular.native import polars_type
from weirflow_tabular.series_order import Arranged, arrange, check_order, require_apart

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema, Table

_MOST = 100_000_000  # rows: beyond, a step is more likely a slip than wanted
_UNCOUNTED = frozenset({"list", "struct", "object"})


class ResampleSeries(Transform):
    """Bring series to even distances in time: one row for each step from the first to the last of a series.

    Rows whose time lies in the same step are put together: numbers by `numeric`, other columns by `other`, in which
    missing values do not count, and of equally frequent ones the least is taken. Steps without a value are filled
    from those around them: `linear` draws a line between numbers, in float64, and stays at the last one. Steps of
    hours and less are counted from midnight of a series' first day, days from that day, weeks from its Monday, months,
    quarters and years from its own; `b` are days from Monday to Friday, to the last of which a weekend belongs. `day`
    stands for weeks and what is longer; of several of them in one step, it is the first or the last as well.

    The columns of `by` come first, then the time, then the others; the rows are in the order of the series and of
    time. Rows without a time are left out.
    """

    operator = "series.resample"
    holds_table: ClassVar[bool] = True
    ordered: ClassVar[bool] = True

    time: ColumnName = Field(description="column of dates, times, or text that is read as such")
    by: tuple[ColumnName, ...] = Field(
        default=(), description="columns that say to which series a row belongs; without, all rows are one"
    )
    every: Every = Field(
        description="the step: a number and us, ms, s, m, h, d, b (business days), w, mo, q or y, as 1h"
    )
    columns: Columns | None = Field(default=None, description="other columns to keep; all by default")
    numeric: Literal["mean", "median", "min", "max", "sum", "first", "last", "most_frequent"] = Field(
        default="mean", description="what becomes of several numbers in a step"
    )
    other: Literal["most_frequent", "first", "last"] = Field(
        default="most_frequent", description="what becomes of several other values in a step"
    )
    fill_numeric: NullWord[Literal["linear", "forward", "backward", "zero", "null"]] = Field(
        default="linear", description="what numbers a step without any gets"
    )
    fill_other: NullWord[Literal["forward", "backward", "null"]] = Field(
        default="forward", description="what other values a step without any gets"
    )
    day: Day = Field(
        default="first_day", description="the day that stands for a week, month, quarter or year"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        require_apart(self.time, self.by)
        return self

    @property
    def _frequency(self) -> Frequency:
        return Frequency.parse(self.every)

    def _kept(self, schema: Schema) -> list[str]:
        names = schema.names if self.columns is None else tuple(self.columns)
        return [n for n in names if n not in {self.time, *self.by}]

    def _time_type(self, dtype: DType | None) -> DType | None:
        if dtype is None:
            return None
        if dtype.kind == "date":
            return DType("datetime") if self._frequency.is_clock else dtype
        if dtype.kind == "datetime" or dtype.is_text:
            return DType("datetime", zone=dtype.zone)
        raise NodeError(
            f"column '{self.time}' is of type {dtype}, not of dates and times",
            hint="make dates of it first: series.validate with `cast: true` and the `unit` of numbers",
            code="WF402",
        )

    def _type(self, name: str, dtype: DType | None) -> DType | None:
        if dtype is None:
            return None
        if not dtype.is_numeric:
            if dtype.kind in _UNCOUNTED and self.other == "most_frequent":
                raise NodeError(
                    f"column '{name}' is of type {dtype}, whose values are not counted",
                    hint="take the first or last one in `other`, or leave the column out with `columns`",
                    code="WF402",
                )
            return dtype
        if self.numeric in {"mean", "median"} or self.fill_numeric == "linear" or dtype.kind == "decimal":
            return FLOAT64
        if self.numeric == "sum":
            return INT64 if dtype.is_integer else FLOAT64
        return dtype

    def effect(self, schema: Schema) -> Effect:
        """Other rows, of the same columns."""
        check_order(schema, self.time, self.by)
        time = self._time_type(schema.dtype(self.time))
        if schema.is_open and self.columns is None:
            return Effect.unknown()
        keys = (self.time, *self.by)
        makes = {self.time: Made(of=keys, dtype=time)}
        makes |= {
            n: Made(of=tuple(dict.fromkeys((n, *keys))), dtype=self._type(n, schema.dtype(n)))
            for n in self._kept(schema)
        }
        return Effect(
            makes=makes,
            reads=keys,
            rows=Rows.changed(by=keys),
            order=(*self.by, self.time, *self._kept(schema)),
            keep=self.by,
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Put rows together, and fill the steps between."""
        import polars as pl

        schema = portable.schema_of(inputs.table)
        kept, given, frequency = self._kept(schema), schema.dtype(self.time), self._frequency
        assert given is not None
        time = self._time_type(given)
        assert time is not None
        arranged = arrange(inputs.table, self.time, self.by)
        frame = arranged.frame.filter(pl.col(arranged.at).is_not_null())
        start, step, number = (arranged.row + mark for mark in ("a", "b", "c"))
        frame = frame.with_columns(frequency.number(self._naive(pl.col(arranged.at), time)).alias(number))
        frame = frame.with_columns(self._start(arranged, time, number).alias(start))
        frame = frame.with_columns(frequency.step(pl.col(number), pl.col(start), self.day).alias(step))
        types = {n: self._type(n, schema.dtype(n)) for n in kept}
        grouped = frame.group_by(arranged.series, step, maintain_order=True).agg(
            self._together(n, schema.dtype(n), types[n]).alias(n) for n in kept
        )
        steps = frame.group_by(arranged.series, maintain_order=True).agg(
            *(pl.col(n).first() for n in (*self.by, start)),
            pl.int_range(pl.col(step).min(), pl.col(step).max() + 1).alias(step),
        )
        _require_few(int(steps[step].list.len().sum()), self.every)
        rows = steps.explode(step).join(
            grouped, on=[arranged.series, step], how="left", maintain_order="left"
        )
        moment = self._zoned(frequency.moment(pl.col(step), pl.col(start), self.day), time)
        rows = rows.with_columns(
            moment.alias(self.time),
            *(self._between(n, schema.dtype(n)).over(arranged.series).alias(n) for n in kept),
        )
        return nw.from_native(rows.select(*self.by, self.time, *kept).lazy())

    def _naive(self, at: pl.Expr, time: DType) -> pl.Expr:
        """The moments without a zone: those of the clock as in UTC, days as the zone has them."""
        import polars as pl

        if time.zone is None:
            return at.cast(pl.Datetime("us"))
        if self._frequency.is_clock:
            at = at.dt.convert_time_zone("UTC")
        return at.dt.replace_time_zone(None).cast(pl.Datetime("us"))

    def _start(self, arranged: Arranged, time: DType, number: str) -> pl.Expr:
        import polars as pl

        if time.zone is not None and self._frequency.is_clock:  # midnight of the zone, not that of UTC
            midnight = pl.col(arranged.at).dt.truncate("1d")
            return self._frequency.number(self._naive(midnight, time)).min().over(arranged.series)
        return self._frequency.start(pl.col(number).min()).over(arranged.series)

    def _zoned(self, moment: pl.Expr, time: DType) -> pl.Expr:
        import polars as pl

        if time.kind == "date":
            return moment.cast(pl.Date)
        if time.zone is None:
            return moment
        if self._frequency.is_clock:
            return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(time.zone)
        there = moment.dt.replace_time_zone(time.zone, ambiguous="earliest", non_existent="null")
        later = moment.dt.offset_by("1h").dt.replace_time_zone(
            time.zone, ambiguous="earliest", non_existent="null"
        )
        return pl.coalesce(there, later)  # where the clock skips midnight, the day begins an hour later

    def _together(self, name: str, given: DType | None, made: DType | None) -> pl.Expr:
        """The values of a step as one."""
        import polars as pl

        assert given is not None
        assert made is not None
        found = pl.col(name).drop_nulls()
        how = self.numeric if given.is_numeric else self.other
        if how == "most_frequent":
            found = found.mode().min()
        elif how == "sum":
            found = pl.when(found.len() > 0).then(found.cast(polars_type(made)).sum())
        else:
            found = getattr(found.cast(pl.Float64) if how in {"mean", "median"} else found, how)()
        return found.cast(polars_type(made)) if given.is_numeric else found

    def _between(self, name: str, given: DType | None) -> pl.Expr:
        """The values of the steps that have none."""
        import polars as pl

        assert given is not None
        values = pl.col(name)
        how = self.fill_numeric if given.is_numeric else self.fill_other
        if how == "linear":
            return values.interpolate().forward_fill()
        if how == "forward":
            return values.forward_fill()
        if how == "backward":
            return values.backward_fill()
        return values.fill_null(0) if how == "zero" else values


def _require_few(rows: int, every: str) -> None:
    if rows > _MOST:
        raise NodeError(
            f"steps of {every} from the first to the last of each series make {rows:,} rows",
            hint="take longer steps, or leave out what lies far away in time",
            code="WF402",
        )
