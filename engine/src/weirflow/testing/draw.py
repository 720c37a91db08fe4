"""Frames drawn with Hypothesis: with an example's columns and types, the same ones every time."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing.parametric import column, dataframes

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from weirflow.testing.case import Case

ROWS = 8  # of a drawn frame, at most
MOST = 10**6  # magnitude of drawn integers: sums stay exact in float64


def drawn(case: Case, frame: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Frames with the columns of an example, the same ones every time, small ones first."""
    found: list[pl.DataFrame] = []
    for wild in (False, True):
        cols = [
            column(name, dtype=dtype, strategy=_values(case, frame[name], wild=wild), allow_null=True)
            for name, dtype in frame.schema.items()
        ]
        frames: SearchStrategy[Any] = dataframes(cols, min_size=2, max_size=ROWS, allow_chunks=False)

        @settings(
            derandomize=True,
            max_examples=max(1, case.examples // 2),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(frames)
        def collect(one: pl.DataFrame) -> None:
            found.append(one)

        collect()
    return tuple(sorted(found, key=lambda f: f.height))


def _values(case: Case, example: pl.Series, *, wild: bool) -> SearchStrategy[Any]:
    """What a column may hold."""
    if example.name in case.strategies:
        return case.strategies[example.name]
    dtype = example.dtype
    if dtype.is_integer():
        low, high = (int(pl.select(edge).item()) for edge in (dtype.min(), dtype.max()))  # type: ignore[attr-defined]
        return st.integers(max(low, -MOST), min(high, MOST))
    if dtype.is_float():
        width: Any = 32 if dtype == pl.Float32 else 64
        return st.floats(-MOST, MOST, allow_nan=False, allow_subnormal=False, width=width)
    if dtype == pl.Boolean:
        return st.booleans()
    if dtype == pl.Date:
        return st.dates(date(1970, 1, 1), date(2099, 12, 31))
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        return st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - local times
    if dtype == pl.String and wild:
        return st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
    pool = example.drop_nulls().unique(maintain_order=True).to_list()
    return st.sampled_from(pool) if pool else st.none()
