"""`explain`, `nodes` and `plugins`: what there is."""

import importlib.metadata
import json
import re
from importlib.metadata import EntryPoint

import pytest

from weirflow import catalogue


@pytest.fixture
def broken_plugin(folder, monkeypatch):
    """A plugin that cannot be imported, beside those that are installed."""
    (folder / "hopeless_plugin.py").write_text("raise RuntimeError('no luck')\n")
    monkeypatch.syspath_prepend(folder)
    installed = importlib.metadata.entry_points

    def with_broken(**wanted):
        found = list(installed(**wanted))
        if wanted.get("group") == "weirflow":
            found.append(EntryPoint("hopeless", "hopeless_plugin", "weirflow"))
        return found

    monkeypatch.setattr(importlib.metadata, "entry_points", with_broken)


@pytest.mark.parametrize("spelling", ["WF203", "wf203", "203", "[WF203]"])
def test_explain_says_what_a_code_means(weirflow, spelling):
    done = weirflow("explain", spelling)

    assert (done.code, done.err) == (0, "")
    title, explanation = done.out.split("\n\n")
    assert title == "WF203: an unknown parameter of an operator"
    assert " ".join(explanation.split()) == catalogue.EXPLANATIONS["WF203"]


def test_explain_lists_all_codes(weirflow):
    lines = weirflow("explain").out.splitlines()

    assert [line.split()[0] for line in lines] == list(catalogue.TITLES)


def test_explain_of_no_code_is_usage(weirflow):
    done = weirflow("explain", "WF2O3")

    assert (done.code, done.out) == (2, "")
    assert "WF203" in done.err


def test_nodes_list_has_operators_of_all_families(weirflow):
    done = weirflow("nodes", "list")

    assert done.code == 0
    names = [line.split()[0] for line in done.out.splitlines()]
    assert {"read.csv", "encode.one_hot", "analyse.bias", "files.hash"} <= set(names)
    assert names == sorted(names)


@pytest.mark.parametrize("pattern", ["encode", "encode.*"])
def test_nodes_list_takes_a_family(weirflow, pattern):
    names = [line.split()[0] for line in weirflow("nodes", "list", pattern).out.splitlines()]

    assert "encode.one_hot" in names
    assert all(n.startswith("encode.") for n in names)


def test_nodes_list_without_match_selects_nothing(weirflow):
    done = weirflow("nodes", "list", "encod3")

    assert (done.code, done.out) == (5, "")
    assert "did you mean 'encode'" in done.err


def test_nodes_list_as_json(weirflow):
    found = json.loads(weirflow("nodes", "list", "encode", "--json").out)

    assert {"operator": "encode.one_hot", "version": 1, "plugin": "tabular"}.items() <= next(
        f for f in found if f["operator"] == "encode.one_hot"
    ).items()


def test_nodes_show_documents_an_operator(weirflow):
    done = weirflow("nodes", "show", "encode.one_hot@1")

    assert done.code == 0
    assert done.out.startswith("encode.one_hot@1  (estimator)\n")
    assert re.search(r"^  columns: .*\(required\)$", done.out, re.MULTILINE)
    assert "unseen: 'error', 'ignore', 'drop' or 'keep' (default \"error\")" in done.out


def test_a_choice_with_null_is_shown_as_flows_spell_it(weirflow):
    done = weirflow("nodes", "show", "encode.ordinal")
    assert "unseen: 'error', 'keep', 'drop' or null (default \"error\")" in done.out


def test_nodes_show_documents_subflows(weirflow):
    done = weirflow("nodes", "show", "flow")
    assert done.code == 0
    assert "operator: flow" in done.out
    assert "path: a path or URL (required)" in done.out
    for operator in ("flow@1", "flow.input", "flow.output@1"):
        assert json.loads(weirflow("nodes", "show", operator, "--json").out)["kind"] == "subflow"


def test_nodes_show_as_json(weirflow):
    facts = json.loads(weirflow("nodes", "show", "encode.one_hot", "--json").out)

    assert (facts["operator"], facts["kind"], facts["version"]) == ("encode.one_hot", "estimator", 1)


@pytest.mark.parametrize(
    ("operator", "code", "words"),
    [
        ("encode.onehot", 4, "did you mean 'encode.one_hot'"),
        ("encode.one_hot@99", 4, "has no version 99"),
        ("encode.one_hot@x", 2, "names no version"),
    ],
)
def test_nodes_show_of_none(weirflow, operator, code, words):
    done = weirflow("nodes", "show", operator)

    assert (done.code, done.out) == (code, "")
    assert words in done.err


def test_plugins_lists_those_shipped(weirflow):
    done = weirflow("plugins")

    assert done.code == 0
    assert {line.split()[0] for line in done.out.splitlines()} >= {"PLUGIN", "tabular", "analyses", "files"}


def test_a_broken_plugin_is_shown_with_its_reason(weirflow, broken_plugin):
    done = weirflow("plugins")

    assert done.code == 0
    assert "RuntimeError: no luck (hopeless_plugin.py, line 1)" in done.out
    facts = {p["name"]: p for p in json.loads(weirflow("plugins", "--json").out)}
    assert facts["hopeless"]["status"] == "failed"
    assert facts["tabular"]["status"] == "loaded"


def test_a_broken_plugin_leaves_other_verbs_working(weirflow, broken_plugin):
    done = weirflow("check", "people.flow")

    assert done.code == 0
    assert "hopeless" in done.out
    assert "warning[WF503]" in done.out
