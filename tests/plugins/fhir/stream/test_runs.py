"""Whole runs: any number of workers gives the same bytes, and a killed run goes on at the first piece not done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

FLOW = """\
flow: 1
nodes:
  - {id: found, operator: fhir.read, parameters: {path: export}}
  - {id: rdf, operator: fhir.to_rdf, inputs: found, parameters: {gzip: true}}
  - {id: files, operator: files.write, inputs: rdf.files, parameters: {path: out}}
  - {id: rejects, operator: write.csv, inputs: rdf.rejects, parameters: {path: rejects.csv}}
"""
FILES = 12
LINES = 1_500


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    for file in range(FILES):
        records = [
            {
                "resourceType": "Patient",
                "id": f"{file}-{n}",
                "name": [{"given": ["A", "B"], "family": str(n)}],
            }
            for n in range(LINES)
        ]
        text = "".join(json.dumps(r) + "\n" for r in records)
        (folder / f"Patient.{file:03d}.ndjson").write_text(text + "{Muriel\n")
    (tmp_path / "x.flow").write_text(FLOW)
    return tmp_path


def start(folder, *arguments):
    command = [sys.executable, "-m", "weirflow", "run", "x.flow", "--report", "none", "--json", *arguments]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finished(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "Muriel" not in out + err
    return [json.loads(line) for line in out.splitlines()]


def written(folder):
    made = {p.name: p.read_bytes() for p in (folder / "out").glob("*.gz")}
    return made | {"rejects": (folder / "rejects.csv").read_bytes()}


@pytest.mark.slow
def test_any_number_of_workers_and_a_killed_run_give_the_same_bytes(export):
    finished(start(export, "-j", "1"))
    alone = written(export)
    assert len(alone) == FILES + 1
    assert alone["rejects"].count(b"\n") == FILES + 1
    assert alone["rejects"].splitlines()[1].startswith(b"Patient.000.ndjson,1501,,not JSON,")
    finished(start(export, "-j", "3", "--force"))
    assert written(export) == alone

    ledger = export / ".weirflow"
    shutil.rmtree(ledger)
    process = start(export, "-j", "2")
    before = time.monotonic()
    while not 2 <= done_of(ledger) < FILES:
        assert time.monotonic() - before < 60, "no piece was done"
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    events = finished(start(export, "-j", "2"))
    cached = [e["cached"] for e in events if e["event"] == "progress" and e["node"] == "rdf"]
    assert 2 <= cached[0] < FILES
    assert written(export) == alone


def done_of(store):
    return len(list(store.glob("items/*rdf/*/Patient*.json")))
