"""Columns marked personal: after a real run their values are in no report, record, event or message."""

from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
import pytest

import weirflow
from weirflow.api import Columns, NodeError, Schema, Selector, mark_personal
from weirflow.errors import RunError
from weirflow.plan.model import Options

PEOPLE = [
    ("Annegret Quassel", "aq@post.test", 19840229, "Quedlinburg", 13, "low"),
    ("Bertram Zwiebel", "bz@post.test", 19910707, "Xanten", 27, "high"),
    ("Cosima Vogtlaender", "cv@post.test", 19770418, "Quedlinburg", 35, "low"),
    ("Detlef Yorck", "dy@post.test", 20011224, "Quedlinburg", 48, "high"),
    ("Edeltraud Xaver", "ex@post.test", 19690313, "Xanten", 59, "low"),
    ("Friedhelm Uhu", "fu@post.test", 19550511, "Worpswede", 63, "low"),
]
WORDS = {w for p in PEOPLE for cell in (p[0], p[1], str(p[2]), p[3]) for w in (cell, *cell.split())}
PERSONAL = "[name, email, born, city]"
FLOW = """\
flow: 1
name: people
nodes:
  - {{id: people, operator: read.{kind}, parameters: {{path: people.{kind}, personal: {personal}}}}}
  - {{id: renamed, operator: columns.rename, parameters: {{columns: {{email: contact}}}}}}
  - {{id: again, operator: columns.duplicate, cache: true, parameters: {{column: contact, output: copied}}}}
  - {{id: parts, operator: text.split, parameters: {{column: name, delimiter: " ", output: [first, last]}}}}
  - {{id: filled, operator: missing.impute, parameters: {{columns: [first], strategy: most_frequent}}}}
  - {{id: scaled, operator: scale.min_max, parameters: {{columns: {{type: numeric}}}}}}
  - {{id: hot, operator: encode.one_hot, parameters: {{columns: [city, risk], keep_original: true}}}}
  - {{id: looked, operator: columns.move, parameters: {{columns: risk, to: start}}}}
  - {{id: summary, operator: analyse.summary}}
  - {{id: whole, operator: analyse.summary, inputs: people}}
  - {{id: info, operator: analyse.schema, inputs: looked}}
  - {{id: names, operator: analyse.histogram, inputs: people, parameters: {{column: name, by: city}}}}
  - {{id: births, operator: analyse.histogram, inputs: people, parameters: {{column: born, facet: risk}}}}
  - {{id: sizes, operator: analyse.histogram, inputs: people, parameters: {{column: size, by: email, facet: city}}}}
  - {{id: dots, operator: analyse.scatter, inputs: people, parameters: {{x: size, y: born}}}}
  - {{id: colours, operator: analyse.scatter, inputs: people, parameters: {{x: size, y: size, color: name}}}}
  - {{id: fair, operator: analyse.bias, inputs: people, parameters: {{label: risk, favourable: [low], facet: city}}}}
  - {{id: model, operator: analyse.quick_model, inputs: looked, parameters: {{label: risk, trees: 5}}}}
  - id: snippet
    operator: custom.pandas
    inputs: people
    parameters:
      code: |
        print(df.head())
        df["initial"] = df["name"].str[:9]
  - {{id: after, operator: columns.drop, parameters: {{columns: size}}}}
  - {{id: loud, operator: missing.impute, parameters: {{columns: initial, strategy: most_frequent}}}}
  - {{id: broken, operator: columns.cast, inputs: people, parameters: {{types: {{name: int64}}}}}}
  - {{id: out, operator: write.csv, inputs: looked, parameters: {{path: out.csv}}}}
  - {{id: bad, operator: write.csv, inputs: broken, parameters: {{path: bad.csv}}}}
  - {{id: end, operator: write.csv, inputs: loud, parameters: {{path: end.csv}}}}
"""


@pytest.fixture(scope="module", params=["csv", "parquet"])
def ran(request, tmp_path_factory):
    """What a run with the command wrote: its folder, its events, and all that it told people."""
    folder = tmp_path_factory.mktemp("people")
    write(folder, FLOW.format(kind=request.param, personal=PERSONAL))
    command = [sys.executable, "-m", "weirflow", "run", "people.flow", "--allow-code"]
    events = subprocess.run([*command, "--json"], cwd=folder, capture_output=True, text=True, check=False)
    told = subprocess.run(
        [*command, "--refit", "-v"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (events.returncode, told.returncode) == (1, 1)  # the cast fails
    return folder, events.stdout, events.stderr + told.stdout + told.stderr


def write(folder, flow):
    frame = pl.DataFrame(PEOPLE * 2, schema=["name", "email", "born", "city", "size", "risk"], orient="row")
    frame.write_csv(folder / "people.csv")
    frame.write_parquet(folder / "people.parquet")
    (folder / "people.flow").write_text(flow)


def said(text):
    return sorted(w for w in WORDS if w in text)


def test_no_value_is_in_any_page_record_event_or_message(ran):
    folder, json_lines, messages = ran
    pages = [*folder.rglob("report.html"), *folder.rglob("record.json")]
    assert len(pages) == 4
    for page in pages:
        assert said(page.read_text()) == []
    assert said(json_lines) == []
    assert said(messages) == []
    assert "WF613" in messages
    for name in ("out.csv", "end.csv"):  # the work itself is done
        assert "Quedlinburg" in (folder / name).read_text()


def test_the_rest_is_shown(ran):
    folder, json_lines, _ = ran
    record = json.loads(next(folder.rglob("record.json")).read_text())
    nodes = {n["id"]: n for n in record["nodes"]}
    sample = nodes["parts"]["sample"]
    hidden = {c for i, c in enumerate(sample["columns"]) if {r[i] for r in sample["rows"]} == {"•••"}}
    assert hidden == {"name", "contact", "copied", "born", "city", "first", "last"}
    assert [r[sample["columns"].index("size")] for r in sample["rows"]] == [p[4] for p in PEOPLE * 2][:8]
    masked = [c["name"] for c in nodes["looked"]["columns"] if c["name"].startswith("city_")]
    assert sorted(masked) == ["city_•••1", "city_•••2", "city_•••3"]
    assert {"risk_low", "risk_high"} <= {c["name"] for c in nodes["looked"]["columns"]}
    assert all(c["personal"] for c in nodes["loud"]["columns"])  # nobody knows what a snippet made of what
    assert nodes["filled"]["trained"] == {"withheld": "learned from personal columns"}
    assert "withheld" in nodes["snippet"]["output"]
    texts = {n: json.dumps(nodes[n]["report"], ensure_ascii=False) for n in nodes if nodes[n].get("report")}
    assert "born is marked personal" in texts["births"]
    assert "value 1" in texts["names"]
    assert "city_•••" in texts["model"]
    events = [json.loads(line) for line in json_lines.splitlines()]
    assert {"fitted", "described", "reported", "node_failed"} <= {e["event"] for e in events}


def test_masking_asks_for_no_new_fit(tmp_path):
    few = FLOW.partition("  - {{id: summary")[0]
    write(tmp_path, few.format(kind="csv", personal="[]"))
    weirflow.open(tmp_path / "people.flow").run(Options(report="none"), apart=False).check()
    write(tmp_path, few.format(kind="csv", personal="{type: string}"))
    plan = weirflow.open(tmp_path / "people.flow").plan(Options(frozen=True))
    assert {c.name for c in plan.flowed.schemas["people", "default"] if c.personal} == {
        "name",
        "email",
        "city",
        "risk",
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_unknown_name_is_an_error_with_a_suggestion(tmp_path, kind):
    write(tmp_path, FLOW.format(kind=kind, personal="[name, emial]"))
    with pytest.raises(RunError, match="WF401: there is no column 'emial' to mark as personal") as caught:
        weirflow.open(tmp_path / "people.flow").plan()
    (found,) = caught.value.diagnostics
    assert (found.node, found.hint) == ("people", "did you mean 'email'?")
    assert found.where.path[-3:] == ("parameters", "personal", 1)


def test_a_selector_marks_what_it_chooses():
    schema = Schema.of({"name": "string", "notes": "string", "age": "int64"})
    marked = mark_personal(schema, Columns(selector=Selector(type="string", **{"except": ("notes",)})))
    assert [c.name for c in marked if c.personal] == ["name"]
    with pytest.raises(NodeError, match="no column 'note'"):
        mark_personal(schema, Columns(selector=Selector(**{"except": ("note",)})))
    unknown = Schema.of({"name": None, "age": "int64"})  # what cannot be told is masked
    assert all(c.personal for c in mark_personal(unknown, Columns(selector=Selector(type="string"))))


@pytest.fixture(scope="module")
def cli(ran):
    """What another verb prints of the flow that was run."""
    folder, _, _ = ran

    def run(*arguments):
        command = [sys.executable, "-m", "weirflow", *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize("arguments", [("--schemas",), ("--json",)])
def test_a_plan_prints_no_value(cli, arguments):
    text = cli("plan", "people.flow", *arguments)
    assert said(text) == []
    assert any(f"city_{m}1" in text for m in ("•••", "\\u2022\\u2022\\u2022"))
    assert "risk_high" in text


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("node", ["people", "parts", "looked"])
def test_a_preview_masks_values_unless_they_are_asked_for(cli, form, node):
    arguments = ("preview", "people.flow", node, "--format", form)
    text = cli(*arguments)
    assert said(text) == []
    assert "•••" in text or "\\u2022" in text
    assert "risk" in text
    assert "Quedlinburg" in cli(*arguments, "--show-personal")


def test_a_preview_of_what_nobody_knows_masks_all(cli):
    text = cli("preview", "people.flow", "after", "--allow-code")
    assert said(text) == []
    assert "low" not in text


def test_from_python_a_preview_is_the_table_as_it_is(ran):
    folder, _, _ = ran
    assert weirflow.open(folder / "people.flow").preview("people")["born"][0] == PEOPLE[0][2]
