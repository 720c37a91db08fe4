"""FHIR as RDF, and back."""

from weirflow_fhir.rdf.content import Number, decode, encode
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.mapping import Mapping
from weirflow_fhir.rdf.turtle import prefixes, turtle

__all__ = ["FaultError", "Mapping", "Number", "decode", "encode", "prefixes", "turtle"]
