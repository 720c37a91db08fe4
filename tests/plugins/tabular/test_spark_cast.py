# ruff: noqa: DTZ001
"""Casts as Spark makes them, held against Spark."""

import warnings
from datetime import date, datetime
from decimal import Decimal

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import FLOAT64, STRING, DType, Inputs, NodeError, portable
from weirflow_tabular.categories import text_of
from weirflow_tabular.spark_cast import spark_cast
from weirflow_tabular.spark_text import spark_text
from weirflow_tabular.types import CastColumns

NAMES = {
    "int64": "bigint",
    "float64": "double",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
}
WORDS = [
    *(
        "1",
        "3.7",
        " 42 ",
        "-5",
        "+5",
        "",
        "  ",
        "abc",
        ".5",
        "5.",
        ".",
        "-",
        "-.",
        "+.",
        ".e",
        "1e3",
        "-1E-5",
    ),
    *("NaN", "nan", "Infinity", "-inf", "+Inf", "1d", "1.5F", "0x10", "1_000", "1,000", "00012", "-0", "--1"),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "99999999999999999999.5",
        "1e5.5",
    ),
    *("true", "T", "yes", "Y", "0", "no", "N", "False", "tRuE", " true ", "\u00a05", "5\t", "٣", None),
    *(
        "2020",
        "2020-1",
        "2020-01-02",
        "2020-1-2",
        "2020-13-01",
        "2020-02-30",
        "2020-01-02T",
        "2020-01-02 xyz",
    ),
    *("2020-01-02T10:11:12", "2020-01-02 10:11", "2020-01-02 1:2:3.4", "2020-01-02 10:11:12.123456"),
    *(
        "2020-01-02T10:11:12Z",
        "2020-01-02T10:11:12+00:00",
        "20-01-01",
        "02-01-2020",
        "1/2/2020",
        "2020-01-02 10",
    ),
    *(
        "2020-01-02 25:00:00",
        "2020-01-02 10:60:00",
        "2020-01-02 10:",
        "2020-1-2 ",
        "2020-01-02T10:11:12.1234567",
    ),
    *(
        "1.9999999999999999999",
        "1900-02-29",
        "2000-02-29",
        "2020-01-02 10:11:12 ",
        "1e400",
        "-1e400",
        "1e-400",
    ),
]
LATER = {("00012", "date"), ("00012", "datetime")}  # years of five digits, which Spark 3.0 did not read


def ours(words, to):
    table = nw.from_native(pl.LazyFrame({"t": words}, schema={"t": pl.String}))
    return (
        table.select(spark_cast(nw.col("t"), DType.parse(to), STRING).alias("t"))
        .collect()
        .to_native()["t"]
        .to_list()
    )


@pytest.fixture(scope="module")
def theirs(spark):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame([(w,) for w in WORDS], "t string")
        casts = [f"cast(cast(t as {sql}) as string) as {ours}" for ours, sql in NAMES.items()]
        return table.selectExpr(*casts).collect()


@pytest.mark.parametrize("to", list(NAMES))
def test_text_is_cast_as_spark_casts_it(theirs, to):
    read = {
        "int64": int,
        "float64": lambda t: None if t == "NaN" else float(t),
        "boolean": "true".__eq__,
        "date": str,
        "datetime": datetime.fromisoformat,
    }[to]
    wanted = [None if row[to] is None else read(row[to]) for row in theirs]
    found = [str(v) if to == "date" and v is not None else v for v in ours(WORDS, to)]
    wrong = {
        w: (f, t) for w, f, t in zip(WORDS, found, wanted, strict=True) if f != t and (w, to) not in LATER
    }
    assert wrong == {}


def test_numbers_are_cast_and_written_as_spark_does(spark):
    floats = [
        0.0,
        -0.5,
        3.99,
        -3.99,
        1e19,
        -1e19,
        1e7,
        9999999.0,
        0.001,
        0.00099,
        123456789.125,
        1e-10,
        2.5e30,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame([(f,) for f in floats], "x double")
        rows = table.selectExpr("cast(x as bigint)", "cast(x as boolean)", "cast(x as string)").collect()
    frame = nw.from_native(pl.LazyFrame({"x": floats}))
    made = frame.select(
        i=spark_cast(nw.col("x"), DType("int64"), DType("float64")),
        b=spark_cast(nw.col("x"), DType("boolean"), DType("float64")),
    )
    found = made.collect().to_native()
    assert found.rows() == [(r[0], r[1]) for r in rows]
    assert [text_of(f) for f in floats] == [r[2] for r in rows]


@pytest.mark.parametrize("to", ["int64", "float64", "boolean", "date"])
def test_text_is_cast_by_exported_code_too(both, to):
    both(CastColumns(types={"t": to}, rules="spark", invalid="null"), pl.DataFrame({"t": WORDS}))


FLOATS = [0.0, -0.5, 3.99, 1e19, -1e19, 2.0**63, -(2.0**63), 1e7, 9.5e6, 0.001, 0.00099, 1e-10, 2.5e30, None]


@pytest.mark.parametrize("to", ["int64", "boolean", "string"])
def test_fractions_are_cast_by_exported_code_too(both, to):
    frame = pl.DataFrame({"x": [*FLOATS, float("inf"), float("-inf")]})
    both(CastColumns(types={"x": to}, rules="spark", invalid="null"), frame)


@given(st.floats(allow_nan=False))
@settings(max_examples=200, deadline=None)
def test_every_fraction_is_written_as_for_categories(value):
    """Which are held against Spark's."""
    table = nw.from_native(pl.LazyFrame({"x": [value]}))
    assert table.select(spark_text(nw.col("x"), FLOAT64)).collect().to_native().item() == text_of(value)


def test_other_types_are_cast_as_spark_casts_them(spark):
    moments = [datetime(2020, 1, 2, 10, 11, 12, 120000), datetime(1969, 12, 31, 23, 59, 59, 500000), None]
    frame = pl.DataFrame(
        {
            "t": moments,
            "d": [date(2020, 2, 29), date(1900, 1, 1), None],
            "i": [1577959872, -1, None],
            "f": [1.9999999, -1.5, None],
            "n": pl.Series([Decimal("1.50"), Decimal("-1.99"), None], dtype=pl.Decimal(10, 2)),
        }
    )
    casts = [
        *(("t", to) for to in ("string", "int64", "float64", "boolean", "date")),
        *(("d", to) for to in ("string", "int64", "float64", "boolean", "datetime")),
        *((c, "datetime") for c in "if"),
        *(("n", to) for to in ("int64", "float64", "boolean")),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(
            frame.rows(), "t timestamp, d date, i bigint, f double, n decimal(10,2)"
        )
        rows = table.selectExpr(*(f"cast({c} as {NAMES.get(to, to)})" for c, to in casts)).collect()
    schema = portable.schema_of(nw.from_native(frame.lazy()))
    made = [spark_cast(nw.col(c), DType.parse(to), schema[c].dtype).alias(f"{c}{to}") for c, to in casts]
    found = nw.from_native(frame.lazy()).select(*made).collect().to_native()
    assert dict(zip(casts, zip(*found.rows(), strict=True), strict=True)) == dict(
        zip(casts, zip(*rows, strict=True), strict=True)
    )


def test_a_cast_that_is_not_known_is_refused():
    with pytest.raises(
        NodeError, match=r"a column of type list\[int64\] cannot be cast to int64 as Spark does"
    ):
        spark_cast(nw.col("x"), DType("int64"), DType.parse("list[int64]"))


def test_a_sparse_vector_as_text():
    """As PySpark's SparseVector writes itself."""
    vector = {"size": 4, "indices": [0, 2], "values": [1.0, 0.5]}
    frame = pl.DataFrame(
        {"v": [vector, {"size": 4, "indices": [], "values": []}, None]},
        schema_overrides={
            "v": pl.Struct({"size": pl.Int64, "indices": pl.List(pl.Int64), "values": pl.List(pl.Float64)})
        },
    )
    node = CastColumns(types={"v": "string"}, rules="spark", invalid="null")
    made = node.transform(Inputs([("default", nw.from_native(frame.lazy()))]))
    assert made.collect("polars")["v"].to_list() == ["(4,[0,2],[1.0,0.5])", "(4,[],[])", None]
