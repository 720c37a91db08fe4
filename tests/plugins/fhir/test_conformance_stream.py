"""The nodes that read, fetch and map files of records keep the node specification."""

from __future__ import annotations

import json

from weirflow.testing import Case, conformance
from weirflow_fhir.bulk.export import Export
from weirflow_fhir.read import Read
from weirflow_fhir.to_rdf import ToRdf

PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1970-03", "name": [{"family": "A"}]}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "2",
    "status": "final",
    "code": {"text": "x"},
    "valueQuantity": {"value": 1.50},
}
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": OBSERVATION}]}
FILES = {
    "Patient.000.ndjson": json.dumps(PATIENT) + "\n{bad\n" + json.dumps(PATIENT | {"id": "3"}),
    "more/bundle.json": json.dumps(BUNDLE, indent=1),
    "notes.txt": "none",
}
RECORDS = {n: t for n, t in FILES.items() if n != "notes.txt"}


CASES = [
    (Export, Case({"server": "https://fhir.example.org/r4", "types": ["Patient"]})),
    (Read, Case({"path": "."}, files=FILES)),
    (Read, Case({"path": "**/*.json", "types": ["Observation"]}, files=FILES, name="types")),
    (ToRdf, Case({"max_bad_lines": 9}, files=RECORDS)),
    (ToRdf, Case({"format": "turtle", "gzip": True, "fhir": "R5"}, files=RECORDS, name="turtle")),
]

test_conformance = conformance(*CASES)
