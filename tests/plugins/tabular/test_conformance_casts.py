"""Casts by formats, and what becomes of what they lose, keep the node specification."""

from __future__ import annotations

from datetime import date

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.types import CastColumns

TEXT = pl.DataFrame(
    {
        "n": ["1", "2", None, "x"],
        "f": [0.5, 1e10, None, -1e-5],
        "day": ["31-01-2020", "31-02-2020", None, "1-1-2020"],
        "at": ["2020-01-31 10:11", None, "noon", "2021-12-01 00:00"],
        "since": [date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 1, 1)],
    }
)
LENIENT = {"invalid": "null", "rules": "spark"}
CASES = [
    (
        CastColumns,
        Case(
            {
                "types": {"day": "date", "at": "datetime"},
                "formats": {"day": "dd-MM-yyyy", "at": "%Y-%m-%d %H:%M"},
                "errors_to": {"day": "bad"},
                **LENIENT,
            },
            TEXT,
            name="formats",
        ),
    ),
    (
        CastColumns,
        Case({"types": {"n": "int64", "day": "date"}, "invalid": "drop"}, TEXT, name="drop"),
    ),
    (CastColumns, Case({"types": {"f": "string", "since": "string"}, **LENIENT}, TEXT, name="written")),
]

test_conformance = conformance(*CASES)
