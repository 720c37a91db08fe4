"""Schemas along edges: known, open, wrong; of real operators, with expectations by hand."""

from __future__ import annotations

import pytest

from weirflow.api import FLOAT64, INT64, STRING, Column, Schema
from weirflow.flow.load import load
from weirflow.graph.build import build
from weirflow.graph.schemas import Learned, flow_schemas
from weirflow.plugins.registry import Registry
from weirflow_tabular.encode import Categories

SOURCE = Schema((Column("a", FLOAT64), Column("b", INT64, personal=True), Column("k", STRING)))


@pytest.fixture
def flowed(tmp_path):
    """Carry schemas through nodes below a source `d`."""

    def carry(nodes, learned=None, source=SOURCE):
        text = f"flow: 1\nnodes:\n  - {{id: d, operator: read.csv, parameters: {{path: d.csv}}}}\n{nodes}"
        loaded = load(tmp_path / "x.flow", text=text, environ={})
        built = build(loaded.flow, Registry.load({"WEIRFLOW_PLUGINS": ""}))
        assert not built.diagnostics
        return flow_schemas(built.graph, {"d": source} if source else None, learned)

    return carry


def shown(flowed, node):
    return str(flowed.schemas[node, "default"])


HOT = "  - {id: hot, operator: encode.one_hot, parameters: {columns: k}}\n"


def test_known_columns_and_types_are_carried(flowed):
    found = flowed(
        "  - {id: s, operator: scale.standard, parameters: {columns: b}}\n"
        "  - {id: r, operator: columns.rename, parameters: {columns: {a: z}}}\n"
        "  - {id: m, operator: columns.move, parameters: {columns: k, to: start}}\n"
        "  - {id: x, operator: columns.drop, parameters: {columns: z}}\n"
    )
    assert shown(found, "s") == "a: float64, b: float64, k: string"
    assert shown(found, "m") == "k: string, z: float64, b: float64"
    assert shown(found, "x") == "k: string, b: float64"
    assert not found.diagnostics


def test_what_is_made_from_personal_columns_is_personal(flowed):
    found = flowed(
        "  - {id: c, operator: columns.duplicate, parameters: {column: b, output: e}}\n"
        "  - {id: r, operator: columns.rename, parameters: {columns: {e: f}}}\n"
        "  - {id: s, operator: scale.min_max, parameters: {columns: [a, f]}}\n"
    )
    schema = found.schemas["s", "default"]
    assert {c.name for c in schema if c.personal} == {"b", "f"}


def test_one_hot_is_open_until_it_has_learned(flowed):
    before = flowed(HOT)
    assert shown(before, "hot") == "a: float64, b: int64, k_…"
    after = flowed(HOT, {"hot": Learned(Categories(categories={"k": ("red", "blue")}))})
    assert shown(after, "hot") == "a: float64, b: int64, k_red: int64, k_blue: int64"


def test_a_column_that_an_open_slot_may_hold_is_no_error(flowed):
    drop = "  - {id: x, operator: columns.drop, parameters: {columns: k_red}}\n"
    assert not flowed(HOT + drop).diagnostics
    learned = {"hot": Learned(Categories(categories={"k": ("blue",)}))}
    [diagnostic] = flowed(HOT + drop, learned).diagnostics
    assert (diagnostic.code, diagnostic.node) == ("WF401", "x")


def test_a_column_that_is_certainly_not_there_is_an_error_with_a_suggestion(flowed):
    found = flowed(
        "  - {id: x, operator: columns.drop, parameters: {columns: [a, kk]}}\n"
        "  - {id: y, operator: columns.drop, parameters: {columns: whatever}}\n"
    )
    [diagnostic] = found.diagnostics  # what comes after a wrong node is not known, so it is not reported
    assert (diagnostic.code, diagnostic.node, diagnostic.hint) == ("WF401", "x", "did you mean 'k'?")
    assert diagnostic.where.path[-2:] == ("columns", 1)
    assert found.failed == {"x"}


def test_a_column_that_was_dropped_is_not_there(flowed):
    [diagnostic] = flowed(
        HOT + "  - {id: x, operator: encode.ordinal, parameters: {columns: k}}\n"
    ).diagnostics
    assert (diagnostic.code, diagnostic.node) == ("WF401", "x")


def test_a_type_is_wrong_only_where_it_is_known(flowed):
    scale = "  - {id: s, operator: scale.standard, parameters: {columns: k}}\n"
    [diagnostic] = flowed(scale).diagnostics
    assert (diagnostic.code, diagnostic.node) == ("WF402", "s")
    assert not flowed(scale, source=None).diagnostics  # `check` has not seen the data


def test_a_column_that_one_hot_makes_and_another_has_already_is_an_error(flowed):
    taken = "  - {id: t, operator: columns.rename, parameters: {columns: {a: k_red}}}\n"
    learned = {"hot": Learned(Categories(categories={"k": ("red",)}))}
    [diagnostic] = flowed(taken + HOT, learned).diagnostics
    assert (diagnostic.code, diagnostic.node) == ("WF403", "hot")


def test_selectors_take_what_is_there_or_wait(flowed):
    numeric = "  - {id: s, operator: scale.standard, parameters: {columns: {type: numeric, except: [b]}}}\n"
    found = flowed(numeric)
    assert (found.chosen["s"], found.waiting) == ({"columns": ("a",)}, set())
    waits = flowed(HOT + numeric)
    assert waits.waiting == {"s"}
    assert waits.schemas["s", "default"].is_open
    learned = {"hot": Learned(Categories(categories={"k": ("red",)}))}
    assert flowed(HOT + numeric, learned).chosen["s"] == {"columns": ("a", "k_red")}


def test_what_a_selector_chose_in_the_fit_stands(flowed):
    numeric = "  - {id: s, operator: encode.one_hot, parameters: {columns: {type: string}}}\n"
    learned = {"s": Learned(Categories(categories={"k": ("x",)}), {"columns": ("k",)})}
    wider = Schema((*SOURCE.columns, Column("new", STRING)))
    found = flowed(numeric, learned, wider)
    assert found.chosen["s"] == {"columns": ("k",)}
    assert shown(found, "s") == "a: float64, b: int64, new: string, k_x: int64"


def test_custom_code_may_make_anything(flowed):
    found = flowed(
        '  - {id: code, operator: custom.pandas, parameters: {code: "df = df"}}\n'
        "  - {id: x, operator: columns.drop, parameters: {columns: anything}}\n"
    )
    assert found.schemas["code", "default"].is_open
    assert not found.diagnostics
