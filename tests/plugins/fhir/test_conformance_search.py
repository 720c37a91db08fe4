"""The nodes that search keep the node specification."""

from __future__ import annotations

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_fhir.search.ask import SearchQuery
from weirflow_fhir.search.judge import SearchJudge
from weirflow_fhir.search.make import SearchIndex

NOTES = pl.DataFrame(
    {
        "note_id": ["a", "b", "c"],
        "text": ["fever", None, "knee pain"],
        "day": ["2024-02-29", "2024", None],
        "who": ["p1", None, "p2"],
    }
)

CASES = [
    (SearchIndex, Case({"date": "day", "metadata": ["who"]}, NOTES)),
    (SearchQuery, Case({"questions": ["fever"], "where": {"who": "p1"}, "since": "2024"})),
    (SearchJudge, Case({"grade": "grade"})),
]

test_conformance = conformance(*CASES)
