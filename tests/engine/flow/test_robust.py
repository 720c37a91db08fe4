"""Whatever the text says, loading ends with diagnostics, never with an exception."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from weirflow.flow.document import KEYS
from weirflow.flow.load import load
from weirflow.flow.nodes import KEYS as NODE_KEYS
from weirflow.flow.show import as_json, render

WORDS = st.sampled_from(
    [
        "",
        "a",
        "b.c",
        "flow",
        "flow.input",
        "a@1",
        "${x}",
        "${",
        "${env:A}",
        "${secret:A}",
        "no.flow",
        "table",
        "a/b",
        "+",
        "\n",
    ]
)
SCALARS = (
    WORDS | st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=3), max_leaves=6
)
NODES = st.fixed_dictionaries({}, optional=dict.fromkeys((*NODE_KEYS, "x"), VALUES) | {"operator": WORDS})
INCLUSIONS = st.fixed_dictionaries(
    {"operator": st.just("flow"), "parameters": VALUES}, optional={"inputs": VALUES}
)
FLOWS = st.fixed_dictionaries(
    {"flow": st.just(1), "nodes": st.lists(NODES | INCLUSIONS | VALUES, max_size=4)},
    optional=dict.fromkeys((*(k for k in KEYS if k not in {"flow", "nodes"}), "x"), VALUES),
)


def check(text):
    given_values = {"parameters": {"x": "1"}, "overrides": {"a.b": "[", "b_c.x.0": "1"}}
    for more in ({}, given_values):
        loaded = load(Path("x.flow"), text=text, environ={"A": "$"}, **more)
        assert (loaded.flow is not None) or not loaded.ok
        assert bool(render(loaded.diagnostics, loaded.sources)) == bool(loaded.diagnostics)
        for d in as_json(loaded.diagnostics, loaded.sources):
            assert d["file"] is None or (d["line"] >= 1 and d["col"] >= 1)


@given(FLOWS | VALUES)
def test_any_data(data):
    check(json.dumps(data))
    check("--- " + json.dumps(data, ensure_ascii=True))


@given(st.text(st.sampled_from("ab1:-,[]{}\"'&*!|>%@#\t\n ${}"), max_size=40))
@example("&a [*a]")
@example("? ? x")
@example("a: |9\n x")
@example("--- |\n")
@example("%YAML 1.2\n---\n")
def test_any_text(text):
    check(text)
    check("flow: 1\nnodes:\n- operator: a\n  parameters: " + text)
    check('{"flow": 1, "nodes": ' + text)
