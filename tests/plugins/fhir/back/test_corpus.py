"""Published examples come back from RDF exactly: from ours, and from HL7's own."""

import csv
import os
import tarfile
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from weirflow_fhir.rdf import Mapping, decode
from weirflow_fhir.rdf.back import Back
from weirflow_fhir.rdf.restore import Bad, in_turn

ONE_IRI = "resources of one IRI"


def differing(version, records):
    """Records by name that do not come back exactly, with the fault if there is one; and how many there are."""
    mapping, back, found, count = Mapping(version), Back(version), {}, 0
    for name, raw in records:
        count += 1
        made = list(in_turn(parse(mapping.lines(raw).encode(), RdfFormat.N_QUADS), back))
        if made != [decode(raw)]:
            found[name] = made[0].reason.partition(" at ")[0] if isinstance(made[0], Bad) else ""
    return found, count


def files(folder):
    for path in sorted(folder.glob("*.json")):
        yield path.stem, path.read_bytes().removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize("version", ["R4", "R5", "R6"])
def test_official_examples(corpus, version):
    """Of R5, choices of types that are written alike differ."""
    folder = corpus / "fhir" / "conformance" / ("r4-4.0.1" if version == "R4" else "r5")
    found, count = differing(version, files(folder))
    assert count > 480
    assert found.pop("bundle-references") == ONE_IRI
    assert set(found.values()) <= {""}
    assert len(found) == (4 if version == "R5" else 0)


def test_an_export(corpus):
    paths = sorted((corpus / "fhir" / "synthea-10").glob("*.ndjson"))
    records = ((f"{p.stem}:{n}", raw) for p in paths for n, raw in enumerate(p.read_bytes().splitlines()))
    found, count = differing("R4", records)
    assert (found, count > 7_000) == ({}, True)


def test_official_turtle(corpus):
    """What HL7 wrote as Turtle comes back as what it wrote as JSON, where the pair is known to agree."""
    folder, back = corpus / "fhir" / "conformance" / "r4-4.0.1", Back("R4")
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as file:
        names = [r["name"] for r in csv.DictReader(file, delimiter="\t") if r["status"] == "verified"]
    differ = []
    for name in names:
        made = list(in_turn(parse((folder / f"{name}.ttl").read_bytes(), RdfFormat.TURTLE), back))
        if made != [decode((folder / f"{name}.json").read_bytes().removeprefix(b"\xef\xbb\xbf"))]:
            differ.append(name)
    assert len(names) > 400
    assert differ == ["bundle-references"]


def test_npm_examples():
    """The 5,306 of the package hl7.fhir.r4.examples, of which two have two resources of one fullUrl."""
    path = os.environ.get("WEIRFLOW_FHIR_EXAMPLES")
    if not path:
        pytest.skip("WEIRFLOW_FHIR_EXAMPLES names no hl7.fhir.r4.examples-4.0.1.tgz (npm pack)")

    def records():
        with tarfile.open(Path(path)) as archive:
            for member in archive:
                name = member.name.removeprefix("package/")
                if name.endswith(".json") and "/" not in name and name not in {"package.json", ".index.json"}:
                    yield name, archive.extractfile(member).read().removeprefix(b"\xef\xbb\xbf")

    found, count = differing("R4", records())
    assert count == 5_306
    assert found == {"Bundle-bundle-references.json": ONE_IRI, "Bundle-dataelements.json": ONE_IRI}
