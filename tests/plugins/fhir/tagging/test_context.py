"""Negation, sections and family, on sentences made for each rule of the paper and what goes beyond it."""

import pytest

from weirflow_fhir.tagging.sections import sections


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Denies fever, cough or dyspnea.", [("fever", "-"), ("cough", "-"), ("dyspnea", "-")]),
        ("No fever but cough.", [("fever", "-"), ("cough", "")]),  # ended by a termination
        ("No fever. Cough.", [("fever", "-"), ("Cough", "")]),  # by punctuation
        ("No fever; cough.", [("fever", "-"), ("cough", "")]),
        ("- no fever\n- cough", [("fever", "-"), ("cough", "")]),  # by an item of a list
        ("No fever\n\ncough", [("fever", "-"), ("cough", "")]),
        ("No fever\nPLAN: cough", [("fever", "-"), ("cough", "")]),  # by a section
        (
            "No fever,\ncough or\nnausea.",
            [("fever", "-"), ("cough", "-"), ("nausea", "-")],
        ),  # not by a broken line
        ("Pneumonia was ruled out.", [("Pneumonia", "-")]),
        ("Asthma, gout unlikely.", [("Asthma", ""), ("gout", "-")]),
        ("No increase in dyspnea.", [("dyspnea", "")]),  # pseudo
        ("Gout is not only painful.", [("Gout", "")]),
        ("Not on lisinopril for hypertension.", [("hypertension", "")]),
        ("Could not exclude appendicitis.", [("appendicitis", "?")]),
        ("Rule out sepsis.", [("sepsis", "?")]),
        ("Return if fever persists.", [("fever", "?")]),
    ],
)
def test_negation(said, text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FAMILY HISTORY: gout. Asthma.\nPLAN: cough", [("gout", "f"), ("Asthma", "f"), ("cough", "")]),
        ("Mother had gout; he has asthma.", [("gout", "f"), ("asthma", "")]),
        ("Father: melanoma.", [("melanoma", "f")]),
        ("Gout in his brother.", [("Gout", "f")]),
        ("No family history of gout.", [("gout", "-f")]),
        ("Mother reports fever.", [("fever", "")]),  # she tells, and has none
        ("Brought in by his wife, with fever.", [("fever", "")]),
        ("# Family History\nNo gout.", [("gout", "-f")]),
    ],
)
def test_experiencer(said, text, expected):
    assert said(text) == expected


def test_headings_are_never_tagged(said):
    assert said("# Asthma\nWell.\n\nCHEST PAIN:\nWell.\n\nHYPERTENSION AND GOUT\nFever") == [("Fever", "")]
    assert said("HTN\nGout: stable") == [("HTN", ""), ("Gout", "")]  # a list of problems has none


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# Assessment and Plan\nx", ["Assessment and Plan"]),
        ("Before\n## Plan ##\nx", [None, "Plan"]),
        (
            "HISTORY OF PRESENT ILLNESS: x\nHospital Course:\ny",
            ["HISTORY OF PRESENT ILLNESS", "Hospital Course"],
        ),
        ("72M. PMH: gout. A/P: rest", [None, "PMH", "A/P"]),
        ("REVIEW OF SYSTEMS\r\nGeneral: well\r\nPlan:\r\ny", ["REVIEW OF SYSTEMS", "Plan"]),
        ("**Plan:** rest", ["Plan"]),
    ],
)
def test_headings(text, headings):
    assert [s.heading for s in sections(text) if text[s.begin : s.end].strip()] == headings
