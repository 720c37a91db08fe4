"""Terms of RDF as text: IRIs, checked, and the datatypes of FHIR's primitives."""

from __future__ import annotations

import re

from weirflow_fhir.iris import FHIR

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
OWL = "http://www.w3.org/2002/07/owl#"

_WIDE = "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000effff"  # RFC 3987's ucschar, planes' ends apart
_CHAR = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;={_WIDE}]|%[0-9A-Fa-f]{{2}})"
_PATH = rf"(?:{_CHAR}|[:@/?])*"
_IRI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+\-.]*:"
    rf"(?://(?:(?:{_CHAR}|:)*@)?{_CHAR}*(?::[0-9]*)?(?:[/?]{_PATH})?|(?!//){_PATH})"
    rf"(?:\#{_PATH})?"
)


def valid_iri(text: str) -> bool:
    """Whether a text is an absolute IRI (RFC 3987), of those without an address in brackets."""
    return _IRI.fullmatch(text) is not None


DATATYPES = {  # of primitives whose literals have the same datatype whatever their value
    "boolean": XSD + "boolean",
    "integer": XSD + "integer",
    "integer64": XSD + "long",
    "unsignedInt": XSD + "nonNegativeInteger",
    "positiveInt": XSD + "positiveInteger",
    "decimal": XSD + "decimal",
    "base64Binary": XSD + "base64Binary",
    "instant": XSD + "dateTime",
    "time": XSD + "time",
}
DATES = {4: XSD + "gYear", 7: XSD + "gYearMonth", 10: XSD + "date"}  # by length; a longer one is a dateTime
URIS = frozenset({"uri", "url", "canonical", "oid", "uuid"})
NUMBERS = frozenset({"integer", "unsignedInt", "positiveInt"})

__all__ = ["DATATYPES", "DATES", "FHIR", "NUMBERS", "OWL", "RDF", "URIS", "XSD", "valid_iri"]
