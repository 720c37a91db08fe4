"""Parts of dates, held against Python's calendar and the documented formulas."""

import math
from datetime import UTC, date, datetime

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.api import Inputs, NodeError, Schema
from weirflow.engines.failures import explain_error
from weirflow_tabular.dates import PARTS, ExtractDate
from weirflow_tabular.series import ValidateSeries


def made(node, frame):
    return node.transform(Inputs([("table", nw.from_native(frame.lazy()))])).to_native().collect()


@given(st.lists(st.none() | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), max_size=20))  # noqa: DTZ001
def test_parts_are_those_of_the_calendar(values):
    frame = pl.DataFrame({"at": pl.Series(values, dtype=pl.Datetime("us"))})
    got = made(ExtractDate(column="at", parts=PARTS), frame)
    assert got.columns == ["at", *(f"at_{p}" for p in PARTS)]
    for row, v in zip(got.rows(), values, strict=True):
        wanted = (
            (None,) * 9
            if v is None
            else (
                v.year, v.month, v.day, v.hour, v.minute, v.second, v.isocalendar().week, v.timetuple().tm_yday,
                (v.month + 2) // 3,
            )
        )  # fmt: skip
        assert row[1:] == wanted


def test_counted_from_zero_and_in_circles():
    frame = pl.DataFrame({"d": [date(2021, 4, 1), date(2020, 12, 31)]})
    got = made(ExtractDate(column="d", parts=["day", "month", "year", "quarter"], start=0, prefix="x"), frame)
    assert got.drop("d").rows() == [(2021, 3, 0, 1), (2020, 11, 30, 3)]
    got = made(ExtractDate(column="d", parts=["month", "year"], style="cyclic", drop=True), frame)
    assert got.columns == ["d_year", "d_month_1", "d_month_2"]
    # April is a quarter of the circle from January, December a twelfth before it
    expected = [(1.0, 0.0), (-0.5, math.sqrt(3) / 2)]
    for row, (sine, cosine) in zip(got.rows(), expected, strict=True):
        assert row[1:] == pytest.approx((sine, cosine), abs=1e-12)


def test_a_vector_of_parts():
    frame = pl.DataFrame({"d": [date(2021, 4, 1), None]})
    got = made(ExtractDate(column="d", to="vector", prefix="v"), frame)
    assert got["v"].to_list() == [[2021.0, 4.0, 1.0], None]


def test_text_is_read_as_it_looks_or_by_a_format():
    texts = ["2021-04-01", "2021-04-01 10:30", "1 May 2021", "2021-04-01T23:00:00-02:00", "x", "", None]
    got = made(ExtractDate(column="t", parts=["day", "hour"]), pl.DataFrame({"t": texts}))
    assert (
        got.select("t_day", "t_hour").rows()
        == [(1, 0), (1, 10), (1, 0), (2, 1), (None, None)] + [(None, None)] * 2
    )
    got = made(ExtractDate(column="t", format="%d/%m/%y"), pl.DataFrame({"t": ["03/04/21", "2021-04-03"]}))
    assert got.drop("t").rows() == [(2021, 4, 3), (None, None, None)]


@pytest.mark.parametrize("unit", ["guess", "s", "ms", "us", "ns"])
def test_numbers_count_from_1970(unit):
    moment = datetime(2021, 4, 3, 10, 30, tzinfo=UTC)
    for factor, given_in in [(1, "s"), (10**3, "ms"), (10**6, "us"), (10**9, "ns")]:
        if unit not in {"guess", given_in}:
            continue
        for dtype in (pl.Int64, pl.Float64):
            frame = pl.DataFrame({"n": pl.Series([int(moment.timestamp()) * factor, None], dtype=dtype)})
            got = made(ExtractDate(column="n", parts=["year", "month", "day", "hour"], unit=unit), frame)
            assert got.drop("n").rows() == [(2021, 4, 3, 10), (None,) * 4]


def test_what_holds_no_dates():
    with pytest.raises(NodeError, match="column 'n' is of type int64, not a date") as caught:
        ExtractDate(column="n").effect(Schema.of({"n": "int64"}))
    assert "unit" in caught.value.hint
    with pytest.raises(NodeError, match="column 'b' is of type boolean, which holds no dates"):
        ExtractDate(column="b").effect(Schema.of({"b": "boolean"}))
    with pytest.raises(NodeError, match="d_year"):
        ExtractDate(column="d").effect(Schema.of({"d": "date", "d_year": "int64"}))


# ---------------------------------------------------------------------- validity

TEXTS = ["2021-04-01", "nothing", None, "1 May 2021"]


def test_rows_without_a_moment():
    frame = pl.DataFrame({"t": TEXTS, "n": [1, 2, 3, 4]})
    wanted = pd.to_datetime(pd.Series(TEXTS), errors="coerce", format="mixed").notna().tolist()
    got = made(ValidateSeries(column="t", invalid="drop"), frame)
    assert got.equals(frame.filter(pl.Series(wanted)))
    got = made(ValidateSeries(column="t", invalid="mark"), frame)
    assert got["t_is_valid"].to_list() == wanted
    assert got["t"].to_list() == TEXTS
    got = made(ValidateSeries(column="t", invalid="mark", output="ok", cast=True), frame)
    assert got["t"].to_list() == [datetime(2021, 4, 1), None, None, datetime(2021, 5, 1)]  # noqa: DTZ001
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        made(ValidateSeries(column="t"), frame)
    assert explain_error(caught.value) == (
        "WF613",
        "column 't' has rows without a moment in time: see `invalid`",
    )
    assert made(ValidateSeries(column="t"), frame[[0, 3]]).equals(frame[[0, 3]])
    with pytest.raises(ValueError, match="`output` is for `invalid: mark` alone"):
        ValidateSeries(column="t", output="ok")
