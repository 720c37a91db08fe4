"""The vendor's files as users have them: taken by every verb, and written as flow files."""

import json

import pytest

import weirflow
from weirflow.cli import main
from weirflow.errors import Severity


@pytest.fixture
def run(capsys):
    def run(*arguments):
        code = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def theirs(written, source, drop, vendor):
    """People without their age, and an operator that has no equal on a branch of its own."""
    config = {"output_path": "s3://bucket/out/", "output_content_type": "CSV", "delimiter": ","}
    return written(
        vendor("e", "spark.s3_destination", {"output_config": config}, "d", kind="DESTINATION", name="kept"),
        drop("d", "age", "s"),
        vendor("u", "spark.time_travel", {"operator": "Resample", "Resample_parameters": {"a": "${b}"}}, "d"),
        source(),
    )


def test_the_file_is_run_as_it_is(theirs, run, tmp_path):
    (tmp_path / "mine.csv").write_text("name,age\nann,031\nbob,4\n")
    code, _, err = run("run", theirs, "--set", "people.path=mine.csv", "--report", "none", "-q")
    assert code == 0
    assert "warning[WF617]: sagemaker.spark.time_travel_0.1 / Resample has no equal here yet" in err
    assert "error" not in err
    assert (tmp_path / "output" / "kept.csv").read_text() == "name\nann\nbob\n"


def test_what_needs_an_operator_without_an_equal_fails_by_name_and_the_rest_does_not(theirs, run, tmp_path):
    text = json.loads(theirs.read_text())
    end = json.loads(json.dumps(text["nodes"][0]))
    end["node_id"], end["name"], end["inputs"][0]["node_id"] = "e2", "resampled", "u"
    text["nodes"].append(end)
    theirs.write_text(json.dumps(text))
    (tmp_path / "mine.csv").write_text("name,age\nann,31\n")
    code, _, err = run("run", theirs, "--set", "people.path=mine.csv", "--report", "none", "-q")
    assert code == 1
    assert (
        "error[WF617]: sagemaker.spark.time_travel_0.1 / Resample has no equal here yet (node 'resample')"
        in err
    )
    assert (tmp_path / "output" / "kept.csv").read_text() == "name\nann\n"
    assert not (tmp_path / "output" / "resampled.csv").exists()


def test_the_file_that_is_written_is_read_as_the_vendors_is(theirs, run, tmp_path):
    mine = tmp_path / "mine.flow"
    code, out, err = run("import", theirs, "-o", mine)
    assert (code, out) == (0, "")
    assert "4 nodes, 1 of them without an equal here" in err
    assert "resample: sagemaker.spark.time_travel / Resample" in err
    first, second = (weirflow.open(p).loaded.flow for p in (theirs, mine))
    assert [(n.id, n.operator, n.parameters, n.title) for n in first.nodes] == [
        (n.id, n.operator, n.parameters, n.title) for n in second.nodes
    ]
    assert next(n for n in first.nodes if n.id == "resample").parameters["given"] == {"a": "${b}"}
    assert run("fmt", "--check", mine)[0] == 0
    assert run("import", theirs, "-o", mine)[0] == 2  # which stands there


def test_fmt_leaves_the_file_as_it_is(theirs, run):
    before = theirs.read_bytes()
    code, _, err = run("fmt", "--check", theirs)
    assert (code, theirs.read_bytes()) == (0, before)
    assert "theirs.flow (`weirflow import` writes a flow of yours)" in err


def test_the_vendors_file_is_compared_with_the_one_that_is_written(theirs, run, tmp_path):
    mine = tmp_path / "mine.flow"
    run("import", theirs, "-o", mine)
    assert run("diff", theirs, mine)[0] == 0
    mine.write_text(mine.read_text().replace("[age]", "[name]"))
    code, out, _ = run("diff", theirs, mine)
    assert (code, out.splitlines()) == (
        1,
        ["nodes", "  ~ drop_column", "      columns: [age] -> [name]"],
    )


def test_the_text_goes_to_standard_output(theirs, run):
    code, out, _ = run("import", theirs)
    assert code == 0
    assert out.splitlines()[:2] == ["flow: 1", "name: theirs"]
    assert "# The service writes to s3://bucket/out/." in out


def test_the_report_counts_operators(theirs, run, tmp_path):
    (tmp_path / "own.flow").write_text("flow: 1\nnodes: []\n")
    (tmp_path / "empty.flow").touch()
    (tmp_path / "launcher.flow").write_text("<flow><step/></flow>")
    code, out, err = run("import", "--report", tmp_path)
    assert (code, err.splitlines()[-1]) == (0, "left out: 3 files that no other known program wrote")
    assert [line.split() for line in out.splitlines()] == [
        ["OPERATOR", "NODES", "FLOWS"],
        ["sagemaker.s3_source", "1", "1"],
        ["sagemaker.spark.manage_columns", "/", "Drop", "column", "1", "1"],
        ["sagemaker.spark.s3_destination", "1", "1"],
        ["sagemaker.spark.time_travel", "/", "Resample", "1", "1", "no", "equal", "here"],
    ]
    code, _, err = run("import", "--report", tmp_path / "own.flow")
    assert code == 3
    assert "own.flow:1:1: error[WF105]: this is no flow of another program that is known" in err
    code, out, _ = run("import", "--json", theirs)
    assert json.loads(out)["operators"][3] == {
        "operator": "sagemaker.spark.time_travel / Resample",
        "mapped": False,
        "nodes": 1,
        "flows": 1,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"metadata": {"version": 1}, "nodes": [', "WF10"),
        ('{"metadata": {"version": 1}, "nodes": [{"id": 1}]}', "WF202"),
        ('{"metadata": {"version": 7}, "nodes": [{"node_id": "a"}]}', "version 7 of Data Wrangler's format"),
    ],
)
def test_a_file_that_is_none_is_refused_by_every_verb(tmp_path, run, text, said):
    (tmp_path / "x.flow").write_text(text)
    code, out, _ = run("check", tmp_path / "x.flow")
    assert code == 3
    assert said in out


def test_every_flow_of_the_corpus_loads_and_checks_and_is_written_the_same(corpus, tmp_path):
    flows = sorted((corpus / "datawrangler" / "flows").glob("*.flow"))
    assert len(flows) == 45
    for path in flows:
        project = weirflow.open(path)
        errors = [d for d in project.diagnose() if d.severity is Severity.ERROR]
        assert not errors, path.name
        copy = tmp_path / "copy.flow"
        copy.write_text(project.loaded.sources[project.loaded.flow.display])
        again = weirflow.open(copy).loaded.flow
        assert [(n.id, n.operator, n.parameters) for n in again.nodes] == [
            (n.id, n.operator, n.parameters) for n in project.loaded.flow.nodes
        ], path.name
