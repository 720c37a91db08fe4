"""A frozen flow as a step among scikit-learn's, and under a server's threads."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.validation import check_is_fitted

import weirflow
from weirflow import FrozenFlow
from weirflow.api import Transform
from weirflow.errors import FlowError, RunError, UsageError
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry

# Of age, known are 30, 50 and 35: the mean stands for null, and min-max maps 30 to 0 and 50 to 1.
FLOW = """\
flow: 1
name: people
parameters: {strategy: {type: string, default: mean}}
nodes:
  - {id: people, operator: read.csv, parameters: {path: people.csv}}
  - {id: filled, operator: missing.impute, parameters: {columns: age, strategy: "${strategy}"}}
  - {id: scaled, operator: scale.min_max, parameters: {columns: age}}
  - {id: city, operator: encode.one_hot, parameters: {columns: city}}
  - {id: tidy, operator: columns.drop, parameters: {columns: note}}
  - {id: out, operator: write.parquet, parameters: {path: out.parquet}}
"""
CSV = "city,age,note\nRome,30,a\nOslo,,b\nRome,50,c\nOslo,35,d\n"
NAMES = ["age", "city_Oslo", "city_Rome"]
MADE = {"age": [0.0, 5 / 12, 1.0, 0.25], "city_Oslo": [0, 1, 0, 1], "city_Rome": [1, 0, 1, 0]}


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    (folder / "people.csv").write_text(CSV)
    (folder / "people.flow").write_text(FLOW)
    weirflow.open(folder / "people.flow").run(Options(report="none"), apart=False).check()
    return folder / "people.flow"


@pytest.fixture
def frame(flow):
    return pd.read_csv(flow.with_name("people.csv"))


def values(found):
    return {name: pytest.approx(column, rel=1e-12) for name, column in found.to_dict(orient="list").items()}


def hint(caught):
    return caught.value.diagnostics[0].hint


def test_a_clone_keeps_parameters_and_overrides(tmp_path, frame, flow):
    (tmp_path / "people.csv").write_text(CSV)
    (tmp_path / "people.flow").write_text(FLOW)
    given = {"p": {"strategy": "median"}, "overrides": {"scaled.maximum": 10}}
    project = weirflow.open(tmp_path / "people.flow", p=given["p"], overrides=given["overrides"])
    project.run(Options(report="none"), apart=False).check()
    made = [0.0, 2.5, 10.0, 2.5]  # the median of 30, 50 and 35 is 35
    for frozen in (project.frozen(), FrozenFlow(tmp_path / "people.flow", **given)):
        assert frozen.transform(frame)["age"].tolist() == pytest.approx(made)
        twin = clone(frozen)
        assert twin.get_params() == {
            "path": tmp_path / "people.flow", "output": None, "source": None, "without": (), **given
        }  # fmt: skip
        assert twin.transform(frame)["age"].tolist() == pytest.approx(made)
    plain = clone(frozen).set_params(p=None, overrides=None)
    with pytest.raises(RunError, match="WF612"):  # what was learned belongs to the other parameters
        plain.transform(frame)


def test_parameters_are_set_all_or_none(flow, frame):
    frozen = FrozenFlow(flow).fit(frame)
    with pytest.raises(ValueError, match="no parameter 'outputs': did you mean 'output'"):
        frozen.set_params(without=["note"], outputs="scaled")
    assert frozen.without == ()
    assert frozen.set_params(output="scaled") is frozen
    assert not hasattr(frozen, "n_features_in_")
    assert list(frozen.transform(frame).columns) == ["city", "age", "note"]
    assert repr(frozen) == f"FrozenFlow({str(flow)!r}, output='scaled')"


def test_it_answers_what_scikit_learn_asks_of_a_transformer(flow, frame, tmp_path):
    frozen = FrozenFlow(flow)
    check_is_fitted(frozen)
    assert frozen.fit(frame) is frozen
    assert frozen.n_features_in_ == 3
    assert frozen.feature_names_in_.tolist() == ["city", "age", "note"]
    assert frozen.get_feature_names_out().tolist() == NAMES
    assert frozen.get_feature_names_out(["city", "age", "note"]).dtype == object
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        frozen.get_feature_names_out(["city", "age"])
    tags = get_tags(frozen)
    assert (tags.estimator_type, tags.requires_fit, tags.input_tags.string) == ("transformer", False, True)
    assert "FrozenFlow" in estimator_html_repr(make_pipeline(frozen, LogisticRegression()))
    assert not FrozenFlow(tmp_path / "none.flow").__sklearn_is_fitted__()
    assert frozen.fit_transform(frame, [0, 1, 0, 1]).columns.tolist() == NAMES


@pytest.mark.parametrize(("kind", "cls"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_the_kind_of_output_can_be_set(flow, frame, kind, cls):
    frozen = FrozenFlow(flow).set_output(transform=kind)
    assert isinstance(frozen.transform(frame), cls)
    assert isinstance(frozen.transform(pl.from_pandas(frame)), cls)
    assert isinstance(clone(frozen).transform(frame), cls)
    pipeline = make_pipeline(FrozenFlow(flow)).set_output(transform=kind)
    assert isinstance(pipeline.fit_transform(frame), cls)
    with sklearn.config_context(transform_output=kind):
        assert isinstance(FrozenFlow(flow).transform(pl.from_pandas(frame).to_dicts()), cls)
    frozen.set_output(transform="default")
    assert type(frozen.transform(frame)) is pd.DataFrame
    assert type(frozen.transform(pl.from_pandas(frame))) is pl.DataFrame
    with pytest.raises(ValueError, match="must be one of default, pandas, polars"):
        frozen.set_output(transform="numpy")


def test_in_a_column_transformer(flow, frame):
    frame = frame.assign(size=[1.0, 2.0, 3.0, 4.0]).set_index(pd.Index([7, 3, 5, 1]))
    columns = ColumnTransformer(
        [("flow", FrozenFlow(flow), ["city", "age", "note"])], remainder="passthrough"
    )
    found = columns.set_output(transform="pandas").fit_transform(frame)
    assert list(found.columns) == [*(f"flow__{n}" for n in NAMES), "remainder__size"]
    assert found.index.tolist() == [7, 3, 5, 1]
    assert found["flow__age"].tolist() == pytest.approx(MADE["age"])
    assert columns.get_feature_names_out().tolist() == list(found.columns)
    found = columns.set_output(transform="polars").fit_transform(frame)
    assert isinstance(found, pl.DataFrame)
    assert columns.set_output(transform="default").fit_transform(frame).shape == (4, 4)


def test_a_search_over_the_model_behind_it(flow, frame):
    frame = pd.concat([frame] * 5, ignore_index=True)
    y = np.tile([0, 1, 1, 0], 5)
    grid = {"model__C": [0.1, 10.0], "flow__output": ["tidy"]}
    steps = [("flow", FrozenFlow(flow)), ("model", LogisticRegression())]
    search = GridSearchCV(Pipeline(steps), grid, cv=2, error_score="raise").fit(frame, y)
    made = pd.concat([pd.DataFrame(MADE)] * 5, ignore_index=True)
    alone = GridSearchCV(LogisticRegression(), {"C": [0.1, 10.0]}, cv=2).fit(made, y)
    assert search.best_params_["model__C"] == alone.best_params_["C"]
    assert search.cv_results_["mean_test_score"].tolist() == alone.cv_results_["mean_test_score"].tolist()
    assert search.predict(frame).tolist() == alone.predict(made).tolist()


def test_a_saved_pipeline_stands_alone(tmp_path, frame):
    (tmp_path / "people.csv").write_text(CSV.replace("Rome,50,c", "Rome,50,secret remark"))
    (tmp_path / "people.flow").write_text(FLOW)
    weirflow.open(tmp_path / "people.flow").run(Options(report="none"), apart=False).check()
    pipeline = make_pipeline(FrozenFlow(tmp_path / "people.flow"), LogisticRegression()).fit(
        frame, [0, 1, 0, 1]
    )
    want = pipeline.predict_proba(frame).tolist()
    joblib.dump(pipeline, tmp_path / "model.joblib")
    unread = pickle.dumps(FrozenFlow(tmp_path / "people.flow"))
    for name in ("people.csv", "people.flow", "people.trained.json", "out.parquet"):
        (tmp_path / name).unlink()
    again = joblib.load(tmp_path / "model.joblib")
    assert again.predict_proba(frame).tolist() == want
    assert again[0].get_feature_names_out().tolist() == NAMES
    assert (
        again[0]
        .transform(pl.from_pandas(frame))
        .equals(copy.deepcopy(pipeline)[0].transform(pl.from_pandas(frame)))
    )
    assert b"secret remark" not in (tmp_path / "model.joblib").read_bytes()
    with pytest.raises(FlowError, match="WF101"):  # one that was never read is its parameters
        pickle.loads(unread).transform(frame)


def test_the_index_of_a_pandas_frame_is_kept(flow, frame):
    index = pd.MultiIndex.from_tuples([("x", 4), ("x", 2), ("y", 9), ("z", 2)], names=["group", "number"])
    found = FrozenFlow(flow).transform(frame.set_index(index))
    pd.testing.assert_index_equal(found.index, index)
    assert values(found) == MADE


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_rows_that_change_have_no_index_and_no_place_in_a_pipeline(tmp_path, frame, kind):
    (tmp_path / "people.csv").write_text(CSV)
    sort = "  - {id: sort, operator: rows.sort, parameters: {by: [age], descending: true}}\n  - {id: out,"
    (tmp_path / "sorted.flow").write_text(FLOW.replace("  - {id: out,", sort))
    weirflow.open(tmp_path / "sorted.flow").run(Options(report="none"), apart=False).check()
    frozen = FrozenFlow(tmp_path / "sorted.flow")
    given = kind(frame.set_index(pd.Index([7, 3, 5, 1])))
    found = frozen.transform(given)
    assert list(found["age"]) == pytest.approx([1.0, 5 / 12, 0.25, 0.0])
    assert not isinstance(found, pd.DataFrame) or found.index.tolist() == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="'sort' changes rows or their order"):
        make_pipeline(frozen, LogisticRegression()).fit(given, [0, 1, 0, 1])


def test_rows_as_dicts_come_back_as_dicts(flow):
    frozen = FrozenFlow(flow)
    row = {"city": "Oslo", "age": 40, "note": "z"}
    assert frozen.transform([row]) == [{"age": 0.5, "city_Oslo": 1, "city_Rome": 0}]
    assert [r["age"] for r in frozen.transform([row, {"city": "Rome", "age": 30.5}])] == [0.5, 0.025]
    with pytest.raises(UsageError, match="this is a dict") as caught:
        frozen.transform(row)
    assert hint(caught) == "for one row, give a list of one dict: [row]"


def test_zero_rows_give_zero_rows(flow, frame):
    for empty in (frame.head(0), pl.from_pandas(frame).head(0)):
        found = FrozenFlow(flow).transform(empty)
        assert type(found) is type(empty)
        assert found.shape == (0, 3)
        assert list(found.columns) == NAMES
    assert FrozenFlow(flow).transform([]) == []
    with pytest.raises(FlowError, match="there is no column 'age'"):
        FrozenFlow(flow).transform(pl.DataFrame())


@pytest.mark.parametrize("fit", [False, True])
@pytest.mark.parametrize("kind", [list, pd.DataFrame, pl.DataFrame])
def test_a_row_whose_value_is_missing_is_one_with_a_null(flow, frame, kind, fit):
    frozen = FrozenFlow(flow).fit(frame) if fit else FrozenFlow(flow)
    for row, age, cities in (
        ({"city": "Rome", "age": None, "note": "x"}, 5 / 12, (0, 1)),
        ({"city": None, "age": 50, "note": "x"}, 1.0, (0, 0)),
        ({"city": None, "age": None, "note": None}, 5 / 12, (0, 0)),
    ):
        found = frozen.transform(kind([row]))
        (made,) = found if kind is list else pl.DataFrame(found).to_dicts()
        assert made == {"age": pytest.approx(age), "city_Oslo": cities[0], "city_Rome": cities[1]}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (np.zeros((2, 3)), "this is a numpy.ndarray"),
        (pd.Series([1]), "this is a pandas.Series"),
        (pl.Series([1]), "this is a polars.Series"),
        ("people.csv", "this is a str"),
        (None, "this is a NoneType"),
        ([1, 2], "this is a list"),
        (pd.DataFrame([[1, 2]], columns=["age", "age"]), "two columns called 'age'"),
        (
            pd.DataFrame({"city": ["Rome", 7], "age": [1, 2]}),
            "column 'city' of the frame holds values of several",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "given",
)
def test_what_is_no_frame_is_refused_without_quoting_it(flow, given, text):
    with pytest.raises(UsageError, match=text) as caught:
        FrozenFlow(flow).transform(given)
    assert "Rome" not in str(caught.value)


def test_a_column_renamed_missing_or_new_is_named(flow, frame):
    frozen = FrozenFlow(flow).fit(frame)
    with pytest.raises(FlowError, match="there is no column 'city'") as caught:
        frozen.transform(frame.rename(columns={"city": "citty"}))
    assert hint(caught) == "did you mean 'citty'?"
    with pytest.raises(UsageError, match="has a column 'size', which the frame of the fit had not"):
        frozen.transform(frame.assign(size=1))
    assert FrozenFlow(flow).transform(frame.assign(size=1)).shape == (4, 4)  # as in a run, it passes through
    wide = FrozenFlow(flow).fit(frame.assign(size=1))
    with pytest.raises(UsageError, match="no column 'size', which the frame of the fit had") as caught:
        wide.transform(frame.assign(siez=1))
    assert hint(caught) == "did you mean 'siez'?"
    frozen.transform(frame[["note", "age", "city"]])  # columns are found by their names


def test_a_column_of_a_wrong_type_is_named(flow, frame):
    with pytest.raises(FlowError, match=r"missing.impute: column 'age' is of type string") as caught:
        FrozenFlow(flow).transform(frame.assign(age="old"))
    assert "old" not in str(caught.value)


def test_threads_may_share_one(flow, frame):
    frozen = FrozenFlow(flow)
    rows = [{"city": c, "age": a, "note": "x"} for a in range(30, 51) for c in ("Rome", "Oslo", None)] * 4
    want = [{"age": (r["age"] - 30) / 20, "city_Oslo": int(r["city"] == "Oslo"), "city_Rome": int(r["city"] == "Rome")}
            for r in rows]  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda r: frozen.transform([r])[0], rows))
    assert found == [{**w, "age": pytest.approx(w["age"], abs=1e-12)} for w in want]


class Held(Transform):
    """Reverse the columns; it wants its rows in hand."""

    operator = "test.held"
    holds_table = True

    def transform(self, inputs):
        frame = inputs.table.collect()
        return frame.select(frame.columns[::-1]).lazy()


def test_a_node_that_wants_rows_in_hand_gets_those_of_each_frame(tmp_path, frame, capsys):
    (tmp_path / "people.csv").write_text(CSV)
    (tmp_path / "held.flow").write_text(
        FLOW.replace("  - {id: out,", "  - {id: h, operator: test.held}\n  - {id: out,")
    )
    project = weirflow.Project(tmp_path / "held.flow", registry=Registry.load().with_nodes(Held))
    project.run(Options(report="none"), apart=False).check()
    frozen = project.frozen()
    assert frozen.transform(frame)["age"].tolist() == pytest.approx(MADE["age"])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: frozen.transform(frame.iloc[[i % 4]])["age"].item(), range(40)))
    assert found == pytest.approx(MADE["age"] * 10)
    print("still heard")
    assert capsys.readouterr().out == "still heard\n"


def test_values_of_another_frame_never_come_back(flow):
    frozen = FrozenFlow(flow)
    assert frozen.transform(pl.DataFrame({"city": ["Rome"] * 3, "age": [30] * 3, "note": "x"})).height == 3
    with pytest.raises(RunError, match="WF610"):
        frozen.transform(pl.DataFrame({"city": ["Bonn"], "age": [30], "note": "x"}))
    assert frozen.transform(pl.DataFrame({"city": ["Oslo"], "age": [50], "note": "y"})).rows() == [
        (1.0, 1, 0)
    ]
