"""`graph.link`: a small SKOS vocabulary and a small OWL ontology, joined to a graph of three concepts."""

from __future__ import annotations

import pytest

from weirflow.testing.subject import quads_of
from weirflow_fhir.graph.link import LinkGraph
from weirflow_fhir.graph.matching import normal
from weirflow_fhir.graph.query import QueryGraph

SKOS = "http://www.w3.org/2004/02/skos/core#"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PREFIXES = f"@prefix skos: <{SKOS}> . @prefix : <http://v.example/> .\n"
OURS = PREFIXES + "".join(
    f'<{ICD}/{code}> a skos:Concept ; skos:notation "{code}" ; skos:prefLabel "{label}" ; skos:inScheme <{ICD}> .\n'
    for code, label in (
        ("J45", "Asthma"),
        ("I10", "Essential (primary) hypertension"),
        ("R05", "Cough"),
        ("X", "none"),
    )
)
VOCABULARY = (
    PREFIXES
    + """
:lung a skos:Concept ; skos:prefLabel "Lung diseases" .
:asthma a skos:Concept ; skos:prefLabel "Bronchial asthma"@en ; skos:notation "J45" ; skos:inScheme :icd ;
  skos:broader :obstructive .
:obstructive skos:prefLabel "Obstructive" . :lung skos:narrower :obstructive .
:one skos:prefLabel "cough" . :two skos:altLabel "COUGH" .
"""
)
ONTOLOGY = """
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
 xmlns:owl="http://www.w3.org/2002/07/owl#">
<owl:Class rdf:about="http://o.example/HT"><rdfs:label>essential primary Hypertension</rdfs:label>
<rdfs:subClassOf rdf:resource="http://o.example/vascular"/></owl:Class>
</rdf:RDF>
"""


@pytest.fixture
def linked(tmp_path, files, load, carry_out):
    graph = load(files(ours__ttl=OURS))
    folder = tmp_path / "vocabularies"
    folder.mkdir()
    (folder / "v.ttl").write_text(VOCABULARY)
    (folder / "o.owl").write_text(ONTOLOGY)
    before = quads_of(graph)
    outputs = carry_out(LinkGraph(path="vocabularies", systems={"http://v.example/icd": ICD}), graph)[0]
    assert quads_of(graph) == before
    return outputs, before


def test_notation_before_label_and_no_link_for_a_label_of_several(linked):
    outputs, before = linked
    assert outputs["links"].to_native().collect().rows() == [
        (f"{ICD}/I10", "I10", "http://o.example/HT", "closeMatch", "label"),
        (f"{ICD}/J45", "J45", "http://v.example/asthma", "exactMatch", "notation"),
    ]
    told = {b.name: b.value for b in outputs["report"].blocks}
    assert told == {
        "concepts": 4,
        "known": 0,
        "notation": 1,
        "label": 1,
        "ambiguous": 1,
        "unlinked": 1,
        "vocabulary": 6,
        "broader": 3,
    }
    assert set(before) <= set(quads_of(outputs["graph"]))


def test_a_query_asks_for_a_term_and_all_under_it(linked, carry_out):
    outputs, _ = linked
    query = f"""PREFIX skos: <{SKOS}> SELECT ?code {{
      ?c skos:notation ?code ; skos:inScheme <{ICD}> ; (skos:exactMatch|skos:closeMatch)?/skos:broader* ?term }}"""
    for term, codes in (("http://v.example/lung", ["J45"]), ("http://o.example/vascular", ["I10"])):
        node = QueryGraph(query=query, bind={"term": {"iri": term}})
        assert (
            carry_out(node, outputs["graph"])[0]["default"].to_native().collect()["code"].to_list() == codes
        )


def test_labels_are_compared_without_what_two_writings_differ_in():
    assert normal("Ménière's  disease, NOS") == normal("MENIERE S DISEASE (nos)")
