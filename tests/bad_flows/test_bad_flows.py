"""What weirflow says of flows that are wrong, to the letter: a file `.txt` beside each flow.

A flow begins with comments that say how it is tried: `verb`, `exit`, and where needed `arguments` and `flow`,
the file to name in its place. After a change of words: `WEIRFLOW_UPDATE=1 pytest tests/bad_flows`, and read the diff.
"""

import contextlib
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from weirflow.catalogue import TITLES
from weirflow.cli import main
from weirflow.project import Project

HERE = Path(__file__).parent
FLOWS = sorted(HERE.glob("*.flow"))

# Codes that no flow file can provoke by itself, and where they are tested instead.
ELSEWHERE = {
    "WF107": "what git says: tests/cli/test_diff.py",
    "WF503": "a plugin that cannot be loaded: tests/engine/plugins, tests/cli/test_listing.py",
    "WF504": "a library that is not installed: tests/engine/plugins/test_registry.py",
    "WF505": "two plugins that clash: tests/engine/plugins/test_registry.py",
    "WF506": "nothing that ships is deprecated: tests/engine/plugins/test_deprecation.py",
    "WF604": "a worker that is killed: tests/engine/run/test_steps.py",
    "WF605": "a full disk: test_bad_input.py",
    "WF611": "a source that changes between plan and run: test_bad_input.py",
    "WF616": "a plugin's mistake: tests/engine/run/test_faults.py",
    "WF618": "what a sink warns of: tests/engine/run/test_lone_sinks.py",
    "WF704": "a folder that may not be written to: test_no_room.py",
    "WF701": "a run beside another: test_bad_input.py",
    "WF900": "a mistake of ours: tests/cli/test_failures.py",
}


def header(flow):
    found = dict(re.findall(r"^# (verb|exit|arguments|flow): (.*)$", flow.read_text(), re.MULTILINE))
    return (
        found["verb"],
        int(found["exit"]),
        shlex.split(found.get("arguments", "")),
        found.get("flow", flow.name),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, and runs in this process: what is said does not depend on where the work is done."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIRFLOW_PLUGINS", "")  # what is installed beside weirflow has no say
    monkeypatch.delenv("NO_COLOR", raising=False)
    run = Project.run
    monkeypatch.setattr("weirflow.run.apart.Worker", lambda: contextlib.nullcontext(None))
    monkeypatch.setattr(Project, "run", lambda *given, **named: run(*given, **named, apart=False))
    return tmp_path


@pytest.mark.parametrize("flow", FLOWS, ids=lambda f: f.stem)
def test_what_is_said(flow, folder, capfd):
    for file in HERE.glob(f"{flow.stem}.*"):
        shutil.copy(file, folder)
    shutil.copytree(HERE / "data", folder / "data", symlinks=True)
    before = sorted(p for p in folder.rglob("*") if ".weirflow" not in p.parts)
    verb, exit_code, arguments, name = header(flow)
    quiet = ["-q", "--report", "none"] if verb == "run" else []

    code = main([verb, name, *arguments, *quiet])
    out, err = capfd.readouterr()
    said = out + err
    expected = flow.with_suffix(".txt")
    if os.environ.get("WEIRFLOW_UPDATE"):
        expected.write_text(said)

    assert said == expected.read_text()
    assert code == exit_code
    assert re.search(rf"\[{flow.name[:5]}\]", said)
    assert str(folder) not in said
    assert "Traceback" not in said
    # nothing is left behind, and no half of anything
    assert sorted(p for p in folder.rglob("*") if ".weirflow" not in p.parts) == before


def test_every_code_is_met():
    met = {f.name[:5] for f in FLOWS}

    assert met | set(ELSEWHERE) == set(TITLES)
    assert not met & set(ELSEWHERE)


def test_every_text_has_its_flow():
    assert [f.with_suffix(".txt").name for f in FLOWS] == sorted(p.name for p in HERE.glob("*.txt"))
