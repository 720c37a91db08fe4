"""Real exports are read whole, and nothing of them is set aside."""

from collections import Counter

import pytest

from weirflow_fhir.rdf import Mapping
from weirflow_fhir.reading import Record, chunks, records


@pytest.mark.parametrize("folder", ["synthea-10", "healthlake"])
def test_each_line_is_a_record(corpus, folder):
    for path in sorted((corpus / "fhir" / folder).glob("*.ndjson")):
        found = [
            r for start, end in chunks(path, size=100_000) for r in records(path, start, end, numbered=False)
        ]
        assert all(isinstance(r, Record) for r in found)
        assert len(found) == path.read_bytes().count(b"\n")
        assert {r.resource["resourceType"] for r in found} == {path.name.partition(".")[0].partition("-")[0]}


def test_official_examples(corpus):
    """They have byte-order marks and are on many lines; Bundles give their entries."""
    kinds, rejects = Counter(), []
    for path in sorted((corpus / "fhir" / "conformance" / "r4-4.0.1").glob("*.json")):
        found = list(records(path))
        kinds.update(isinstance(r, Record) for r in found)
        rejects += [(path.name, r.reason) for r in found if not isinstance(r, Record)]
        whole = list(records(path, bundles="whole"))
        assert len(whole) == 1
        if isinstance(whole[0], Record) and whole[0].resource["resourceType"] != "Bundle":
            assert found == whole
            assert Mapping("R4").iri(whole[0].resource) is not None
    assert rejects == []
    assert kinds[True] > 480
