"""Definitions of FHIR's types, as tables derived from the official ones."""
