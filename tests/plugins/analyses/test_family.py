"""The family as a plugin, and its charts as pictures."""

from __future__ import annotations

import builtins
import importlib
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from weirflow.api import Analysis
from weirflow_analyses.bias import Bias
from weirflow_analyses.histogram import Histogram
from weirflow_analyses.plugin import weirflow_nodes
from weirflow_analyses.quick_model import QuickModel
from weirflow_analyses.scatter import Scatter
from weirflow_analyses.values import names, number, percent

CHARTS = [
    Histogram(column="risk"),
    Histogram(column="age", by="risk"),
    Histogram(column="age", by="risk", facet="housing"),
    Histogram(column="purpose", by="risk", facet="sex", limit=5),
    Scatter(x="duration", y="creditamount", color="risk", limit=100),
    Bias(label="risk", favourable=["low risk"], facet="sex"),
    QuickModel(label="risk", features=["age", "duration", "housing"], trees=5),
]


@pytest.mark.parametrize("reference", weirflow_nodes(), ids=lambda r: r.operator)
def test_every_reference_resolves_to_its_analysis(reference):
    module, _, name = reference.target.partition(":")
    node = getattr(importlib.import_module(module), name)
    assert issubclass(node, Analysis)
    assert node.reference() == reference.reference
    assert node.__doc__
    assert all(f.description for f in node.model_fields.values())
    assert node.model_json_schema()
    assert reference.extra == ("reports" if reference.operator == "analyse.quick_model" else "")


def test_importing_the_family_loads_no_heavy_library():
    modules = sorted({r.target.partition(":")[0] for r in weirflow_nodes()} | {"weirflow_analyses.forest"})
    code = (
        f"import sys, importlib; [importlib.import_module(m) for m in {modules!r}]; "
        "print([m for m in ('polars', 'pandas', 'numpy', 'altair', 'sklearn', 'narwhals') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def walk(value):
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(child)


@pytest.mark.parametrize("node", CHARTS, ids=lambda n: n.operator)
def test_charts_are_drawn_from_their_own_data_and_bring_no_theme(run, credit, node):
    vl_convert = pytest.importorskip("vl_convert", reason="vl-convert is not installed: no chart is drawn")
    (chart,) = [b for b in run(node, credit).blocks if b.kind == "chart"]
    spec = chart.spec
    assert not {"config", "background", "datasets"} & spec.keys()
    parts = list(walk(spec))
    keys = {k for p in parts if isinstance(p, dict) for k in p}
    assert not {"url", "font", "fill", "stroke", "range", "scheme"} & keys
    assert [p for p in parts if isinstance(p, str) and "://" in p] == [spec["$schema"]]
    assert spec["data"]["values"]
    assert spec["description"] == chart.description
    assert any(c.isdigit() for c in chart.description), "the words state the finding in numbers"
    assert all(len(row) == len(chart.columns) for row in chart.rows)
    drawing = ET.fromstring(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
    assert float(drawing.get("width")) <= 800


def test_stacks_follow_the_order_of_the_legend(run, credit):
    (chart,) = run(Histogram(column="age", by="risk"), credit).blocks
    encoding = chart.spec["encoding"]
    assert encoding["color"]["scale"]["domain"] == ["low risk", "high risk"]
    assert {(v["colour"], v["place"]) for v in chart.spec["data"]["values"]} == {
        ("low risk", 0),
        ("high risk", 1),
    }


def test_without_altair_the_data_stands_for_the_picture(run, credit, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "altair":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    (chart,) = run(Histogram(column="risk"), credit).blocks
    assert chart.spec is None
    assert chart.rows == (("low risk", 700), ("high risk", 300))


def test_column_names_with_dots_and_brackets_are_drawn(run, credit):
    data = credit.rename({"age": "a.b[0]", "risk": 'it\'s "risk"'})
    (chart,) = run(Histogram(column="a.b[0]", by='it\'s "risk"'), data).blocks
    assert sum(v["rows"] for v in chart.spec["data"]["values"]) == 1000


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (31, 100, "31 %"),
        (723, 1000, "72.3 %"),
        (1, 10_000, "under 0.1 %"),
        (9_999, 10_000, "over 99.9 %"),
        (0, 0, "0 %"),
    ],
)
def test_percent(part, whole, text):
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3, "3"), (3271.258, "3,271"), (0.012346, "0.01235"), (1e300, "1e+300"), (-2.0, "-2")]
)
def test_number(value, text):
    assert number(value) == text


def test_names_are_distinct_whatever_the_values_are():
    long = "x" * 60
    found = names([None, "(null)", "", " ", long + "1", long + "2"])
    assert len(set(found.values())) == 6
    assert all(len(n) <= 44 for n in found.values())
