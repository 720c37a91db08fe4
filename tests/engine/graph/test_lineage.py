"""Lineage of real operators: where a statistic is asked, and which fits it waits for. Expectations by hand."""

from __future__ import annotations

import pytest

from weirflow.api import FLOAT64, INT64, STRING, Column, Schema
from weirflow.flow.load import load
from weirflow.graph.build import build
from weirflow.graph.lineage import Lineage
from weirflow.graph.schemas import flow_schemas
from weirflow.plugins.registry import Registry

SOURCE = Schema((Column("a", FLOAT64), Column("b", INT64), Column("s", STRING), Column("k", STRING)))
NODES = """\
flow: 1
nodes:
  - {id: d, operator: read.csv, parameters: {path: d.csv}}
  - {id: first, operator: columns.rename, parameters: {columns: {a: x}}}
  - {id: scaled, operator: scale.standard, parameters: {columns: b}}
  - {id: again, operator: columns.rename, parameters: {columns: {x: y, b: x}}}
  - {id: copied, operator: columns.duplicate, parameters: {column: y, output: y2}}
  - {id: filtered, operator: rows.filter, parameters: {column: x, is: ">", value: 0}}
  - {id: named, operator: columns.rename, parameters: {columns: {y: z}}}
  - {id: hot, operator: encode.one_hot, parameters: {columns: k}}
  - {id: moved, operator: columns.move, parameters: {columns: z, to: end}}
  - {id: part, operator: text.split, parameters: {column: s, delimiter: ":", output: parts}}
  - {id: last, operator: columns.drop, parameters: {columns: y2}}
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    loaded = load(tmp_path_factory.mktemp("flow") / "x.flow", text=NODES, environ={})
    built = build(loaded.flow, Registry.load({"WEIRFLOW_PLUGINS": ""}))
    assert not built.diagnostics
    return built.graph


@pytest.fixture(scope="module")
def lineage(graph):
    flowed = flow_schemas(graph, {"d": SOURCE})
    assert not flowed.diagnostics
    return Lineage(graph, flowed, {"scaled", "hot"})


def out(node):
    return (node, "default")


@pytest.mark.parametrize(
    ("node", "columns", "site", "names"),
    [
        ("first", ("x",), "d", {"x": "a"}),  # through a rename
        ("copied", ("y",), "d", {"y": "a"}),  # through two
        ("copied", ("y2",), "d", {"y2": "a"}),  # through a copy, which holds the same values
        ("copied", ("x",), "scaled", {"x": "b"}),  # where the scaler made it, under the name it had there
        ("copied", ("y", "x"), "scaled", {"y": "x", "x": "b"}),  # two columns: where the later one is made
        ("copied", ("k", "s"), "d", {"k": "k", "s": "s"}),
        ("named", ("z",), "filtered", {"z": "y"}),  # never past a change of rows
        ("last", ("z",), "filtered", {"z": "y"}),  # through steps that leave it alone, drop others or move it
        ("last", ("k",), "last", {"k": "k"}),  # gone since the one-hot: only an open slot could bring it back
        ("part", ("parts",), "part", {"parts": "parts"}),
        ("last", ("parts",), "part", {"parts": "parts"}),
        ("last", (), "filtered", {}),  # a count of rows
        ("copied", (), "d", {}),
    ],
)  # fmt: skip
def test_a_statistic_is_asked_where_its_columns_were_last_made(lineage, node, columns, site, names):
    assert lineage.site(out(node), columns) == (out(site), names)


@pytest.mark.parametrize(
    ("node", "columns", "waits"),
    [
        ("d", ("a", "b"), set()),
        ("scaled", ("x",), set()),  # a renamed column beside the scaled one
        ("scaled", ("b",), {"scaled"}),
        ("again", ("x",), {"scaled"}),  # the scaled column under another name
        ("again", ("y",), set()),
        ("copied", ("y2",), set()),
        ("filtered", ("s",), {"scaled"}),  # rows chosen by a scaled column hold up every column
        ("filtered", (), {"scaled"}),
        ("hot", ("k_red",), {"scaled", "hot"}),  # a column that only the fit will name
        ("part", ("parts",), {"scaled"}),
        ("last", None, {"scaled", "hot"}),  # all that is there
        ("copied", None, {"scaled"}),
        ("first", None, set()),
    ],
)
def test_a_column_waits_for_the_fits_before_it(lineage, node, columns, waits):
    assert lineage.blockers(out(node), columns) == waits


def test_nothing_waits_once_all_is_fitted(graph):
    lineage = Lineage(graph, flow_schemas(graph, {"d": SOURCE}), ())
    assert all(not lineage.blockers(out(n.id), None) for n in graph)


def test_custom_code_waits_for_everything_and_stops_every_statistic(tmp_path):
    text = NODES + '  - {id: code, operator: custom.pandas, parameters: {code: "df = df"}}\n'
    loaded = load(tmp_path / "x.flow", text=text, environ={})
    graph = build(loaded.flow, Registry.load({"WEIRFLOW_PLUGINS": ""})).graph
    lineage = Lineage(graph, flow_schemas(graph, {"d": SOURCE}), {"scaled", "hot"})
    assert lineage.blockers(out("code"), ("s",)) == {"scaled", "hot"}
    assert lineage.site(out("code"), ("s",)) == (out("code"), {"s": "s"})


def test_a_long_chain_is_no_deep_recursion(tmp_path):
    steps = "".join(
        f"  - {{id: n{i}, operator: columns.rename, parameters: {{columns: {{c{i}: c{i + 1}}}}}}}\n"
        for i in range(1200)
    )
    text = "flow: 1\nnodes:\n  - {id: d, operator: read.csv, parameters: {path: d.csv}}\n" + steps
    loaded = load(tmp_path / "x.flow", text=text, environ={})
    graph = build(loaded.flow, Registry.load({"WEIRFLOW_PLUGINS": ""})).graph
    lineage = Lineage(graph, flow_schemas(graph, {"d": Schema((Column("c0", INT64),))}), ())
    assert lineage.site(out("n1199"), ("c1200",)) == (out("d"), {"c1200": "c0"})
    assert lineage.blockers(out("n1199"), ("c1200",)) == set()
