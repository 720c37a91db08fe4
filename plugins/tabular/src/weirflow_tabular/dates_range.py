"""A column of moments at even distances."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

import narwhals as nw
from pydantic import Field, field_validator

from weirflow.api import DATETIME, Effect, Inputs, Made, NewColumn, Transform
from weirflow_tabular.checks import require_new
from weirflow_tabular.frequency import Day, Every, Frequency
from weirflow_tabular.pandas_text import assign, literal

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table


class DateRange(Transform):
    """Give the rows moments at even distances, in a new column that is put last.

    The first row has `start`, the next one a step more, and so on; a month after 31 January is the last of February.
    With `on`, the moments are the first or the last days of weeks, months, quarters or years, at the time of day of
    `start`, from the first that is not before it. Steps of `b` are days from Monday to Friday.
    """

    operator = "dates.range"
    holds_table: ClassVar[bool] = True
    ordered: ClassVar[bool] = True

    start: str = Field(description='the first moment, as "2024-12-31 17:00"')
    every: Every = Field(
        description="the step: a number and us, ms, s, m, h, d, b (business days), w, mo, q or y, as 1h"
    )
    output: NewColumn = Field(description="name of the new column")
    on: Literal["start", "first_day", "last_day"] = Field(
        default="start", description="of weeks and what is longer: the day of `start`, or their first or last"
    )

    @field_validator("start")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            found = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"'{text}' is no moment: write it as 2024-12-31 or 2024-12-31 17:00") from None
        if found.tzinfo is not None:
            raise ValueError("`start` has an offset from UTC, and moments here have none: leave it out")
        return text

    @property
    def _first(self) -> datetime:
        return datetime.fromisoformat(self.start.strip())

    def effect(self, schema: Schema) -> Effect:
        """One more column."""
        require_new(schema, [self.output])
        return Effect(makes={self.output: Made(of=(), dtype=DATETIME)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Count the rows, and the moments."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        row, frequency = pl.int_range(pl.len(), dtype=pl.Int64), Frequency.parse(self.every)
        first = pl.lit(self._first, dtype=pl.Datetime("us"))
        if frequency.unit == "b" or (frequency.has_days and self.on != "start"):
            day: Day = "last_day" if self.on == "last_day" else "first_day"
            midnight = first.dt.truncate("1d")
            number = frequency.number(first)
            reached = frequency.moment(pl.lit(0, dtype=pl.Int64), number, day)
            number += (reached < midnight).cast(pl.Int64)
            made = frequency.moment(row, number, day) + (first - midnight)
        elif frequency.unit in {"mo", "q", "y"}:
            steps = pl.format("{}" + frequency.unit, row * frequency.count)
            made = first.dt.offset_by(steps)
        else:
            size = frequency.size * (1 if frequency.is_clock else 86_400_000_000)
            size *= 7 if frequency.unit == "w" else 1
            made = first + (row * size).cast(pl.Duration("us"))
        return nw.from_native(native.with_columns(made.alias(self.output)))

    def to_pandas(self, code: PandasCode) -> None:
        """As `pandas.date_range`."""
        frequency = Frequency.parse(self.every)
        if frequency.has_days and self.on == "start":
            code.refuse("steps of weeks and more from any day have no short pandas form")
            return
        code.describe(f"Give the rows moments, one each {self.every}")
        code.use("import pandas as pd")
        name = _pandas_name(frequency, self.on)
        made = f'pd.date_range({literal(self.start.strip())}, periods=len(df), freq="{name}", unit="us")'
        code.write(assign([(self.output, made)]))


def _pandas_name(frequency: Frequency, on: str) -> str:
    last = on == "last_day"
    names = {
        "m": "min",
        "d": "D",
        "b": "B",
        "w": "W" if last else "W-MON",
        "mo": "ME" if last else "MS",
        "q": "QE" if last else "QS",
        "y": "YE" if last else "YS",
    }
    return f"{frequency.count}{names.get(frequency.unit, frequency.unit)}"
