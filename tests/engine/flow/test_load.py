"""Loading: the model, all errors at once, parameters, overrides."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from weirflow.errors import Where
from weirflow.flow.load import load
from weirflow.flow.model import InputSpec, ParameterSpec
from weirflow.flow.show import render

HEAD = "flow: 1\nnodes:\n"


def flow_of(text, **more):
    loaded = load(Path("x.flow"), text=text, environ={}, **more)
    assert [f"{d.code} {d.message}" for d in loaded.diagnostics] == []
    assert loaded.ok
    return loaded.flow


def faults(text, **more):
    loaded = load(Path("x.flow"), text=text, environ={}, **more)
    assert not loaded.ok
    return [(d.code, d.message) for d in loaded.diagnostics]


def test_a_whole_flow():
    flow = flow_of(
        """\
flow: 1
name: credit-risk
description: what it is for
seed: 7
requires: [tabular]
parameters:
  data: {type: path, default: a.csv, description: the table}
  rows: 10
nodes:
  - id: applicants
    operator: read.csv
    parameters: {path: "${data}", limit: "${rows}"}
    inputs: []
  - operator: encode.one_hot@2
    title: One hot
    description: Encode.
    tags: [slow, x]
    cache: true
    seed: 5
  - operator: encode.one_hot
    inputs: one_hot.default
    tags: slow
  - id: both
    operator: join.left
    inputs: {left: one_hot, right: applicants}
  - id: listed
    operator: join.union
    inputs: [one_hot, one_hot_2.x]
tests:
  - {name: t, mock: {applicants: []}}
"""
    )
    assert (flow.name, flow.description, flow.seed, flow.requires) == (
        "credit-risk",
        "what it is for",
        7,
        ("tabular",),
    )
    assert flow.display == "x.flow"
    assert (flow.file, flow.base) == (Path.cwd() / "x.flow", Path.cwd())
    assert flow.parameters == {
        "data": ParameterSpec("data", "path", "a.csv", required=False, description="the table"),
        "rows": ParameterSpec("rows", "integer", 10, required=False, description=""),
    }
    assert flow.values == {"data": "a.csv", "rows": 10}
    assert flow.tests == ({"name": "t", "mock": {"applicants": []}},)
    first, hot, hot2, both, listed = flow.nodes
    assert (first.id, first.operator, first.version, first.inputs) == ("applicants", "read.csv", None, ())
    assert first.parameters == {"path": "a.csv", "limit": 10}
    assert first.where == Where("x.flow", ("nodes", 0))
    assert (hot.id, hot.operator, hot.version, hot.inputs) == ("one_hot", "encode.one_hot", 2, None)
    assert (hot.title, hot.description, hot.tags, hot.cache, hot.seed) == (
        "One hot",
        "Encode.",
        ("slow", "x"),
        True,
        5,
    )
    assert (hot2.id, hot2.tags, hot2.seed, hot2.scope, hot2.base) == (
        "one_hot_2",
        ("slow",),
        None,
        (),
        Path.cwd(),
    )
    assert hot2.inputs == (InputSpec(None, "one_hot", "default", Where("x.flow", ("nodes", 2, "inputs"))),)
    assert both.inputs == (
        InputSpec("left", "one_hot", None, Where("x.flow", ("nodes", 3, "inputs", "left"))),
        InputSpec("right", "applicants", None, Where("x.flow", ("nodes", 3, "inputs", "right"))),
    )
    assert listed.inputs == (
        InputSpec(None, "one_hot", None, Where("x.flow", ("nodes", 4, "inputs", 0))),
        InputSpec(None, "one_hot_2", "x", Where("x.flow", ("nodes", 4, "inputs", 1))),
    )


def test_the_name_defaults_to_the_file():
    assert flow_of("flow: 1\nnodes: []").name == "x"


def test_json_gives_the_same_flow():
    data = {"flow": 1, "nodes": [{"id": "a", "operator": "b.c", "parameters": {"x": [1, "no"]}}]}
    yaml = "flow: 1\nnodes: [{id: a, operator: b.c, parameters: {x: [1, no]}}]"
    assert flow_of(json.dumps(data)) == flow_of(yaml)


def test_made_ids_give_way_to_written_ones():
    text = (
        HEAD
        + "  - operator: a.step\n  - {id: step, operator: b.c}\n  - operator: step_2\n  - operator: x.step\n"
    )
    assert [n.id for n in flow_of(text).nodes] == ["step_2", "step", "step_2_2", "step_3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# only\n", ("WF105", "the file holds comments alone")),
        ("- a\n", ("WF105", "a flow is a mapping with 'flow' and 'nodes', and this is a list")),
        ("<flow/>", ("WF105", "this is XML or HTML, and a flow is YAML or JSON")),
        ("a: 1\n", ("WF105", "this is not a weirflow flow: it has neither 'flow' nor 'nodes'")),
        (
            "flow: {x: 1}\n",
            ("WF105", "this is a flow of other software: 'flow' should be a version, and 'nodes' a list"),
        ),
        ("nodes: []", ("WF202", "the key 'flow', which names the format's version, is missing")),
        ("flow: 2\nnodes: []", ("WF106", "the flow is of format 2, and this weirflow reads 1")),
        ("flow: '1'\nnodes: []", ("WF106", "'flow' should be 1, the format's version, and is text")),
        ("flow: true\nnodes: []", ("WF106", "'flow' should be 1, the format's version, and is true")),
        (
            '{"metadata": {"version": 1}, "nodes": [{"node_id": "4f", "type": "SOURCE", "operator": "s_0.1"}]}',
            ("WF105", "this is a SageMaker Data Wrangler flow, and its importer is not installed"),
        ),
    ],
)
def test_foreign_files(text, expected):
    assert faults(text) == [expected]


INPUTS = "'inputs' should be a node, a list of nodes, or a mapping from port to node"
BAD = """\
flow: 1
nme: credit
parameters:
  data: {type: pth}
  rows: {type: integer, default: ten}
  gone: {type: path}
  fine: 1
nodes:
  - id: a
    operator: read.csv
    parametres: {path: x}
  - id: a
    operator: b.c
    parameters: {path: "x/${fin}", y: "${", z: "${gone} ${data}"}
  - operator: [x]
  - id: c d
    operator: x.y@v2
    inputs: 3
  - just text
  - id: e
    inputs: [a/b, 5]
    cache: 1
    seed: -1
    title: 5
    tags: {}
requires: 3
tests: 4
"""


def test_all_errors_at_once():
    """The expected text is written by hand after the error style guide."""
    loaded = load(Path("bad.flow"), text=BAD, parameters={"rwos": "1"}, environ={})
    assert loaded.flow is None
    assert [render([d], loaded.sources).splitlines()[0] for d in loaded.diagnostics] == [
        "error[WF208]: the flow declares no parameter 'rwos'",
        "bad.flow:2:1: error[WF201]: unknown key 'nme' in a flow",
        "bad.flow:4:16: error[WF205]: parameter 'data' has the unknown type 'pth'",
        "bad.flow:5:34: error[WF205]: the default of parameter 'rows' should be a whole number, and is text",
        "bad.flow:6:3: error[WF204]: parameter 'gone' has no value",
        "bad.flow:11:5: error[WF201]: unknown key 'parametres' in a node (node 'a')",
        "bad.flow:12:9: error[WF301]: two nodes have the id 'a'",
        "bad.flow:14:27: error[WF206]: the flow declares no parameter 'fin' (node 'a')",
        "bad.flow:14:40: error[WF207]: '${' is never closed with '}' (node 'a')",
        "bad.flow:15:15: error[WF205]: 'operator' should be text, and is a list",
        "bad.flow:16:9: error[WF205]: 'c d' cannot be an id",
        "bad.flow:17:15: error[WF205]: 'x.y@v2' cannot be an operator",
        f"bad.flow:18:13: error[WF205]: {INPUTS}, and is 3",
        "bad.flow:19:5: error[WF205]: a node should be a mapping, and is text",
        "bad.flow:20:5: error[WF202]: a node has no 'operator' (node 'e')",
        "bad.flow:21:14: error[WF205]: 'a/b' cannot be an input (node 'e')",
        "bad.flow:21:19: error[WF205]: an input should be a node, or node.port, and is a whole number (node 'e')",
        "bad.flow:22:12: error[WF205]: 'cache' should be true or false, and is 1 (node 'e')",
        "bad.flow:23:11: error[WF205]: 'seed' should be a whole number, 0 or above, and is -1 (node 'e')",
        "bad.flow:24:12: error[WF205]: 'title' should be text, and is 5 (node 'e')",
        "bad.flow:25:11: error[WF205]: 'tags' should be a list of text, and is a mapping (node 'e')",
        "bad.flow:26:11: error[WF205]: 'requires' should be a list of text, and is 3",
    ]
    assert loaded.wrong_nodes == {"a", "e"}


def test_errors_of_single_values_leave_a_flow_to_check():
    text = (
        HEAD + '  - {id: a, operator: b.c, parameters: {x: "${y}"}}\n  - {id: d, operator: e.f}\nextra: 1\n'
    )
    loaded = load(Path("x.flow"), text=text, environ={})
    assert [n.id for n in loaded.flow.nodes] == ["a", "d"]
    assert [d.code for d in loaded.diagnostics] == ["WF206", "WF201"]
    assert loaded.wrong_nodes == {"a"}
    assert not loaded.ok


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("{id: 5, operator: b.c}", "'id' should be text, and is 5"),
        ("{id: a.b, operator: b.c}", "'a.b' cannot be an id"),
        ("{operator: b.c, parameters: [1]}", "'parameters' should be a mapping, and is a list"),
        ("{operator: b.c, parameters: {1: x}}", "a key of 'parameters' is a whole number, and keys are text"),
        (
            "{operator: b.c, inputs: }",
            f"{INPUTS}, and is nothing",
        ),
        ("{operator: b.c, inputs: a b}", "'a b' cannot be an input"),
        ("{operator: b.c@0}", "'b.c@0' cannot be an operator"),
        ("{operator: flow.output}", "'flow.output' cannot be written as an operator"),
    ],
)
def test_values_of_the_wrong_kind(node, expected):
    assert faults(f"{HEAD}  - {node}\n") == [("WF205", expected)]


def test_nodes_are_needed():
    assert faults("flow: 1") == [("WF202", "the flow has no 'nodes'")]
    assert faults("flow: 1\nnodes:") == [("WF205", "'nodes' should be a list, and is nothing")]


def parameters_of(declarations, given=None, environ=None):
    text = "flow: 1\nnodes: []\nparameters:\n" + "".join(f"  {d}\n" for d in declarations)
    return load(Path("x.flow"), text=text, parameters=given, environ=environ or {})


@pytest.mark.parametrize(
    ("type_", "given", "expected"),
    [
        ("string", "5", "5"), ("path", "a b", "a b"), ("path", Path("a/b"), "a/b"), ("integer", "-12", -12),
        ("integer", "0x1F", 31), ("integer", 4, 4), ("number", "1e3", 1000.0), ("number", "5", 5), ("number", 0.5, 0.5),
        ("boolean", "true", True), ("boolean", "False", False), ("boolean", True, True),
        ("date", "2024-02-29", "2024-02-29"),
        ("list", "a, b", ["a", "b"]), ("list", "[a, 1]", ["a", 1]), ("list", "", []), ("list", ("x",), ["x"]),
    ],
)  # fmt: skip
def test_values_given_for_parameters(type_, given, expected):
    loaded = parameters_of([f"p: {{type: {type_}}}"], {"p": given})
    assert loaded.ok
    assert loaded.flow.values == {"p": expected}
    assert type(loaded.flow.values["p"]) is type(expected)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("string", 5), ("integer", "1.0"), ("integer", "1_0"), ("integer", True), ("integer", ""), ("number", ".inf"),
        ("number", "x"), ("number", False), ("boolean", "yes"), ("boolean", 1), ("date", "2023-02-29"), ("date", "x"),
        ("date", 5), ("list", "[a"), ("list", 5),
    ],
)  # fmt: skip
def test_bad_values_given_for_parameters(type_, given):
    (found,) = parameters_of([f"p: {{type: {type_}}}"], {"p": given}).diagnostics
    assert found.code == "WF205"
    assert found.message.startswith("parameter 'p' should be ")
    if isinstance(given, str) and given:
        assert given not in found.message.replace("a whole number", "").split("such as")[0].split()


def test_defaults_follow_what_is_set_above_them():
    declarations = [
        "folder: data",
        'file: {type: path, default: "${folder}/x.csv"}',
        'n: {type: integer, default: "${env:N:-3}"}',
    ]
    assert parameters_of(declarations).flow.values == {"folder": "data", "file": "data/x.csv", "n": 3}
    found = parameters_of(declarations, {"folder": "other"}, {"N": "9"}).flow.values
    assert found == {"folder": "other", "file": "other/x.csv", "n": 9}


@pytest.mark.parametrize(
    ("declaration", "code", "message"),
    [
        ("p:", "WF205", "parameter 'p' has neither a default nor a type"),
        (
            "p: {type: integer, default: x}",
            "WF205",
            "the default of parameter 'p' should be a whole number, and is text",
        ),
        ("p: {required: true, default: x}", "WF205", "parameter 'p' is required and has a default"),
        ("p: {typ: integer, default: 1}", "WF201", "unknown key 'typ' in a parameter"),
        ("p: {type: integer}", "WF204", "parameter 'p' has no value"),
        ('p: {type: integer, default: "${env:N}"}', "WF206", "environment variable 'N' is not set"),
        ('p: "${p}"', "WF206", "parameter 'p' is not declared above this one"),
        ("p q: 1", "WF205", "'p q' cannot be a parameter's name"),
    ],
)
def test_bad_declarations(declaration, code, message):
    assert [(d.code, d.message) for d in parameters_of([declaration]).diagnostics] == [(code, message)]


def test_a_default_cannot_name_what_is_declared_below():
    (found,) = parameters_of(['p: "${q}/x"', "q: 1"]).diagnostics
    assert (found.code, found.message, found.where.column) == (
        "WF206",
        "parameter 'q' is not declared above this one",
        7,
    )


def test_a_declaration_without_default_that_is_not_required():
    assert parameters_of(["p: {type: path, required: false}"]).flow.values == {"p": None}


def test_given_values_hold_no_references():
    text = 'flow: 1\nparameters: {p: x, q: "${secret:A}"}\nnodes: [{operator: a.b, parameters: {x: "${p}", y: "${q}"}}]'
    flow = flow_of(text, parameters={"p": "${q} ${secret:A}"})
    assert flow.nodes[0].parameters == {"x": "${q} $${secret:A}", "y": "${secret:A}"}


def test_overrides():
    text = (
        HEAD
        + '  - {id: a, operator: b.c, parameters: {x: 1, deep: {l: [1, {m: 2}]}, code: "c"}}\nparameters: {p: 5}\n'
    )
    found = flow_of(
        text,
        overrides={
            "a.x": "[a, 'b: c']",
            "a.deep.l.1.m": "true",
            "a.deep.new": "${p}",
            "a.fresh.inner": "no",
            "a.delimiter": ": ",
            "a.format": "%Y",
            "a.code": "${p}",
            "a.plain": 0.5,
        },
    )
    assert found.nodes[0].parameters == {
        "x": ["a", "b: c"],
        "deep": {"l": [1, {"m": True}], "new": 5},
        "code": "${p}",
        "fresh": {"inner": "no"},
        "delimiter": ":",
        "format": "%Y",
        "plain": 0.5,
    }


def test_bad_overrides():
    text = HEAD + "  - {id: encode, operator: b.c, parameters: {x: 1}}\n"
    loaded = load(
        Path("x.flow"),
        text=text,
        overrides={"encod.x": "1", "encode": "1", "encode.x.y": "1", "encode.l": "[a"},
    )
    assert {(d.code, d.message, d.hint) for d in loaded.diagnostics} == {
        ("WF209", "'encod.x' cannot be set: there is no node 'encod'", "did you mean 'encode'?"),
        ("WF209", "'encode' cannot be set: it names no node and parameter", "write node.parameter=value"),
        ("WF209", "'encode.x.y' cannot be set: 'x' of node 'encode' has no such part", "set 'encode.x' as a whole"),
        ("WF205", "the value given for 'encode.l' has a bracket or quote that is not closed",
         "close it, or put the whole value in quotes"),
    }  # fmt: skip


def test_display_is_relative_to_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.flow").write_text("flow: 1\nnodes: []\n")
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path / "a" / "x.flow").flow.display == "a/x.flow"
    monkeypatch.chdir(tmp_path / "a")
    assert load(Path("../a/x.flow")).flow.display == "../a/x.flow"
    assert load(Path("x.flow")).flow.base == tmp_path / "a"


def test_loading_imports_nothing_heavy():
    code = (
        "import sys; from pathlib import Path; from weirflow.flow.load import load; import weirflow.flow.show;"
        "assert load(Path('x.flow'), text='flow: 1\\nnodes: []').ok;"
        "print([m for m in ('pydantic', 'polars', 'pandas', 'narwhals', 'click', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_five_thousand_nodes_load():
    node = '  - id: n{}\n    operator: encode.hot@1\n    inputs: n0\n    parameters: {{columns: [a], x: "${{p}}"}}\n'
    text = "flow: 1\nparameters: {p: 1}\nnodes:\n" + "".join(node.format(i) for i in range(5000))
    flow = flow_of(text)
    assert flow.nodes[-1].parameters == {"columns": ["a"], "x": 1}
