"""Scatter plots: what is drawn, left out and said."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from weirflow.api import Answers, NodeError, Sample, Schema
from weirflow_analyses.scatter import Scatter


def notices(report):
    return " ".join(b.text for b in report.blocks if b.kind == "notice")


def test_every_row_is_a_point_and_the_correlation_is_said(run, credit):
    report = run(Scatter(x="duration", y="creditamount", color="risk"), credit)
    (chart,) = report.blocks
    assert chart.rows == tuple(credit.select("duration", "creditamount", "risk").rows())
    r = np.corrcoef(credit["duration"].to_numpy(), credit["creditamount"].to_numpy())[0, 1]
    assert f"(Pearson correlation {r:.2f})" in chart.description
    assert "duration from 4 to 72, creditamount from 250 to 18,424" in chart.description
    assert len(chart.spec["data"]["values"]) == 1000


def test_more_rows_than_the_limit_are_sampled(run, credit):
    node = Scatter(x="age", y="duration", limit=100, seed=3)
    assert Sample(("age", "duration"), 100, 3) in list(
        node.ask(Schema.of(age="int64", duration="int64"), Answers())
    )
    report = run(node, credit)
    assert len(report.blocks[0].rows) == 100
    assert "100 of 1,000 rows drawn (seed 3)." in notices(report)


def test_rows_without_both_numbers_are_left_out_and_counted(run):
    data = pl.DataFrame({"x": [1.0, None, 3.0, float("inf")], "y": [1.0, 2.0, None, 4.0]})
    report = run(Scatter(x="x", y="y"), data)
    assert report.blocks[0].rows == ((1.0, 1.0),)
    assert "3 rows without a finite x or y left out." in notices(report)
    empty = run(Scatter(x="x", y="y"), data.head(0))
    assert "there is nothing to draw" in notices(empty)


def test_many_colours_are_gathered(run):
    data = pl.DataFrame({"x": range(40), "y": range(40), "c": [f"c{i % 12:02}" for i in range(40)]})
    report = run(Scatter(x="x", y="y", color="c"), data)
    assert {c for _, _, c in report.blocks[0].rows} == {*(f"c{i:02}" for i in range(8)), "all others (4)"}
    assert "c has 12 different values: the 8 most frequent are shown" in notices(report)


def test_a_facet_makes_a_panel_for_each_value(run, credit):
    report = run(Scatter(x="duration", y="age", color="risk", facet="savings"), credit)
    (chart,) = report.blocks
    assert report.title == "age against duration by risk, for each savings"
    assert chart.rows == tuple(credit.select("duration", "age", "risk", "savings").rows())
    assert chart.spec["facet"]["field"] == "facet"
    panels = set(credit["savings"].to_list())
    assert {r["facet"] for r in chart.spec["data"]["values"]} == panels
    (alone,) = run(Scatter(x="duration", y="age", facet="risk"), credit).blocks
    assert alone.columns == ("duration", "age", "risk")
    assert "Panels by risk: " in alone.description


def test_one_column_may_serve_twice(run):
    data = pl.DataFrame({"x": [1, 2, 2], "y": [3, 4, 5]})
    report = run(Scatter(x="x", y="y", color="x"), data)
    assert report.blocks[0].rows == ((1, 3, "1"), (2, 4, "2"), (2, 5, "2"))


def test_personal_numbers_are_not_drawn(run):
    report = run(Scatter(x="x", y="y"), pl.DataFrame({"x": [19840229], "y": [1]}), personal={"x"})
    assert "19840229" not in report.model_dump_json()
    assert "x is marked personal" in notices(report)


def test_text_is_refused_as_an_axis():
    with pytest.raises(NodeError, match="column 'y' is of type string, and a numeric one was expected"):
        list(Scatter(x="x", y="y").ask(Schema.of(x="int64", y="string"), Answers()))


def test_decimals_are_drawn_as_numbers(run):
    data = pl.DataFrame({"x": [1, 2]}).with_columns(y=pl.col("x").cast(pl.Decimal(5, 2)))
    report = run(Scatter(x="x", y="y"), data)
    assert report.blocks[0].rows == ((1, 1.0), (2, 2.0))
    assert [v["y"] for v in report.blocks[0].spec["data"]["values"]] == [1.0, 2.0]
