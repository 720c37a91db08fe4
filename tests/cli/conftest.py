"""A command line in this process, in an empty folder, with a small flow to try it on."""

from dataclasses import dataclass

import pytest

from weirflow.cli import main

FLOW = """\
flow: 1
name: people
parameters:
  data: {type: path, default: people.csv}
nodes:
  - id: people
    operator: read.csv
    parameters: {path: "${data}"}
  - id: city
    operator: encode.one_hot
    parameters: {columns: city}
  - id: out
    operator: write.csv
    parameters: {path: out.csv}
"""

CSV = "name,city,age\nann,Rome,31\nbob,Oslo,42\ncay,Rome,27\n"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder: `people.flow` and its data."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "WEIRFLOW_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "people.flow").write_text(FLOW)
    (tmp_path / "people.csv").write_text(CSV)
    return tmp_path


@pytest.fixture
def weirflow(folder, capfd):
    """Type a command; what it ends with and says."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(a) for a in arguments])
        return Outcome(code, *capfd.readouterr())

    return call
