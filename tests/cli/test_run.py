"""`run`, with its worker process: few tests that look at much."""

import csv
import json
import shlex
from pathlib import Path

import pytest

CODE = """\
  - id: snippet
    operator: custom.pandas
    inputs: people
    parameters:
      code: |
        raise ValueError("no")
  - id: made
    operator: write.csv
    parameters: {path: made.csv}
"""


def test_a_run_writes_and_ends_with_its_report(weirflow, folder):
    done = weirflow("run", "people.flow")
    lines = done.err.splitlines()

    assert (done.code, done.out) == (0, "")
    with (folder / "out.csv").open() as file:
        assert next(csv.DictReader(file)) == {"name": "ann", "age": "31", "city_Rome": "1", "city_Oslo": "0"}
    assert any(line.split() == ["fitted", "city"] for line in lines)
    assert any(line.startswith("ok") and line.endswith("-> out.csv") for line in lines)
    name, _, path = lines[-1].partition(": ")
    assert name == "report"
    assert (folder / path).read_text().lower().startswith("<!doctype html>")
    assert (folder / "people.trained.json").is_file()

    again = weirflow("run", "people.flow", "-v", "--report", "none")
    assert again.code == 0
    assert any(line.split()[:2] == ["use", "city"] for line in again.err.splitlines())
    assert "report:" not in again.err


def test_json_lines(weirflow, folder):
    done = weirflow("run", "people.flow", "--json", "-q", "-o", "elsewhere", "--store", "kept")
    events = [json.loads(line) for line in done.out.splitlines()]

    assert (done.code, done.err) == (0, "")
    assert [events[0]["event"], events[-1]["event"]] == ["planned", "finished"]
    fitted = next(e for e in events if e["event"] == "fitted")
    assert fitted["node"] == "city"
    written = next(e for e in events if e["event"] == "node_done" and e["node"] == "out")
    assert written["files"] == [str(folder / "elsewhere" / "out.csv")]
    last = events[-1]
    assert (last["status"], last["nodes"]["city"]) == ("done", "done")
    assert json.loads(Path(last["record"]).read_text())["run"] == last["run"]
    assert last["report"].startswith(str(folder / "kept"))


def test_a_dry_run_is_the_plan(weirflow, folder):
    assert weirflow("run", "people.flow", "-n").out == weirflow("plan", "people.flow").out
    assert not (folder / "out.csv").exists()


def test_frozen_refuses_to_fit(weirflow, folder):
    done = weirflow("run", "people.flow", "--frozen")

    assert done.code == 1
    assert "error[WF612]" in done.err
    assert not (folder / "out.csv").exists()


def test_refit_and_frozen_contradict(weirflow):
    done = weirflow("run", "people.flow", "--refit", "--frozen")

    assert done.code == 2
    assert "--refit and --frozen cannot be given together" in done.err


def test_code_is_refused_with_the_command_that_allows_it(weirflow, folder):
    (folder / "code.flow").write_text((folder / "people.flow").read_text() + CODE)
    done = weirflow("run", "code.flow", "-p", "data=people.csv")

    assert (done.code, done.out) == (2, "")
    assert "code.flow:15:5: error[WF607]" in done.err
    assert "weirflow run code.flow -p data=people.csv --allow-code\n" in done.err
    assert not (folder / "out.csv").exists()


def test_a_failed_run_ends_with_the_command_that_resumes_it(weirflow, folder):
    (folder / "code.flow").write_text((folder / "people.flow").read_text() + CODE)
    done = weirflow("run", "code.flow", "--allow-code", "--refit", "--force")
    lines = done.err.splitlines()

    assert (done.code, done.out) == (1, "")
    assert any(line.split()[:2] == ["failed", "snippet"] for line in lines)
    assert any(line.split()[:2] == ["skipped", "made"] for line in lines)
    assert "code.flow:19:7: error[WF608]" in done.err
    assert lines[-2].startswith("report: ")
    # what was fitted is kept, so it is not fitted again
    assert lines[-1] == "resume: weirflow run code.flow --allow-code"
    assert not (folder / "made.csv").exists()

    edit = (folder / "code.flow").read_text().replace('raise ValueError("no")', "df = df.head(1)")
    (folder / "code.flow").write_text(edit)
    resumed = weirflow(*shlex.split(lines[-1].removeprefix("resume: weirflow ")))
    assert resumed.code == 0
    assert (folder / "made.csv").read_text().splitlines() == ["name,city,age", "ann,Rome,31"]


def test_an_invalid_flow_does_not_begin(weirflow, folder):
    (folder / "people.flow").write_text("flow: 1\nnodes: [{operator: read.csv}]\n")
    done = weirflow("run", "people.flow")

    assert done.code == 3
    assert "resume" not in done.err
    assert not (folder / ".weirflow").exists()


def test_missing_data(weirflow):
    done = weirflow("run", "people.flow", "-p", "data=nobody.csv")

    assert done.code == 1
    assert "error[WF602]" in done.err


def test_an_unknown_parameter_is_shown_with_a_suggestion(weirflow):
    done = weirflow("run", "people.flow", "-p", "dat=x.csv")

    assert done.code == 2
    assert "did you mean 'data'?" in done.err


def test_a_parameter_without_a_value_is_usage(weirflow):
    assert weirflow("run", "people.flow", "-p", "data").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["plan", "people.flow", "--limit", "3"],
            "No such option '--limit'. Verbs that have it: run, preview.",
        ),
        (["run", "people.flow", "--format", "json"], "Verbs that have it: check, graph, preview."),
        (["run", "people.flow", "--limt", "3"], "Did you mean"),
    ],
)
def test_an_option_of_another_verb_is_told(weirflow, arguments, words):
    done = weirflow(*arguments)
    assert done.code == 2
    assert words in " ".join(done.err.split())
