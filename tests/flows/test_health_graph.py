"""`flows/health-graph`: its made export, and what the flow makes of it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest


def flow(repository: Path) -> Path:
    return repository / "flows" / "health-graph"


def resources(repository: Path, kind: str) -> list[dict]:
    path = flow(repository) / "export" / f"{kind}.000.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_generator_makes_the_committed_export(repository, tmp_path):
    subprocess.run(
        [sys.executable, "-B", flow(repository) / "make_patients.py", tmp_path / "export"], check=True
    )
    made, committed = (
        {p.name: p.read_bytes() for p in root.iterdir()}
        for root in (tmp_path / "export", flow(repository) / "export")
    )
    assert made == committed
    assert sum(map(len, committed.values())) < 1_000_000


def test_the_vendors_offsets_are_right(repository):
    base = "http://healthlake.amazonaws.com/aws-cm/"
    seen = 0
    for document in resources(repository, "DocumentReference"):
        for outer in document.get("extension", []):
            assert outer["url"] == base
            text = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
            for group in outer["extension"]:
                for entity in group["extension"][2:]:
                    part = {e["url"].removeprefix(entity["url"]): e for e in entity["extension"]}
                    span = slice(part["-begin-offset"]["valueInteger"], part["-end-offset"]["valueInteger"])
                    assert text[span] == part["-text"]["valueString"]
                    seen += 1
    assert seen > 100


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_codes_are_those_of_the_official_list(repository):
    import simple_icd_10_cm as icd

    for condition in resources(repository, "Condition"):
        _, coding = condition["code"]["coding"]
        assert icd.get_description(coding["code"]) == coding["display"]


def test_references_lead_somewhere(repository):
    folder = flow(repository) / "export"
    every = [r for p in sorted(folder.iterdir()) for r in resources(repository, p.name.partition(".")[0])]
    known = {f"{r['resourceType']}/{r['id']}" for r in every}
    assert len(known) == len(every)

    def references(value):
        if isinstance(value, dict):
            yield from [value["reference"]] if "reference" in value else []
            value = list(value.values())
        for part in value if isinstance(value, list) else []:
            yield from references(part)

    assert {r for one in every for r in references(one)} <= known
