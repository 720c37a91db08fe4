"""Splits, samples, balance and principal components keep the node specification."""

from __future__ import annotations

from datetime import date

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.splits import SplitByStrata, SplitInOrder
from weirflow_tabular.splits_key import SplitByKey

FRAME = pl.DataFrame(
    {
        "age": [31, 42, 8, 27, 31],
        "pay": [2.5, None, 0.0, -1.25, 1e4],
        "city": ["Rome", "Oslo", None, "Rome", "São Tomé"],
        "member": [True, False, None, True, True],
        "since": [date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 1, 1), date(2024, 1, 1)],
    }
)
SPLITS = [
    (SplitByStrata, Case({"by": "city", "seed": 3}, FRAME)),
    (SplitByStrata, Case({"by": "since", "shares": {"train": 0.5, "test": 0.5}}, FRAME, name="date")),
    (SplitInOrder, Case({}, FRAME)),
    (SplitInOrder, Case({"by": "age"}, FRAME, name="by")),
    (SplitInOrder, Case({"by": "age", "ties": "apart"}, FRAME, name="apart")),
    (
        SplitByKey,
        Case({"by": ["city", "member"], "shares": {"train": 0.4, "validation": 0.3, "test": 0.3}}, FRAME),
    ),
    (SplitByKey, Case({"by": ["pay", "since", "age"]}, FRAME, name="types")),
]

CASES = [*SPLITS]

test_conformance = conformance(*CASES)
