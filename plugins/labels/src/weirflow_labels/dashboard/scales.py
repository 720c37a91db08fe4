"""The scales of axes: spans of days, and bins of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta

GRAINS = ("day", "week", "month", "year")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
MOST_BARS = 40


def grain_of(low: date, high: date) -> str:
    """How long the spans are in which days are counted, so that there are not too many."""
    span = (high - low).days + 1
    return next((g for g in GRAINS if span / _DAYS[g] <= MOST_BARS), "year")


def starts(low: date, high: date, grain: str) -> Iterator[str]:
    """The first days of all spans between two days, as ISO dates."""
    day = {
        "day": low,
        "week": low - timedelta(days=low.weekday()),
        "month": low.replace(day=1),
        "year": low.replace(month=1, day=1),
    }[grain]
    while day <= high:
        yield day.isoformat()
        if grain == "month":
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        elif grain == "year":
            day = day.replace(year=day.year + 1)
        else:
            day += timedelta(days=_DAYS[grain])


def said(day: str, grain: str) -> str:
    """A first day as its span is called."""
    return day[: {"day": 10, "week": 10, "month": 7, "year": 4}[grain]]


def width(span: float, *, whole: bool, different: int) -> float:
    """A round width of at most 25 bins; of whole numbers, a whole one."""
    if whole and span < 25:  # noqa: PLR2004
        return 1.0
    if not whole and different == 1:
        return 1.0
    raw = span / 20
    power = 10.0 ** math.floor(math.log10(raw))
    found = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    return max(1.0, found) if whole else found


def number(value: float) -> str:
    """The edge of a bin."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"  # noqa: PLR2004
