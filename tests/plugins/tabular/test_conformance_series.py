"""Every operator on series keeps the node specification."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.dates_range import DateRange
from weirflow_tabular.series_extract import ExtractFeatures
from weirflow_tabular.series_features import SeriesFeatures
from weirflow_tabular.series_fill import FillSeries
from weirflow_tabular.series_group import GroupSeries
from weirflow_tabular.series_lag import LagSeries
from weirflow_tabular.series_length import SetSeriesLength
from weirflow_tabular.series_resample import ResampleSeries
from weirflow_tabular.series_rolling import RollingSeries

FRAME = pl.DataFrame(
    {
        "id": ["b", "a", "a", None, "a", "b"],
        "at": [datetime(2021, 5, d, 3 * d) for d in (3, 2, 1, 1, 5)] + [None],  # noqa: DTZ001
        "day": [date(2021, m, 28) for m in (1, 2, 2, 5, 12)] + [None],
        "n": [1, None, 3, 4, None, 6],
        "x": [0.5, None, None, 2.0, 3.5, -1.0],
        "word": ["p", "q", None, "p", "q", None],
        "ok": [True, None, False, True, None, None],
    }
)
LISTS = pl.DataFrame(
    {
        "series": [[1.0, None, 3.0], [], None, [None], [4.0, 5.0]],
        "counts": [[1, 2], [3], [None, 4], None, [5, 6, 7]],
        "n": [1, 2, 3, 4, 5],
    }
)
ORDER = {"time": "at", "by": ["id"]}

CASES = [
    (
        ExtractFeatures,
        Case({"columns": ["series"], "features": ["abs_energy", "mean_change"]}, LISTS, examples=6),
    ),
    (RollingSeries, Case({"columns": ["x"], "window": 2, "to": "values", **ORDER}, FRAME, name="values")),
    (FillSeries, Case({"columns": ["n", "x", "word", "ok"], **ORDER}, FRAME)),
    (
        FillSeries,
        Case({"columns": "x", "strategy": "interpolate", "output": "y", **ORDER}, FRAME, name="linear"),
    ),
    (
        FillSeries,
        Case(
            {"columns": ["n"], "strategy": "interpolate", "method": "time", "time": "at", "sort": True},
            FRAME,
            name="time",
        ),
    ),
    (
        FillSeries,
        Case(
            {
                "columns": ["word", "n"],
                "strategy": "most_frequent",
                "by": ["id"],
                "leftover": "forward_backward",
            },
            FRAME,
            name="most_frequent",
        ),
    ),
    (
        FillSeries,
        Case(
            {"columns": ["n", "x"], "strategy": "constant", "value": "0", "parse": True},
            FRAME,
            name="constant",
        ),
    ),
    (FillSeries, Case({"columns": ["x"], "strategy": "drop", "share": 0.5, **ORDER}, FRAME, name="drop")),
    (
        FillSeries,
        Case({"columns": ["series", "counts"], "strategy": "backward", "within": "cell"}, LISTS, name="cell"),
    ),
    (
        FillSeries,
        Case(
            {"columns": ["series"], "strategy": "drop", "share": 0.3, "within": "cell"},
            LISTS,
            name="drop_cell",
        ),
    ),
    (ResampleSeries, Case({"time": "at", "by": ["id"], "every": "100000h"}, FRAME)),
    (
        ResampleSeries,
        Case(
            {
                "time": "day",
                "every": "1mo",
                "day": "last_day",
                "columns": ["n", "word"],
                "numeric": "sum",
                "fill_numeric": "zero",
                "fill_other": "backward",
                "other": "last",
            },
            FRAME,
            name="months",
        ),
    ),
    (LagSeries, Case({"columns": ["n", "word"], "lag": 1, **ORDER}, FRAME)),
    (
        LagSeries,
        Case(
            {"columns": "x", "lag": 2, "window": True, "to": "list", "drop": True, **ORDER},
            FRAME,
            name="list",
        ),
    ),
    (RollingSeries, Case({"columns": ["n", "x"], "window": 2, **ORDER}, FRAME)),
    (
        RollingSeries,
        Case({"columns": "x", "window": 3, "to": "list", "sort": True, "by": ["id"]}, FRAME, name="list"),
    ),
    (GroupSeries, Case({"columns": ["n", "word"], "start": "first", "end": "last", **ORDER}, FRAME)),
    (SeriesFeatures, Case({"columns": ["series", "counts"]}, LISTS)),
    (SeriesFeatures, Case({"columns": "series", "to": "list", "features": ["mean"]}, LISTS, name="list")),
    (SetSeriesLength, Case({"columns": ["series", "counts"], "quantile": 0.5}, LISTS)),
    (SetSeriesLength, Case({"columns": "counts", "length": 2, "to": "columns"}, LISTS, name="columns")),
    (
        SetSeriesLength,
        Case({"columns": "counts", "quantile": 1, "to": "columns", "output": "c"}, LISTS, name="learned"),
    ),
    (DateRange, Case({"start": "2021-01-31 10:00", "every": "1mo", "output": "when"}, FRAME)),
    (
        DateRange,
        Case({"start": "2021-01-31", "every": "2w", "on": "last_day", "output": "when"}, FRAME, name="weeks"),
    ),
]

test_conformance = conformance(*CASES)
