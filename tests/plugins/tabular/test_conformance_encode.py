"""Encoders, hashed text, and options of operators on numbers and text, keep the node specification."""

from __future__ import annotations

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.columns_concat import ConcatColumns
from weirflow_tabular.encode_similarity import SimilarityEncode
from weirflow_tabular.encode_target import TargetEncode
from weirflow_tabular.missing import MissingIndicator
from weirflow_tabular.one_hot import OneHotEncode
from weirflow_tabular.outliers import QuantileOutliers, ReplaceRare, StandardDeviationOutliers
from weirflow_tabular.scale import RobustScale
from weirflow_tabular.text_edit import StripText
from weirflow_tabular.text_find import FindAllText, FindText, MatchText, SliceText, TextToMissing
from weirflow_tabular.text_format import PadText
from weirflow_tabular.text_hash import HashText
from weirflow_tabular.text_statistics import TextStatistics

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27, 31],
        "pay": [2.5, None, 0.0, -1.25, 1e4],
        "city": ["Rome", "Oslo", None, "Rome", "São Tomé"],
        "member": [True, False, None, True, True],
    }
)

NUMBERED = {"columns": "age", "encoded": True, "max_categories": 100, "missing": "null"}
CASES = [
    (OneHotEncode, Case(NUMBERED, FRAME, name="encoded")),
    (
        OneHotEncode,
        Case(
            {
                "columns": "city",
                "vector": True,
                "sparse": True,
                "empty_is_missing": True,
                "keep_original": True,
            },
            FRAME,
            name="sparse",
        ),
    ),
    (OneHotEncode, Case({"columns": "city", "drop_last": "empty"}, FRAME, name="empty")),
    (RobustScale, Case({"columns": "pay", "quantiles": "element", "center": True}, FRAME, name="element")),
    (QuantileOutliers, Case({"columns": "pay", "quantiles": "element"}, FRAME, name="element")),
    (
        StandardDeviationOutliers,
        Case({"columns": "pay", "robust": True, "quantiles": "element"}, FRAME, name="element"),
    ),
    (
        ReplaceRare,
        Case(
            {"columns": ["age", "pay"], "as_text": True, "count": 1, "most": None, "replacement": None},
            FRAME,
            name="text",
        ),
    ),
    (PadText, Case({"columns": ["age", "pay"], "width": 3, "as_text": True}, FRAME, name="text")),
    (
        StripText,
        Case({"columns": "member", "characters": "t", "as_text": True, "output": "w"}, FRAME, name="text"),
    ),
    (FindText, Case({"columns": "city", "substring": "o", "start": 1, "stop": -1}, FRAME, name="within")),
    (SliceText, Case({"columns": "city", "start": -3, "stop": -1}, FRAME, name="end")),
    (FindAllText, Case({"columns": "city", "pattern": "(o)(m)?", "group": 2}, FRAME, name="group")),
    (MatchText, Case({"columns": "city", "pattern": "o", "null_matches": True}, FRAME, name="null")),
    (TextToMissing, Case({"columns": "city", "pattern": "^R|o$", "at": "anywhere"}, FRAME, name="anywhere")),
    (TextStatistics, Case({"column": "pay", "rules": "data_wrangler"}, FRAME, name="rules")),
    (ConcatColumns, Case({"columns": "pay", "output": "two", "twice": True}, FRAME, name="twice")),
    (MissingIndicator, Case({"columns": "city", "blank": "spaces"}, FRAME, name="spaces")),
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
