"""`graph.similar`, against the cosine of weights as one computes it by hand."""

from __future__ import annotations

import math

import narwhals as nw
import pytest

from weirflow.api import Inputs
from weirflow_fhir.graph.similar import SimilarPatients
from weirflow_fhir.iris import ICD10CM

HAS = {"p1": "ABC", "p2": "AB", "p3": "CD", "p4": "D"}


@pytest.fixture
def table(entities):
    return entities(
        *(
            {"patient_id": p, "code": c, "code_system": ICD10CM, "description": f"is {c}", "begin": i}
            for p, codes in HAS.items()
            for i, c in enumerate(codes)
        ),
        {"patient_id": "p4", "code": "A", "code_system": ICD10CM, "negated": True},
        {"patient_id": "p4", "code": "B", "code_system": ICD10CM, "experiencer": "family"},
        {"patient_id": "p4"},
    )


def similar(table, **parameters):
    return (
        SimilarPatients(**parameters)
        .transform(Inputs([("default", nw.from_native(table.lazy()))]))
        .collect()
        .to_native()
    )


def test_similarity_is_the_cosine_of_weights(table):
    weight = math.log(4 / 2)  # each of the four codes has two patients
    found = {(r["patient_id"], r["other_id"]): r["similarity"] for r in similar(table).to_dicts()}
    length = {p: weight * math.sqrt(len(c)) for p, c in HAS.items()}
    expected = {
        (a, b): weight**2 * len(set(HAS[a]) & set(HAS[b])) / (length[a] * length[b])
        for a in HAS
        for b in HAS
        if a != b and set(HAS[a]) & set(HAS[b])
    }
    assert found == pytest.approx(expected, abs=1e-6)


def test_shared_codes_explain_it_and_order_does_not_matter(table):
    found = similar(table, patient="p1", top=1)
    assert found.to_dicts()[0] | {"similarity": None} == {
        "patient_id": "p1",
        "other_id": "p2",
        "rank": 1,
        "similarity": None,
        "codes": 2,
        "shared": "A is A; B is B",
    }
    assert similar(table.reverse()).equals(similar(table))
    assert similar(table, common=0.25).is_empty()
