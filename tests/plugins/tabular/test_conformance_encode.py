"""Encoders by similarity and target, and hashed text, keep the node specification."""

from __future__ import annotations

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.encode_similarity import SimilarityEncode
from weirflow_tabular.encode_target import TargetEncode
from weirflow_tabular.text_hash import HashText

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27, 31],
        "pay": [2.5, None, 0.0, -1.25, 1e4],
        "city": ["Rome", "Oslo", None, "Rome", "São Tomé"],
        "member": [True, False, None, True, True],
    }
)

CASES = [
    (SimilarityEncode, Case({"column": "city", "dimensions": 3}, FRAME)),
    (
        SimilarityEncode,
        Case(
            {"column": "city", "dimensions": 2, "to": "vector", "keep_original": True, "output": "v"},
            FRAME,
            name="vector",
        ),
    ),
    (TargetEncode, Case({"columns": ["city", "age"], "target": "pay"}, FRAME)),
    (
        TargetEncode,
        Case(
            {"columns": "city", "target": "member", "smooth": 2, "unseen": "null", "output": "m"},
            FRAME,
            name="null",
        ),
    ),
    (HashText, Case({"column": "city", "features": 16, "idf": True}, FRAME)),
    (HashText, Case({"column": "city", "features": 8, "to": "vector"}, FRAME, name="vector")),
]

test_conformance = conformance(*CASES)
