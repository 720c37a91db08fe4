"""The search page keeps the node specification."""

from __future__ import annotations

from weirflow.testing import Case, conformance
from weirflow_fhir.page.service import SearchPage

CASES = [(SearchPage, Case({"title": "Notes", "patient": "patient_id"}))]

test_conformance = conformance(*CASES)
