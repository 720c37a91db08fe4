"""Tables under one another and side by side, against Spark and DuckDB."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, PandasCode, Schema, portable
from weirflow.export.step import _complete
from weirflow_tabular.unions import JoinColumns, UnionTables


@pytest.fixture
def joined(run, same):
    """The table that a node makes of two; its effect, and its pandas code where it has some, are held against it."""

    def make(node, left, right):
        frames = [pl.DataFrame(f) for f in (left, right)]
        tables = [nw.from_native(f.lazy()) for f in frames]
        schemas = [portable.schema_of(t) for t in tables]
        made = node.transform(Inputs([("left", tables[0]), ("right", tables[1])])).collect().to_native()
        effect = node.effects(Inputs([("left", schemas[0]), ("right", schemas[1])]))["default"]
        said = effect.apply(schemas[0], Inputs([("left", schemas[0]), ("right", schemas[1])]))
        found = portable.schema_of(nw.from_native(made.lazy()))
        assert [(c.name, c.dtype) for c in said] == [(c.name, c.dtype) for c in found]
        code = PandasCode(name="step", schema=schemas[0], frames=("left", "right"))
        node.to_pandas(code)
        if code.status == "written":
            space = {"pd": pd}
            body = _complete("\n".join(code.lines), code.frames, code.result).replace("\n", "\n    ")
            exec(f"def step(left, right):\n    {body}", space)
            same(made, space["step"](*(run.to_pandas(f) for f in frames)))
        return made

    return make


LEFT = {"a": [1, 2, None], "t": ["x", None, "y"], "d": [date(2024, 2, 29), None, date(1999, 1, 1)]}
RIGHT = {"d": [datetime.fromisoformat("2024-02-29T01:30"), None], "t": ["x", "z"], "a": [0.5, None]}
ROWS = [
    (1.0, "x", datetime.fromisoformat("2024-02-29")),
    (2.0, None, None),
    (None, "y", datetime.fromisoformat("1999-01-01")),
    (0.5, "x", datetime.fromisoformat("2024-02-29T01:30")),
    (None, "z", None),
]


def test_columns_are_matched_by_name_and_widened(joined):
    made = joined(UnionTables(), LEFT, RIGHT)
    assert made.columns == ["a", "t", "d"]
    assert made.rows() == ROWS


def test_the_types_and_names_are_those_of_spark(spark, joined):
    left = {"A": [1, 20], "t": ["x", "7"], "s": ["u", "v"], "d": [date(2024, 2, 29), None], "f": [0.5, 1e8]}
    right = {"F": [2, 3], "S": [date(2020, 1, 1), None], "T": [5, None], "a": [1.5, 1e-5], "D": ["one", None]}
    types = ["A long, t string, s string, d date, f double", "F long, S date, T long, a double, D string"]
    tables = [
        spark.createDataFrame(list(zip(*f.values(), strict=True)), t)
        for f, t in zip((left, right), types, strict=True)
    ]
    theirs = tables[0].unionByName(tables[1])
    made = joined(UnionTables(ignore_case=True, mixed="text"), left, right)
    assert made.columns == theirs.columns
    assert made.rows() == [tuple(r) for r in theirs.collect()]
    spelt = {"string": "string", "bigint": "int64", "double": "float64"}
    assert [str(c.dtype) for c in portable.schema_of(nw.from_native(made.lazy()))] == [
        spelt[t] for _, t in theirs.dtypes
    ]


def test_what_spark_does_not_join_is_refused(spark, joined):
    from pyspark.errors import AnalysisException

    left, right = {"b": [True]}, {"b": ["true"]}
    with pytest.raises(AnalysisException):
        spark.createDataFrame([(True,)], "b boolean").unionByName(
            spark.createDataFrame([("true",)], "b string")
        ).collect()
    with pytest.raises(
        NodeError, match="column 'b' is of type boolean in the left table, and of type string"
    ):
        joined(UnionTables(mixed="text"), left, right)


def test_duplicates_are_told_apart_by_all_but_the_indicator(joined, spark):
    left, right = {"a": [1, 2, 1], "b": ["x", "y", "x"]}, {"b": ["y", "z"], "a": [2, None]}
    node = UnionTables(indicator="from", words=("first", "second"), distinct=True)
    made = joined(node, left, right)
    assert made.rows() == [(1, "x", "first"), (2, "y", "first"), (None, "z", "second")]
    tables = [
        spark.createDataFrame([(1, "x"), (2, "y"), (1, "x")], "a long, b string"),
        spark.createDataFrame([("y", 2), ("z", None)], "b string, a long"),
    ]
    theirs = tables[0].unionByName(tables[1]).dropDuplicates(["a", "b"]).collect()
    assert sorted(map(repr, made.drop("from").rows())) == sorted(repr(tuple(r)) for r in theirs)
    plain = joined(UnionTables(indicator="from"), left, right)
    assert plain["from"].to_list() == ["left"] * 3 + ["right"] * 2


def test_columns_of_one_table_are_filled(joined):
    left, right = {"a": [1, None], "b": ["x", "y"]}, {"c": [True, None], "a": [3, 4]}
    made = joined(UnionTables(missing="null", indicator="from"), left, right)
    with duckdb.connect() as connection:
        connection.register("one", pl.DataFrame(left).to_arrow())
        connection.register("other", pl.DataFrame(right).to_arrow())
        theirs = connection.sql("select * from one union all by name select * from other").fetchall()
    assert made.drop("from").rows() == theirs
    assert made.columns == ["a", "b", "c", "from"]


@pytest.mark.parametrize(
    ("given", "left", "right", "message"),
    [
        ({}, {"a": [1]}, {"a": [1], "b": [2]}, "the left table does not have column 'b' of the right one"),
        (
            {},
            {c: [1] for c in "abcde"},
            {"a": [1]},
            "does not have columns 'b', 'c', 'd' and 1 more of the left",
        ),
        ({}, {"a": [1]}, {"A": [1]}, "the left table does not have column 'A'"),
        ({"ignore_case": True}, {"a": [1], "A": [2]}, {"a": [1]}, "differ in case alone"),
        ({"indicator": "a"}, {"a": [1]}, {"a": [1]}, "called 'a', which is there already"),
        (
            {},
            {"a": [1]},
            {"a": ["x"]},
            "of type int64 in the left table, and of type string in the right one",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(joined, given, left, right, message):
    with pytest.raises(NodeError, match=message):
        joined(UnionTables(**given), left, right)


def test_a_column_is_personal_if_it_is_in_either_table():
    from dataclasses import replace

    left, right = Schema.of(name="string", age="int64"), Schema.of(age="int64", name="string")
    right = Schema(tuple(replace(c, personal=c.name == "name") for c in right))
    inputs = Inputs([("left", left), ("right", right)])
    said = UnionTables().effects(inputs)["default"].apply(left, inputs)
    assert [(c.name, c.personal) for c in said] == [("name", True), ("age", False)]


@pytest.mark.parametrize(("n", "m"), [(3, 3), (3, 1), (1, 4), (2, 0)])
def test_side_by_side(joined, n, m):
    left = {"a": list(range(n)), "b": [f"l{i}" for i in range(n)]}
    right = pl.DataFrame(
        {"b": [f"r{i}" for i in range(m)], "c": [i / 2 for i in range(m)]}, {"b": pl.String, "c": pl.Float64}
    )
    made = joined(JoinColumns(), left, right)
    assert made.columns == ["a", "b", "b_right", "c"]
    with duckdb.connect() as connection:
        connection.register("one", pl.DataFrame(left).to_arrow())
        connection.register("other", right.to_arrow())
        theirs = connection.sql("select * from one positional join other").fetchall()
    assert made.rows() == theirs


def test_names_side_by_side_that_collide_are_refused(joined):
    with pytest.raises(NodeError, match="two columns 'a_right'"):
        joined(JoinColumns(), {"a": [1], "a_right": [2]}, {"a": [3]})
