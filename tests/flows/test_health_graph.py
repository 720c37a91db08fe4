"""`flows/health-graph`: its made export, and what the flow makes of it."""

from __future__ import annotations

import base64
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest

NOTES = "urn:weirflow:notes#"
SKOS = "http://www.w3.org/2004/02/skos/core#"


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


# ---------------------------------------------------------------------- a run


def weirflow(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("WEIRFLOW_", "COV_"))}
    command = [sys.executable, "-m", "weirflow", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environ, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture(scope="module")
def ran(repository, tmp_path_factory):
    """A folder in which the flow has run."""
    pytest.importorskip("pyoxigraph", reason="the flow needs the extra `fhir`")
    folder = tmp_path_factory.mktemp("health") / "graph"
    leave = shutil.ignore_patterns(".weirflow", "output", "__pycache__")
    shutil.copytree(flow(repository), folder, ignore=leave)
    done = weirflow(folder, "run", "health-graph.flow")
    said, told = done.communicate()
    assert done.returncode == 0, told
    assert not [name for name in ("Fernwood", "Halvorsen", "Denies") if name in said + told]
    return folder


def quads(folder: Path) -> dict[str, dict[str, set[str]]]:
    """What the files of the graph say: objects by subject and predicate, as pyoxigraph reads them."""
    import pyoxigraph

    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in folder.glob("*.nq"):
        for quad in pyoxigraph.parse(path=path):
            found[str(quad.subject.value)][str(quad.predicate.value)].add(str(quad.object.value))
    return found


def test_every_record_becomes_rdf(ran, repository):
    import pyoxigraph

    kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    for path in sorted((ran / "export").iterdir()):
        name = path.name.partition(".")[0]
        expected = {f"http://hl7.org/fhir/{name}/{r['id']}" for r in resources(repository, name)}
        (file,) = (ran / "output" / "rdf").rglob(f"{name}.*nq")
        roots = {
            q.subject.value
            for q in pyoxigraph.parse(path=file)
            if q.predicate.value == kind and q.object.value == f"http://hl7.org/fhir/{name}"
        }
        assert expected <= roots


def test_every_note_is_in_the_graph_with_its_patient(ran, repository):
    found = quads(ran / "output" / "graph")
    for name in ("DocumentReference", "DiagnosticReport"):
        for record in resources(repository, name):
            note = found[f"http://hl7.org/fhir/{name}/{record['id']}"]
            assert note[f"{NOTES}patient"] == {f"http://hl7.org/fhir/{record['subject']['reference']}"}


def answer(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "output" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_queries_are_answered_by_what_the_graph_says(ran):
    found = quads(ran / "output" / "graph")
    codes = {s: next(iter(said[f"{SKOS}notation"])) for s, said in found.items() if said[f"{SKOS}notation"]}
    affirmed = [
        said
        for subject, said in found.items()
        if subject.startswith("urn:weirflow:entity:")
        and "true" not in said[f"{NOTES}negated"] | said[f"{NOTES}relative"]
    ]

    def together(by, some):
        """How many notes or patients have two codes."""
        groups, counts = defaultdict(set), defaultdict(int)
        for said in some:
            for one in said[f"{NOTES}{by}"]:
                groups[one] |= said[f"{NOTES}concept"]
        for group in groups.values():
            for pair in combinations(sorted(group), 2):
                counts[frozenset(codes[c] for c in pair)] += 1
        return counts

    notes = {pair: n for pair, n in together("note", affirmed).items() if n > 1}
    rows = {frozenset((r["code"], r["other_code"])): int(r["notes"]) for r in answer(ran, "co-occurrence")}
    assert rows == {pair: notes[pair] for pair in rows}
    assert sorted(rows.values()) == sorted(notes.values())[-100:]  # as many as the query gives

    conditions = [e for e in affirmed if e[f"{NOTES}kind"] == {"condition"}]
    patients = together("patient", conditions)
    for row in answer(ran, "co-morbidity"):
        assert int(row["patients"]) == patients[frozenset((row["code"], row["other_code"]))]

    diabetic, treated = (
        {p for e in affirmed if wanted(e) for p in e[f"{NOTES}patient"]}
        for wanted in (
            lambda e: any(codes[c].startswith("E11") for c in e[f"{NOTES}concept"]),
            lambda e: any(
                "metformin" in label for c in e[f"{NOTES}concept"] for label in found[c][f"{SKOS}prefLabel"]
            ),
        )
    )
    assert {row["patient"] for row in answer(ran, "cohort")} == diabetic & treated != set()


def test_the_page_is_served_until_it_is_interrupted(ran):
    serving = weirflow(ran, "serve", "health-graph.flow")
    try:
        name, _, address = serving.stdout.readline().strip().partition(": ")
        assert name == "page"
        origin, _, key = address.partition("/#")
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

        def ask(what, details):
            request = urllib.request.Request(f"{origin}/api/{what}", json.dumps(details).encode(), headers)
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)

        assert ask("start", {})["documents"] == 193
        hits = ask("search", {"question": "small left pleural effusion", "limit": 5})["hits"]
        assert hits[0]["metadata"]["type"] == "XR Chest 2 Views"
        text = "".join(piece for piece, _ in ask("document", {"document": hits[0]["document"]})["pieces"])
        assert "small left pleural effusion" in text
    finally:
        serving.send_signal(signal.SIGINT)
        _, told = serving.communicate(timeout=30)
    assert serving.returncode in {0, 130}
    assert "effusion" not in told
