"""`notes.tag` keeps the node specification."""

from __future__ import annotations

import io

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_fhir.tagging.node import TagNotes


def _notes(**columns: list[str | None]) -> bytes:
    target = io.BytesIO()
    pl.DataFrame(columns).write_parquet(target)
    return target.getvalue()


FILES = {
    "a.parquet": _notes(
        note_id=["n1", "n2", None], text=["No fever.", None, "Gout."], patient_id=["p", None, "q"]
    ),
    "b.parquet": _notes(note_id=["n3"], text=["# Plan\nWatch for sepsis. Mother had asthma."]),
}

CASES = [(TagNotes, Case(files=FILES))]

test_conformance = conformance(*CASES)
