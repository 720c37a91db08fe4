"""Flows from Python: run, plan, preview, transform; as a scikit-learn transformer; one row."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

import weirflow
from weirflow import FrozenFlow
from weirflow.errors import FlowError, RunError, UsageError
from weirflow.plan.model import Options

FLOW = """\
flow: 1
name: people
nodes:
  - {id: people, operator: read.csv, parameters: {path: people.csv}}
  - {id: filled, operator: missing.impute, parameters: {columns: age}}
  - {id: scaled, operator: scale.min_max, parameters: {columns: age}}
  - {id: city, operator: encode.one_hot, parameters: {columns: city}}
  - {id: tidy, operator: columns.keep, parameters: {columns: [age, city_Rome, city_Oslo]}}
  - {id: out, operator: write.parquet, parameters: {path: out.parquet}}
"""
CSV = "city,age,note\nRome,30,a\nOslo,,b\nRome,50,c\nOslo,35,d\n"
MADE = {"age": [0.0, 5 / 12, 1.0, 0.25], "city_Rome": [0, 1, 0, 1][::-1], "city_Oslo": [0, 1, 0, 1]}
MADE["age"][1] = (115 / 3 - 30) / 20  # the mean of 30, 50 and 35 stands for null


@pytest.fixture(scope="module")
def unfitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    (folder / "people.csv").write_text(CSV)
    (folder / "people.flow").write_text(FLOW)
    return folder / "people.flow"


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    (folder / "people.csv").write_text(CSV)
    (folder / "people.flow").write_text(FLOW)
    weirflow.open(folder / "people.flow").run(Options(report="none"), apart=False).check()
    return folder / "people.flow"


@pytest.fixture
def rows(flow):
    return pl.read_csv(flow.with_name("people.csv"))


def test_the_run_made_the_table_by_hand(flow):
    made = pl.read_parquet(flow.with_name("out.parquet"))
    assert made.columns == list(MADE)
    assert made["age"].to_list() == pytest.approx(MADE["age"], rel=1e-14)
    assert made.drop("age").to_dict(as_series=False) == {k: v for k, v in MADE.items() if k != "age"}


def test_transform_of_either_kind_of_frame_is_the_table_of_the_run(flow, rows):
    made = pl.read_parquet(flow.with_name("out.parquet"))
    project = weirflow.open(flow)
    assert project.transform(rows).equals(made)
    assert project.transform(rows.lazy()).equals(made)
    found = project.transform(pd.read_csv(flow.with_name("people.csv")))
    pd.testing.assert_frame_equal(found, made.to_pandas())


def test_one_row_is_scored_without_a_trace(flow):
    before = sorted(flow.parent.rglob("*"))
    found = weirflow.open(flow).transform(pd.DataFrame({"city": ["Oslo"], "age": [40.0], "note": ["z"]}))
    assert found.to_dict("records") == [{"age": 0.5, "city_Rome": 0, "city_Oslo": 1}]
    assert sorted(flow.parent.rglob("*")) == before


def test_columns_that_nothing_needs_may_be_missing(flow):
    found = weirflow.open(flow).transform(pl.DataFrame({"age": [30], "city": ["Rome"]}))
    assert found.rows() == [(0.0, 1, 0)]


def test_a_missing_column_is_a_clear_error(flow, rows):
    with pytest.raises(FlowError, match="there is no column 'age'") as caught:
        weirflow.open(flow).transform(rows.drop("age"))
    assert {(d.code, d.node) for d in caught.value.diagnostics} == {("WF401", "filled")}
    with pytest.raises(FlowError, match="there is no column 'city'"):
        weirflow.open(flow).transform(rows.rename({"city": "town"}))


def test_a_column_of_the_wrong_type_is_a_clear_error(flow, rows):
    with pytest.raises(FlowError, match="WF402") as caught:
        weirflow.open(flow).transform(rows.with_columns(age=pl.lit("old")))
    assert "old" not in str(caught.value)


def test_an_unseen_category_is_refused_without_quoting_it(flow):
    with pytest.raises(RunError, match="WF610: column 'city'") as caught:
        weirflow.open(flow).transform(pl.DataFrame({"city": ["Paris"], "age": [1]}))
    assert "Paris" not in str(caught.value)
    assert caught.value.diagnostics[0].node == "city"


def test_an_unfitted_flow_is_refused_by_name(unfitted, rows):
    with pytest.raises(RunError, match="WF612") as caught:
        FrozenFlow(unfitted).transform(rows)
    assert {d.node for d in caught.value.diagnostics} == {"filled", "scaled", "city"}
    with pytest.raises(RunError, match="WF612"):
        FrozenFlow(unfitted).fit(rows)
    assert not FrozenFlow(unfitted).__sklearn_is_fitted__()


def test_another_output_can_be_named(flow, rows):
    found = FrozenFlow(flow, output="scaled").transform(rows)
    assert found.columns == ["city", "age", "note"]
    with pytest.raises(UsageError, match="there is no node 'scald'"):
        FrozenFlow(flow, output="scald").transform(rows)


def test_names_of_the_output_are_known_once_fitted_to_a_frame(flow, rows):
    frozen = FrozenFlow(flow)
    with pytest.raises(UsageError, match="fit to a frame first"):
        frozen.get_feature_names_out()
    frozen.fit(rows)
    assert frozen.get_feature_names_out().tolist() == ["age", "city_Rome", "city_Oslo"]


def test_a_frozen_flow_is_a_step_of_a_pipeline(flow):
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    frame = pd.read_csv(flow.with_name("people.csv"))
    target = [0, 1, 0, 1]
    pipeline = Pipeline([("features", FrozenFlow(flow)), ("model", LogisticRegression())])
    found = pipeline.fit(frame, target).predict_proba(frame)
    alone = LogisticRegression().fit(pd.DataFrame(MADE), target).predict_proba(pd.DataFrame(MADE))
    assert found.tolist() == [pytest.approx(row, rel=1e-9) for row in alone.tolist()]
    copy = clone(pipeline)
    parameters = copy.named_steps["features"].get_params()
    assert {k: v for k, v in parameters.items() if v} == {"path": flow}
    assert copy.fit(frame, target).predict(frame).tolist() == target
    set_up = clone(FrozenFlow(flow)).set_params(output="scaled")
    assert list(set_up.fit_transform(frame).columns) == ["city", "age", "note"]
    with pytest.raises(ValueError, match="no parameter 'outputs'"):
        set_up.set_params(outputs="x")


# ---------------------------------------------------------------------- open, plan, preview


def test_a_preview_fits_in_memory_and_leaves_nothing(unfitted):
    project = weirflow.open(unfitted)
    assert project.preview("scaled", rows=2).rows() == [
        ("Rome", 0.0, "a"), ("Oslo", pytest.approx(5 / 12), "b"),
    ]  # fmt: skip
    assert project.preview("people", rows=1).rows() == [("Rome", 30, "a")]
    assert project.preview().columns == list(MADE)
    assert not unfitted.with_name("people.trained.json").exists()
    assert not unfitted.with_name("out.parquet").exists()


def test_a_preview_of_what_is_not_there_suggests_a_node(unfitted):
    with pytest.raises(UsageError, match="there is no node 'scald'") as caught:
        weirflow.open(unfitted).preview("scald")
    assert caught.value.diagnostics[0].hint == "did you mean 'scaled'?"


def test_opening_a_wrong_flow_raises_all_that_is_wrong(tmp_path):
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n  - {id: a, operator: read.csv, parameters: {pth: x}}\n"
        "  - {id: b, operator: columns.drop, parameters: {column: x}}\n"
    )
    with pytest.raises(FlowError, match="WF203") as caught:
        weirflow.open(tmp_path / "x.flow")
    assert {"a", "b"} <= {d.node for d in caught.value.diagnostics}


def test_a_flow_parameter_can_be_given(flow, tmp_path):
    text = FLOW.replace("people.csv", "${data}").replace("name: people", "parameters: {data: {type: path}}")
    (tmp_path / "y.flow").write_text(text.replace("path: ${data}", 'path: "${data}"'))
    plan = weirflow.open(tmp_path / "y.flow", p={"data": str(flow.with_name("people.csv"))}).plan()
    assert plan.flowed.schemas["people", "default"].names == ("city", "age", "note")
