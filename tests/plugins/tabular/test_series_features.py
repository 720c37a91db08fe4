"""Features of series against tsfresh, whose names they have, and pandas; and series of one length."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import Answers, NodeError, Schema
from weirflow_tabular.series_features import SeriesFeatures
from weirflow_tabular.series_length import SetSeriesLength
from weirflow_tabular.series_rolling import RollingSeries
from weirflow_tabular.series_statistics import FEATURES

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
SERIES = st.lists(st.tuples(st.sampled_from("ab"), NUMBERS), min_size=1, max_size=12)
BY_HAND = {
    "sum_values": np.sum,
    "median": np.median,
    "mean": np.mean,
    "length": len,
    "standard_deviation": np.std,
    "variance": np.var,
    "root_mean_square": lambda x: np.sqrt(np.mean(np.square(x))),
    "maximum": np.max,
    "absolute_maximum": lambda x: np.max(np.abs(x)),
    "minimum": np.min,
}


def extracted(df, window=None):
    """The minimal features that tsfresh gives, for each series or for each of its rows."""
    tsfresh = pytest.importorskip("tsfresh", reason="the extra `series` is not installed")
    from tsfresh.feature_extraction import MinimalFCParameters
    from tsfresh.utilities.dataframe_functions import roll_time_series

    if window is not None:
        df = roll_time_series(
            df, column_id="id", column_sort="t", max_timeshift=window - 1, n_jobs=0, disable_progressbar=True
        )
    return tsfresh.extract_features(
        df,
        column_id="id",
        column_sort="t",
        default_fc_parameters=MinimalFCParameters(),
        n_jobs=0,
        disable_progressbar=True,
    )


def close(got, expected, scale):
    return got == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)


def test_windows_as_tsfresh_rolls_and_extracts(run):
    numbers = np.random.default_rng(3)
    frame = pl.DataFrame(
        {"id": ["a"] * 9 + ["b"] * 4, "t": [*range(9), *range(4)], "x": numbers.normal(size=13).round(3)}
    )
    shuffled = frame[numbers.permutation(13).tolist()]
    expected = extracted(frame.to_pandas(), window=3)
    assert [c.removeprefix("x__") for c in expected.columns] == list(FEATURES)
    got = run(RollingSeries(columns="x", window=3, time="t", by=["id"], sort=True), shuffled).frame
    assert got.columns == ["id", "t", "x", *(f"x_window_3__{f}" for f in FEATURES)]
    for row in got.to_dicts():
        theirs = expected.loc[(row["id"], row["t"])]
        for feature in FEATURES:
            assert close(row[f"x_window_3__{feature}"], theirs[f"x__{feature}"], 1)


def test_lists_as_tsfresh_extracts(run):
    lists = [[1.0, 4.0, -9.5], [0.25], [3.0, 3.0, 3.0, 3.0]]
    rows = [(i, t, x) for i, values in enumerate(lists) for t, x in enumerate(values)]
    expected = extracted(pd.DataFrame(rows, columns=["id", "t", "x"]))
    got = run(SeriesFeatures(columns="x"), pl.DataFrame({"x": lists})).frame
    assert got.columns == ["x", *expected.columns]
    for name in expected.columns:
        assert close(got[name].to_list(), expected[name].tolist(), 1)


@pytest.mark.parametrize("window", [1, 3, 20])
@given(rows=SERIES)
@settings(max_examples=40, deadline=None)
def test_windows_by_the_formulas(run, window, rows):
    frame = pl.DataFrame({"id": [r[0] for r in rows], "x": [r[1] for r in rows]})
    got = run(RollingSeries(columns="x", window=window, by=["id"], output="w"), frame).frame
    before: dict[str, list[float]] = {}
    for row in got.to_dicts():
        values = [*before.get(row["id"], []), row["x"]][-window:]
        before[row["id"]] = [*before.get(row["id"], []), row["x"]]
        scale = max(1.0, *map(abs, values)) ** 2
        for feature, formula in BY_HAND.items():
            assert close(row[f"w__{feature}"], formula(values), scale), feature


def test_what_is_missing_does_not_count(run):
    frame = pl.DataFrame({"x": [None, 4.0, None, 2.0]})
    node = RollingSeries(columns="x", window=2, features=["length", "mean", "sum_values", "variance"])
    assert run(node, frame).frame.drop("x").rows() == [
        (0, None, 0.0, None),
        (1, 4.0, 4.0, 0.0),
        (1, 4.0, 4.0, 0.0),
        (1, 2.0, 2.0, 0.0),
    ]
    lists = pl.DataFrame({"x": [[None, 4, 2], [], None]})
    got = run(SeriesFeatures(columns="x", features=["minimum", "length"], output="f"), lists).frame
    assert got.drop("x").rows() == [(2.0, 2), (None, 0), (None, None)]
    got = run(SeriesFeatures(columns="x", features=["minimum", "length"], to="list"), lists).frame
    assert got["x__features"].to_list() == [[2.0, 2.0], [None, 0.0], None]
    got = run(RollingSeries(columns="x", window=2, features=["length", "maximum"], to="list"), frame).frame
    assert got["x_window_2"].to_list() == [[0.0, None], [1.0, 4.0], [1.0, 4.0], [1.0, 2.0]]


def test_infinite_values_give_no_nan(run):
    frame = pl.DataFrame({"x": [float("inf"), float("-inf"), 1.0]})
    got = run(
        RollingSeries(columns="x", window=2, features=["sum_values", "variance", "maximum"]), frame
    ).frame
    assert got.drop("x").rows() == [(np.inf, None, np.inf), (None, None, np.inf), (-np.inf, None, 1.0)]


def test_features_of_no_numbers():
    with pytest.raises(NodeError, match="column 'w' is of type string, not a number"):
        RollingSeries(columns="w", window=2).effect(Schema.of({"w": "string"}))
    with pytest.raises(NodeError, match="column 'x' is of type int64, not a list") as caught:
        SeriesFeatures(columns="x").effect(Schema.of({"x": "int64"}))
    assert "series.group" in caught.value.hint
    with pytest.raises(NodeError, match="holds lists of string, not of numbers"):
        SeriesFeatures(columns="x").effect(Schema.of({"x": "list[string]"}))
    for node in (SeriesFeatures, RollingSeries):
        more = {"window": 2} if node is RollingSeries else {}
        with pytest.raises(ValueError, match="`output` is for one column"):
            node(columns=["x", "y"], output="z", **more)


# ---------------------------------------------------------------------- length

LISTS = pl.DataFrame({"s": [[1, 2, 3], [4, 5, 6, 7], [1, 2, 3, 4, 5], None]})


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), quantile=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_length_is_a_quantile_of_those_that_occur(run, sizes, quantile):
    frame = pl.DataFrame({"s": [list(range(n)) for n in sizes]}, schema={"s": pl.List(pl.Int64)})
    trained = run.fit(SetSeriesLength(columns="s", quantile=quantile), frame)
    assert abs(trained.lengths["s"] - np.quantile(sizes, quantile)) < 1 + 1e-9
    assert trained.lengths["s"] <= np.quantile(sizes, quantile) + 1e-9


def test_the_manuals_lengths(run):
    # of lengths 3, 4 and 5 the 50th percentile is 4
    got = run(SetSeriesLength(columns="s", quantile=0.5), LISTS)
    assert json.loads(got.trained.model_dump_json()) == {"lengths": {"s": 4}}
    assert got.frame["s"].to_list() == [[1, 2, 3, None], [4, 5, 6, 7], [1, 2, 3, 4], None]
    got = run(SetSeriesLength(columns="s", quantile=0.5, to="columns"), LISTS).frame
    assert got.columns == ["s_0", "s_1", "s_2", "s_3"]
    assert got.rows()[0] == (1, 2, 3, None)
    got = run(SetSeriesLength(columns="s", length=1, to="columns", output="p"), LISTS).frame
    assert got.columns == ["s", "p_0"]
    assert got["p_0"].to_list() == [1, 4, 1, None]
    got = run(SetSeriesLength(columns="s", length=2, output="p"), LISTS).frame
    assert got["p"].to_list() == [[1, 2], [4, 5], [1, 2], None]
    assert got["s"].equals(LISTS["s"])


def test_lengths_that_cannot_be(run):
    with pytest.raises(ValueError, match="either `length` or `quantile`"):
        SetSeriesLength(columns="s")
    with pytest.raises(NodeError, match="column 's' has no list"):
        run.fit(SetSeriesLength(columns="s", quantile=0.5), LISTS[3:])
    with pytest.raises(NodeError, match="would be 0 long"):
        run.fit(SetSeriesLength(columns="s", quantile=0), pl.DataFrame({"s": [[], [1]]}))
    assert not list(SetSeriesLength(columns="s", length=2).ask(Schema.of({"s": "list[int64]"}), Answers()))
