"""Series at even distances, against pandas."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import NodeError, Schema
from weirflow_tabular import series_resample
from weirflow_tabular.dates_range import DateRange
from weirflow_tabular.series_resample import ResampleSeries


def moment(*parts):
    return datetime(*parts)  # noqa: DTZ001 - the times of tables have no zone


START = moment(2020, 12, 27, 22, 10)
STEPS = [
    ("250ms", "250ms", {}, timedelta(milliseconds=77)),
    ("90s", "90s", {}, timedelta(seconds=41)),
    ("7m", "7min", {}, timedelta(minutes=2)),
    ("1h", "h", {}, timedelta(minutes=37)),
    ("7h", "7h", {}, timedelta(hours=3)),
    ("1d", "D", {}, timedelta(hours=13)),
    ("3d", "3D", {}, timedelta(hours=29)),
    ("1b", "B", {}, timedelta(hours=13)),
    ("2b", "2B", {}, timedelta(hours=13)),
    ("1w", "W-MON", {"closed": "left", "label": "left"}, timedelta(hours=55)),
    ("2w", "2W-MON", {"closed": "left", "label": "left"}, timedelta(hours=55)),
    ("1w!", "W", {}, timedelta(hours=55)),
    ("2w!", "2W", {}, timedelta(hours=55)),
    ("1mo", "MS", {}, timedelta(days=11)),
    ("2mo", "2MS", {}, timedelta(days=11)),
    ("1mo!", "ME", {}, timedelta(days=11)),
    ("2mo!", "2ME", {}, timedelta(days=11)),
    ("1q", "QS", {}, timedelta(days=31)),
    ("1q!", "QE", {}, timedelta(days=31)),
    ("2q!", "2QE", {}, timedelta(days=31)),
    ("1y", "YS", {}, timedelta(days=111)),
    ("1y!", "YE", {}, timedelta(days=111)),
    ("3y!", "3YE", {}, timedelta(days=111)),
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.integers(-30, 30),
        st.one_of(st.none(), st.integers(-9, 9)),
        st.sampled_from(["u", "v", None]),
    ),
    min_size=1,
    max_size=25,
)


def frame_of(rows, distance):
    return pl.DataFrame(
        {
            "w": [r[3] for r in rows],
            "at": [START + distance * r[1] for r in rows],
            "x": [r[2] for r in rows],
            "id": [r[0] for r in rows],
        },
        schema={"w": pl.String, "at": pl.Datetime("us"), "x": pl.Int64, "id": pl.String},
    )


def most_frequent(values):
    modes = values.mode()
    return modes[0] if len(modes) else None


DOWN = {
    "mean": lambda r: r.mean(),
    "median": lambda r: r.median(),
    "min": lambda r: r.min(),
    "max": lambda r: r.max(),
    "sum": lambda r: r.sum(min_count=1),
    "first": lambda r: r.first(),
    "last": lambda r: r.last(),
    "most_frequent": lambda r: r.apply(most_frequent),
}
UP = {
    "linear": lambda s: s.interpolate(),
    "forward": lambda s: s.ffill(),
    "backward": lambda s: s.bfill(),
    "zero": lambda s: s.fillna(0),
    "null": lambda s: s,
}


def by_pandas(frame, name, options, node):
    """Each series by itself, in the order of ids."""
    rows = []
    df = frame.to_pandas()
    df["x"] = df["x"].astype("float64")
    df = df.sort_values("at", kind="stable")
    for _, part in df.groupby("id", dropna=False):
        steps = part.set_index("at").resample(name, **options)
        x = UP[node.fill_numeric](DOWN[node.numeric](steps["x"]).astype("float64"))
        how = {"most_frequent": most_frequent, "first": "first", "last": "last"}[node.other]
        w = UP[node.fill_other](steps["w"].agg(how).astype("object"))
        rows += zip([part["id"].iloc[0]] * len(x), x.index, w, x, strict=True)
    return [tuple(None if pd.isna(v) else v for v in row) for row in rows]


@pytest.mark.parametrize(("every", "name", "options", "distance"), STEPS, ids=[s[0] for s in STEPS])
@given(rows=ROWS)
@settings(max_examples=15, deadline=None)
def test_steps_as_pandas_has_them(run, every, name, options, distance, rows):
    frame = frame_of(rows, distance)
    day = "last_day" if every.endswith("!") else "first_day"
    node = ResampleSeries(time="at", by=["id"], every=every.rstrip("!"), day=day)
    got = run(node, frame).frame
    assert got.columns == ["id", "at", "w", "x"]
    check(got, by_pandas(frame, name, options, node))


@pytest.mark.parametrize("numeric", DOWN)
@given(rows=ROWS, fill=st.sampled_from(sorted(UP)), other=st.sampled_from(["most_frequent", "first", "last"]))
@settings(max_examples=25, deadline=None)
def test_values_as_pandas_makes_them(run, numeric, rows, fill, other):
    fill_other = fill if fill in {"forward", "backward"} else "null"
    frame = frame_of(rows, timedelta(minutes=37))
    node = ResampleSeries(
        time="at",
        by=["id"],
        every="2h",
        numeric=numeric,
        other=other,
        fill_numeric=fill,
        fill_other=fill_other,
    )
    check(run(node, frame).frame, by_pandas(frame, "2h", {}, node))


def check(got, expected):
    assert got.drop("x").rows() == [row[:3] for row in expected]
    assert got["x"].to_list() == pytest.approx([row[3] for row in expected])


def test_the_manuals_two_hours(run):
    noon = moment(2020, 1, 1, 12)
    frame = pl.DataFrame({"at": [noon + timedelta(hours=h) for h in range(5)], "t": [30, 32, 35, 32, 30]})
    got = run(ResampleSeries(time="at", every="2h"), frame).frame
    assert got["t"].to_list() == [31.0, 33.5, 30.0]
    assert got["at"].to_list() == [noon, noon + timedelta(hours=2), noon + timedelta(hours=4)]


def test_a_gap_and_a_series_of_one_row(run):
    frame = pl.DataFrame(
        {
            "id": [2, 1, 1],
            "at": [moment(2021, 1, 1, 9, 59), moment(2021, 1, 1, 3), moment(2021, 1, 1, 0, 30)],
            "n": [5, 6, 0],
            "ok": [True, False, None],
        }
    )
    got = run(ResampleSeries(time="at", by=["id"], every="1h", fill_other="backward"), frame).frame
    hours = [moment(2021, 1, 1, h) for h in (0, 1, 2, 3, 9)]
    assert got.rows() == [
        (1, hours[0], 0.0, False),
        (1, hours[1], 2.0, False),
        (1, hours[2], 4.0, False),
        (1, hours[3], 6.0, False),
        (2, hours[4], 5.0, True),
    ]
    summed = run(ResampleSeries(time="at", every="1d", numeric="sum", fill_numeric="zero"), frame).frame
    assert summed.rows() == [(moment(2021, 1, 1), 3 + 1, 11, False)]


def test_dates_stay_dates_and_text_becomes_times(run):
    days = pl.DataFrame({"at": [date(2021, 5, 1), date(2021, 5, 3), None], "x": [1, 3, 9]})
    got = run(ResampleSeries(time="at", every="1d"), days).frame
    assert got.rows() == [(date(2021, 5, 1), 1.0), (date(2021, 5, 2), 2.0), (date(2021, 5, 3), 3.0)]
    got = run(ResampleSeries(time="at", every="24h"), days).frame
    assert got["at"].to_list() == [moment(2021, 5, d) for d in (1, 2, 3)]
    text = pl.DataFrame({"at": ["1 May 2021 10:00", "2021-05-01 12:59", "no time"], "x": [1, 3, 9]})
    got = run(ResampleSeries(time="at", every="1h"), text).frame
    assert got.rows() == [(moment(2021, 5, 1, 10 + h), 1.0 + h) for h in range(3)]


@pytest.mark.parametrize(("every", "name"), [("1h", "h"), ("6h", "6h"), ("1d", "D"), ("1mo", "MS")])
def test_zones_with_summer_time(run, every, name):
    first = datetime(2021, 3, 27, 20, 30, tzinfo=UTC)
    moments = [first + timedelta(hours=5 * n) for n in range(9)]
    frame = pl.DataFrame({"at": moments, "x": range(9)}).with_columns(
        pl.col("at").dt.convert_time_zone("Europe/Berlin")
    )
    df = frame.to_pandas().set_index("at")["x"].astype("float64").resample(name).mean().interpolate()
    got = run(ResampleSeries(time="at", every=every), frame).frame
    assert got["at"].to_list() == [t.to_pydatetime() for t in df.index]
    assert got["x"].to_list() == pytest.approx(df.tolist())


def test_no_rows(run):
    frame = frame_of([], timedelta(hours=1))
    got = run(ResampleSeries(time="at", by=["id"], every="1h"), frame).frame
    assert got.schema == {"id": pl.String, "at": pl.Datetime("us"), "w": pl.String, "x": pl.Float64}


def test_what_cannot_be_resampled(run, monkeypatch):
    with pytest.raises(NodeError, match="column 'n' is of type int64, not of dates and times") as caught:
        ResampleSeries(time="n", every="1h").effect(Schema.of({"n": "int64"}))
    assert "series.validate" in caught.value.hint
    with pytest.raises(NodeError, match="whose values are not counted"):
        ResampleSeries(time="t", every="1h").effect(Schema.of({"t": "datetime", "l": "list[int64]"}))
    with pytest.raises(ValueError, match="'1 hour' is no step in time"):
        ResampleSeries(time="t", every="1 hour")
    monkeypatch.setattr(series_resample, "_MOST", 100)
    frame = pl.DataFrame({"t": [moment(2021, 1, 1), moment(2021, 1, 2)]})
    with pytest.raises(NodeError, match=r"steps of 1m .* make 1,441 rows"):
        run(ResampleSeries(time="t", every="1m"), frame)


# ---------------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("every", "on", "name"),
    [
        ("1h", "start", "h"), ("90s", "start", "90s"), ("15m", "start", "15min"), ("2d", "start", "2D"),
        ("1b", "start", "B"), ("3b", "start", "3B"), ("1w", "last_day", "W"), ("2w", "first_day", "2W-MON"),
        ("1mo", "last_day", "ME"), ("2mo", "last_day", "2ME"), ("1mo", "first_day", "MS"),
        ("1q", "last_day", "QE"), ("2q", "first_day", "2QS"), ("1y", "last_day", "YE"), ("1y", "first_day", "YS"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["2021-01-30 17:05", "2020-12-31", "2021-03-01 00:00:01", "2024-02-29"])
def test_ranges_as_pandas_has_them(both, every, on, name, start):
    frame = pl.DataFrame({"n": range(9)})
    expected = pd.date_range(start, periods=9, freq=name)
    got = both(DateRange(start=start, every=every, on=on, output="at"), frame).frame
    assert got.columns == ["n", "at"]
    assert got["at"].to_list() == expected.to_pydatetime().tolist()


def test_months_and_weeks_from_any_day(run):
    frame = pl.DataFrame({"n": range(3)})
    got = run(DateRange(start="2021-01-31 05:00", every="1mo", output="at"), frame).frame
    assert got["at"].to_list() == [moment(2021, m, d, 5) for m, d in ((1, 31), (2, 28), (3, 31))]
    got = run(DateRange(start="2021-01-31", every="2w", output="at"), frame).frame
    assert got["at"].to_list() == [moment(2021, m, d) for m, d in ((1, 31), (2, 14), (2, 28))]


@pytest.mark.parametrize(
    ("start", "message"), [("noon", "'noon' is no moment"), ("2021-01-01 10:00+01:00", "offset from UTC")]
)
def test_starts_that_are_none(start, message):
    with pytest.raises(ValueError, match=message):
        DateRange(start=start, every="1h", output="at")
