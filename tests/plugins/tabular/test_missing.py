from __future__ import annotations

import math
from datetime import date, datetime

import polars as pl
import pytest
from sklearn.impute import SimpleImputer

from weirflow.api import NodeError
from weirflow_tabular.missing import DropMissing, FillMissing, ImputeMissing


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "i": [1, None, 3, 3, 10],
            "f": [None, 0.5, 1.5, None, 4.0],
            "t": ["b", "a", None, "b", "a"],
            "b": [True, None, True, False, None],
            "d": [date(2024, 1, 1), None, date(2023, 1, 1), date(2024, 1, 1), None],
        }
    )


@pytest.mark.parametrize(
    ("column", "value", "put"),
    [
        ("i", 7, 7), ("i", 7.0, 7), ("f", 2, 2.0), ("t", "none", "none"), ("b", False, False),
        ("d", "2020-02-29", date(2020, 2, 29)),
    ],
)  # fmt: skip
def test_fill(both, frame, column, value, put):
    done = both(FillMissing(columns=[column], value=value), frame)
    assert done.frame[column].to_list() == [put if v is None else v for v in frame[column]]
    assert done.frame.dtypes == frame.dtypes


def test_fill_keeps_small_types(both):
    frame = pl.DataFrame({"u": [1, None]}, schema={"u": pl.UInt8})
    assert both(FillMissing(columns=["u"], value=200), frame).frame["u"].to_list() == [1, 200]


@pytest.mark.parametrize(
    ("column", "value"), [("i", 0.5), ("i", "0"), ("t", 0), ("d", "x"), ("b", 1), ("f", True)]
)
def test_fill_refuses_another_type(run, frame, column, value):
    with pytest.raises(
        NodeError, match=f"column '{column}' is of type .*, and the value given for it is not"
    ):
        run(FillMissing(columns=[column], value=value), frame)


@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_impute_numbers_against_scikit_learn(both, frame, strategy):
    done = both(ImputeMissing(columns=["i", "f"], strategy=strategy), frame, learn=True)
    oracle = SimpleImputer(strategy=strategy).fit_transform(frame.select("i", "f").to_numpy())
    for place, column in enumerate(("i", "f")):
        assert done.frame[column].to_list() == pytest.approx(oracle[:, place].tolist(), rel=1e-12)
        assert done.frame[column].dtype == pl.Float64


def test_impute_the_most_frequent(both, frame):
    node = ImputeMissing(columns=["i", "t", "b", "d"], strategy="most_frequent")
    done = both(node, frame)
    assert done.trained.values == {"i": 3, "t": "a", "b": True, "d": "2024-01-01"}
    assert done.frame["t"].to_list() == ["b", "a", "a", "b", "a"]
    assert done.frame["d"].null_count() == 0
    assert done.frame.dtypes == frame.dtypes
    both(ImputeMissing(columns=["i", "t"], strategy="most_frequent"), frame, learn=True)


def test_impute_moments(both):
    frame = pl.DataFrame({"m": [datetime(2024, 1, 1, 10, 30), None]})  # noqa: DTZ001
    done = both(ImputeMissing(columns=["m"], strategy="most_frequent"), frame)
    assert done.frame["m"].to_list() == [datetime(2024, 1, 1, 10, 30)] * 2  # noqa: DTZ001


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
@pytest.mark.parametrize("values", [[], [None, None]])
def test_impute_needs_a_value(run, strategy, values):
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    with pytest.raises(NodeError, match="column 'x' has no value to learn from") as caught:
        run(ImputeMissing(columns=["x"], strategy=strategy), frame)
    assert caught.value.code == "WF614"


def test_impute_refuses(run, frame):
    with pytest.raises(NodeError, match="column 't' is of type string, not a number"):
        run(ImputeMissing(columns=["t"]), frame)
    with pytest.raises(NodeError, match="infinite"):
        run(ImputeMissing(columns=["x"]), pl.DataFrame({"x": [math.inf, None]}))


def test_drop(both, frame):
    assert both(DropMissing(), frame).frame.rows() == [frame.rows()[i] for i in ()]
    assert both(DropMissing(columns=["i", "f"]), frame).frame.height == 2
    done = both(DropMissing(columns=["t"]), frame)
    assert done.frame.rows() == [frame.rows()[i] for i in (0, 1, 3, 4)]
    assert done.after.rows.by == ("t",)


def test_drop_rows_without_any_value(both):
    frame = pl.DataFrame({"n": [1, None, None, None], "t": ["a", None, "", " \n"]})
    assert both(DropMissing(how="all"), frame).frame.rows() == [(1, "a"), (None, ""), (None, " \n")]
    assert both(DropMissing(how="all", blank=True), frame).frame.rows() == [(1, "a")]
    assert both(DropMissing(columns=["n"], how="all"), frame).frame.rows() == [(1, "a")]
    theirs = frame.to_pandas().dropna(how="all")
    assert len(theirs) == 3
