"""FHIR as RDF, and back."""
