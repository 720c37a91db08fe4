"""The shape of the vendor's records, where the corpus is there. Its scores and codes are made up."""

from weirflow_fhir.entities.taking import Taking


class Rows(list):
    """Takes rows as a writer does."""

    def add(self, row):
        """Keep a row."""
        self.append(row)


def test_every_offset_leads_to_its_text(corpus):
    path = corpus / "fhir" / "healthlake" / "DocumentReference-0.ndjson"
    rows, rejects = Rows(), Rows()
    taking = Taking("x", rows, rejects)
    taking.read(path, "x")
    told = []
    taking.faults.tell(told.append)
    assert (rejects, told) == ([], [])
    # counted with grep: entities of each operation, and concepts of those that have them
    assert sum(r["source"] == "detect" for r in rows) == 1116
    assert sum(r["source"] == "icd10" for r in rows) == 1512
    assert sum(r["source"] == "rxnorm" for r in rows) == 318
    assert {r["entity_id"] for r in rows if r["source"] == "icd10"} != set()
