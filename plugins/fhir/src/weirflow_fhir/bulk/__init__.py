"""FHIR Bulk Data Access: exports of a server, followed to their files."""
