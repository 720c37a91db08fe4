# ruff: noqa: DTZ001
"""`write.csv` by Spark's rules, against the files that Spark's own writer makes, with the service's options."""

from datetime import date, datetime
from pathlib import Path

import narwhals as nw
import polars as pl
import pytest

from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_tabular.write import WriteCsv

FRAME = pl.DataFrame(
    {
        "x": [0.0, -0.0, 1.0, 0.1, 1e7, 9999999.0, 1e-3, 9.99e-4, -1.5e300, 123456789.125, None],
        "n": [0, 1, -1, 2**62, 7, 8, 9, 10, 11, None, 12],
        "b": [True, False, None, True, True, True, True, True, True, True, True],
        "t": ["", "a", " a b ", "\t", 'say "no"', "a,b", "two\nlines", None, "#", "é  ", "\\"],
        "d": [date(2024, 2, 29), None, *[date(1999, 12, 31)] * 9],
        "at": [
            datetime(2024, 2, 29, 12, 30, 15, 123456),
            datetime(1969, 12, 31, 23, 59, 59, 999999),
            None,
            *[datetime(2000, 1, 1)] * 8,
        ],
        "l": [[1.0, None, -2.5], [], None, *[[0.0]] * 8],
    },
    schema_overrides={"at": pl.Datetime("us")},
)


@pytest.fixture
def write(tmp_path):
    def make(frame, **options) -> bytes:
        node = WriteCsv(path="out.csv", rules="spark", **options)
        node.write(nw.from_native(frame.lazy()), FileTarget(tmp_path, None, engine("polars")))
        return (tmp_path / "out.csv").read_bytes()

    return make


def test_the_bytes_are_those_that_spark_writes(write, spark, tmp_path):
    names = ", ".join(FRAME.columns)
    types = "x double, n bigint, b boolean, t string, d date, at timestamp, l array<double>"
    table = spark.createDataFrame(FRAME.rows(), types).selectExpr(
        *(c if c != "l" else "cast(l as string) as l" for c in FRAME.columns)
    )
    table.coalesce(1).write.csv(str(tmp_path / "theirs"), header=True, quote='"', escape='"', nullValue="")
    (theirs,) = Path(tmp_path / "theirs").glob("part-*.csv")
    assert write(FRAME).decode().split("\n") == theirs.read_bytes().decode().split("\n"), names


def test_sparse_vectors_are_text_as_the_service_casts_them(write):
    vectors = [
        {"size": 3, "indices": [0, 2], "values": [1.0, 0.5]},
        {"size": 3, "indices": [], "values": []},
        None,
    ]
    kinds = pl.Struct({"size": pl.Int64, "indices": pl.List(pl.Int64), "values": pl.List(pl.Float64)})
    frame = pl.DataFrame({"v": pl.Series(vectors, dtype=kinds), "s": [{"a": 1}, {"a": None}, None]})
    assert write(frame).decode().splitlines() == [
        "v,s",
        '"(3,[0,2],[1.0,0.5])","{""a"":1}"',
        '"(3,[],[])","{""a"":null}"',
        ",",
    ]


def test_a_column_that_names_folders_stays_as_it_is(tmp_path):
    frame = pl.DataFrame({"k": [1e7, 0.5], "x": [1e7, 0.5]})
    node = WriteCsv(path="out", rules="spark", partition_by=["k"])
    node.write(nw.from_native(frame.lazy()), FileTarget(tmp_path, None, engine("polars")))
    assert {p.parent.name: p.read_text() for p in (tmp_path / "out").rglob("*.csv")} == {
        "k=10000000.0": "x\n1.0E7\n",
        "k=0.5": "x\n0.5\n",
    }
