"""The fhir family: health records as RDF, a knowledge graph, and notes that one can search."""

from __future__ import annotations

from weirflow.api import NodeReference, hookimpl

WEIRFLOW_API = 1  # the version of weirflow.api that it was built for

_OPERATORS: tuple[tuple[str, str, str], ...] = (
    ("fhir.read", "read:Read", "find files of health records, and fetch those that lie elsewhere"),
    ("fhir.export", "bulk.export:Export", "fetch the files of a FHIR server's bulk export"),
    ("fhir.to_rdf", "to_rdf:ToRdf", "write health records as RDF"),
    ("fhir.notes", "notes.node:Notes", "the texts that health records carry"),
    (
        "fhir.entities",
        "entities.node:Entities",
        "the entities that the vendor found in texts of health records",
    ),
)


@hookimpl
def weirflow_nodes() -> list[NodeReference]:
    """The operators of the family."""
    return [
        NodeReference(name, f"weirflow_fhir.{target}", summary, extra="fhir")
        for name, target, summary in _OPERATORS
    ]
