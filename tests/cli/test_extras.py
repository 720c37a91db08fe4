"""Flows that need optional libraries are checked, planned and drawn without them, and not run."""

import sys

import pytest

from weirflow.cli import main
from weirflow.plugins import registry

FLOW = """\
flow: 1
nodes:
  - {id: a, operator: read.csv, parameters: {path: in.csv}}
  - {id: b, operator: custom.formula, parameters: {formula: x + 1, output: y}}
  - {id: c, operator: write.csv, parameters: {path: out.csv}}
"""


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """A flow with a formula, where nothing of the extra `sql` is installed."""
    monkeypatch.setattr(registry, "missing", lambda extra, *_: ("sqlglot>=26",) if extra == "sql" else ())
    for name in [n for n in sys.modules if n.partition(".")[0] in {"sqlglot", "duckdb"}]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("sqlglot", "duckdb"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it was not there
    (tmp_path / "in.csv").write_text("x\n1\n")
    (tmp_path / "x.flow").write_text(FLOW)
    return tmp_path / "x.flow"


@pytest.mark.parametrize("verb", ["check", "plan", "graph"])
def test_verbs_that_run_nothing_warn(flow, capsys, verb):
    assert main([verb, str(flow)]) == 0
    told = "".join(capsys.readouterr())
    assert "warning[WF504]: operator 'custom.formula@1' needs sqlglot>=26, which is not installed" in told
    assert "[sql]'" in told  # of the command that brings it


@pytest.mark.parametrize("verb", ["run", "preview", "export"])
def test_verbs_that_run_the_node_refuse_before_they_begin(flow, capsys, verb, tmp_path):
    more = ["--to", "pandas", "-o", str(tmp_path / "x.py")] if verb == "export" else []
    assert main([verb, str(flow), *more]) == 4
    assert "error[WF504]: operator 'custom.formula@1' needs sqlglot>=26" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_an_import_that_fails_though_nothing_is_said_to_lack_is_a_fault(flow, capsys, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda *_: ())
    assert main(["check", str(flow)]) != 0
    assert "error[" in "".join(capsys.readouterr())
