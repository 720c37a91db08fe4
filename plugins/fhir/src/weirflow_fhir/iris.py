"""IRIs that FHIR's RDF and the graph of notes have in common, so that both join."""

from __future__ import annotations

import re
from urllib.parse import quote

FHIR = "http://hl7.org/fhir/"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

SNOMED_STEM = "http://snomed.info/id/"
LOINC_STEM = "http://loinc.org/rdf#"
"""What precedes a code in R4's RDF; R5 has `https://loinc.org/rdf/`, R6's draft `http://loinc.org/rdf/`."""

_EXPRESSION = re.compile("[:=]")  # of a post-coordinated code, which is no concept by itself
_RESERVED = re.compile("[\x00-,/:-@\\[-^`{-}\x7f-\x9f\ue000-\uf8ff\ufff0-\uffff]+")


def resource(reference: str, base: str = FHIR) -> str:
    """The IRI of a resource, of a reference such as `Patient/1`: by FHIR's own base unless told otherwise."""
    return base + reference


def concept_iri(system: str, code: str, loinc: str = LOINC_STEM) -> str | None:
    """The IRI of a concept: that of SNOMED CT or LOINC, otherwise `<system>/<code>`.

    Characters that an IRI reserves are percent-encoded (R2RML, section 7.3, as FHIR's page on RDF asks). None where
    either is empty, and for an expression of several codes, which is no concept by itself.
    """
    if not system or not code:
        return None
    if system == SNOMED:
        return None if _EXPRESSION.search(code) else SNOMED_STEM + _safe(code)
    if system == LOINC:
        return None if _EXPRESSION.search(code) else loinc + _safe(code.upper())
    return f"{system.removesuffix('/')}/{_safe(code)}"


def _safe(code: str) -> str:
    """A code with each character percent-encoded that is not iunreserved in RFC 3987."""
    return _RESERVED.sub(lambda found: quote(found[0], safe=""), code)
