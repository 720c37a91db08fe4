"""The node that makes records of RDF keeps the node specification."""

from __future__ import annotations

from weirflow.testing import Case, conformance
from weirflow_fhir.from_rdf import FromRdf
from weirflow_fhir.rdf import Mapping, prefixes, turtle

PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1970-03", "name": [{"family": "A"}]}
RECORDS = [PATIENT, {"resourceType": "Basic", "id": "2", "code": {"text": "x"}}]


def lines(version):
    return "".join(map(Mapping(version).lines, RECORDS))


CASES = [
    (FromRdf, Case({"max_bad_resources": 9}, files={"a/Patient.000.nq": lines("R4") + "bad\n", "b.nt": ""})),
    (
        FromRdf,
        Case(
            {"fhir": "R5", "gzip": True},
            files={"a.ttl": prefixes() + "\n" + turtle(lines("R5"))},
            name="turtle",
        ),
    ),
]

test_conformance = conformance(*CASES)
