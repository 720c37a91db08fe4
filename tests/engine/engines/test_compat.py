# ruff: noqa: DTZ001
from __future__ import annotations

import math
from datetime import date, datetime

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import portable
from weirflow.errors import NodeError
from weirflow.node.schema import DType, Schema

ENGINES = ["polars", "duckdb"]


def values(engine, data, expr, schema=None):
    """One expression over one column `x`, computed by an engine."""
    frame = pl.DataFrame({"x": data}, schema=schema)
    if engine == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        with duckdb.connect() as connection:
            connection.execute("set threads to 1")
            connection.register("t", frame.to_arrow())
            table = nw.from_native(connection.sql("select * from t"))
            return table.select(out=expr).collect("polars").to_native()["out"].to_list()
    table = nw.from_native(frame.lazy())
    return table.select(out=expr).to_native().collect(engine="streaming")["out"].to_list()


X = nw.col("x")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("delimiter", [":", "|", ".", "\\.", "||", " - ", "é"])
def test_split_is_literal(engine, delimiter):
    data = ["a", f"a{delimiter}b", f"{delimiter}a{delimiter}", "", None, "a.b|c"]
    assert values(engine, data, portable.split(X, delimiter)) == [
        None if text is None else text.split(delimiter) for text in data
    ]


def test_split_refuses_an_empty_delimiter():
    with pytest.raises(ValueError, match="delimiter is empty"):
        portable.split(X, "")


@pytest.mark.parametrize("engine", ENGINES)
def test_list_item_is_null_out_of_range(engine):
    data = ["a:b:c", "a:b", "a", "", None]
    item = portable.list_item(portable.split(X, ":"), 1)
    assert values(engine, data, item) == ["b", "b", None, None, None]
    assert values(engine, data, portable.list_item(portable.split(X, ":"), 7)) == [None] * 5


def test_list_item_refuses_a_negative_index():
    with pytest.raises(ValueError, match="negative"):
        portable.list_item(X, -1)


@pytest.mark.parametrize("engine", ENGINES)
def test_nan_to_null(engine):
    assert values(engine, [1.5, math.nan, None, math.inf], portable.nan_to_null(X)) == [
        1.5,
        None,
        None,
        math.inf,
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_map_values(engine):
    mapping = [("a", 1), (None, 0), ("b", None)]
    data = ["a", "b", "c", None]
    number = DType("int64")
    assert values(engine, data, portable.map_values(X, mapping, nw.lit(-1), number)) == [1, None, -1, 0]
    assert values(engine, data, portable.map_values(X, mapping, None, number)) == [1, None, None, 0]
    assert values(engine, data, portable.map_values(X, [], X, DType("string"))) == data


def test_map_values_of_many_keys():
    mapping = [(f"k{i}", i) for i in range(300)]
    data = [f"k{i}" for i in range(300)] + ["other"]
    assert values("polars", data, portable.map_values(X, mapping, nw.lit(-1), DType("int64"))) == [
        *range(300),
        -1,
    ]


# ------------------------------------------------------------------ casts

CASTS = {
    ("string", "int8"): [
        ("127", 127),
        ("128", None),
        ("-128", -128),
        ("-129", None),
        ("+5", 5),
        ("007", 7),
        ("000000000000000000000000012", 12),
        ("-0", 0),
        ("1.0", None),
        ("1_0", None),
        (" 1", None),
        ("", None),
        ("+", None),
        ("+-1", None),
        ("one", None),
    ],
    ("string", "uint8"): [("255", 255), ("256", None), ("-1", None), ("-0", 0)],
    ("string", "int64"): [
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", None),
        ("99999999999999999999999999", None),
    ],
    ("string", "float64"): [
        ("1", 1.0),
        ("-1.5", -1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1.5E+3", 1500.0),
        ("1e-400", 0.0),
        ("1e999", None),
        ("nan", None),
        ("inf", None),
        ("1,5", None),
        ("", None),
        (".", None),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
    ("string", "float32"): [("1.5", 1.5), ("1e39", None)],
    ("string", "boolean"): [
        ("true", True),
        ("Yes", True),
        ("1", True),
        ("F", False),
        ("no", False),
        ("2", None),
        ("", None),
    ],
    ("string", "date"): [
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("1900-02-29", None),
        ("2000-02-29", date(2000, 2, 29)),
        ("2023-04-31", None),
        ("2023-13-01", None),
        ("0000-01-01", None),
        ("0001-01-01", date(1, 1, 1)),
        ("2023-1-1", None),
        ("2023-01-01T00:00:00", None),
    ],
    ("string", "datetime"): [
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2024-02-29 23:59", datetime(2024, 2, 29, 23, 59)),
        ("2024-02-29T23:59:58", datetime(2024, 2, 29, 23, 59, 58)),
        ("2024-02-29T23:59:58.5", datetime(2024, 2, 29, 23, 59, 58, 500_000)),
        ("2024-02-29 23:59:58.000012", datetime(2024, 2, 29, 23, 59, 58, 12)),
        ("2024-02-29 24:00:00", None),
        ("2024-02-29 23:59:60", None),
        ("2024-02-29Z", None),
        ("yesterday", None),
    ],
    ("int64", "int8"): [(127, 127), (128, None), (-128, -128), (-129, None)],
    ("int64", "uint64"): [(0, 0), (-1, None), (2**63 - 1, 2**63 - 1)],
    ("uint64", "int64"): [(2**63 - 1, 2**63 - 1), (2**63, None)],
    ("int8", "int64"): [(5, 5)],
    ("int64", "float64"): [(5, 5.0)],
    ("int64", "boolean"): [(0, False), (7, True)],
    ("float64", "int64"): [
        (1.9, 1),
        (-1.9, -1),
        (2.5, 2),
        (1e19, None),
        (9223372036854775808.0, None),
        (-9223372036854775808.0, -(2**63)),
        (math.inf, None),
        (-math.inf, None),
    ],
    ("float64", "uint8"): [(255.9, 255), (256.0, None), (-0.5, 0), (-1.0, None)],
    ("float64", "float32"): [(0.5, 0.5), (1e300, None)],
    ("boolean", "int64"): [(True, 1), (False, 0)],
    ("boolean", "string"): [(True, "true"), (False, "false")],
    ("int64", "string"): [(-5, "-5")],
    ("date", "datetime"): [(date(2024, 1, 2), datetime(2024, 1, 2))],
    ("datetime", "date"): [(datetime(2024, 1, 2, 23, 59), date(2024, 1, 2))],
}
POLARS = {
    "string": pl.String,
    "int8": pl.Int8,
    "int64": pl.Int64,
    "uint64": pl.UInt64,
    "float64": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("pair", CASTS, ids="-".join)
def test_casts_give_null_for_what_does_not_fit(engine, pair):
    frm, to = (DType.parse(name) for name in pair)
    data = [*(source for source, _ in CASTS[pair]), None]
    expected = [*(result for _, result in CASTS[pair]), None]
    schema = {"x": POLARS[pair[0]]}
    assert values(engine, data, portable.cast_or_null(X, to, frm), schema) == expected


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("pair", CASTS, ids="-".join)
def test_casts_fail_on_what_does_not_fit(engine, pair):
    frm, to = (DType.parse(name) for name in pair)
    cast = portable.cast_or_fail(X, to, frm, "WF613", "it does not fit")
    schema = {"x": POLARS[pair[0]]}
    fitting = [(source, result) for source, result in CASTS[pair] if source is None or result is not None]
    data = [*(source for source, _ in fitting), None]
    assert values(engine, data, cast, schema) == [*(result for _, result in fitting), None]
    for source, result in CASTS[pair]:
        if source is not None and result is None:
            with pytest.raises(Exception, match="it does not fit") as caught:
                values(engine, [*data, source], cast, schema)
            assert portable.raised(caught.value) == ("WF613", "it does not fit")


def test_a_cast_that_cannot_fail_is_not_checked():
    plan = pl.LazyFrame(schema={"x": pl.Int32, "y": pl.Int64})

    def cast(column, to, frm):
        made = portable.cast_or_fail(nw.col(column), DType(to), DType(frm), "WF613", "it does not fit")
        return nw.from_native(plan).select(made).to_native().explain()

    assert "does not fit" not in cast("x", "float64", "int32")
    assert "does not fit" not in cast("x", "int64", "int32")
    assert "does not fit" in cast("y", "int32", "int64")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text("0123456789+-.eE_ x", max_size=22)), min_size=1, max_size=20))
def test_numbers_in_text_are_read_as_python_reads_them(data):
    def number(text, kind):
        try:
            value = kind(text)
        except ValueError:
            return None
        if "_" in text or text != text.strip():
            return None
        if kind is int:
            return value if -(2**63) <= value < 2**63 else None
        return value if math.isfinite(value) else None

    for to, kind in ((DType("int64"), int), (DType("float64"), float)):
        expected = [None if text is None else number(text, kind) for text in data]
        assert (
            values("polars", data, portable.cast_or_null(X, to, DType("string")), {"x": pl.String})
            == expected
        )


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True))
def test_dates_are_read_as_python_reads_them(text):
    try:
        expected = date.fromisoformat(text)
    except ValueError:
        expected = None
    assert values("polars", [text], portable.cast_or_null(X, DType("date"), DType("string"))) == [expected]


def test_a_categorical_casts_as_its_text():
    cast = portable.cast_or_null(X, DType("int64"), DType("categorical"))
    assert values("polars", ["1", "x", None], cast, {"x": pl.Categorical}) == [1, None, None]


def test_an_impossible_cast_is_refused_by_name():
    with pytest.raises(NodeError, match=r"type list\[string\] cannot be cast to int64"):
        portable.cast_or_null(X, DType("int64"), DType.parse("list[string]"))


# ------------------------------------------------------------------ types


@pytest.mark.parametrize(
    "text",
    [
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"),
        *("boolean", "string", "categorical", "binary", "decimal", "null", "object", "date", "time"),
        *("datetime", "datetime[UTC]", "datetime[Europe/Berlin]", "duration", "struct"),
        *("list[string]", "list[list[int8]]"),
    ],
)
def test_types_survive_the_way_there_and_back(text):
    dtype = DType.parse(text)
    assert portable.from_narwhals(portable.to_narwhals(dtype)) == dtype


def test_schema_of_a_polars_table():
    frame = pl.DataFrame(
        {
            "i": pl.Series([1], dtype=pl.UInt16),
            "n": [None],
            "e": pl.Series(["a"], dtype=pl.Enum(["a"])),
            "l": [[1.5]],
            "a": pl.Series([[1, 2]], dtype=pl.Array(pl.Int8, 2)),
            "t": pl.Series([datetime(2024, 1, 1)], dtype=pl.Datetime("ns", "UTC")),
            "s": [{"x": 1}],
        }
    )
    assert portable.schema_of(nw.from_native(frame.lazy())) == Schema.of(
        {
            "i": "uint16",
            "n": "null",
            "e": "categorical",
            "l": "list[float64]",
            "a": "list[int8]",
            "t": "datetime[UTC]",
            "s": "struct",
        }
    )
