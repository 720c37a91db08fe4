"""`fhir.entities` keeps the node specification."""

from __future__ import annotations

import json

from weirflow.testing import Case, conformance
from weirflow_fhir.entities.node import Entities

_URL = "http://healthlake.amazonaws.com/aws-cm/infer-icd10/aws-cm-icd10-entity"
_ENTITY = {
    "url": _URL,
    "extension": [
        {"url": f"{_URL}-text", "valueString": "Well"},
        {"url": f"{_URL}-begin-offset", "valueInteger": 0},
        {"url": f"{_URL}-end-offset", "valueInteger": 4},
    ],
}
NOTE = {
    "resourceType": "DocumentReference",
    "id": "d",
    "content": [{"attachment": {"contentType": "text/plain", "data": "V2VsbC4="}}],
    "extension": [_ENTITY],
}
FILES = {"DocumentReference.ndjson": json.dumps(NOTE) + "\n{bad\n" + json.dumps(NOTE | {"id": "e"})}

CASES = [(Entities, Case(files=FILES))]

test_conformance = conformance(*CASES)
