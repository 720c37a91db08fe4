"""Vectors put together and taken apart."""

from __future__ import annotations

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Column, DType, Inputs, NodeError, Schema
from weirflow_tabular.vectors import FlattenVector
from weirflow_tabular.vectors_assemble import AssembleVector

SPARSE = [
    {"size": 3, "indices": [1], "values": [4.0]},
    {"size": 3, "indices": [], "values": []},
    {"size": 3, "indices": [0, 2], "values": [1.0, -2.5]},
]
FRAME = pl.DataFrame(
    {"n": [1, 2, 3], "yes": [True, False, True], "v": [[0.5, 2.0], [1.0, 0.0], [0.0, 7.0]], "s": SPARSE}
)


def made(node, frame):
    return node.transform(Inputs([("table", nw.from_native(frame.lazy()))])).to_native().collect()


def test_assembles_as_spark_does(spark):
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.linalg import Vectors

    rows = [
        (n, yes, Vectors.dense(v), Vectors.sparse(s["size"], s["indices"], s["values"]))
        for n, yes, v, s in FRAME.rows()
    ]
    order = ["s", "n", "v", "yes"]
    table = spark.createDataFrame(rows, ["n", "yes", "v", "s"])
    wanted = VectorAssembler(inputCols=order, outputCol="all").transform(table).select("all").collect()
    got = made(AssembleVector(columns=order, output="all"), FRAME)
    assert got["all"].to_list() == [row["all"].toArray().tolist() for row in wanted]
    assert got.columns == ["n", "yes", "v", "s", "all"]


def test_missing_numbers_are_missing_elements_and_missing_vectors_missing_rows():
    frame = pl.DataFrame(
        {"n": [None, 2], "v": [[1.0], None]}, schema={"n": pl.Int64, "v": pl.List(pl.Float64)}
    )
    assert made(AssembleVector(columns=["n", "v"], output="v"), frame)["v"].to_list() == [[None, 1.0], None]


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows):
    got = made(AssembleVector(columns=["s", "n"], output="all"), FRAME.head(rows))
    assert got["all"].to_list() == [[0.0, 4.0, 0.0, 1.0]][:rows]


def test_flattens_sparse_vectors_short_and_long():
    got = made(FlattenVector(column="s", length=2, prefix="p"), FRAME.select("s"))
    assert got.rows() == [(0.0, 4.0), (0.0, 0.0), (1.0, 0.0)]
    got = made(FlattenVector(column="s", length=4, drop=False), FRAME.select("s"))
    assert got.columns == ["s", "s_0", "s_1", "s_2", "s_3"]
    assert got["s_2"].to_list() == [0.0, 0.0, -2.5]
    assert got["s_3"].to_list() == [None, None, None]


def test_a_null_sparse_vector_gives_nulls():
    frame = pl.DataFrame({"s": [SPARSE[0], None]})
    assert made(FlattenVector(column="s", length=2), frame).rows() == [(0.0, 4.0), (None, None)]


def test_refuses_text_and_other_structs():
    with pytest.raises(NodeError, match="neither a number nor a vector"):
        AssembleVector(columns=["a"], output="b").effect(Schema((Column("a", DType("string")),)))
    with pytest.raises(NodeError, match="no sparse vectors"):
        made(AssembleVector(columns=["a"], output="b"), pl.DataFrame({"a": [{"x": 1}]}))
