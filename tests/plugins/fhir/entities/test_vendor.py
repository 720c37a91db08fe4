"""The vendor's extensions: every entity and every code, wherever they stand."""

TEXT = "Has gout. Denies cough. Takes aspirin 81 mg."


def test_entities_of_all_operations(vendor, entities):
    gout = vendor.entity(
        "infer-icd10",
        "icd10",
        id=0,
        text="gout",
        begin_offset=4,
        end_offset=8,
        score=0.97,
        concepts=[("M10", "Gout", 0.5), ("M10.9", "Gout, unspecified", 0.8)],
    )
    aspirin = vendor.entity(
        "infer-rxnorm",
        "rxnorm",
        text="aspirin",
        begin_offset=30,
        end_offset=37,
        score=1,
        spelling="Concepts",
        concepts=[("1191", "aspirin", 0.9)],
    )
    cough = vendor.entity(
        "detect-entities",
        "de",
        vendor.trait("de", "detect-entities", "NEGATION"),
        vendor.trait("de", "detect-entities", "SYMPTOM"),
        text="cough",
        begin_offset=17,
        end_offset=22,
        score=0.9,
        type="DX_NAME",
        category="MEDICAL_CONDITION",
    )
    dose = vendor.entity("detect-entities", "de", text="81 mg", begin_offset=38, end_offset=43, type="DOSAGE")
    operations = [
        vendor.operation("infer-rxnorm", aspirin),
        vendor.operation("detect-entities", cough, dose),
        vendor.operation("infer-icd10", gout),
    ]
    rows, rejects, warnings = entities({"a.ndjson": [vendor.document(TEXT, *operations)]})
    assert (rejects, warnings) == ([], [])
    ids = {
        "note_id": "DocumentReference/d",
        "document_id": "d",
        "patient_id": "p",
        "encounter_id": "e",
    }
    assert rows[0] == ids | {
        "entity_id": "DocumentReference/d/rxnorm/30-37/medication",
        "source": "rxnorm",
        "kind": "medication",
        "text": "aspirin",
        "begin": 30,
        "end": 37,
        "score": 1.0,
        "rank": 1,
        "code_system": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "1191",
        "description": "aspirin",
        "code_score": 0.9,
    }
    assert rows[1] == ids | {
        "entity_id": "DocumentReference/d/detect/17-22/dx_name",
        "source": "detect",
        "kind": "dx_name",
        "text": "cough",
        "begin": 17,
        "end": 22,
        "score": 0.9,
        "negated": True,
        "experiencer": "patient",
        "traits": "symptom",
        "category": "medical_condition",
    }
    assert (rows[2]["kind"], rows[2]["negated"]) == ("dosage", False)  # the operation tells of traits
    assert [(r["rank"], r["code"], r["code_score"]) for r in rows[3:]] == [(1, "M10.9", 0.8), (2, "M10", 0.5)]
    assert {r["code_system"] for r in rows[3:]} == {"http://hl7.org/fhir/sid/icd-10-cm"}
    assert "negated" not in rows[3]  # of this one nobody told any


def test_extensions_may_stand_anywhere(vendor, entities):
    gout = vendor.entity("infer-icd10", "icd10", text="gout", begin_offset=4, end_offset=8)
    deep = {"url": "https://x.example/wrap", "extension": [{"url": "y", "extension": [gout]}]}
    resource = vendor.document(TEXT, extension=[{"url": "z", "valueString": "no"}])
    resource["content"][0]["attachment"]["extension"] = [deep]
    resource["meta"] = {"extension": [gout]}
    rows, _, _ = entities({"a.ndjson": [resource]})
    assert [r["entity_id"].rpartition("/d/")[2] for r in rows] == [
        "icd10/4-8/condition",
        "icd10/4-8/condition/2",
    ]


def test_traits_of_the_raw_response(vendor, entities):
    raw = (
        "{Entities: [{Id: 0,Text: gout,Category: MEDICAL_CONDITION,Type: DX_NAME,Score: 0.9,BeginOffset: 4,"
        "EndOffset: 8,Attributes: [{Type: ACUITY,BeginOffset: 0,EndOffset: 3,Traits: [{Name: SIGN,Score: 0.1}]}],"
        "Traits: [{Name: DIAGNOSIS,Score: 0.95}],ICD10CMConcepts: [{Description: Gout,Code: M10,Score: 0.5}]}, "
        "{Id: 1,Text: cough,BeginOffset: 17,EndOffset: 22,Attributes: [],Traits: [{Name: NEGATION,Score: 0.9}, "
        "{Name: PERTAINS_TO_FAMILY,Score: 0.8}]}],ModelVersion: 0.1.0}"
    )
    found = [
        vendor.entity("infer-icd10", "icd10", text="gout", begin_offset=4, end_offset=8),
        vendor.entity("infer-icd10", "icd10", text="cough", begin_offset=17, end_offset=22),
    ]
    document = vendor.document(TEXT, vendor.operation("infer-icd10", *found, raw=raw))
    rows, _, _ = entities({"a.ndjson": [document]})
    assert [(r["negated"], r["experiencer"], r.get("traits")) for r in rows] == [
        (False, "patient", "diagnosis"),
        (True, "family", "pertains_to_family"),
    ]


def test_what_is_no_entity_is_left(vendor, entities):
    bad = vendor.entity("infer-icd10", "icd10", score=0.5)
    odd = {"url": "http://healthlake.amazonaws.com/aws-cm/infer-icd10/aws-cm-icd10-entity", "extension": "x"}
    lines = [vendor.document(TEXT, vendor.operation("infer-icd10", bad, odd)), "{bad"]
    rows, rejects, warnings = entities({"a.ndjson": lines})
    assert rows == []
    assert [(r["line"], r["reason"]) for r in rejects] == [(2, "not JSON")]
    assert "entity has no text: line 1 (2 in all)" in warnings
