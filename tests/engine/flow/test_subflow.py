"""Subflows: flattened nodes, edges across the boundary, parameters, folders, circles."""

from __future__ import annotations

from pathlib import Path

import pytest

from weirflow.errors import Where
from weirflow.flow.load import load
from weirflow.flow.model import InputSpec
from weirflow.flow.show import render

INNER = """\
flow: 1
inputs: {applicants: table}
outputs: {default: scale, half: split.train, files: {from: out, type: files}}
parameters:
  lookup: {type: path}
  secret: {type: string, default: none}
requires: [tabular]
nodes:
  - id: scale
    operator: scale.standard
    parameters: {path: "${lookup}", secret: "${secret}"}
  - {id: split, operator: split.random, inputs: applicants, seed: 9}
  - {id: out, operator: write.csv, inputs: split.test}
"""
OUTER = """\
flow: 1
nodes:
  - {id: read, operator: read.csv}
  - id: prepare
    operator: flow
    title: Prepare
    tags: [x]
    inputs: read.default
    parameters: {path: steps/inner.flow, parameters: {lookup: data/l.csv, secret: "${secret:PW}"}}
  - {id: use, operator: a.b, inputs: prepare.half}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".flow")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load(Path("outer.flow"), environ={})

    return write


def heads(loaded):
    return [render([d], loaded.sources).splitlines()[0] for d in loaded.diagnostics]


def test_a_subflow_is_flattened(project, tmp_path):
    loaded = project(outer=OUTER, steps__inner=INNER)
    assert heads(loaded) == []
    read, applicants, scale, split, out, prepare, use = loaded.flow.nodes
    assert [n.id for n in loaded.flow.nodes] == [
        "read", "prepare/applicants", "prepare/scale", "prepare/split", "prepare/out", "prepare", "use",
    ]  # fmt: skip
    inner_file = "steps/inner.flow"
    outer_edge = Where("outer.flow", ("nodes", 1, "inputs"))
    assert (applicants.operator, applicants.version, applicants.parameters) == (
        "flow.input",
        1,
        {"type": "table"},
    )
    assert applicants.inputs == (InputSpec(None, "read", "default", outer_edge),)
    assert applicants.where == Where(inner_file, ("inputs", "applicants"))
    assert [n.scope for n in (read, applicants, scale, prepare)] == [(), ("prepare",), ("prepare",), ()]
    assert (scale.inputs, scale.where) == (None, Where(inner_file, ("nodes", 0)))
    assert scale.parameters == {"path": "../data/l.csv", "secret": "${secret:PW}"}
    assert [n.base for n in (read, scale, prepare)] == [tmp_path, tmp_path / "steps", tmp_path]
    assert [(i.node, i.output) for i in split.inputs + out.inputs] == [
        ("prepare/applicants", None),
        ("prepare/split", "test"),
    ]
    assert (prepare.operator, prepare.version, prepare.title, prepare.tags) == (
        "flow.output",
        1,
        "Prepare",
        ("x",),
    )
    assert prepare.parameters == {"ports": {"default": "table", "half": "table", "files": "files"}}
    assert prepare.where == Where("outer.flow", ("nodes", 1))
    assert prepare.inputs == (
        InputSpec("default", "prepare/scale", None, Where(inner_file, ("outputs", "default"))),
        InputSpec("half", "prepare/split", "train", Where(inner_file, ("outputs", "half"))),
        InputSpec("files", "prepare/out", None, Where(inner_file, ("outputs", "files", "from"))),
    )
    assert [(i.node, i.output) for i in use.inputs] == [("prepare", "half")]
    assert loaded.flow.requires == ("tabular",)
    assert list(loaded.sources) == ["outer.flow", inner_file]


def test_without_inputs_they_are_implied(project):
    loaded = project(outer=OUTER.replace("    inputs: read.default\n", ""), steps__inner=INNER)
    assert loaded.flow.nodes[1].inputs is None


def test_a_flow_with_inputs_can_be_loaded_alone(tmp_path):
    loaded = load(tmp_path / "x.flow", text=INNER, parameters={"lookup": "l.csv"}, environ={})
    assert next((n.id, n.operator, n.inputs) for n in loaded.flow.nodes) == ("applicants", "flow.input", ())


def test_seeds_come_from_the_nearest(project):
    outer = OUTER.replace("tags: [x]", "seed: 4")
    seeds = {n.id: n.seed for n in project(outer=outer, steps__inner=INNER).flow.nodes}
    assert (seeds["prepare/scale"], seeds["prepare/split"], seeds["use"]) == (4, 9, None)
    seeds = {n.id: n.seed for n in project(outer=OUTER, steps__inner=INNER + "seed: 3\n").flow.nodes}
    assert (seeds["prepare/scale"], seeds["prepare/split"], seeds["use"]) == (3, 9, None)


def test_subflows_in_subflows_and_overrides(project):
    node = "{id: deep, operator: flow, parameters: {path: leaf.flow}}"
    middle = f"flow: 1\noutputs: {{default: deep}}\nnodes: [{node}]\n"
    leaf = "flow: 1\noutputs: {default: a}\nnodes: [{id: a, operator: b.c, parameters: {x: 1}}]\n"
    outer = "flow: 1\nnodes:\n  - {id: one, operator: flow, parameters: {path: s/middle.flow}}\n"
    outer += "  - {id: two, operator: flow, parameters: {path: s/leaf.flow}}\n"
    assert project(outer=outer, s__middle=middle, s__leaf=leaf).ok
    loaded = load(Path("outer.flow"), overrides={"one/deep/a.x": "2"}, environ={})
    assert [(n.id, n.scope, n.parameters.get("x")) for n in loaded.flow.nodes] == [
        ("one/deep/a", ("one", "deep"), 2),
        ("one/deep", ("one",), None),
        ("one", (), None),
        ("two/a", ("two",), 1),
        ("two", (), None),
    ]
    assert [(i.node, i.output) for i in loaded.flow.nodes[2].inputs] == [("one/deep", None)]


GIVEN = (
    "outer.flow:9:63: error[WF205]: parameter 'lookup' of 'steps/inner.flow' should be text, "
    "and is given a whole number (node 'prepare')"
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("inputs: read.default", "inputs: []"),
         "outer.flow:8:13: error[WF306]: the subflow's input 'applicants' is not connected (node 'prepare')"),
        (("inputs: read.default", "inputs: {applicant: read}"),
         "outer.flow:8:25: error[WF304]: the subflow has no input 'applicant' (node 'prepare')"),
        (("inputs: read.default", "inputs: [read, read]"),
         "outer.flow:8:20: error[WF307]: the subflow takes 1 input, and is given more (node 'prepare')"),
        (("lookup: data/l.csv, ", ""),
         "outer.flow:9:42: error[WF204]: parameter 'lookup' of 'steps/inner.flow' has no value (node 'prepare')"),
        (("lookup: data/l.csv", "lookup: 5"),
         GIVEN),
        (("lookup: data/l.csv", "lookup: x, lokup: 5"),
         "outer.flow:9:66: error[WF208]: 'steps/inner.flow' declares no parameter 'lokup' (node 'prepare')"),
        (("path: steps/inner.flow", "path: steps/iner.flow"),
         "outer.flow:9:24: error[WF308]: there is no file 'steps/iner.flow' (node 'prepare')"),
        (("path: steps/inner.flow", "path: steps"),
         "outer.flow:9:24: error[WF308]: 'steps' is a folder, and a flow is a file (node 'prepare')"),
        (("path: steps/inner.flow", "path: 's3://x/y.flow'"),
         "outer.flow:9:24: error[WF308]: a subflow is a local file, not a URL (node 'prepare')"),
        (("path: steps/inner.flow, ", ""),
         "outer.flow:9:17: error[WF204]: a subflow has no 'path' (node 'prepare')"),
        (("{path: steps", "{pth: x, path: steps"),
         "outer.flow:9:18: error[WF203]: unknown parameter 'pth' for operator 'flow' (node 'prepare')"),
        (("operator: flow", "operator: flow@2"),
         "outer.flow:5:15: error[WF502]: operator 'flow' has no version 2 (node 'prepare')"),
        (("path: steps/inner.flow", "path: '${env:X}'"),
         "outer.flow:9:25: error[WF206]: environment variable 'X' is not set (node 'prepare')"),
    ],
)  # fmt: skip
def test_errors_at_the_including_node(project, change, expected):
    assert heads(project(outer=OUTER.replace(*change), steps__inner=INNER)) == [expected]


def test_several_inputs_have_to_be_named(project):
    inner = INNER.replace("{applicants: table}", "{applicants: table, other: table}")
    loaded = project(outer=OUTER.replace("    inputs: read.default\n", ""), steps__inner=inner)
    assert [d.message for d in loaded.diagnostics] == [
        "the subflow's inputs 'applicants', 'other' are not connected"
    ]
    loaded = project(outer=OUTER.replace("inputs: read.default", "inputs: {other: read, applicants: use}"))
    assert [n.inputs[0].node for n in loaded.flow.nodes[1:3]] == ["use", "read"]


def test_errors_inside_are_shown_inside_and_once(project):
    twice = (
        OUTER
        + "  - {id: again, operator: flow, inputs: read, parameters: {path: ./steps/../steps/inner.flow, "
    )
    twice += "parameters: {lookup: x}}}\n"
    loaded = project(outer=twice, steps__inner=INNER + "extra: 1\n")
    assert heads(loaded) == ["steps/inner.flow:14:1: error[WF201]: unknown key 'extra' in a flow"]
    loaded = project(steps__inner="flow: 1\nnodes: [\n")
    found = render(loaded.diagnostics, loaded.sources)
    assert found.startswith("steps/inner.flow:3:1: error[WF102]: ")
    assert "  'steps/inner.flow' is included here: outer.flow:9:24\n" in found
    assert loaded.flow is None


def test_an_input_and_a_node_of_one_name(project):
    inner = (
        INNER.replace("id: scale,", "")
        .replace("  - id: scale\n", "  - id: applicants\n")
        .replace("default: scale", "default: out")
    )
    loaded = project(outer=OUTER, steps__inner=inner)
    assert heads(loaded) == [
        "steps/inner.flow:9:9: error[WF301]: two nodes have the id 'applicants' (node 'prepare/applicants')"
    ]
    assert loaded.diagnostics[0].also[0][0].path[:2] == ("inputs", "applicants")


def test_circles_are_printed(project):
    one = "flow: 1\nnodes: [{id: x, operator: flow, parameters: {path: two.flow}}]\n"
    two = "flow: 1\nnodes: [{id: y, operator: flow, parameters: {path: ../s/one.flow}}]\n"
    loaded = project(outer=one.replace("two.flow", "s/one.flow"), s__one=one, s__two=two)
    (found,) = loaded.diagnostics
    assert found.message == "a flow includes itself: s/one.flow -> s/two.flow -> s/one.flow"
    assert (found.code, found.where.file, found.node) == ("WF308", "s/two.flow", "x/x/y")


def test_growth_is_bounded(project):
    node = "{{operator: flow, parameters: {{path: l{}.flow}}}}"
    files = {f"l{i}": f"flow: 1\nnodes: [{', '.join([node.format(i + 1)] * 40)}]\n" for i in range(3)}
    leaf = f"flow: 1\nnodes: [{', '.join(['{operator: a.b}'] * 40)}]\n"
    loaded = project(outer=files["l0"], **files, l3=leaf)
    assert {d.message for d in loaded.diagnostics} == {"the flow grows past 100,000 nodes"}
