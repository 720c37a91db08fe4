"""Every node of the family keeps the node specification."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_analyses.bias import Bias
from weirflow_analyses.histogram import Histogram
from weirflow_analyses.plugin import weirflow_nodes
from weirflow_analyses.quick_model import QuickModel
from weirflow_analyses.scatter import Scatter
from weirflow_analyses.summary import Summary
from weirflow_analyses.table_schema import TableSchema

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27, 31, 55, 23, 48, 39, 61, 35, 29],
        "pay": [2.5, None, 0.0, -1.25, 1e4, 7.5, 3.0, 2.0, 8.0, 1.5, 9.0, 4.0],
        "sex": ["f", "m", None, "m", "f", "m", "f", "m", "f", "m", "f", "m"],
        "risk": ["low", "high", "low", "low", None, "high", "low", "low", "high", "low", "high", "low"],
        "since": [date(2020, 2, 29), None, *[date(2024, 1, day) for day in range(1, 11)]],
    }
)

CASES = [
    (Summary, Case({}, FRAME)),
    (TableSchema, Case({}, FRAME)),
    (Histogram, Case({"column": "age", "by": "sex"}, FRAME)),
    (Histogram, Case({"column": "risk", "facet": "sex"}, FRAME, name="text")),
    (Histogram, Case({"column": "since"}, FRAME, name="dates")),
    (Scatter, Case({"x": "age", "y": "pay", "color": "risk"}, FRAME)),
    (Bias, Case({"label": "risk", "favourable": ["low"], "facet": "sex"}, FRAME)),
    (QuickModel, Case({"label": "risk", "trees": 5}, FRAME, examples=4)),
]

test_conformance = conformance(*CASES)


def test_every_node_of_the_family_has_a_case():
    every = {getattr(import_module(m), n) for m, _, n in (r.target.partition(":") for r in weirflow_nodes())}
    assert {node for node, _ in CASES} == every
