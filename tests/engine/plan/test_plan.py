"""Plans: what will happen to each node and why, what is kept, what is refused."""

from __future__ import annotations

import csv
import json
import os

import pytest

import weirflow
from weirflow.cli import main
from weirflow.errors import FlowError, RunError, SelectionError
from weirflow.plan.model import Options

FLOW = """\
flow: 1
name: people
parameters:
  data: {type: path, default: people.csv}
nodes:
  - {id: people, operator: read.csv, parameters: {path: "${data}"}}
  - {id: filled, operator: missing.impute, parameters: {columns: age}, tags: [numbers]}
  - {id: scaled, operator: scale.min_max, parameters: {columns: [age]}, tags: [numbers]}
  - {id: city, operator: encode.one_hot, parameters: {columns: city}}
  - {id: out, operator: write.csv, parameters: {path: out.csv}}
  - {id: side, operator: scale.max_abs, inputs: people, parameters: {columns: pay}}
  - {id: pay, operator: write.csv, inputs: side, parameters: {path: pay.csv}}
"""
CSV = "city,age,pay\nRome,30,1\nOslo,,2\nRome,50,4\n"


@pytest.fixture
def people(tmp_path):
    (tmp_path / "people.flow").write_text(FLOW)
    (tmp_path / "people.csv").write_text(CSV)
    return tmp_path / "people.flow"


def fitted(path):
    weirflow.open(path).run(Options(report="none"), apart=False).check()


def why(path, options=None, **opened):
    plan = weirflow.open(path, **opened).plan(options or Options())
    return {n.id: (n.action, n.reason) for n in plan.nodes.values()}


def read(path):
    with path.open(newline="") as file:
        return [{k: float(v) for k, v in row.items() if v and k != "city"} for row in csv.DictReader(file)]


def learned(path):
    return json.loads(path.with_name("people.trained.json").read_text())["nodes"]


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


# ---------------------------------------------------------------------- reasons


def test_what_was_never_fitted_is_fitted_and_then_used(people):
    first = why(people)
    assert {n for n, (action, _) in first.items() if action == "fit"} == {"filled", "scaled", "city", "side"}
    assert {r for a, r in first.values() if a == "fit"} == {"never fitted"}
    assert (first["people"][0], first["out"][0]) == ("read", "write")
    fitted(people)
    assert {r for a, r in why(people).values() if a == "use"} == {"trained before"}
    assert "fit" not in {a for a, _ in why(people).values()}
    assert weirflow.open(people).plan().waves == ()


def test_changed_parameters_and_changed_inputs_are_named(people):
    fitted(people)
    edit(people, "missing.impute, parameters: {columns: age}",
         "missing.impute, parameters: {columns: age, strategy: median}")  # fmt: skip
    reasons = why(people)
    assert reasons["filled"] == ("fit", "parameters changed: strategy")
    assert reasons["scaled"] == ("fit", "input changed: filled")
    assert reasons["city"] == ("fit", "input changed: scaled")
    assert reasons["side"] == ("use", "trained before")
    edit(people, "columns: [age]", "columns: [age, pay]")
    assert why(people)["scaled"] == ("fit", "parameters changed: columns")


def test_values_that_a_run_sets_count_as_changes(people):
    fitted(people)
    reasons = why(people, overrides={"filled.strategy": "median"})
    assert reasons["filled"] == ("fit", "parameters changed: strategy")
    assert why(people, overrides={"out.path": "elsewhere.csv"})["filled"] == ("use", "trained before")


def test_refit_is_a_reason_for_what_is_selected(people):
    fitted(people)
    everything = why(people, Options(refit=True))
    assert {r for a, r in everything.values() if a == "fit"} == {"refit asked for"}
    one = why(people, Options(refit=True, select=("scaled",)))
    assert one["scaled"] == ("fit", "refit asked for")
    assert one["filled"] == ("use", "trained before")
    assert one["side"] == ("skip", "not selected")


def test_refit_learns_from_the_data_of_today(people):
    fitted(people)
    people.with_name("people.csv").write_text(CSV.replace("4\n", "8\n"))
    weirflow.open(people).run(Options(refit=True, report="none"), apart=False).check()
    assert learned(people)["side"]["trained"] == {"largest": {"pay": 8.0}}


# ---------------------------------------------------------------------- scoring


def test_new_data_keeps_what_was_learned(people):
    fitted(people)
    before = people.with_name("people.trained.json").read_bytes()
    people.with_name("other.csv").write_text("city,age,pay\nOslo,70,8\nRome,,2\n")
    project = weirflow.open(people, p={"data": "other.csv"})
    assert {n.reason for n in project.plan().nodes.values() if n.action == "use"} == {"trained before"}
    record = project.run(Options(report="none"), apart=False).check().record
    assert record.waves == ()
    # age: 40 (the mean) for null, then from 30 and 50 onto 0 and 1; pay: divided by 4
    rows = read(people.with_name("out.csv"))
    assert [(r["age"], r["city_Rome"], r["city_Oslo"]) for r in rows] == [(2.0, 0, 1), (0.5, 1, 0)]
    assert [r["pay"] for r in read(people.with_name("pay.csv"))] == [2.0, 0.5]
    assert people.with_name("people.trained.json").read_bytes() == before


def test_frozen_lists_all_that_is_not_fitted_and_is_content_when_all_is(people, capfd, monkeypatch):
    monkeypatch.chdir(people.parent)
    with pytest.raises(RunError, match="WF612") as caught:
        weirflow.open(people).plan(Options(frozen=True))
    assert [d.node for d in caught.value.diagnostics] == ["filled", "scaled", "city", "side"]
    assert {d.code for d in caught.value.diagnostics} == {"WF612"}
    assert main(["run", "people.flow", "--frozen"]) == 1
    err = capfd.readouterr().err
    for line, node in ((7, "filled"), (8, "scaled"), (9, "city"), (11, "side")):
        assert f"people.flow:{line}:5: error[WF612]: '{node}'" in err
    assert not people.with_name("out.csv").exists()
    fitted(people)
    assert weirflow.open(people).run(Options(frozen=True, report="none"), apart=False).ok


def test_frozen_asks_only_for_what_is_selected(people):
    weirflow.open(people).run(Options(select=("+pay",), report="none"), apart=False).check()
    assert set(learned(people)) == {"side"}
    assert weirflow.open(people).plan(Options(frozen=True, select=("+pay",))).nodes["side"].action == "use"
    with pytest.raises(RunError, match="'city' would have to be fitted"):
        weirflow.open(people).plan(Options(frozen=True))


# ---------------------------------------------------------------------- selection and options


@pytest.mark.parametrize(
    ("terms", "taking_part"),
    [
        (("+pay",), {"people", "side", "pay"}),
        (("side+",), {"people", "side", "pay"}),
        (("scaled",), {"people", "filled", "scaled"}),
        (("tag:numbers",), {"people", "filled", "scaled"}),
        (("operator:scale.*",), {"people", "filled", "scaled", "side"}),
        (("side", "filled"), {"people", "filled", "side"}),
        (("filled+",), {"people", "filled", "scaled", "city", "out"}),
    ],
)
def test_what_is_selected_takes_part_with_all_that_feeds_it(people, terms, taking_part):
    reasons = why(people, Options(select=terms))
    assert {n for n, (action, _) in reasons.items() if action != "skip"} == taking_part


def test_a_selection_of_nothing_is_an_error_of_its_own(people, capfd, monkeypatch):
    monkeypatch.chdir(people.parent)
    with pytest.raises(SelectionError, match="WF210"):
        why(people, Options(select=("scald",)))
    assert main(["run", "people.flow", "-s", "scald"]) == 5
    assert "did you mean 'scaled'" in capfd.readouterr().err


def test_limit_takes_the_first_rows_of_every_source(people):
    weirflow.open(people).run(Options(limit=2, report="none"), apart=False).check()
    assert [r["pay"] for r in read(people.with_name("pay.csv"))] == [0.5, 1.0]
    assert learned(people)["side"]["trained"] == {"largest": {"pay": 2.0}}


def test_output_puts_relative_destinations_in_another_folder(people):
    weirflow.open(people).run(Options(output=people.parent / "there", report="none"), apart=False).check()
    assert sorted(p.name for p in (people.parent / "there").iterdir()) == ["out.csv", "pay.csv"]
    assert not people.with_name("out.csv").exists()


# ---------------------------------------------------------------------- facts and files


def test_data_that_changed_after_the_plan_is_refused(people):
    project = weirflow.open(people)
    plan = project.plan(Options(report="none"))
    people.with_name("people.csv").write_text(CSV + "Rome,60,3\n")
    with pytest.raises(RunError, match="WF611: the data of 'people' changed"):
        project.run(plan=plan, apart=False)
    os.utime(people.with_name("people.csv"), ns=(1, 1))
    with pytest.raises(RunError, match="WF611"):
        project.run(plan=plan, apart=False)
    assert not people.with_name("out.csv").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"weirflow": 1, "nodes": {"x": {}}}', "\udcff"])
def test_a_trained_file_that_cannot_be_read_is_said_so_and_kept(people, text):
    file = people.with_name("people.trained.json")
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match=r"WF702: people\.trained\.json"):
        weirflow.open(people).plan()
    assert file.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert not [d for d in weirflow.open(people).diagnose() if d.severity == "error"]  # check reads the flow


def test_an_entry_that_is_not_what_the_operator_learns_is_fitted_anew_and_frozen_refuses(people):
    fitted(people)
    file = people.with_name("people.trained.json")
    file.write_text(file.read_text().replace('"largest"', '"biggest"'))
    assert why(people)["side"] == ("fit", "what was recorded cannot be read")
    with pytest.raises((RunError, FlowError), match="WF702: what is recorded for 'side'"):
        weirflow.open(people).plan(Options(frozen=True))


def test_the_trained_file_is_canonical(people):
    file = people.with_name("people.trained.json")
    fitted(people)
    first = file.read_bytes()
    weirflow.open(people).run(Options(refit=True, report="none"), apart=False).check()
    assert file.read_bytes() == first
    data = json.loads(first)
    assert first.decode() == json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    assert list(data) == sorted(data)
    assert json.dumps(data["nodes"]) == json.dumps(data["nodes"], sort_keys=True)
    assert data["sources"] == {"people": {"city": "string", "age": "int64", "pay": "int64"}}
    assert data["nodes"]["scaled"]["trained"] == {"maximum": {"age": 50.0}, "minimum": {"age": 30.0}}
    assert str(people.parent) not in first.decode()


def test_a_plan_changes_nothing(people):
    weirflow.open(people).plan()
    assert sorted(p.name for p in people.parent.iterdir()) == ["people.csv", "people.flow"]
