"""The example queries of flows/health-graph, on a few notes whose answers are counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from weirflow_fhir.graph.notes import NotesGraph
from weirflow_fhir.graph.query import QueryGraph
from weirflow_fhir.iris import ICD10CM, RXNORM

QUERIES = Path(__file__).parents[4] / "flows/health-graph/queries"
FHIR = "http://hl7.org/fhir/"
RECORD = f"""
<{FHIR}Patient/p1> a <{FHIR}Patient> ; <{FHIR}Patient.birthDate> [ <{FHIR}value> "1950" ] .
<{FHIR}Patient/p2> a <{FHIR}Patient> .
<{FHIR}Condition/1> a <{FHIR}Condition> ; <{FHIR}Condition.subject> [ <{FHIR}link> <{FHIR}Patient/p1> ] ;
  <{FHIR}Condition.code> [ <{FHIR}CodeableConcept.coding> [ <{FHIR}Coding.code> [ <{FHIR}value> "I10" ] ] ] .
"""
SAID = [  # patient, document, kind, code, denied or of a relative
    ("p1", "d1", "condition", "E11.9", False),
    ("p1", "d1", "condition", "I10", False),
    ("p1", "d2", "medication", "6809", False),
    ("p1", "d2", "condition", "I10", False),
    ("p2", "d3", "condition", "E11.9", False),
    ("p2", "d3", "condition", "I10", False),
    ("p2", "d3", "medication", "6809", "family"),
    ("p3", "d4", "condition", "E11.9", True),
    ("p3", "d4", "condition", "I10", False),
    ("p3", "d4", "medication", "6809", False),
]
NAMES = {"E11.9": "Diabetes", "I10": "Hypertension", "6809": "metformin"}


@pytest.fixture
def answer(written, notes, entities, files, load, carry_out):
    def ask(name, **bind):
        documents = {d: p for p, d, *_ in SAID}
        table = notes(
            *(
                {
                    "note_id": f"DocumentReference/{d}",
                    "document_id": d,
                    "patient_id": p,
                    "date": f"2024-01-0{d[1]}",
                }
                for d, p in documents.items()
            )
        )
        rows = [
            {"note_id": f"DocumentReference/{d}", "document_id": d, "patient_id": p, "kind": kind, "begin": i}
            | {
                "end": i + 1,
                "code": code,
                "code_system": ICD10CM if kind == "condition" else RXNORM,
                "rank": 1,
            }
            | {"negated": denied is True, "experiencer": "family" if denied == "family" else "patient"}
            | {"text": NAMES[code], "description": NAMES[code]}
            for i, (p, d, kind, code, denied) in enumerate(SAID)
        ]
        quads = written(NotesGraph(), table, entities(*rows))["files"]
        given = files(record__ttl=RECORD, **{f.name.replace(".", "__"): f.path.read_bytes() for f in quads})
        node = QueryGraph(path=str(QUERIES / f"{name}.rq"), bind=bind)
        return carry_out(node, load(given))[0]["default"].to_native().collect().to_dicts()

    return ask


def test_co_occurrence(answer):
    found = [tuple(r.values()) for r in answer("co-occurrence")]
    assert found == [
        ("E11.9", "Diabetes", "I10", "Hypertension", 2),
        ("I10", "Hypertension", "6809", "metformin", 2),
    ]


def test_co_morbidity_counts_patients_and_no_denied_condition(answer):
    found = [
        (r["code"], r["other_code"], r["patients"], round(float(r["share"]), 3))
        for r in answer("co-morbidity")
    ]
    assert found == [("E11.9", "I10", 2, 1.0), ("I10", "E11.9", 2, 0.667)]


def test_cohort(answer):
    assert answer("cohort", condition="E11", drug="Metformin") == [
        {
            "patient": f"{FHIR}Patient/p1",
            "condition_from": "2024-01-01",
            "condition_to": "2024-01-01",
            "drug_from": "2024-01-02",
            "drug_to": "2024-01-02",
        }
    ]


def test_documents_that_share_concepts(answer):
    found = answer("shared-documents", note={"iri": f"{FHIR}DocumentReference/d1"})
    assert [(r["other"].rpartition("/")[2], r["shared"]) for r in found] == [("d3", 2), ("d2", 1), ("d4", 1)]
    assert set(found[0]["codes"].split()) == {"E11.9", "I10"}


def test_what_notes_say_and_the_record_does_not(answer):
    found = [
        (r["patient"].rpartition("/")[2], r["birth_date"], r["code"], r["notes"])
        for r in answer("notes-without-record")
    ]
    assert found == [("p1", "1950", "E11.9", 1), ("p2", None, "E11.9", 1), ("p2", None, "I10", 1)]
