# ruff: noqa: DTZ001, DTZ007
"""Dates and times by a format, held against Python's `strptime` and against Spark."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_tabular.date_formats import date_format, moment
from weirflow_tabular.types import CastColumns

JAVA = [
    *("dd-MM-yyyy", "d/M/y", "yy-MM-dd", "yyyyMMdd", "yyyy-MM", "MM/yyyy", "yyyy", "HH:mm", "d MMM yyyy"),
    *("d MMMM yyyy", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"),
    *("hh:mm a", "MM/dd/yyyy hh:mm:ss a", "yyyy-MM-dd hh:mm", "HH:mm a", "yyyy-MM-dd KK:mm a", "yyyy-DDD"),
    *("kk:mm", "M/d/yyyy[ H:m]", "yyyy-MM-dd[' 'HH:mm[:ss]]", "yyyy-MM-dd'T'HH:mm:ssXXX", "ddMMMyyyy"),
    *("yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd HH:mm:ss Z", "ddMMyy", "yyyy''MM", "yyyy年MM月", "yyyy.MM.dd"),
]
PYTHON = [
    *("%d-%m-%Y", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%d %B %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"),
    *("%I:%M %p", "%Y-%j", "%a %d %b %Y", "%A, %d %B %Y", "%d%%%m%%%Y", "%H:%M", "%Y-%m-%dT%H:%M:%S%z"),
]
TEXTS = [
    *("01-02-2020", "1-2-2020", "01-02-20", "31-02-2020", "29-02-2020", " 01-02-2020", "01-02-2020 ", ""),
    *("00-01-2020", "+1-02-2020", "01-02-0001", "1/2/2020", "01/002/2020", "13/13/2020", "02/03/69"),
    *("02/03/68", "20-01-02", "20200102", "2020012", "2020-01", "02/2020", "2020", "10:11", "9:5", "24:10"),
    *("1 Jan 2020", "1 JAN 2020", "01 january 2020", "1 Sept 2020", "1 May 2020", "2020-01-02 10:11:12"),
    *("2020-01-02 1:11:12", "2020-01-02 24:00:00", "2020-01-02 10:11:60", "2020-01-02 10:11:12.1"),
    *(
        "2020-01-02 10:11:12.1234",
        "2020-01-02T10:11:12.123456",
        "10:11 PM",
        "12:00 am",
        "12:00 PM",
        "0:10 AM",
    ),
    *("22:11 PM", "22:11 AM", "01/02/2020 12:11:12 AM", "01/02/2020 11:11:12 pm", "2020-01-02 10:11"),
    *("2020-01-02 12:11", "2020-01-02 00:11 PM", "2020-060", "2019-366", "2020-366", "2020-000", "2020-6"),
    *("1/2/2020 3:04", "1/2/2020 ", "2020-01-02", "2020-01-02T10:11:12Z", "2020-01-02T10:11:12+02:00"),
    *("2020-01-02T10:11:12+0230", "2020-01-02T10:11:12-11", "2020-01-02 10:11:12 +0200", "01FEB2020"),
    *("010220", "2020'01", "2020年01月", "2020.01.02", "Wed 01 Jan 2020", "Wednesday, 1 January 2020"),
    *("1%2%2020", "noon", "2020-01-02\n", "٢٠٢٠", "2020-02-30 10:11:12", "1900-02-29", None),
]


def ours(fmt, texts):
    table = nw.from_native(pl.LazyFrame({"t": texts}, schema={"t": pl.String}))
    return table.select(t=moment(nw.col("t"), date_format(fmt))).collect("polars").to_native()["t"].to_list()


@pytest.mark.parametrize("fmt", PYTHON)
def test_a_format_of_pythons_is_read_as_python_reads_it(fmt):
    def theirs(text):
        try:
            found = datetime.strptime(text or "", fmt)
        except ValueError:
            return None
        if fmt == "%Y-%j" and found.year != int(text[:4]):  # of which Python makes the first of January after
            return None
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found

    made = dict(zip(TEXTS, ours(fmt, TEXTS), strict=True))
    assert {t: v for t, v in made.items() if v != theirs(t)} == {}
    assert any(made.values())


@pytest.fixture(scope="module")
def theirs(spark):
    """What Spark reads by each format in each text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame([(t,) for t in TEXTS], "t string")
        quoted = [f.replace("'", "\\'") for f in JAVA]
        return table.selectExpr(*(f"cast(to_timestamp(t, '{f}') as string)" for f in quoted)).collect()


@pytest.mark.parametrize("place", range(len(JAVA)), ids=JAVA)
def test_a_format_of_sparks_is_read_as_spark_reads_it(theirs, place):
    wanted = [None if row[place] is None else datetime.fromisoformat(row[place]) for row in theirs]
    made = dict(zip(TEXTS, ours(JAVA[place], TEXTS), strict=True))
    assert {t: v for (t, v), w in zip(made.items(), wanted, strict=True) if v != w} == {}
    assert any(made.values())


SAME = {
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS": "%Y-%m-%dT%H:%M:%S.%f",
    "dd/MM/yyyy hh:mm a": "%d/%m/%Y %I:%M %p",
    "MMMM dd, yyyy": "%B %d, %Y",
    "yyyy DDD HH": "%Y %j %H",
}


@given(when=st.datetimes(min_value=datetime(1000, 1, 1)), fmt=st.sampled_from(sorted(SAME)))
@settings(max_examples=25, deadline=None)
def test_what_is_written_by_a_format_is_read_by_it(when, fmt):
    text = when.strftime(SAME[fmt])
    wanted = datetime.strptime(text, SAME[fmt])
    assert ours(fmt, [text]) == [wanted]
    assert ours(SAME[fmt], [text]) == [wanted]


@pytest.mark.parametrize(
    ("fmt", "message"),
    [
        ("DD-MM-YYYY", "'DD' in 'DD-MM-YYYY' is not read"),
        ("EEE dd MMM yyyy", "'EEE' in"),
        ("yyyyMd", "needs something between 'M' and the number before it"),
        ("yyyyMMddHHmmssSSS", "between 'SSS' and the number"),
        ("dd-dd-yyyy", "names the day twice"),
        ("DDD dd yyyy", "names the day twice"),
        ("dd MM a", "names half a day without an hour"),
        ("yyyy[-MM", "the brackets in"),
        ("yyyy]-[MM", "the brackets in"),
        ("yyyy#", "'#' in 'yyyy#' needs quotes"),
        ("'day'", "names no part of a date or time"),
        ("%d.%q", "'%q' in '%d.%q' is not read"),
        ("%", "'%' in '%' is not read"),
    ],
)
def test_a_format_that_cannot_be_read_is_refused(fmt, message):
    with pytest.raises(ValidationError, match=message):
        CastColumns(types={"x": "date"}, formats={"x": fmt})


@pytest.mark.parametrize("rules", ["iso", "spark"])
@pytest.mark.parametrize(
    ("fmt", "texts", "to", "wanted"),
    [
        ("dd-MM-yyyy", ["01-02-2020", "1-2-2020", "x", None], "date", [date(2020, 2, 1), None, None, None]),
        (
            "%d.%m.%Y %H:%M",
            ["1.2.2020 10:11", "31.2.2020 10:11"],
            "datetime",
            [datetime(2020, 2, 1, 10, 11), None],
        ),
        ("%d.%m.%Y %H:%M", ["1.2.2020 10:11", "31.2.2020 10:11"], "date", [date(2020, 2, 1), None]),
        ("d MMM yyyy", ["1 feb 2020", "1 February 2020"], "date", [date(2020, 2, 1), None]),
    ],
)
def test_columns_are_cast_by_a_format(both, rules, fmt, texts, to, wanted):
    node = CastColumns(types={"x": to}, formats={"x": fmt}, invalid="null", rules=rules)
    assert both(node, pl.DataFrame({"x": texts})).frame["x"].to_list() == wanted


def test_numbers_of_digits_are_dates_too(both, run):
    frame = pl.DataFrame({"x": [20200201, 20200230, None]})
    for rules in ("iso", "spark"):
        node = CastColumns(types={"x": "date"}, formats={"x": "yyyyMMdd"}, invalid="null", rules=rules)
        assert both(node, frame).frame["x"].to_list() == [date(2020, 2, 1), None, None]
    dates = pl.DataFrame({"x": [date(2020, 2, 1)]})
    assert run(node, dates).frame.equals(dates)


def test_a_text_that_is_not_of_its_format_fails_the_run(run, both):
    node = CastColumns(types={"x": "date"}, formats={"x": "%d/%m/%Y"})
    assert both(node, pl.DataFrame({"x": ["1/2/2020", None]})).frame["x"].to_list() == [
        date(2020, 2, 1),
        None,
    ]
    with pytest.raises(Exception, match="column 'x' holds a value that cannot be cast from string to date"):
        run(node, pl.DataFrame({"x": ["1/2/2020", "2020-02-01"]}))
    with pytest.raises(ValueError, match="column 'x' holds a value that cannot be cast"):
        run.export(node, pl.DataFrame({"x": ["2020-02-01"]}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"formats": {"y": "yyyy"}}, "`formats` names column 'y', which `types` does not"),
        ({"formats": {"n": "yyyy"}}, "a format is for dates and times, and column 'n' becomes int64"),
        ({"errors_to": {"n": "bad"}}, "`errors_to` needs `invalid: null`"),
        ({"errors_to": {"y": "bad"}, "invalid": "null"}, "`errors_to` names column 'y'"),
        ({"rules": "spark"}, "Spark makes null of what it cannot cast"),
    ],
)
def test_parameters_that_do_not_go_together(given, message):
    with pytest.raises(ValidationError, match=message):
        CastColumns(types={"x": "date", "n": "int64"}, **given)


@pytest.mark.parametrize("rules", ["iso", "spark"])
def test_what_is_lost_is_kept_in_a_column_of_its_own(both, rules):
    frame = pl.DataFrame({"a": ["1", "x", None, ""], "b": ["true", "2", "no", None]})
    node = CastColumns(
        types={"a": "int64", "b": "boolean"},
        errors_to={"b": "b bad", "a": "a bad"},
        invalid="null",
        rules=rules,
    )
    done = both(node, frame)
    assert done.frame.columns == ["a", "b", "b bad", "a bad"]
    assert done.frame.rows() == [
        (1, True, "", ""),
        (None, None, "2", "x"),
        (None, False, "", None),
        (None, None, None, ""),
    ]


def test_what_is_lost_of_other_than_text_is_written_as_text(run):
    frame = pl.DataFrame({"x": [1e300, 2.5, None]})
    for rules, text in (("iso", "1e+300"), ("spark", "1.0E300")):
        to = "int64" if rules == "iso" else "datetime"
        node = CastColumns(types={"x": to}, errors_to={"x": "e"}, invalid="null", rules=rules)
        assert run(node, frame).frame["e"].to_list() == [text, "", None]
    with pytest.raises(NodeError, match="it would make column 'x', which is there already"):
        run(CastColumns(types={"x": "int64"}, errors_to={"x": "x"}, invalid="null"), frame)


@pytest.mark.parametrize("rules", ["iso", "spark"])
def test_rows_with_what_cannot_be_cast_are_dropped(both, rules):
    frame = pl.DataFrame({"a": ["1", "x", None, "4"], "b": ["1", "2", "3", "y"], "c": [1, 2, 3, 4]})
    done = both(
        CastColumns(types={"a": "int64", "b": "float64", "c": "float64"}, invalid="drop", rules=rules), frame
    )
    assert done.frame.rows() == [(1, 1.0, 1.0), (None, 3.0, 3.0)]
