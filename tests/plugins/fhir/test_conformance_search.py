"""Operators that index texts and search them, held to the node specification."""

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_fhir.search.ask import SearchQuery
from weirflow_fhir.search.judge import SearchJudge
from weirflow_fhir.search.make import SearchIndex

NOTES = pl.DataFrame(
    {
        "note_id": ["1", "2"],
        "text": ["She coughs at night.", "No cough."],
        "type": ["Progress note", "Letter"],
    }
)

CASES = [
    (SearchIndex, Case({"metadata": ["type"]}, NOTES)),
    (SearchQuery, Case({"questions": ["who coughs at night?"], "where": {"type": "Progress note"}})),
    (SearchJudge, Case({})),
]

test_conformance = conformance(*CASES)
