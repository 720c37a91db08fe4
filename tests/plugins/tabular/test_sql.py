from __future__ import annotations

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, Schema
from weirflow_tabular.sql import CustomSql

FRAME = pl.DataFrame(
    {"city": ["Rome", "Oslo", "Rome", None], "age": [31, 42, 27, None], "pay": [1.5, 2.0, 2.5, 9.0]}
)
SCHEMA = Schema.of({"city": "string", "age": "int64", "pay": "float64"})


def ask(query, frame=FRAME, **options):
    node = CustomSql(query=query, **options)
    return node.transform(Inputs([("default", nw.from_native(frame.lazy()))])).collect("polars").to_native()


def test_an_answer_and_its_schema():
    query = (
        "SELECT city, sum(age) AS age, avg(pay) AS mean, count(*) AS n FROM df GROUP BY city "
        "ORDER BY city NULLS LAST"
    )
    made = ask(query)
    assert made.rows() == [("Oslo", 42, 2.0, 1), ("Rome", 58, 2.0, 2), (None, None, 9.0, 1)]
    said = CustomSql(query=query).effect(SCHEMA).apply(SCHEMA)
    assert [(c.name, str(c.dtype)) for c in said.columns] == [
        ("city", "string"),
        ("age", "int64"),
        ("mean", "float64"),
        ("n", "int64"),
    ]
    assert made.schema["age"] == pl.Int64


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY df TO 'out.csv'",
        "ATTACH 'other.db'",
        "SELECT 1; DROP VIEW df",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM FRAME",
        "SELECT no FROM df",
        "SELEC 1",
    ],
)
def test_nothing_but_a_query_of_the_table(query):
    with pytest.raises(NodeError, match="the query"):
        ask(query)


def test_a_name_twice():
    with pytest.raises(NodeError, match="two columns of the answer are called 'age'"):
        ask("SELECT age, pay AS age FROM df")


def test_values_stay_out_of_messages():
    with pytest.raises(NodeError, match="the query failed with ConversionException") as caught:
        ask("SELECT CAST(city AS INTEGER) AS n FROM df")
    assert "Rome" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT reflect('java.lang.System', 'exit', 0) AS x FROM df", "`reflect` calls any code"),
        ("SELECT `java_method`('java.lang.System', 'exit') AS x FROM df", "`java_method` calls any code"),
        ("SELECT * FROM parquet.`/etc/passwd`", "there is no table"),
        ("DROP TABLE df", "not one SELECT"),
        ("SELECT 1; SELECT 2", "not one SELECT"),
    ],
)
def test_sparks_sql_is_shut_in_too(query, text):
    with pytest.raises(NodeError, match=text):
        CustomSql(query=query, dialect="spark").effect(SCHEMA)


@pytest.mark.usefixtures("spark")
def test_sparks_sql():
    made = ask("SELECT city, sum(age) AS age FROM df GROUP BY city ORDER BY city DESC", dialect="spark")
    assert made.rows() == [("Rome", 58), ("Oslo", 42), (None, None)]
    assert ask("SELECT CAST('x' AS INT) AS n, 1 / 0 AS z FROM df LIMIT 1", dialect="spark").rows() == [
        (None, None)
    ]
    assert ask("SELECT soundex(city) AS s FROM df ORDER BY city LIMIT 2", dialect="spark").rows() == [
        (None,),
        ("O240",),
    ]
    with pytest.raises(NodeError, match=r"Spark refuses the query: A column.* with name `no` cannot"):
        ask("SELECT soundex(no) AS s FROM df", dialect="spark")


def test_sparks_sql_without_spark(monkeypatch):
    monkeypatch.setattr("weirflow_tabular.spark_code.has_spark", lambda: False)
    query = "SELECT city, sum(age) AS age, count(*) FROM df GROUP BY city ORDER BY city"
    made = ask(query, dialect="spark")
    assert made.rows() == [(None, None, 1), ("Oslo", 42, 1), ("Rome", 58, 2)]
    said = CustomSql(query=query, dialect="spark").effect(SCHEMA).apply(SCHEMA)
    assert [(c.name, str(c.dtype)) for c in said.columns] == [
        ("city", "string"), ("age", "int64"), ("count(1)", "int64"),
    ]  # fmt: skip
    with pytest.raises(NodeError, match="the function `soundex` is not known") as caught:
        ask("SELECT soundex(city) AS s FROM df", dialect="spark")
    assert "extra `spark`" in caught.value.hint
    with pytest.raises(NodeError, match="two columns of the answer are called 'age'"):
        ask("SELECT age, pay AS age FROM df", dialect="spark")


def test_columns_of_other_types_are_handed_on(monkeypatch):
    monkeypatch.setattr("weirflow_tabular.spark_code.has_spark", lambda: False)
    frame = pl.DataFrame({"a": [[1, 2], None, []], "b": [{"x": 1}, None, {"x": 3}], "n": [1, 2, 3]})
    made = ask("SELECT b AS a, a AS b, n + 1 AS m FROM df ORDER BY n DESC", frame, dialect="spark")
    assert made.rows() == [({"x": 3}, [], 4), (None, None, 3), ({"x": 1}, [1, 2], 2)]
    with pytest.raises(NodeError, match="a grouping by another type"):
        ask("SELECT count(*) AS c FROM df GROUP BY a", frame, dialect="spark")
