"""Scoring without columns that new data does not have, held against the run's own table."""

from __future__ import annotations

import shutil

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import weirflow
from weirflow import FrozenFlow
from weirflow.api import (
    FLOAT64,
    ColumnName,
    Columns,
    Effect,
    Estimator,
    Made,
    Mean,
    Port,
    TrainedParameters,
    Transform,
)
from weirflow.errors import FlowError, UsageError
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry


class Total(Transform):
    """Add columns up."""

    operator = "test.total"
    columns: Columns
    output: str

    def effect(self, schema):
        return Effect(makes={self.output: Made(of=tuple(self.columns), dtype=FLOAT64)})

    def transform(self, inputs):
        return inputs.table.with_columns(nw.sum_horizontal(*self.columns).cast(nw.Float64).alias(self.output))


class Weigh(Transform):
    """Multiply each column by its weight: a list that goes along with the columns."""

    operator = "test.weigh"
    columns: Columns
    weights: tuple[float, ...]

    def transform(self, inputs):
        pairs = zip(self.columns, self.weights, strict=True)
        return inputs.table.with_columns(*(nw.col(c) * w for c, w in pairs))


class Means(TrainedParameters):
    means: list[float]


class Centre(Estimator[Means]):
    """Take the mean off each column. What it learned is a list, not by column."""

    operator = "test.centre"
    columns: Columns

    def ask(self, schema, known):
        return [Mean(c) for c in self.columns]

    def fit(self, answers):
        return Means(means=[answers[Mean(c)] for c in self.columns])

    def transform(self, table, trained):
        pairs = zip(self.columns, trained.means, strict=True)
        return table.with_columns(*(nw.col(c) - m for c, m in pairs))


class Lookup(Transform):
    """Bring a column of a second table in by a key."""

    operator = "test.lookup"
    inputs = (Port("left"), Port("right"))
    key: ColumnName

    def effects(self, inputs):
        made = [c for c in inputs["right"].names if c != self.key]
        return {
            "default": Effect(
                makes={c: Made(of=(c,), alias=True, port="right") for c in made}, reads=(self.key,)
            )
        }

    def transform(self, inputs):
        left, right = (inputs[side].to_native() for side in ("left", "right"))
        return nw.from_native(left.join(right, on=self.key, how="left", maintain_order="left"))


REGISTRY = Registry.load({"WEIRFLOW_PLUGINS": "tabular"}).with_nodes(Total, Weigh, Centre, Lookup)
ROWS = pl.DataFrame(
    {
        "a": [1.0, 2.0, 4.0, 9.0],
        "b": [10.0, 20.0, 5.0, 0.0],
        "y": [0.5, 1.5, 2.5, 8.0],
        "city": ["Rome", "Oslo", "Rome", "Oslo"],
        "kind": ["u", "v", "v", "u"],
    }
)


@pytest.fixture
def fitted(tmp_path):
    """Run a flow of these nodes on the rows; the flow opened again, and the table of the last node."""

    def run(nodes):
        ROWS.write_parquet(tmp_path / "rows.parquet")
        lines = "".join(f"  - {n}\n" for n in nodes)
        (tmp_path / "x.flow").write_text(
            "flow: 1\nnodes:\n  - {id: rows, operator: read.parquet, parameters: {path: rows.parquet}}\n"
            f"{lines}  - {{id: out, operator: write.parquet, parameters: {{path: out.parquet}}}}\n"
        )
        project = weirflow.Project(tmp_path / "x.flow", registry=REGISTRY)
        project.run(Options(report="none"), apart=False).check()
        return project, pl.read_parquet(tmp_path / "out.parquet")

    return run


def left(fitted, without, *nodes):
    """What comes out without some columns, and the run's table."""
    project, made = fitted(nodes)
    found = project.frozen(without=without).transform(ROWS.drop(without))
    assert project.frozen(without=without).transform(ROWS).equals(found)  # they are not looked at
    return found, made


def refusals(fitted, without, *nodes):
    project, _ = fitted(nodes)
    with pytest.raises(FlowError, match="which new data does not have") as caught:
        project.frozen(without=without).transform(ROWS.drop(without))
    return {d.node: d.message for d in caught.value.diagnostics}


@pytest.fixture(scope="module")
def credit(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("credit") / "credit-risk"
    leave = shutil.ignore_patterns(".weirflow", "output", "*.trained.json")
    shutil.copytree(repository / "flows" / "credit-risk", folder, ignore=leave)
    weirflow.open(folder / "credit-risk.flow").run(Options(report="none"), apart=False).check()
    return folder


def test_the_credit_flow_scores_applications_without_their_risk(credit):
    made = pl.read_parquet(credit / "output" / "features.parquet")
    applications = pl.read_csv(credit / "german_credit_data.csv")
    flow = credit / "credit-risk.flow"
    assert FrozenFlow(flow, without=["risk"]).transform(applications.drop("risk")).equals(made.drop("target"))
    assert FrozenFlow(flow, without="risk").transform(applications).equals(made.drop("target"))
    fewer = FrozenFlow(flow, without=["risk", "status_sex", "age", "housing"])
    gone = [c for c in made.columns if c.startswith(("sex_", "marital_status_", "housing_"))]
    assert len(gone) == 2 + 4 + 3
    found = fewer.transform(applications.drop("risk", "status_sex", "age", "housing"))
    assert found.equals(made.drop("target", "age", *gone))


def test_a_model_is_fitted_with_the_label_and_predicts_without_it(credit):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    applications = pd.read_csv(credit / "german_credit_data.csv")
    features = FrozenFlow(credit / "credit-risk.flow", without=["risk"])
    model = make_pipeline(features, LogisticRegression(max_iter=1000)).fit(applications, applications["risk"])
    made = pd.read_parquet(credit / "output" / "features.parquet").drop(columns="target")
    alone = LogisticRegression(max_iter=1000).fit(made, applications["risk"])
    new = applications.drop(columns="risk").sample(20, random_state=1)
    assert model.predict(new).tolist() == alone.predict(made.loc[new.index]).tolist()
    np.testing.assert_array_equal(model.predict_proba(new), alone.predict_proba(made.loc[new.index]))
    assert "risk" not in features.feature_names_in_


def test_nodes_go_on_with_the_columns_that_are_there(fitted):
    found, made = left(
        fitted,
        ["y", "kind"],
        "{id: cast, operator: columns.cast, parameters: {types: {a: float64, y: float64}}}",
        "{id: fill, operator: missing.impute, parameters: {columns: [y, b]}}",
        "{id: scale, operator: scale.standard, parameters: {columns: {type: numeric}, center: true}}",
        "{id: hot, operator: encode.one_hot, parameters: {columns: [kind, city]}}",
        "{id: name, operator: columns.rename, parameters: {columns: {y: label, b: beta}}}",
        "{id: twin, operator: columns.duplicate, parameters: {column: label, output: again}}",
        "{id: move, operator: columns.move, parameters: {columns: [label, city_Rome], to: start}}",
        "{id: drop, operator: columns.drop, parameters: {columns: [again, city_Oslo]}}",
    )
    assert made.columns == ["label", "city_Rome", "a", "beta", "kind_u", "kind_v"]
    assert found.equals(made.drop("label", "kind_u", "kind_v"))


def test_a_selection_keeps_what_is_there_in_its_order(fitted):
    keep = "{id: keep, operator: columns.keep, parameters: {columns: [city, y, a]}}"
    found, made = left(fitted, ["y"], keep)
    assert found.equals(made.select("city", "a"))


def test_a_name_that_is_made_anew_from_what_is_there_stays(fitted):
    found, made = left(
        fitted,
        ["y"],
        "{id: drop, operator: columns.drop, parameters: {columns: y}}",
        "{id: y, operator: columns.duplicate, parameters: {column: a, output: y}}",
    )
    assert found.equals(made)
    assert found["y"].to_list() == [1.0, 2.0, 4.0, 9.0]


def test_a_rename_onto_its_name_and_away_from_it(fitted):
    swap = "{id: swap, operator: columns.rename, parameters: {columns: {y: a, a: y}}}"
    project, _ = fitted([swap])
    found = project.frozen(without=["y"]).transform(ROWS.drop("y"))
    assert found.to_dict(as_series=False) == {
        "y": [1.0, 2.0, 4.0, 9.0], **ROWS.select("b", "city", "kind").to_dict(as_series=False)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ("operator: rows.filter, parameters: {column: y, is: '>', value: 1}", "chooses or orders rows by 'y'"),
        ("operator: rows.sort, parameters: {by: [a, y]}", "chooses or orders rows by 'y'"),
        ("operator: rows.drop_duplicates", "chooses or orders rows by 'y'"),
        ("operator: missing.drop", "chooses or orders rows by 'y'"),
        ("operator: test.total, parameters: {columns: [a, y], output: s}", "makes 's' of other columns and of 'y'"),
        ("operator: test.weigh, parameters: {columns: [a, y], weights: [2, 3]}", "the rest of its work without 'y'"),
        ("operator: test.centre, parameters: {columns: [y, a]}", "the rest of its work without 'y'"),
        ("operator: columns.move, parameters: {columns: {type: numeric}, to: end}", "chooses columns by their type"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_without_a_column_is_refused(fitted, node, why):
    found = refusals(fitted, ["y"], f"{{id: wants, {node}}}")
    assert list(found) == ["wants"]
    assert why in found["wants"]


def test_all_refusals_are_told_at_once_and_no_consequences(fitted):
    found = refusals(
        fitted,
        ["y", "kind"],
        "{id: few, operator: rows.filter, parameters: {column: kind, is: '==', value: u}}",
        "{id: sum, operator: test.total, parameters: {columns: [a, y], output: s}}",
        "{id: more, operator: test.total, parameters: {columns: [s, b], output: t}}",
    )
    assert list(found) == ["few", "sum"]


def test_a_mixture_that_is_dropped_again_does_no_harm(fitted):
    found, made = left(
        fitted,
        ["y"],
        "{id: sum, operator: test.total, parameters: {columns: [a, y], output: s}}",
        "{id: twice, operator: test.total, parameters: {columns: [s, b], output: t}}",
        "{id: drop, operator: columns.drop, parameters: {columns: [s, t, kind]}}",
    )
    assert found.equals(made.drop("y"))


def test_of_the_left_out_columns_alone_is_left_out(fitted):
    both = "{id: sum, operator: test.total, parameters: {columns: [b, y], output: s}}"
    found, made = left(fitted, ["b", "y"], both)
    assert found.equals(made.drop("b", "y", "s"))


def test_a_second_source_is_read_from_where_it_lies(fitted, tmp_path):
    pl.DataFrame({"city": ["Oslo", "Rome"], "code": [47, 39]}).write_parquet(tmp_path / "codes.parquet")
    project, made = fitted(
        [
            "{id: codes, operator: read.parquet, parameters: {path: codes.parquet}}",
            "{id: joined, operator: test.lookup, inputs: {left: rows, right: codes}, parameters: {key: city}}",
        ]
    )
    with pytest.raises(UsageError, match="'joined' has 2 sources"):
        project.transform(ROWS)
    frozen = FrozenFlow(tmp_path / "x.flow", source="rows", without=["y"], _project=project)
    assert frozen.transform(ROWS.drop("y")).equals(made.drop("y"))
    assert made["code"].to_list() == [39, 47, 39, 47]
    wants = FrozenFlow(tmp_path / "x.flow", source="rows", without=["city"], _project=project)
    with pytest.raises(FlowError, match=r"'joined' \(test.lookup\) reads 'city'"):
        wants.transform(ROWS)


def test_a_slip_in_the_name_does_not_let_the_label_through(fitted):
    drop = "{id: drop, operator: columns.drop, parameters: {columns: kind}}"
    project, _ = fitted([drop])
    with pytest.raises(UsageError, match="`without` names column 'citty'") as caught:
        project.frozen(without=["citty"]).transform(ROWS)
    assert caught.value.diagnostics[0].hint == "did you mean 'city'?"
    with pytest.raises(UsageError, match="`without` names column 'label', which neither") as caught:
        project.frozen(without=["label"]).fit(ROWS)
    assert caught.value.diagnostics[0].hint == "leave it out of `without`"
    frozen = project.frozen(without=["b"]).fit(ROWS)  # nothing names it: it only passes through
    assert frozen.transform(ROWS.drop("b")).columns == ["a", "y", "city"]


def test_the_hint_of_a_missing_column_names_the_way_out(fitted):
    scale = "{id: scale, operator: scale.standard, parameters: {columns: kind_of_number}}"
    project, _ = fitted([scale.replace("kind_of_number", "y")])
    with pytest.raises(FlowError, match="there is no column 'y'") as caught:
        project.transform(ROWS.drop("y"))
    assert "without=" in (caught.value.diagnostics[0].hint or "")
