"""`plan` and `graph`: what a flow is, before anything runs."""

import json
import xml.etree.ElementTree as ET

import pytest


def rows(text):
    """The plan's table: node -> its cells."""
    body = text.split("\n\n")[0].splitlines()[1:]
    return {line.split()[0]: line.split(None, 2)[2] for line in body}


def test_plan_tells_what_happens_and_why(weirflow):
    done = weirflow("plan", "people.flow")
    table = rows(done.out)

    assert done.code == 0
    assert list(table) == ["people", "city", "out"]
    assert table["city"].split() == ["fit", "1", "never", "fitted"]
    assert table["people"].startswith("read")
    assert table["out"].startswith("write")
    # once for the question, once for the file
    assert (
        "people (people.csv): scanned once (decoded once, then read at least 2 times from the copy)"
        in done.out
    )


def test_plan_as_json(weirflow):
    plan = json.loads(weirflow("plan", "people.flow", "--json").out)
    nodes = {n["id"]: n for n in plan["nodes"]}

    assert (nodes["city"]["action"], nodes["city"]["reason"], nodes["city"]["wave"]) == (
        "fit",
        "never fitted",
        1,
    )
    assert nodes["out"]["inputs"] == [{"node": "city", "output": "default", "input": "default"}]
    assert nodes["people"]["outputs"][0]["columns"] == [
        {"name": "name", "dtype": "string"},
        {"name": "city", "dtype": "string"},
        {"name": "age", "dtype": "int64"},
    ]
    assert plan["waves"] == [["city"]]
    assert plan["scans"] == [
        {"source": "people", "scans": 1, "reads": 2, "decoded_once": True, "exact": False}
    ]
    assert plan["copies"] == []


def test_plan_names_what_is_computed_once_and_who_reads_it(weirflow, folder):
    flow = folder / "people.flow"
    flow.write_text(
        flow.read_text()
        + "  - {id: oldest, operator: scale.max_abs, inputs: people, parameters: {columns: age}}\n"
        + "  - {id: ages, operator: columns.keep, parameters: {columns: age}, cache: true}\n"
        + "  - {id: aged, operator: write.csv, parameters: {path: aged.csv}}\n"
        + "  - {id: also, operator: write.parquet, inputs: city, parameters: {path: also.parquet}}\n"
        + "  - {id: last, operator: write.parquet, inputs: city, parameters: {path: last.parquet}}\n"
    )
    out = weirflow("plan", "people.flow").out
    copies = json.loads(weirflow("plan", "people.flow", "--json").out)["copies"]

    assert "\nages: computed once, as `cache: true` asks\n" in out
    assert rows(out)["ages"].split() == ["apply", "computed", "once"]
    assert {"node": "ages", "output": "default", "readers": ["aged"], "asked": True} in copies


def test_plan_shows_schemas(weirflow):
    out = weirflow("plan", "people.flow", "--schemas").out

    assert "    name: string, city: string, age: int64\n" in out


def test_plan_of_a_selection(weirflow):
    table = rows(weirflow("plan", "people.flow", "-s", "+city").out)

    assert table["out"].split() == ["skip", "not", "selected"]


def test_plan_of_nothing_selected(weirflow):
    done = weirflow("plan", "people.flow", "-s", "citty")

    assert (done.code, done.out) == (5, "")
    assert "did you mean 'city'?" in done.err


def test_plan_of_an_invalid_flow(weirflow, folder):
    (folder / "people.flow").write_text("flow: 1\nnodes:\n  - id: a\n    operator: read.csv\n")

    assert weirflow("plan", "people.flow").code == 3


def test_plan_without_the_data(weirflow, folder):
    (folder / "people.csv").unlink()
    done = weirflow("plan", "people.flow")

    assert done.code == 0
    assert "read.csv@1" in done.out
    assert "people.flow:6:" in done.err
    assert "warning[WF602]: there is no file 'people.csv': planned without its columns" in done.err


def test_plan_frozen_refuses_to_fit(weirflow):
    done = weirflow("plan", "people.flow", "--frozen")

    assert done.code == 1
    assert "WF612" in done.err


def test_plan_writes_nothing(weirflow, folder):
    before = sorted(p.name for p in folder.iterdir())
    weirflow("plan", "people.flow")

    assert sorted(p.name for p in folder.iterdir()) == before


def test_graph_in_the_terminal(weirflow):
    lines = weirflow("graph", "people.flow").out.splitlines()

    assert [line.split()[1:3] for line in lines] == [
        ["people", "read.csv"],
        ["city", "encode.one_hot"],
        ["out", "write.csv"],
    ]


def test_graph_as_mermaid(weirflow):
    out = weirflow("graph", "people.flow", "--format", "mermaid").out

    assert out.startswith("flowchart TD\n")
    assert "n_people --> n_city" in out


@pytest.mark.parametrize("arguments", [["--format", "svg"], ["-o", "drawn.svg"]])
def test_graph_as_svg(weirflow, folder, arguments):
    done = weirflow("graph", "people.flow", *arguments)
    text = done.out or (folder / "drawn.svg").read_text()

    assert done.code == 0
    assert ET.fromstring(text).tag.endswith("svg")


def test_graph_of_a_selection(weirflow):
    out = weirflow("graph", "people.flow", "-s", "+city", "--format", "mermaid").out
    assert "people" in out
    assert "out" not in out
    assert weirflow("graph", "people.flow", "-s", "nobody").code == 5


@pytest.mark.parametrize("name", ["drawn.png", "drawn.pdf"])
def test_graph_in_a_form_that_there_is_not_is_usage(weirflow, folder, name):
    done = weirflow("graph", "people.flow", "-o", name)
    assert done.code == 2
    assert f"nothing is drawn as '.{name[-3:]}'; end the file's name in one of .svg, .html," in done.err
    assert not (folder / name).exists()


def test_graph_as_a_page(weirflow, folder):
    done = weirflow("graph", "people.flow", "-o", "drawn.html")

    assert (done.out, done.err) == ("", "wrote drawn.html\n")
    assert (folder / "drawn.html").read_text().lower().startswith("<!doctype html>")


def test_graph_names_ports_where_there_are_several():
    from pathlib import Path

    from weirflow.cli.graph import drawn
    from weirflow.errors import Where
    from weirflow.flow.model import Flow, NodeSpec
    from weirflow.graph.model import Edge, Graph, GraphNode
    from weirflow.node.payloads import Port

    def node(id_, inputs, ins, outs):
        spec = NodeSpec(id_, "x.y", None, {}, None, Where("f"))
        return GraphNode(spec, None, inputs, tuple(Port(n) for n in ins), tuple(Port(n) for n in outs))

    split = node("split", (), [], ["train", "test"])
    join = node(
        "join",
        (
            Edge("split", "train", "join", "left", 0, "table"),
            Edge("split", "test", "join", "right", 1, "table"),
        ),
        ["left", "right"],
        ["default"],
    )
    flow = Flow(Path("f"), Path(), "f", "f", "", 0, {}, {}, (), ())
    drawing = drawn(Graph(flow, {"split": split, "join": join}))

    assert [e.label for e in drawing.edges] == ["train → left", "test → right"]
