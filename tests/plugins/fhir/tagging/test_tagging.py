"""`notes.tag`: rows against notes and codes written by hand."""

import pytest

from weirflow.api import NodeError
from weirflow_fhir.tagging.icd import variants

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def one(text, **columns):
    return {"notes.parquet": {"note_id": ["n"], "text": [text], **columns}}


def test_a_row(tagged):
    ids = {"document_id": ["d"], "patient_id": ["p"], "encounter_id": ["e"]}
    rows, warnings = tagged(one("# Plan\nNo gout.", **ids))
    assert warnings == []
    assert rows == [
        {
            "entity_id": "n/tagger/10-14/condition",
            "note_id": "n",
            "document_id": "d",
            "patient_id": "p",
            "encounter_id": "e",
            "source": "tagger",
            "kind": "condition",
            "text": "gout",
            "begin": 10,
            "end": 14,
            "negated": True,
            "experiencer": "patient",
            "section": "Plan",
            "rank": 1,
            "code_system": ICD,
            "code": "M10.9",
            "description": "Gout, unspecified",
        }
    ]


def test_columns_of_ids_may_be_missing_and_notes_without_one_are_left_out(tagged):
    files = {"a": {"note_id": ["n", None, "m"], "text": ["Gout", "Gout", None]}}
    rows, warnings = tagged(files)
    assert [(r["note_id"], r.get("patient_id")) for r in rows] == [("n", None)]
    assert warnings == ["notes without a note_id were left out: 1"]


def test_offsets_count_code_points(tagged):
    text = "Fièvre 😀🇩🇪 e\u0301: GOUT, “asthma”"
    rows, _ = tagged(one(text))
    assert [(r["begin"], text[r["begin"] : r["end"]]) for r in rows] == [(15, "GOUT"), (22, "asthma")]


@pytest.mark.parametrize(
    ("text", "term", "code"),
    [
        ("chronic kidney disease stage 3", "chronic kidney disease stage 3", "N18.30"),
        ("type 2 diabetes mellitus", "type 2 diabetes mellitus", "E11.9"),
        ("Type-2 diabetes", "Type-2 diabetes", "E11.9"),  # hyphens part words
        ("kidney stones", "kidney stones", "N20.0"),  # plural
        ("Graves’ disease", "Graves’ disease", "E05.00"),  # noqa: RUF001
        ("oesophagitis", "oesophagitis", "K20.90"),  # British
        ("acute\n  bronchitis", "acute\n  bronchitis", "J20.9"),
        (
            "heparin induced thrombocytopenia",
            "heparin induced thrombocytopenia",
            "D75.829",
        ),  # of the classification
    ],
)
def test_the_longest_counts(tagged, text, term, code):
    rows, _ = tagged(one(f"Has {text}."))
    assert [(r["text"], r["code"]) for r in rows] == [(term, code)]


def test_short_abbreviations_count_in_capitals_only(said):
    assert [t for t, _ in said("Has MS and htn. 5 ms; seen as is, oa mi.")] == ["MS", "htn"]


@pytest.mark.parametrize(
    ("description", "term"),
    [
        ("Gout, unspecified", "Gout"),
        ("Unspecified asthma, uncomplicated", "asthma"),
        ("Essential (primary) hypertension", "Essential hypertension"),
        ("Acute nasopharyngitis [common cold]", "common cold"),
        ("Pain in unspecified knee", "knee Pain"),
        ("Malignant neoplasm of colon, unspecified", "colon cancer"),
        ("Nasal catarrh, acute", "acute Nasal catarrh"),
        ("Laceration of lip, initial encounter", "Laceration of lip"),
    ],
)
def test_variants_of_descriptions(description, term):
    assert term in variants(description)


def test_later_encounters_and_the_rest_have_none():
    assert not variants("Laceration of lip, sequela")
    assert not variants("Other forms of gout")


OWN = """term,code_system,code,kind,description
aspirin,http://www.nlm.nih.gov/research/umls/rxnorm,1191,medication,Aspirin
gout,urn:ours,G1,,
gout,urn:ours,G2,,
no system,,1,,
too,few
,urn:ours,1,,
zonk,,,device,
"""


def test_a_dictionary_of_the_users_goes_first_and_its_bad_lines_are_told_once(tagged):
    rows, warnings = tagged(
        {n: {"note_id": [n], "text": ["Aspirin for gout. Zonk. Asthma"]} for n in ("a", "b")}, OWN
    )
    assert [(r["kind"], r.get("code"), r.get("rank")) for r in rows if r["note_id"] == "a"] == [
        ("medication", "1191", 1),
        ("condition", "G1", 1),
        ("condition", "G2", 2),
        ("device", None, None),
        ("condition", "J45.909", 1),
    ]
    assert warnings == [
        "dictionary 'own.csv': line has a code without its code_system: line 5",
        "dictionary 'own.csv': line has more or fewer fields than the first: line 6",
        "dictionary 'own.csv': line has no term: line 7",
    ]


def test_what_is_no_dictionary_or_no_notes_is_refused(tagged):
    with pytest.raises(NodeError, match="has no column 'code_system'"):
        tagged(one("x"), "term,code\n")


def test_files_without_texts_are_refused(tagged):
    with pytest.raises(NodeError, match="has no column 'text'"):
        tagged({"a": {"note_id": ["n"]}})
