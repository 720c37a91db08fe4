"""The fhir family: health records as RDF, a knowledge graph, and notes that one can search."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for

_OPERATORS = (
    ("fhir.read", "read:Read", "find files of health records, and fetch those that lie elsewhere"),
    ("fhir.export", "bulk.export:Export", "fetch the files of a FHIR server's bulk export"),
    ("fhir.to_rdf", "to_rdf:ToRdf", "write health records as RDF"),
    ("fhir.notes", "notes.node:Notes", "the texts that health records carry"),
    (
        "fhir.entities",
        "entities.node:Entities",
        "the entities that the vendor found in texts of health records",
    ),
    ("graph.notes", "graph.notes:NotesGraph", "write notes and their medical entities as RDF"),
    ("graph.load", "graph.load:LoadGraph", "load files of RDF into a graph store"),
    ("graph.read", "graph.load:ReadGraph", "read files of RDF, a folder or a pattern into a graph store"),
    ("graph.query", "graph.query:QueryGraph", "answer SPARQL from a graph, as a table"),
    ("graph.construct", "graph.query:ConstructGraph", "make a graph of another with SPARQL"),
    ("graph.write", "graph.write:WriteGraph", "write a graph as a file of RDF"),
    ("graph.link", "graph.link:LinkGraph", "link a graph's concepts to vocabularies in SKOS or OWL"),
    ("graph.similar", "graph.similar:SimilarPatients", "find patients that share coded entities"),
    ("search.index", "search.make:SearchIndex", "index texts, so that they can be searched"),
    ("search.query", "search.ask:SearchQuery", "ask an index, and get what it finds as a table"),
    ("search.judge", "search.judge:SearchJudge", "judge how well an index answers questions"),
    ("search.page", "page.service:SearchPage", "a page to search notes, read them and see what they share"),
    ("notes.tag", "tagging.node:TagNotes", "medical terms in notes, by dictionaries"),
    ("fhir.from_rdf", "from_rdf:FromRdf", "write RDF of health records as NDJSON"),
)


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(name, f"weirflow_fhir.{target}", summary, extra="fhir")
        for name, target, summary in _OPERATORS
    ]
