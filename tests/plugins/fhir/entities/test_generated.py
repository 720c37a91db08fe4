"""Resources that the vendor made of entities."""

import pytest

HOST = "http://healthlake.amazonaws.com/"
ICD10 = HOST + "aws-cm/infer-icd10/"


def generated(kind="Condition", source="DocumentReference/d", **more):
    scores = [
        {"url": ICD10 + "aws-cm-icd10-entity-score", "valueDecimal": 0.94},
        {"url": ICD10 + "aws-cm-icd10-entity-Concept-Score", "valueDecimal": 0.84},
        {"url": HOST + "system-generated-linkage", "valueReference": {"reference": "Linkage/l"}},
    ]
    if source:
        scores.append({"url": HOST + "source-document-reference", "valueReference": {"reference": source}})
    coding = {"system": ICD10, "code": "I70.0", "display": "Atherosclerosis of aorta"}
    return {
        "resourceType": kind,
        "id": "x",
        "meta": {"tag": [{"display": "SYSTEM_GENERATED"}]},
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [coding]},
        "modifierExtension": scores,
    } | more


LINKAGE = {
    "resourceType": "Linkage",
    "id": "l",
    "item": [
        {"type": "alternate", "resource": {"reference": "Condition/x"}},
        {"type": "source", "resource": {"reference": "DocumentReference/d9"}},
    ],
}


def test_a_condition(entities):
    rows, _, warnings = entities({"a.ndjson": [generated()]})
    assert warnings == []
    assert rows == [
        {
            "entity_id": "DocumentReference/d/system/Condition/x",
            "note_id": "DocumentReference/d",
            "document_id": "d",
            "patient_id": "p",
            "source": "system",
            "kind": "condition",
            "score": 0.94,
            "rank": 1,
            "code_system": "http://hl7.org/fhir/sid/icd-10-cm",
            "code": "I70.0",
            "description": "Atherosclerosis of aorta",
            "code_score": 0.84,
        }
    ]


def test_a_medication(entities):
    concept = {"coding": [{"system": HOST + "aws-cm/infer-rxnorm/", "code": "731533"}]}
    more = {"medicationCodeableConcept": concept, "context": {"reference": "Encounter/e"}}
    rows, _, _ = entities({"a.ndjson": [generated("MedicationStatement", **more)]})
    assert (rows[0]["kind"], rows[0]["code"], rows[0]["encounter_id"]) == ("medication", "731533", "e")
    assert rows[0]["code_system"] == "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.mark.parametrize("name", ["Linkage-0.ndjson", "Condition-0.ndjson"])
def test_the_document_is_that_of_the_linkage_where_none_is_named(entities, name):
    files = {"Condition-0.ndjson": [generated(source=None)]}
    files[name] = [*files.get(name, []), LINKAGE]
    rows, _, warnings = entities(files)
    assert [r["note_id"] for r in rows] == ["DocumentReference/d9"]
    assert warnings == []


def test_one_without_a_document_is_told(entities):
    rows, _, warnings = entities({"a.ndjson": [generated(source=None)]})
    assert "note_id" not in rows[0]
    assert warnings == ["generated resource does not say of which document: line 1"]


def test_what_people_recorded_is_none(entities):
    condition = generated() | {"meta": {}, "modifierExtension": []}
    assert entities({"a.ndjson": [condition]})[0] == []
