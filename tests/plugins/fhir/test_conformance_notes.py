"""`fhir.notes` keeps the node specification."""

from __future__ import annotations

import json

from weirflow.testing import Case, conformance
from weirflow_fhir.notes.node import Notes

NOTE = {
    "resourceType": "DocumentReference",
    "id": "d",
    "subject": {"reference": "Patient/p"},
    "content": [
        {"attachment": {"contentType": "text/plain", "data": "V2VsbC4="}},
        {"attachment": {"data": "?"}},
    ],
}
FILES = {
    "DocumentReference.ndjson": json.dumps(NOTE) + "\n{bad\n" + json.dumps(NOTE | {"id": "e"}),
    "Patient.ndjson": '{"resourceType": "Patient", "id": "p"}',
}

CASES = [(Notes, Case(files=FILES))]

test_conformance = conformance(*CASES)
