"""`--source` and `--sample`: other data in the place of a flow's sources."""

import json
from pathlib import Path

import pytest

from weirflow.cli import main

FLOW = """\
flow: 1
nodes:
  - id: people
    operator: read.csv
    parameters: {path: in/people.csv}
  - id: towns
    operator: read.csv
    title: Where they live
    parameters: {path: in/towns.csv}
  - id: scaled
    operator: scale.standard
    inputs: people
    parameters: {columns: [age], center: true, scale: false}
  - id: out
    operator: write.csv
    parameters: {path: out.csv}
  - id: copy
    operator: write.csv
    inputs: towns
    parameters: {path: towns.csv}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "flow" / "in").mkdir(parents=True)
    (tmp_path / "flow" / "two.flow").write_text(FLOW)
    (tmp_path / "flow" / "in" / "people.csv").write_text("age\n1\n3\n")
    (tmp_path / "flow" / "in" / "towns.csv").write_text("town\nRome\n")
    (tmp_path / "here.csv").write_text("age\n10\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def run(*arguments):
        code = main([*map(str, arguments), "--report", "none", "-q"])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", ["people", "people.csv"])
def test_a_source_is_read_from_the_folder_where_one_types(folder, run, name):
    code, _, err = run("run", "flow/two.flow", "--source", f"{name}=here.csv")
    assert (code, err) == (0, "")
    assert (folder / "flow" / "out.csv").read_text() == "age\n0.0\n"
    assert (folder / "flow" / "towns.csv").read_text() == "town\nRome\n"


def test_what_was_learned_holds_for_other_data(folder, run):
    assert run("run", "flow/two.flow")[0] == 0
    code, _, err = run("run", "flow/two.flow", "--frozen", "--source", "people=here.csv")
    assert (code, err) == (0, "")
    assert (folder / "flow" / "out.csv").read_text() == "age\n8.0\n"  # less the mean of 1 and 3


def test_a_title_names_a_source_too(folder, run):
    (folder / "more.csv").write_text("town\nOslo\n")
    assert run("run", "flow/two.flow", "--source", "Where they live=more.csv")[0] == 0
    assert (folder / "flow" / "towns.csv").read_text() == "town\nOslo\n"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ("here.csv", 2, "error[WF209]: --source needs a name: the flow has 2 sources"),
        ("peple=here.csv", 2, "did you mean 'people'?"),
        ("people=", 2, "has no location"),
        ("people=gone.csv", 1, "there is no file '"),
    ],
)
def test_what_is_wrong_with_it_is_said(folder, run, given, code, message):
    done = run("run", "flow/two.flow", "--source", given)
    assert done[0] == code
    assert message in done[2]
    assert "in/people.csv" not in done[2]  # which is not what was read
    assert not (folder / "flow" / "out.csv").exists()


def test_a_plan_without_data_warns_and_a_run_refuses(folder, run, capsys):
    Path("flow/in/people.csv").unlink()
    assert main(["plan", "flow/two.flow", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert "warning[WF602]" in err
    assert run("run", "flow/two.flow")[0] == 1


def test_a_sample_is_for_imported_flows(folder, run):
    code, _, err = run("run", "flow/two.flow", "--sample", "as-saved")
    assert code == 2
    assert "WF208" in err
