"""The nodes on graphs keep the node specification."""

from __future__ import annotations

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_fhir.graph.link import LinkGraph
from weirflow_fhir.graph.load import LoadGraph, ReadGraph
from weirflow_fhir.graph.notes import NotesGraph
from weirflow_fhir.graph.query import ConstructGraph, QueryGraph
from weirflow_fhir.graph.similar import SimilarPatients
from weirflow_fhir.graph.write import WriteGraph

QUADS = (
    '<http://a.example/1> <http://a.example/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    '<http://a.example/1> <http://a.example/q> "one"@en <http://a.example/g> .\n'
)
TURTLE = "@prefix ex: <http://a.example/> .\nex:1 ex:p 1 ; ex:q [ ex:r 'x' ] .\n"
SKOS = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://v.example/b> a skos:Concept ; skos:prefLabel "One" ; skos:broader <http://v.example/a> .
"""
CONCEPTS = (
    "<http://c.example/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    " <http://www.w3.org/2004/02/skos/core#Concept> .\n"
    '<http://c.example/1> <http://www.w3.org/2004/02/skos/core#notation> "1" .\n'
    '<http://c.example/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "one" .\n'
)
ENTITIES = pl.DataFrame(
    {
        "patient_id": ["p1", "p2", "p2", "p3", None],
        "code_system": ["s", "s", "s", None, "s"],
        "code": ["A", "A", "B", "B", None],
        "description": ["an A", "an A", None, None, None],
        "negated": [False, None, True, False, None],
        "experiencer": ["patient", None, None, "family", None],
    }
)

CASES = [
    (LoadGraph, Case({}, files={"a.ttl": TURTLE, "b.nq": QUADS})),
    (ReadGraph, Case({"path": "rdf"}, files={"rdf/a.ttl": TURTLE, "rdf/b.nq": QUADS})),
    (QueryGraph, Case({"query": "SELECT ?s ?o WHERE { ?s ?p ?o } ORDER BY ?p"}, quads=QUADS)),
    (
        ConstructGraph,
        Case({"query": "CONSTRUCT { ?o ?p ?s } WHERE { ?s ?p ?o . FILTER(isIRI(?o)) }"}, quads=QUADS),
    ),
    (WriteGraph, Case({"path": "out.nq"}, quads=QUADS)),
    (WriteGraph, Case({"path": "out.ttl"}, quads=QUADS, name="turtle")),
    (LinkGraph, Case({"path": "v.ttl"}, quads=CONCEPTS, files={"v.ttl": SKOS})),
    (SimilarPatients, Case({c: c for c in ENTITIES.columns}, ENTITIES)),
    (NotesGraph, Case({})),
]

test_conformance = conformance(*CASES)
