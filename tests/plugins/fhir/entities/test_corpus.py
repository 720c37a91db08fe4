"""The shape of the vendor's records, where the corpus is there. Its scores and codes are made up."""

import os
from pathlib import Path

import pytest

from weirflow_fhir.entities.taking import Taking


class Rows(list):
    """Takes rows as a writer does."""

    def add(self, row):
        """Keep a row."""
        self.append(row)


def test_every_offset_leads_to_its_text():
    path = Path(os.environ.get("WEIRFLOW_CORPUS", "/nowhere"), "fhir/healthlake/DocumentReference-0.ndjson")
    if not path.exists():
        pytest.skip("the corpus is not there")
    rows, rejects = Rows(), Rows()
    taking = Taking("x", rows, rejects)
    taking.read(path, "x")
    told = []
    taking.faults.tell(told.append)
    assert (rejects, told) == ([], [])
    # counted with grep: entities of each operation, and concepts of those that have them
    assert sum(r["source"] == "detect" for r in rows) == 1116
    assert sum(r["source"] == "icd10" for r in rows) == 1512
    assert sum(r["source"] == "rxnorm" for r in rows) == 318
    assert {r["entity_id"] for r in rows if r["source"] == "icd10"} != set()
