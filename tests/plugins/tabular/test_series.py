"""Series against pandas and tsfresh."""

from datetime import date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import NodeError, Schema
from weirflow_tabular.series_fill import FillSeries
from weirflow_tabular.series_group import GroupSeries
from weirflow_tabular.series_lag import LagSeries

START = datetime(2021, 1, 30, 22, 10)  # noqa: DTZ001 - the times of tables have no zone
NUMBERS = st.one_of(st.none(), st.integers(-9, 9).map(float))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]), st.integers(0, 400), NUMBERS, st.sampled_from(["u", "v", None])
    ),
    max_size=25,
)


def frame_of(rows, seconds=3600):
    return pl.DataFrame(
        {
            "id": [r[0] for r in rows],
            "at": [START + timedelta(seconds=r[1] * seconds) for r in rows],
            "x": [r[2] for r in rows],
            "w": [r[3] for r in rows],
        },
        schema={"id": pl.String, "at": pl.Datetime("us"), "x": pl.Float64, "w": pl.String},
    )


def in_pandas(frame):
    """The rows of each series in order of time, with the places that they had."""
    df = frame.to_pandas()
    df["x"] = df["x"].astype("float64")
    return df.sort_values("at", kind="stable")


def plain(values):
    return [None if pd.isna(v) else v for v in values]


ORDER = {"time": "at", "by": ["id"]}
FILLS = {
    "forward": lambda s: s.ffill(),
    "backward": lambda s: s.bfill(),
    "interpolate": lambda s: s.interpolate(),
    "constant": lambda s: s.fillna(7.0),
    "most_frequent": lambda s: s.fillna(s.mode()[0]) if s.notna().any() else s,
}


@pytest.mark.parametrize("leftover", ["null", "forward_backward"])
@pytest.mark.parametrize("strategy", FILLS)
@given(rows=ROWS)
@settings(max_examples=60, deadline=None)
def test_filled_as_pandas_fills(run, strategy, leftover, rows):
    frame = frame_of(rows)
    more = {"value": 7} if strategy == "constant" else {}
    node = FillSeries(columns="x", strategy=strategy, leftover=leftover, **ORDER, **more)
    expected = in_pandas(frame)
    if rows:
        filled = [FILLS[strategy](s) for _, s in expected.groupby("id", dropna=False)["x"]]
        if leftover != "null":
            filled = [s.ffill().bfill() for s in filled]
        expected["x"] = pd.concat(filled)
    got = run(node, frame).frame
    assert got["x"].to_list() == pytest.approx(plain(expected.sort_index()["x"]), nan_ok=False)
    assert got.drop("x").equals(frame.drop("x"))


@given(rows=ROWS)
@settings(max_examples=60, deadline=None)
def test_filled_by_time_as_pandas_does(run, rows):
    rows = list({(r[0], r[1]): r for r in rows}.values())  # pandas has no answer for two of one time
    frame = frame_of(rows)
    expected = in_pandas(frame)
    if rows:
        parts = []
        for _, part in expected.groupby("id", dropna=False):
            series = part.set_index("at")["x"].interpolate("time")
            parts.append(pd.Series(series.to_numpy(), index=part.index))
        expected["x"] = pd.concat(parts)
    got = run(FillSeries(columns="x", strategy="interpolate", method="time", **ORDER), frame).frame
    assert got["x"].to_list() == pytest.approx(plain(expected.sort_index()["x"]))


def test_the_examples_of_the_manual(run):
    # a forward fill of a column without ids goes on into the next household; with ids it does not
    frame = pl.DataFrame({"id": ["h0", "h0", "h0", "h1", "h1"], "kwh": [30, 40, None, None, None]})
    assert run(FillSeries(columns="kwh"), frame).frame["kwh"].to_list() == [30, 40, 40, 40, 40]
    assert run(FillSeries(columns="kwh", by=["id"]), frame).frame["kwh"].to_list() == [30, 40, 40, None, None]
    cells = pl.DataFrame({"kwh": [[30, 40, 35, None, None], [45, None, 55]]})
    got = run(FillSeries(columns="kwh", within="cell"), cells).frame
    assert got["kwh"].to_list() == [[30, 40, 35, 35, 35], [45, 45, 55]]


def test_series_with_too_little_are_dropped(run):
    frame = pl.DataFrame(
        {"id": ["a", "a", "b", "b", None], "x": [1, None, None, None, 5], "y": [1, 2, 3, 4, None]}
    )
    got = run(FillSeries(columns="x", strategy="drop", share=0.5, by=["id"]), frame).frame
    assert got.equals(frame[[0, 1, 4]])
    got = run(FillSeries(columns=["x", "y"], strategy="drop", share=0.5, by=["id"]), frame).frame
    assert got.equals(frame[[0, 1]])
    cells = pl.DataFrame({"x": [[1, None], [None], [], None]})
    got = run(FillSeries(columns="x", strategy="drop", share=0.5, within="cell"), cells).frame
    assert got["x"].to_list() == [[1, None], [], None]


def test_a_constant_is_of_the_columns_type_and_new_columns_come_last(run):
    frame = pl.DataFrame({"n": [1, None], "d": [None, date(2021, 5, 1)], "t": [None, "x"]})
    got = run(FillSeries(columns="n", strategy="constant", value="0.0", parse=True, output="m"), frame).frame
    assert got.columns == ["n", "d", "t", "m"]
    assert got["m"].to_list() == [1, 0]
    got = run(
        FillSeries(columns=["d", "t"], strategy="constant", value="2020-01-01", output="f"), frame
    ).frame
    assert got.columns == ["n", "d", "t", "f_d", "f_t"]
    assert got["f_d"].to_list() == [date(2020, 1, 1), date(2021, 5, 1)]
    with pytest.raises(NodeError, match="column 'n' is of type int64, and the value given for it is not"):
        FillSeries(columns="n", strategy="constant", value="x").effect(Schema.of({"n": "int64"}))


@pytest.mark.parametrize(
    ("given", "schema", "message"),
    [
        ({"columns": "w", "strategy": "interpolate"}, {"w": "string"}, "between whose values there is none"),
        ({"columns": "l", "strategy": "most_frequent"}, {"l": "list[int64]"}, "whose values are not counted"),
        ({"columns": "x", "within": "cell"}, {"x": "int64"}, "column 'x' is of type int64, not a list"),
        ({"columns": "x", "time": "b"}, {"x": "int64", "b": "boolean"}, "which is no time"),
        ({"columns": "x", "by": ["l"]}, {"x": "int64", "l": "list[int64]"}, "cannot tell series apart"),
        ({"columns": ["y", "x"], "by": ["x"]}, {"x": "int64", "y": "int64"}, "column 'x' is to be filled"),
        ({"columns": "x", "output": "y"}, {"x": "int64", "y": "int64"}, "it would make column 'y'"),
    ],
)
def test_what_cannot_be_filled(given, schema, message):
    with pytest.raises(NodeError, match=message):
        FillSeries(**given).effect(Schema.of(schema))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"strategy": "constant"}, "`value` belongs to"),
        ({"value": 1}, "`value` belongs to"),
        ({"strategy": "drop", "leftover": "forward_backward"}, "`drop` fills nothing"),
        ({"within": "cell", "by": ["id"]}, "are for `within: column`"),
        ({"strategy": "interpolate", "method": "time"}, "needs `time`"),
        ({"by": ["id"], "time": "id"}, "`time` is among `by`"),
    ],
)
def test_parameters_that_do_not_fit(given, message):
    with pytest.raises(ValueError, match=message):
        FillSeries(columns="x", **given)


# ---------------------------------------------------------------------- lags


@pytest.mark.parametrize("drop", [False, True])
@given(rows=ROWS)
@settings(max_examples=60, deadline=None)
def test_lags_are_shifts(run, drop, rows):
    frame = frame_of(rows)
    df = in_pandas(frame)
    groups = df.groupby("id", dropna=False)
    for lag in (1, 2):
        df[f"x__lag_{lag}"] = groups["x"].shift(lag)
    df["place"] = groups.cumcount()
    df = df.sort_index()
    if drop:
        df = df[df["place"] >= 2]
    got = run(LagSeries(columns="x", lag=2, window=True, drop=drop, **ORDER), frame).frame
    for name in ("x", "x__lag_1", "x__lag_2"):
        assert got[name].to_list() == plain(df[name])
    listed = run(LagSeries(columns="x", lag=2, window=True, to="list", drop=drop, **ORDER), frame).frame
    assert listed["x__lags"].to_list() == [list(r) for r in got.select("x__lag_1", "x__lag_2").rows()]
    one = run(LagSeries(columns="x", lag=2, drop=drop, **ORDER), frame).frame
    assert one.columns == ["id", "at", "x", "w", "x__lag_2"]
    assert one["x__lag_2"].equals(got["x__lag_2"])


def test_rows_of_no_time_come_last_and_ids_may_be_null(run):
    frame = pl.DataFrame({"id": [None, "a", None, "a"], "at": [5, None, 4, 3], "x": [1, 2, 3, 4]})
    got = run(LagSeries(columns="x", lag=1, **ORDER), frame).frame
    assert got["x__lag_1"].to_list() == [3, 4, None, None]
    got = run(LagSeries(columns="x", lag=1, sort=True, **ORDER), frame).frame
    assert got.rows() == [("a", 3, 4, None), ("a", None, 2, 4), (None, 4, 3, None), (None, 5, 1, 3)]


def test_text_is_ordered_by_the_dates_that_it_holds(run):
    frame = pl.DataFrame({"at": ["10 May 2021", "2 May 2021", "3 June 2020"], "x": [1, 2, 3]})
    assert run(LagSeries(columns="x", lag=1, time="at"), frame).frame["x__lag_1"].to_list() == [2, 3, None]


# ---------------------------------------------------------------------- groups


def test_a_series_in_a_row(run):
    # the manual's households
    frame = pl.DataFrame(
        {
            "id": ["h0", "h1", "h0", "h0", "h1"],
            "at": [date(2020, 1, 4), date(2020, 1, 2), date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)],
            "kwh": [35, 45, 30, 40, 55],
            "people": [3, 3, 2, 2, 4],
        }
    )
    node = GroupSeries(by=["id"], time="at", columns=["kwh", "people"], start="Start_time", end="End_time")
    assert run(node, frame).frame.to_dicts() == [
        {
            "id": "h0", "kwh": [30, 40, 35], "people": [2, 2, 3],
            "Start_time": date(2020, 1, 1), "End_time": date(2020, 1, 4),
        },
        {
            "id": "h1", "kwh": [45, 55], "people": [3, 4],
            "Start_time": date(2020, 1, 2), "End_time": date(2020, 1, 3),
        },
    ]  # fmt: skip
    got = run(GroupSeries(by=["id"], columns="kwh"), frame.head(0)).frame
    assert (got.height, got.schema) == (0, {"id": pl.String, "kwh": pl.List(pl.Int64)})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"columns": "x", "start": "s"}, "are for series with `time`"),
        ({"columns": ["id"]}, "column 'id' is among `by` and `columns`"),
    ],
)
def test_groups_that_make_no_sense(given, message):
    with pytest.raises(ValueError, match=message):
        GroupSeries(by=["id"], **given)


# ---------------------------------------------------------------------- export

FRAME = pl.DataFrame(
    {
        "id": ["b", "a", None, "a", "b", "a"],
        "at": [datetime(2021, 5, d) for d in (3, 2, 1, 1, 4)] + [None],  # noqa: DTZ001
        "n": [None, 2, None, None, 5, None],
        "x": [0.5, None, None, 2.0, None, 1.0],
        "w": ["p", None, "q", "p", None, "q"],
        "ok": [True, None, False, None, True, False],
    }
)


@pytest.mark.parametrize("order", [{}, {"time": "at"}, {"by": ["id"]}, ORDER])
@pytest.mark.parametrize("sort", [False, True])
@pytest.mark.parametrize("leftover", ["null", "forward_backward"])
def test_exported_code_fills_as_the_run_does(both, order, sort, leftover):
    more = {"sort": sort, "leftover": leftover, **order}
    for strategy in ("forward", "backward", "most_frequent"):
        both(FillSeries(columns=["n", "x", "w", "ok"], strategy=strategy, **more), FRAME)
    both(FillSeries(columns=["n", "x"], strategy="interpolate", output="y", **more), FRAME)
    both(FillSeries(columns=["n", "x"], strategy="constant", value=3, **more), FRAME)


@pytest.mark.parametrize("order", [{}, {"time": "at"}, {"by": ["id"]}, ORDER])
@pytest.mark.parametrize("sort", [False, True])
@pytest.mark.parametrize("drop", [False, True])
def test_exported_code_shifts_as_the_run_does(both, order, sort, drop):
    both(LagSeries(columns=["n", "w"], lag=2, window=True, sort=sort, drop=drop, **order), FRAME)
