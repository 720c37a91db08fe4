"""Bias metrics against arithmetic done by hand, and what the report says of awkward data."""

from __future__ import annotations

import math
from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_analyses import bias_metrics as metrics
from weirflow_analyses.bias import Bias

# Ten rows. sex m (a): 6 yes, 2 no. sex f (d): 1 yes, 1 no. Within department x: m 4 yes 1 no, f 1 no;
# within y: m 2 yes 1 no, f 1 yes.
TEN = [
    *[("yes", "m", "x")] * 4,
    ("no", "m", "x"),
    ("no", "f", "x"),
    *[("yes", "m", "y")] * 2,
    ("no", "m", "y"),
    ("yes", "f", "y"),
]
BY_HAND = {
    "class_imbalance": (8 - 2) / 10,
    "difference_in_positive_proportions": 6 / 8 - 1 / 2,
    # shares of (no, yes): a (1/4, 3/4), d (1/2, 1/2), middle (3/8, 5/8)
    "kullback_leibler_divergence": 0.25 * math.log(1 / 2) + 0.75 * math.log(3 / 2),
    "jensen_shannon_divergence": (
        0.25 * math.log(2 / 3) + 0.75 * math.log(6 / 5) + 0.5 * math.log(4 / 3) + 0.5 * math.log(4 / 5)
    )
    / 2,
    "lp_norm": math.sqrt(0.25**2 + 0.25**2),
    "total_variation_distance": 0.25,
    "kolmogorov_smirnov_distance": 0.25,
    # x: f has 1 of 2 no and 0 of 4 yes: 1/2. y: f has 0 of 1 no and 1 of 3 yes: -1/3. Weights 6 and 4.
    "conditional_demographic_disparity": (6 * 0.5 - 4 / 3) / 10,
}


def frame(rows):
    return pl.DataFrame(
        rows, schema={"hired": pl.String, "sex": pl.String, "department": pl.String}, orient="row"
    )


def node(**more):
    return Bias(
        **{
            "label": "hired",
            "favourable": ["yes"],
            "facet": "sex",
            "disadvantaged": "f",
            "group": "department",
        }
        | more
    )


def blocks(report, kind):
    return [b for b in report.blocks if b.kind == kind]


def notices(report):
    return " ".join(b.text for b in blocks(report, "notice"))


def test_every_metric_equals_the_arithmetic_by_hand(run):
    report = run(node(), frame(TEN))
    assert {m.name: m.value for m in blocks(report, "metric")} == pytest.approx(BY_HAND, rel=1e-12)


def test_readings_name_the_groups_and_read_the_value(run):
    report = run(node(), frame(TEN))
    imbalance = report.metric("class_imbalance").reading
    assert imbalance == (
        "2 of 10 rows (20 %) have sex = f and 8 (80 %) sex = m: 0.600 means that sex = f is under-represented "
        "(0 is balance; 1 would be sex = m alone, -1 sex = f alone)."
    )
    assert report.metric("difference_in_positive_proportions").reading == (
        "hired = yes holds for 75 % of sex = m and for 50 % of sex = f: 0.250 means that sex = m has the favourable "
        "outcome 25 percentage points more often than sex = f (0 is equal; the range is -1 to 1)."
    )
    for metric in blocks(report, "metric"):
        assert metric.reading.endswith(".")
        assert metric.reading.count(". ") == 0, "one sentence"


def test_credit_data_against_counts_from_the_csv_file(run, credit, credit_rows):
    counts = Counter((r["status_sex"].split(":")[0], r["risk"]) for r in credit_rows)
    assert sum(counts.values()) == 1000
    male, female = (counts[s, "low risk"] + counts[s, "high risk"] for s in ("male", "female"))
    report = run(
        Bias(
            label="risk", favourable=["low risk"], facet="sex", disadvantaged="female", metrics=["CI", "DPL"]
        ),
        credit,
    )
    assert report.metric("class_imbalance").value == (male - female) / 1000 == 0.38
    expected = counts["male", "low risk"] / male - counts["female", "low risk"] / female
    assert report.metric("difference_in_positive_proportions").value == pytest.approx(expected, rel=1e-12)
    assert len(blocks(report, "metric")) == 2


def test_an_outcome_that_one_group_lacks_is_left_out_of_divergences(run):
    rows = [*[("yes", "m", "x")] * 3, ("no", "m", "x"), *[("yes", "f", "x")] * 2]
    report = run(node(), frame(rows))
    # a (no 1/4, yes 3/4), d (yes 1): only yes is compared, 3/4 with 1
    assert report.metric("kullback_leibler_divergence").value == pytest.approx(0.75 * math.log(0.75))
    assert report.metric("jensen_shannon_divergence").value == pytest.approx(
        (0.75 * math.log(0.75 / 0.875) + math.log(1 / 0.875)) / 2
    )
    assert report.metric("total_variation_distance").value == pytest.approx(0.125)
    assert report.metric("kolmogorov_smirnov_distance").value == pytest.approx(0.25)
    assert "the true difference is larger" in report.metric("kullback_leibler_divergence").reading


def test_no_outcome_in_common_leaves_divergences_undefined(run):
    report = run(node(), frame([("yes", "m", "x"), ("no", "f", "x")]))
    assert report.metric("difference_in_positive_proportions").value == 1
    for name in ("kullback_leibler_divergence", "jensen_shannon_divergence", "lp_norm"):
        assert report.metric(name).value is None
        assert report.metric(name).reading == "Not defined: sex = m and sex = f have no outcome in common."


def test_without_a_disadvantaged_group_each_value_is_compared_with_the_others(run):
    rows = [*TEN, ("yes", "d", "x"), ("no", "d", "y")]
    report = run(node(disadvantaged=None, metrics=["CI"]), frame(rows))
    # m 8 of 12, f 2 of 12, d 2 of 12
    assert report.metric("class_imbalance:m").value == pytest.approx((4 - 8) / 12)
    assert report.metric("class_imbalance:f").value == pytest.approx((10 - 2) / 12)
    assert report.metric("class_imbalance:d").value == pytest.approx((10 - 2) / 12)
    assert "sex other than f" in report.metric("class_imbalance:f").reading


def test_several_values_make_one_group(run):
    rows = [*TEN, ("yes", "d", "x"), ("no", "d", "y")]
    report = run(node(disadvantaged=["f", "d"], metrics=["CI"]), frame(rows))
    assert report.metric("class_imbalance").value == pytest.approx((8 - 4) / 12)
    assert "sex = d or f" in report.metric("class_imbalance").reading


def test_nulls_are_left_out_and_counted(run):
    rows = [*TEN, (None, "m", "x"), (None, "f", "x"), ("yes", None, "x"), ("no", "m", None)]
    report = run(node(), frame(rows))
    assert "2 rows without a value of hired left out." in notices(report)
    assert "1 row without a value of sex left out." in notices(report)
    assert "1 row without a value of department left out of CDDL." in notices(report)
    assert report.metric("class_imbalance").value == pytest.approx((9 - 2) / 11)
    expected = BY_HAND["conditional_demographic_disparity"]
    assert report.metric("conditional_demographic_disparity").value == pytest.approx(expected)


def test_one_group_and_one_outcome_are_said_plainly(run):
    alone = run(node(), frame([("yes", "f", "x"), ("no", "f", "x")]))
    assert "Every row has the same value of sex" in notices(alone)
    assert alone.metric("class_imbalance").value is None
    assert alone.metric("class_imbalance").reading == "Not defined: every row is of one group, sex = f."
    same = run(node(), frame([("yes", "f", "x"), ("yes", "m", "x")]))
    assert "Every row has the same outcome of hired" in notices(same)
    assert same.metric("difference_in_positive_proportions").value == 0
    assert same.metric("conditional_demographic_disparity").value is None


@pytest.mark.parametrize("rows", [[], [(None, None, None)] * 3, [("yes", None, "x")]])
def test_nothing_to_compare_is_a_notice(run, rows):
    report = run(node(), frame(rows))
    assert [b.kind for b in report.blocks] == ["notice"]


def test_rows_that_are_each_half_null_are_a_notice(run):
    report = run(node(), frame([("yes", None, "x"), (None, "f", "x")]))
    assert "No row has both hired and sex." in notices(report)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        (
            {"favourable": ["maybe"]},
            r"favourable does not occur in column 'hired', which has 2 different values of",
        ),
        ({"favourable": ["yes", 1]}, r"value 2 of favourable does not occur in column 'hired'"),
        (
            {"disadvantaged": "x"},
            r"disadvantaged does not occur in column 'sex', which has 2 different values",
        ),
    ],
)
def test_values_that_do_not_occur_are_errors_that_quote_no_data(run, more, match):
    with pytest.raises(NodeError, match=match) as caught:
        run(node(**more), frame(TEN))
    assert "yes" not in caught.value.message
    assert "did you mean" not in f"{caught.value.hint}"


def test_numbers_booleans_and_text_are_not_taken_for_one_another(run):
    data = pl.DataFrame({"y": [1, 0, 1, 0], "f": [True, True, False, False]})
    report = run(Bias(label="y", favourable=[1], facet="f", disadvantaged=True, metrics=["DPL"]), data)
    assert report.metric("difference_in_positive_proportions").value == 0
    for wrong in ({"favourable": [True]}, {"favourable": ["1"]}, {"disadvantaged": 1}):
        with pytest.raises(NodeError, match="does not occur"):
            run(Bias(**{"label": "y", "favourable": [1], "facet": "f", **wrong}), data)


@pytest.mark.parametrize(
    ("cells", "good"),
    [([5, 4, 1], ("5", "4.0")), ([5.0, 4.0, 1.0], ("5", "4")), (["5", "4", "1"], ("5", "4"))],
)
def test_values_may_be_given_as_text_whatever_the_column_holds(run, cells, good):
    data = pl.DataFrame({"stars": cells * 2, "sold": [True, False, True, False, True, False]})
    as_text = Bias(label="stars", favourable=good, facet="sold", disadvantaged=("false",), as_text=True)
    given = Bias(label="stars", favourable=tuple(cells[:2]), facet="sold", disadvantaged=False)
    assert run(as_text, data) == run(given, data)


def test_small_groups_and_missing_group_column_are_noticed(run):
    report = run(node(group=None), frame(TEN))
    assert "f has 2 rows: with fewer than 30" in notices(report)
    assert "CDDL is left out: it needs `group`" in notices(report)
    assert len(blocks(report, "metric")) == 7


def test_too_many_values_are_a_notice_and_nothing_is_crossed(run):
    data = pl.DataFrame({"hired": ["yes", "no"] * 600, "sex": [f"v{i}" for i in range(1200)]})
    report = run(node(group=None, disadvantaged=None), data)
    assert [b.kind for b in report.blocks] == ["notice"]
    assert "sex has 1,200 different values" in notices(report)


def test_most_frequent_groups_are_compared_where_there_are_many(run):
    data = pl.DataFrame([("yes", f"g{i}", "x") for i in range(15) for _ in range(i + 1)], orient="row")
    data.columns = ["hired", "sex", "department"]
    report = run(node(disadvantaged=None, metrics=["CI"]), data)
    assert [m.name for m in blocks(report, "metric")] == [f"class_imbalance:g{i}" for i in range(14, 4, -1)]
    assert "the 10 most frequent are compared" in notices(report)


def test_personal_values_are_not_shown(run):
    rows = [(y, {"m": "Mustermann", "f": "Musterfrau"}[s], d) for y, s, d in TEN]
    report = run(node(disadvantaged=None), frame(rows), personal={"sex"})
    assert "Muster" not in report.model_dump_json()


def test_the_chart_tells_the_shares(run):
    (chart,) = blocks(run(node(), frame(TEN)), "chart")
    assert chart.description == (
        "Shares of hired for each sex. m: yes 75 % and no 25 % of 8 rows; f: yes 50 % and no 50 % of 2 rows."
    )
    assert chart.rows == (("m", "yes", 6), ("m", "no", 2), ("f", "yes", 1), ("f", "no", 1))


def test_columns_must_differ_and_lists_must_not_be_empty():
    with pytest.raises(ValidationError, match="different columns"):
        Bias(label="a", favourable=["x"], facet="a")
    with pytest.raises(ValidationError, match="favourable"):
        Bias(label="a", favourable=[], facet="b")
    with pytest.raises(ValidationError, match="disadvantaged is empty"):
        Bias(label="a", favourable=[1], facet="b", disadvantaged=[])


def test_it_reads_its_columns_and_makes_none():
    fields = dict(node().columns_read())
    assert fields == {"label": "hired", "facet": "sex", "group": "department"}


counts = st.integers(min_value=1, max_value=10_000)


@given(counts, counts, counts, counts)
def test_metrics_keep_their_ranges_and_symmetries(a_good, a_bad, d_good, d_bad):
    of = metrics.Outcomes(a_good, a_bad, d_good, d_bad)
    swapped = metrics.Outcomes(d_good, d_bad, a_good, a_bad)
    assert metrics.class_imbalance(of) == -metrics.class_imbalance(swapped)
    assert metrics.label_difference(of) == -metrics.label_difference(swapped)
    assert metrics.jensen_shannon(of) == pytest.approx(metrics.jensen_shannon(swapped), abs=1e-12)
    assert -1e-12 <= metrics.jensen_shannon(of) <= math.log(2)
    assert metrics.kullback_leibler(of) >= -1e-12
    difference = abs(metrics.label_difference(of))
    assert metrics.total_variation(of) == pytest.approx(difference, abs=1e-12)
    assert metrics.kolmogorov_smirnov(of) == pytest.approx(difference, abs=1e-12)
    assert metrics.lp_norm(of) == pytest.approx(math.sqrt(2) * difference, abs=1e-12)
