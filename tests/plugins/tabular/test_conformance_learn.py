"""Splits, samples, balance and principal components keep the node specification."""

from __future__ import annotations

from datetime import date

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.balance import Oversample, Undersample
from weirflow_tabular.pca import PrincipalComponents
from weirflow_tabular.sampling import SampleRows
from weirflow_tabular.smote import Smote
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

SAMPLES = [
    (SampleRows, Case({"n": 2, "seed": 1}, FRAME)),
    (SampleRows, Case({"share": 0.5, "by": "city"}, FRAME, name="by")),
]
LABELLED = pl.DataFrame(
    {
        "age": [31, 42, 8, 27, 31, 60, 9],
        "pay": [2.5, 3.0, 0.0, -1.25, 1e4, 0.5, 7.0],
        "city": ["Rome", "Oslo", "Rome", "Rome", "São Tomé", "Oslo", "Rome"],
        "member": [True, False, False, True, True, True, True],
    }
)
BALANCE = [
    (Undersample, Case({"column": "member", "ratio": 0.8}, LABELLED)),
    (Oversample, Case({"column": "city"}, LABELLED)),
    (Smote, Case({"column": "member", "neighbours": 1}, LABELLED)),
    (
        Smote,
        Case(
            {"column": "city", "neighbours": 1, "type": "float32"},
            LABELLED[:4].extend(LABELLED[1:2]),
            name="float32",
        ),
    ),
]

VECTORS = pl.DataFrame(
    {
        "dense": [[0.5, 2.0], [1.0, 0.0], None, [3.0, None], [2.0, -1.0]],
        "sparse": [{"size": 3, "indices": [i], "values": [float(i + 1)]} for i in (0, 1, 2, 0, 1)],
    }
)
REDUCED = [
    (PrincipalComponents, Case({"columns": ["age", "pay"], "components": 2}, FRAME)),
    (
        PrincipalComponents,
        Case({"columns": ["age", "pay"], "variance": 0.9, "scale": True}, FRAME, name="share"),
    ),
    (PrincipalComponents, Case({"columns": "dense", "components": 1, "drop": False}, VECTORS, name="dense")),
    (
        PrincipalComponents,
        Case({"columns": "sparse", "variance": 0.8, "to": "vector"}, VECTORS, name="sparse"),
    ),
]

CASES = [*SPLITS, *SAMPLES, *BALANCE, *REDUCED]

test_conformance = conformance(*CASES)
