"""Histograms: edges, counts against numpy and plain counting, limits, and what the words say."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import Answers, NodeError, Schema
from weirflow_analyses.bins import nice_edges
from weirflow_analyses.histogram import Histogram


def chart(report):
    (found,) = [b for b in report.blocks if b.kind == "chart"]
    return found


def notices(report):
    return " ".join(b.text for b in report.blocks if b.kind == "notice")


@pytest.mark.parametrize(
    ("low", "high", "bins", "whole", "edges"),
    [
        (19, 75, 10, True, range(15, 85, 5)),
        (1, 4, 10, True, [0.5, 1.5, 2.5, 3.5, 4.5]),
        (0, 1, 10, True, [-0.5, 0.5, 1.5]),
        (0.0, 1.0, 10, False, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        (7, 7, 10, True, [6.5, 7.5]),
        (-0.03, 0.02, 5, False, [-0.03, -0.02, -0.01, 0, 0.01, 0.02]),
        (0, 100, 10, True, range(0, 120, 10)),
    ],
)
def test_edges_are_round_numbers(low, high, bins, whole, edges):
    assert nice_edges(low, high, bins, whole=whole) == tuple(edges)


finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(finite, finite, st.integers(1, 200))
@example(0.0, 5e-324, 2)
@example(1.0, 1.0000000000000002, 10)
@example(1e300, 1.0000000000000002e300, 200)
def test_edges_ascend_around_the_range(one, other, bins):
    low, high = sorted((one, other))
    edges = nice_edges(low, high, bins, whole=False)
    assert all(a < b for a, b in pairwise(edges))
    assert edges[0] <= low <= high <= edges[-1]
    assert len(edges) - 1 <= 1.6 * bins + 2


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers(1, 200))
def test_integer_bars_span_as_many_integers_each(low, span, bins):
    edges = nice_edges(low, low + span, bins, whole=True)
    spans = {
        sum(1 for i in range(int(np.floor(a)), int(np.ceil(b)) + 1) if a <= i < b)
        for a, b in pairwise(edges[:3])
    }
    assert len(spans) == 1
    assert edges[0] <= low
    assert edges[-1] > low + span
    assert len(edges) - 1 <= 1.6 * bins + 2


def test_numbers_are_counted_as_numpy_counts_them(run, credit):
    found = chart(run(Histogram(column="age"), credit))
    expected, _ = np.histogram(credit["age"].to_numpy(), bins=np.arange(15, 85, 5))
    assert [n for _, _, n in found.rows] == [n for n in expected.tolist() if n]
    assert [r[0] for r in found.rows] == [e for e, n in zip(range(15, 80, 5), expected, strict=True) if n]
    assert found.description == (
        "Histogram of age from 19 to 75 over 1,000 rows. The highest bar is 25 to 29 with 222 rows (22.2 %)."
    )


def test_colour_and_panels(run, credit, credit_rows):
    found = chart(run(Histogram(column="age", by="risk", facet="housing"), credit))
    expected = Counter((int(r["age"]) // 5 * 5, r["risk"], r["housing"]) for r in credit_rows)
    assert found.columns == ("age from", "age to", "risk", "housing", "rows")
    assert {(a, c, f): n for a, _, c, f, n in found.rows} == dict(expected)
    assert "By risk: low risk 700 (70 %) and high risk 300 (30 %)." in found.description
    # the walk-through's finding: young applicants have the larger share of high risk
    young = [r["risk"] for r in credit_rows if 20 <= int(r["age"]) < 25]
    share = 100 * young.count("high risk") / len(young)
    assert f"high risk has its largest share at 20 to 24 ({share:.1f} %)" in found.description
    assert (
        "Panels by housing: own 713 (71.3 %), rent 179 (17.9 %) and free 108 (10.8 %)." in found.description
    )
    names = {v["colour"] for v in found.spec["data"]["values"]}
    assert names == {"low risk", "high risk"}


def test_text_has_a_bar_for_each_value_by_count(run, credit):
    found = chart(run(Histogram(column="risk"), credit))
    assert found.rows == (("low risk", 700), ("high risk", 300))
    assert found.description == (
        "Histogram of risk over 1,000 rows: low risk 700 (70 %) and high risk 300 (30 %)."
    )


def test_values_beyond_the_limit_are_gathered_and_noted(run, credit, credit_rows):
    counts = Counter(r["purpose"] for r in credit_rows).most_common()
    rest = sum(n for _, n in counts[4:])
    for more in ({}, {"by": "risk"}):
        report = run(Histogram(column="purpose", limit=4, **more), credit)
        totals = Counter()
        for name, *_, n in chart(report).rows:
            totals[name] += n
        assert dict(totals) == {**dict(counts[:4]), "all others (6)": rest}
        assert "purpose has 10 different values: the 4 most frequent are shown" in notices(report)


def test_nulls_are_left_out_of_numbers_and_named_among_values(run):
    data = pl.DataFrame({"n": [1.0, None, 2.0], "t": ["x", None, None], "b": [None, "y", None]})
    report = run(Histogram(column="n", by="b"), data)
    assert sum(r[-1] for r in chart(report).rows) == 2
    assert "1 row without a value of n left out." in notices(report)
    assert chart(run(Histogram(column="t"), data)).rows == (("(null)", 2), ("x", 1))


def test_values_with_an_order_keep_it(run):
    days = [dt.date(2024, 1, 3), dt.date(2024, 1, 1), dt.date(2024, 1, 3), None]
    data = pl.DataFrame({"day": days, "flag": [True, False, True, None]})
    assert chart(run(Histogram(column="day"), data)).rows == (
        ("2024-01-01", 1),
        ("2024-01-03", 2),
        ("(null)", 1),
    )
    assert [r[0] for r in chart(run(Histogram(column="flag"), data)).rows] == ["false", "true", "(null)"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pl.DataFrame(schema={"x": pl.Float64}), "The table has no rows."),
        (pl.DataFrame({"x": [None, None]}, schema={"x": pl.Int64}), "Every value of x is null"),
        (pl.DataFrame({"x": [1.0, float("inf")]}), "x holds infinite values"),
        (pl.DataFrame({"x": [-1.7e308, 1.7e308]}), "x holds infinite values"),
    ],
)
def test_data_without_a_picture_is_a_notice(run, data, said):
    report = run(Histogram(column="x"), data)
    assert said in notices(report)
    assert [b.kind for b in report.blocks] == ["notice"]


def test_a_million_values_are_neither_crossed_nor_sent(run):
    data = pl.DataFrame({"id": [f"v{i}" for i in range(1500)], "x": range(1500)})
    report = run(Histogram(column="x", by="id"), data)
    assert "id has 1,500 different values" in notices(report)
    (shown,) = [b for b in run(Histogram(column="id", limit=5), data).blocks if b.kind == "chart"]
    assert shown.rows[-1] == ("all others (1,495)", 1495)


def test_personal_values_are_not_shown(run):
    data = pl.DataFrame({"name": ["Mustermann", "Musterfrau", "Musterfrau"], "age": [41, 19840229, 41]})
    for node in (Histogram(column="name"), Histogram(column="age", by="name", facet=None)):
        text = run(node, data, personal={"name"}).model_dump_json()
        assert "Muster" not in text
        assert "value 1" in text
    report = run(Histogram(column="age", by="name"), data, personal={"age"})
    assert "age is marked personal" in notices(report)
    assert "1984" not in report.model_dump_json()


def test_lists_and_repeated_columns_are_refused():
    with pytest.raises(NodeError, match=r"column 'v' is of type list\[float64\]"):
        list(Histogram(column="v").ask(Schema.of(v="list[float64]"), Answers()))
    with pytest.raises(ValidationError, match="must be different columns"):
        Histogram(column="a", by="a")
