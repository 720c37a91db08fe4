"""Joins against Spark, and what they refuse."""

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, Schema
from weirflow_tabular.joins import JoinTables

LEFT = {
    "id": ["3", "1", None, "2", "1", "x"],
    "Name": ["c", "a", "n", "b", "A", "z"],
    "a_0": [1, 2, 3, 4, 5, 6],
    "A": [0] * 6,
}
RIGHT = {"id": [1, 2, 2, None, 9], "name": ["one", "two", "zwei", "none", "nine"], "a": [7, 8, 9, 10, 11]}
HOWS = ["inner", "left", "right", "full", "semi", "anti"]
WORDS = {"full": "full_outer", "semi": "left_semi", "anti": "left_anti"}


def joined(node, left, right):
    tables = [nw.from_native(pl.LazyFrame(t)) for t in (left, right)]
    return node.transform(Inputs([("left", tables[0]), ("right", tables[1])])).collect().to_native()


@pytest.mark.parametrize("how", HOWS)
def test_the_rows_are_those_of_spark(spark, how):
    node = JoinTables(left_on=("id",), right_on=("id",), how=how, names="spark")
    ours = joined(node, LEFT, RIGHT)
    a = spark.createDataFrame(
        list(zip(*LEFT.values(), strict=True)), "id string, Name string, a_0 long, A long"
    )
    b = spark.createDataFrame(list(zip(*RIGHT.values(), strict=True)), "id long, name string, a long")
    theirs = a.join(b, a["id"] == b["id"], WORDS.get(how, how)).collect()
    assert sorted(map(repr, ours.rows())) == sorted(repr(tuple(r)) for r in theirs)
    if how not in {"semi", "anti"}:
        assert ours.columns == ["id_0", "Name_0", "a_0", "A_0_dup", "id_1", "name_1", "a_1"]


def test_a_key_of_one_name_is_there_once_and_gaps_are_filled():
    node = JoinTables(on=("k",), how="full")
    made = joined(node, {"k": [1, 2], "x": ["a", "b"]}, {"k": [2, 3], "x": ["B", "C"]})
    assert made.to_dict(as_series=False) == {
        "k": [1, 2, 3],
        "x": ["a", "b", None],
        "x_right": [None, "B", "C"],
    }


def test_the_order_is_that_of_the_left_table():
    left, right = {"k": [3, 1, 2, 1]}, {"k": [1, 2, 3, 1], "v": [10, 20, 30, 11]}
    assert joined(JoinTables(on=("k",)), left, right).rows() == [
        (3, 30),
        (1, 10),
        (1, 11),
        (2, 20),
        (1, 10),
        (1, 11),
    ]
    assert joined(JoinTables(how="cross"), {"a": [1, 2]}, {"b": [3, 4]}).rows() == [
        (1, 3),
        (1, 4),
        (2, 3),
        (2, 4),
    ]


def test_keys_of_types_that_do_not_compare_are_refused():
    node = JoinTables(left_on=("a",), right_on=("b",))
    schemas = Inputs([("left", Schema.of(a="string")), ("right", Schema.of(b="int64"))])
    with pytest.raises(NodeError, match=r"key 'a' of the left table is of type string, and key 'b' .* int64"):
        node.effects(schemas)
    with pytest.raises(NodeError, match="the right table has no column 'b'"):
        node.effects(Inputs([("left", Schema.of(a="string")), ("right", Schema.of(c="int64"))]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give the keys"),
        ({"on": ["a"], "how": "cross"}, "a cross join has no keys"),
        ({"left_on": ["a"], "right_on": ["b", "c"]}, "different lengths"),
        ({"on": ["a"], "left_on": ["a"]}, "either `on`"),
    ],
)
def test_keys_that_make_no_sense_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        JoinTables(**given)
