"""Steps in time, as `1h` or `2mo`: which step a moment lies in, and which moment stands for a step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator

if TYPE_CHECKING:
    import polars as pl

_FORM = re.compile(r"([1-9]\d{0,8})(us|ms|s|m|h|d|b|w|mo|q|y)")
_CLOCK = {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}  # microseconds
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_MONDAY = 3  # days from a Monday to 1970-01-01

Day: TypeAlias = Literal["first_day", "last_day"]
"""Which day stands for a week, month, quarter or year."""


def _formed(text: str) -> str:
    if _FORM.fullmatch(text) is None:
        raise ValueError(
            f"'{text}' is no step in time: write a number and us, ms, s, m, h, d, b (business days), w, mo, q or y"
        )
    return text


Every: TypeAlias = Annotated[str, AfterValidator(_formed)]
"""A step as a flow writes it."""


@dataclass(frozen=True)
class Frequency:
    """A step of `count` units.

    Moments are naive. Steps are numbered from the one that the first moment of a series lies in: steps of the clock
    begin at midnight of its day, others with its day, week, month, quarter or year.
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, every: str) -> Frequency:
        """Read what has been checked to be a step."""
        match = _FORM.fullmatch(every)
        assert match is not None
        return cls(int(match[1]), match[2])

    @property
    def is_clock(self) -> bool:
        """Whether it is shorter than days are."""
        return self.unit in _CLOCK

    @property
    def has_days(self) -> bool:
        """Whether a first and a last day can stand for it."""
        return self.unit == "w" or self.unit in _MONTHS

    @property
    def size(self) -> int:
        """How many of what `number` counts make a step."""
        return self.count * _CLOCK.get(self.unit, 1)

    def number(self, at: pl.Expr) -> pl.Expr:
        """The number of the unit that a moment lies in, counted in microseconds where it is one of the clock."""
        import polars as pl

        if self.is_clock:
            return at.cast(pl.Datetime("us")).to_physical().cast(pl.Int64)
        day = at.cast(pl.Date).to_physical().cast(pl.Int64)
        if self.unit == "d":
            return day
        week, weekday = (day + _MONDAY) // 7, (day + _MONDAY) % 7
        if self.unit == "w":
            return week
        if self.unit == "b":  # what falls on a weekend belongs to its Friday
            return week * 5 + pl.min_horizontal(weekday, pl.lit(4, dtype=pl.Int64))
        month = at.dt.year().cast(pl.Int64) * 12 + at.dt.month().cast(pl.Int64) - 1
        return month // _MONTHS[self.unit]

    def start(self, first: pl.Expr) -> pl.Expr:
        """The number from which steps are counted, from that of the first moment."""
        day = 24 * _CLOCK["h"]
        return first // day * day if self.is_clock else first

    def step(self, number: pl.Expr, start: pl.Expr, day: Day) -> pl.Expr:
        """Which step a unit belongs to. Steps that their last day stands for end with the unit they are named by."""
        if self.has_days and day == "last_day":
            return -((start - number) // self.size)
        return (number - start) // self.size

    def moment(self, step: pl.Expr, start: pl.Expr, day: Day) -> pl.Expr:
        """The moment, in microseconds, that stands for a step."""
        import polars as pl

        number = start + step * self.size
        if self.is_clock:
            return number.cast(pl.Datetime("us"))
        if self.unit == "w":
            days = number * 7 - _MONDAY + (6 if day == "last_day" else 0)
        elif self.unit == "b":
            days = number // 5 * 7 + number % 5 - _MONDAY
        elif self.unit == "d":
            days = number
        else:
            months = _MONTHS[self.unit]
            month = number * months + (months - 1 if day == "last_day" else 0)
            made = pl.datetime(month // 12, month % 12 + 1, 1, time_unit="us")
            return made.dt.month_end() if day == "last_day" else made
        return days.cast(pl.Int32).cast(pl.Date).cast(pl.Datetime("us"))
