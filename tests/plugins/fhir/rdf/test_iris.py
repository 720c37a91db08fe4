"""IRIs of concepts, as FHIR's page on RDF makes them, and which texts are IRIs, as Oxigraph judges."""

from random import Random

import pyoxigraph as ox
import pytest

from weirflow_fhir.iris import LOINC, SNOMED, concept_iri
from weirflow_fhir.rdf.terms import valid_iri


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (SNOMED, "128045006", "http://snomed.info/id/128045006"),
        (SNOMED, "128045006:{363698007=56459004}", None),
        (LOINC, "la6576-8", "http://loinc.org/rdf#LA6576-8"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "G44.1", "http://hl7.org/fhir/sid/icd-10-cm/G44.1"),
        ("http://example.org/", "☺", "http://example.org/☺"),
        ("http://example.org", "a/b c", "http://example.org/a%2Fb%20c"),
        ("http://example.org", "", None),
        ("", "a", None),
    ],
)
def test_concepts_have_the_iris_that_fhir_gives_them(system, code, expected):
    assert concept_iri(system, code) == expected


def test_loinc_has_the_namespace_that_is_asked_for():
    assert concept_iri(LOINC, "35217-9", "https://loinc.org/rdf/") == "https://loinc.org/rdf/35217-9"


def test_no_text_is_taken_for_an_iri_that_a_parser_refuses():
    chance = Random(6)
    parts = [
        *"ab09:/?#[]@!$&'()*+,;=%-._~ <>\"{}|\\^`é\u200b\ue000\ufffe😀\x7f",
        "http://",
        "urn:",
        "%20",
        "//",
    ]
    starts = ["http://", "https://e.org/", "urn:x:", "a:", "", "http://u@h:8/"]
    taken = 0
    for _ in range(5000):
        text = chance.choice(starts) + "".join(chance.choices(parts, k=chance.randint(0, 5)))
        if valid_iri(text):
            taken += 1
            assert list(ox.parse(f"<{text}> <a:a> <a:b> .", ox.RdfFormat.N_TRIPLES))
    assert taken > 500
