"""PySpark snippets of the kinds that flows bring, with results by hand."""

from __future__ import annotations

from datetime import datetime

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, Schema
from weirflow_tabular.custom import CustomPandas, CustomPyspark
from weirflow_tabular.formula import Formula

pytestmark = pytest.mark.usefixtures("spark")

TRIPS = pl.DataFrame(
    {
        "picked up": [datetime(2019, 5, 1, 10, 20), datetime(2019, 5, 1, 10, 50), None],  # noqa: DTZ001
        "dropped": [datetime(2019, 5, 1, 10, 30, 10), datetime(2019, 5, 1, 11), None],  # noqa: DTZ001
        "place.id": ["7", "7", "9"],
        "fare": [10.5, -1.0, None],
        "note": [None, None, None],
    },
    schema_overrides={"note": pl.String},
)


def table(frame):
    return Inputs([("default", nw.from_native(frame.lazy()))])


def after(code, frame=TRIPS):
    return CustomPyspark(code=code).transform(table(frame)).collect("polars").to_native()


def test_a_table_comes_back_as_it_went():
    frame = TRIPS.with_columns(
        utc=pl.col("dropped").dt.replace_time_zone("Europe/Rome"),
        parts=pl.Series([["a"], [], None]),
        old=pl.Series([datetime(1700, 1, 1).date(), None, datetime(2020, 2, 29).date()]),  # noqa: DTZ001
    )
    assert after("", frame).equals(frame)
    assert after("df = df", frame).schema == frame.schema
    assert after("", frame.clear()).schema == frame.schema


def test_durations_and_truncated_times():
    made = after(
        "from pyspark.sql.functions import col, round, date_trunc\n"
        "seconds = col('dropped').cast('long') - col('picked up').cast('long')\n"
        "df = df.withColumn('minutes', round(seconds / 60, 2))\n"
        "df = df.withColumn('hour', date_trunc('hour', col('picked up')))\n"
        "df = df.drop('dropped')\n"
    )
    assert made.columns == ["picked up", "place.id", "fare", "note", "minutes", "hour"]
    assert made["minutes"].to_list() == [10.17, 10.0, None]  # 610 s and 600 s
    hour = datetime(2019, 5, 1, 10)  # noqa: DTZ001
    assert made["hour"].to_list() == [hour, hour, None]


def test_filters_compare_text_with_numbers():
    assert after("df = df.filter((8 <= df['`place.id`']) & (df['`place.id`'] <= 263))")[
        "place.id"
    ].to_list() == ["9"]
    assert after("df = df.filter(df['picked up'] >= '2019-05-01 10:30:00')").height == 1


def test_windows_and_groups():
    made = after(
        "from pyspark.sql import functions as f\nfrom pyspark.sql import Window\n"
        "df = df.withColumn('n', f.count('fare').over(Window.partitionBy([f.col('`place.id`')])))"
    )
    assert sorted(made["n"].to_list()) == [0, 2, 2]
    made = after(
        "import pyspark.sql.functions as F\ndf = df.groupBy('`place.id`').agg(F.avg('fare').alias('x'))"
    )
    assert sorted(made.rows(), key=str) == [("7", 4.75), ("9", None)]


def test_a_frame_of_its_own_is_joined():
    made = after(
        "from pyspark.sql.types import StructType, StructField, StringType\n"
        "from pyspark.sql import SparkSession\nfrom pyspark.sql.functions import *\n"
        "spark = SparkSession.builder.getOrCreate()\n"
        "schema = StructType([StructField('id', StringType(), True)])\n"
        "ids = spark.createDataFrame(data=[('7',), ('8',)], schema=schema)\n"
        "df = df.withColumnRenamed('place.id', 'id').select('id', 'fare')\n"
        "df = ids.join(df, on=['id'], how='left').na.fill(value=0)\n"
    )
    assert sorted(made.rows()) == [("7", -1.0), ("7", 10.5), ("8", 0.0)]


def test_random_splits_are_disjoint_and_the_same_again():
    frame = pl.DataFrame({"n": range(400)})
    code = "one, two = df.randomSplit([0.7, 0.3], seed=42)\ndf = "
    one, two = (after(code + part, frame)["n"].to_list() for part in ("one", "two"))
    assert sorted(one + two) == list(range(400))
    assert after(code + "one", frame)["n"].to_list() == one
    assert 240 < len(one) < 320


def test_functions_of_the_users_and_what_they_raise():
    made = after(
        "from pyspark.sql.functions import udf\n"
        "def custom_func(value):\n    return None if value is None else value * 2\n"
        "df = df.withColumn('twice', udf(custom_func, 'double')(df['fare']))"
    )
    assert made["twice"].to_list() == [21.0, -2.0, None]
    bad = "from pyspark.sql.functions import udf\ndef f(x):\n    return 1 / 0\ndf = df.withColumn('y', udf(f)('fare'))"
    with pytest.raises(NodeError, match="line 3 of the snippet raised ZeroDivisionError"):
        after(bad)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "\ndf = df.select('far')",
            "line 2 of the snippet raised AnalysisException: .*`far` cannot be resolved",
        ),
        ("df = 1", "left no frame: `df` is of type int"),
        ("del df", "left no frame: `df` is gone"),
        ("df = df.select('fare', 'fare')", "two columns are called 'fare'"),
        ("x =", "line 1 of the snippet is not Python"),
    ],
)
def test_what_is_wrong_is_said(code, text):
    with pytest.raises(NodeError, match=text):
        after(code)


def test_a_type_that_spark_has_not():
    with pytest.raises(NodeError, match="column 'd' is of type Duration"):
        after("", TRIPS.select(d=pl.col("dropped") - pl.col("picked up")))


def test_formulas_that_are_not_proven_go_to_spark():
    frame = pl.DataFrame({"x": [2.345, -2.5], "n": [1, 2], "t": ["Robert", None]})
    schema = Schema.of({"x": "float64", "n": "int64", "t": "string"})

    def made(formula):
        node = Formula(formula=formula, output="made")
        assert node.effect(schema).makes["made"].dtype is None
        return node.transform(table(frame)).collect("polars").to_native()["made"].to_list()

    assert made("bround(x, 2)") == [2.34, -2.5]  # half to the even digit
    assert made("soundex(t)") == ["R163", None]  # as in Knuth's examples
    with pytest.raises(NodeError, match=r"Spark refuses the formula: .*`nothing`"):
        made("nothing(x)")


def test_columns_without_values_and_removed_names_as_the_service_has_them():
    frame = TRIPS.select("fare", "note")
    code = (
        "df['whole'] = df['fare'].fillna(0).astype(np.int)\ndf = df.append({'fare': 1.0}, ignore_index=True)"
    )
    node = CustomPandas(code=code, rules="data_wrangler")
    made = node.transform(table(frame)).collect("polars").to_native()
    assert made["note"].to_list() == [""] * 4
    assert made["fare"].to_list() == [10.5, -1.0, None, 1.0]
    empty = CustomPandas(code="", rules="data_wrangler").transform(table(frame.clear()))
    assert empty.collect("polars").to_native().schema == frame.schema
    with pytest.raises(NodeError, match="raised AttributeError"):
        CustomPandas(code=code).transform(table(frame))
