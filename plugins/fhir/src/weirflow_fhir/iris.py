"""IRIs that FHIR's RDF and the graph of notes have in common, so that both join."""

from __future__ import annotations

FHIR = "http://hl7.org/fhir/"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def resource(reference: str, base: str = FHIR) -> str:
    """The IRI of a resource, of a reference such as `Patient/1`: by FHIR's own base unless told otherwise."""
    return base + reference
