"""The quick model against scikit-learn used directly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OrdinalEncoder

from weirflow.api import Answers, NodeError, Schema
from weirflow_analyses.quick_model import QuickModel

TREES = 15


def notices(report):
    return " ".join(b.text for b in report.blocks if b.kind == "notice")


def chart(report):
    (found,) = [b for b in report.blocks if b.kind == "chart"]
    return found


def encoded(data, label):
    """Features by hand: text as its place among the sorted values. All values are in both parts here."""
    frame = data.drop(label).to_pandas()
    text = frame.select_dtypes(exclude="number").columns
    frame[text] = OrdinalEncoder().fit_transform(frame[text])
    return frame.to_numpy(dtype=float), data[label].to_numpy()


@pytest.fixture(scope="module")
def small(credit):
    """A few columns of each type, every value of which is common."""
    return credit.select("age", "duration", "creditamount", "housing", "existingchecking", "risk")


def test_binary_f1_equals_scikit_learn_by_hand(run, small):
    report = run(QuickModel(label="risk", trees=TREES, seed=5), small)
    x, y = encoded(small, "risk")
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.3, random_state=5, stratify=y)
    model = RandomForestClassifier(TREES, random_state=5).fit(train_x, train_y)
    found = model.predict(test_x)
    f1 = report.metric("f1")
    assert f1.label == "F1 of risk = high risk", "the rarer class"
    assert f1.value == f1_score(test_y, found, pos_label="high risk")
    assert report.metric("accuracy").value == accuracy_score(test_y, found)
    assert report.metric("baseline_f1").value == 0
    assert report.metric("baseline_accuracy").value == 0.7
    # always answering the rarer class: precision 0.3, recall 1
    assert f"always high risk {2 * 0.3 / 1.3:.3f}" in f1.reading
    ranked = sorted(zip(small.columns[:-1], model.feature_importances_, strict=True), key=lambda p: -p[1])
    assert [name for name, _ in chart(report).rows] == [name for name, _ in ranked]
    assert [i for _, i in chart(report).rows] == pytest.approx([i for _, i in ranked], rel=1e-12)


def test_numbers_of_classes_are_scored_for_one(run, small):
    data = small.with_columns(target=(pl.col("risk") == "high risk").cast(pl.Int64)).drop("risk")
    same = run(QuickModel(label="target", trees=TREES, seed=5), data)
    text = run(QuickModel(label="risk", trees=TREES, seed=5), small)
    assert same.metric("f1").label == "F1 of target = 1"
    assert same.blocks[0].text.startswith("Classification, since target has 2 different values")
    assert same.metric("f1").value == pytest.approx(text.metric("f1").value, abs=0.15)


def test_many_classes_have_a_weighted_f1(run, small):
    report = run(QuickModel(label="existingchecking", trees=TREES), small)
    x, y = encoded(small, "existingchecking")
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    found = RandomForestClassifier(TREES, random_state=0).fit(train_x, train_y).predict(test_x)
    assert report.metric("f1").value == f1_score(test_y, found, average="weighted")
    (table,) = [b for b in report.blocks if b.kind == "table"]
    assert [r[0] for r in table.rows] == sorted(set(y))
    assert sum(r[1] for r in table.rows) == 300


def test_regression_error_equals_scikit_learn_by_hand(run, small):
    report = run(QuickModel(label="creditamount", trees=TREES, seed=1), small)
    x, y = encoded(small, "creditamount")
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.3, random_state=1)
    found = RandomForestRegressor(TREES, random_state=1).fit(train_x, train_y).predict(test_x)
    assert report.metric("mse").value == pytest.approx(mean_squared_error(test_y, found), rel=1e-12)
    baseline = np.mean((test_y - train_y.mean()) ** 2)
    assert report.metric("baseline_mse").value == pytest.approx(baseline, rel=1e-12)
    assert report.metric("r2").value == pytest.approx(
        1 - np.sum((test_y - found) ** 2) / np.sum((test_y - test_y.mean()) ** 2), rel=1e-9
    )
    assert report.blocks[0].text.startswith(
        "Regression, since creditamount is a number that takes many values"
    )


def test_the_report_states_what_was_done_and_is_the_same_twice(run, small):
    node = QuickModel(label="risk", trees=TREES, test=0.25, seed=9)
    first, second = run(node, small), run(node, small)
    assert first == second
    text = first.blocks[0].text
    for part in ("random forest", "15 trees", "5 features", "750 rows", "250 others", "stratified", "seed 9"):
        assert part in text
    assert run(QuickModel(label="risk", trees=TREES, seed=10), small).metric("f1") != first.metric("f1")


def test_the_label_is_found_from_a_feature_that_gives_it_away(run):
    rows = 200
    data = pl.DataFrame(
        {"noise": [i * 7919 % 101 for i in range(rows)], "leak": [i % 2 for i in range(rows)]}
    ).with_columns(label=pl.col("leak") == 1)
    report = run(QuickModel(label="label", trees=TREES), data)
    assert report.metric("f1").value == 1
    assert report.metric("f1").label == "F1 of label = true"
    assert chart(report).rows[0][0] == "leak"


def test_nulls_dates_infinities_and_lists(run):
    rows = 60
    data = pl.DataFrame(
        {
            "day": [None if i % 5 == 0 else dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(rows)],
            "text": [None if i % 7 == 0 else "ab"[i % 2] for i in range(rows)],
            "number": [float("inf") if i == 3 else None if i == 4 else float(i) for i in range(rows)],
            "flag": [i % 3 == 0 for i in range(rows)],
            "empty": [None] * rows,
            "vector": [[1.0]] * rows,
            "label": [None if i == 0 else "yes" if i > 30 else "no" for i in range(rows)],
        },
        schema_overrides={"empty": pl.Float64},
    )
    report = run(QuickModel(label="label", trees=TREES), data)
    assert {name for name, _ in chart(report).rows} == {"day", "text", "number", "flag"}
    said = notices(report)
    assert "1 row without a finite value of label left out." in said
    assert "1 infinite value taken as null." in said
    assert "Left out, since they are null throughout: empty." in said
    assert "Left out, since their values are not single ones: vector." in said
    assert report.metric("f1").value > 0.8, "day and number give the label away"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([None] * 20, "label has no values"),
        (["x"] * 20, "label has one value alone"),
        (["x", "y"] * 3, "6 rows with a value of label: at least 10 are needed."),
        ([f"id{i}" for i in range(150)], "label has 150 different values: at most 100 can be told apart"),
    ],
)
def test_labels_that_cannot_be_learned_are_a_notice(run, labels, said):
    data = pl.DataFrame({"x": range(len(labels)), "label": labels}, schema_overrides={"label": pl.String})
    report = run(QuickModel(label="label"), data)
    assert [b.kind for b in report.blocks] == ["notice"]
    assert said in notices(report)


def test_a_class_too_rare_to_stratify_is_noted(run):
    data = pl.DataFrame({"x": range(30), "label": ["rare"] + ["a", "b"] * 14 + ["a"]})
    report = run(QuickModel(label="label", trees=TREES), data)
    assert "not stratified" in notices(report)


def test_numbers_are_forced_into_either_problem(run):
    data = pl.DataFrame({"x": range(40), "label": [i % 4 / 2 for i in range(40)]})
    assert run(QuickModel(label="label", trees=TREES), data).metric("mse")
    forced = run(QuickModel(label="label", trees=TREES, problem="classification"), data)
    assert forced.metric("f1").value is not None
    whole = data.with_columns(pl.col("label") * 2)
    assert run(QuickModel(label="label", trees=TREES), whole).metric("f1")
    assert run(QuickModel(label="label", trees=TREES, problem="regression"), whole).metric("mse")


def test_dates_can_be_classes(run):
    days = [dt.date(2024, 1, 1 + i % 2) for i in range(40)]
    report = run(
        QuickModel(label="day", trees=TREES), pl.DataFrame({"x": [i % 2 for i in range(40)], "day": days})
    )
    assert report.metric("f1").label in {"F1 of day = 2024-01-01", "F1 of day = 2024-01-02"}


def test_personal_classes_are_not_named(run):
    data = pl.DataFrame({"x": range(40), "name": ["Mustermann", "Musterfrau"] * 20})
    assert (
        "Muster" not in run(QuickModel(label="name", trees=TREES), data, personal={"name"}).model_dump_json()
    )


def test_wrong_types_and_missing_features_are_errors():
    schema = Schema.of(t="string", v="list[float64]")
    with pytest.raises(NodeError, match="column 't' is of type string, and regression needs a numeric label"):
        list(QuickModel(label="t", features=["x"], problem="regression").ask(schema, Answers()))
    with pytest.raises(NodeError, match="there is no column to predict 't' from"):
        list(QuickModel(label="t", features=["v", "t"]).ask(schema, Answers()))


def test_it_reads_label_and_features():
    schema = Schema.of(a="int64", b="int64", y="string")
    assert QuickModel(label="y", features=["a"]).effect(schema).reads == ("y", "a")
    assert QuickModel(label="y").effect(schema).reads == ("y", "a", "b")


def test_categories_are_text_and_decimals_are_numbers(run, small):
    typed = small.with_columns(
        pl.col("housing").cast(pl.Categorical), pl.col("existingchecking").cast(pl.Categorical)
    )
    node = QuickModel(label="risk", trees=TREES)
    assert run(node, typed) == run(node, small)
    decimal = small.with_columns(pl.col("creditamount").cast(pl.Decimal(12, 2)))
    node = QuickModel(label="creditamount", trees=TREES)
    assert run(node, decimal).metric("mse") == run(node, small).metric("mse")
