"""The nodes that read, fetch and map files of records keep the node specification."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

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


def _server():
    """A server on loopback, which ends with the process."""
    path = Path(__file__).parent / "stream" / "export_server.py"
    spec = importlib.util.spec_from_file_location("fhir_export_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.Server()
    made.progress = []
    return made


CASES = [
    (Export, Case({"server": _server().url, "types": ["Patient"]})),
    (Read, Case({"path": "."}, files=FILES)),
    (Read, Case({"path": "**/*.json", "types": ["Observation"]}, files=FILES, name="types")),
    (ToRdf, Case({"max_bad_lines": 9}, files=RECORDS)),
    (ToRdf, Case({"format": "turtle", "gzip": True, "fhir": "R5"}, files=RECORDS, name="turtle")),
]

test_conformance = conformance(*CASES)
