"""Secrets are read when a node is used, and stand nowhere else."""

import pytest

from weirflow.errors import FlowError
from weirflow.project import Project

SECRET = "s3cr3t-n1ght1ngale"


@pytest.fixture
def path(tmp_path):
    (tmp_path / f"{SECRET}.csv").write_text("a\n1\n2\n")
    flow = tmp_path / "x.flow"
    flow.write_text(
        "flow: 1\nname: x\nnodes:\n"
        "- {id: d, operator: read.csv, parameters: {path: '${secret:NAME}.csv'}}\n"
        "- {id: s, operator: scale.standard, parameters: {columns: a}}\n"
        "- {id: o, operator: write.csv, parameters: {path: out.csv}}\n"
    )
    return flow


def test_a_secret_works_and_is_written_nowhere(path, monkeypatch, tmp_path):
    monkeypatch.setenv("NAME", SECRET)
    result = Project(path).run(apart=False).check()
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
    assert "${secret:NAME}" in result.record.model_dump_json()
    for file in [p for p in tmp_path.rglob("*") if p.is_file() and p.parent != tmp_path]:
        assert SECRET not in file.read_text(errors="replace"), file
    assert SECRET not in (tmp_path / "x.trained.json").read_text()


def test_a_secret_that_is_not_set_is_named(path):
    with pytest.raises(FlowError, match="secret 'NAME' is not set"):
        Project(path, environ={}).plan()
