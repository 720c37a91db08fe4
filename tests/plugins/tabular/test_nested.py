"""Lists as rows, and structs and JSON as columns: against Spark and pandas."""

from __future__ import annotations

import json

import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from weirflow.api import NodeError, Rows
from weirflow_tabular.columns_unnest import UnnestColumn
from weirflow_tabular.rows_explode import ExplodeRows
from weirflow_tabular.vectors_unpack import UnpackVector

LISTS = {"i": [1, 2, 3, 4], "v": [[5, None], [], None, [6]]}
NAMES = {"keep": "explode_outer", "drop": "explode"}


@pytest.mark.parametrize("empty", NAMES)
def test_lists_are_exploded_as_spark_does(both, spark, empty):
    import pyspark.sql.functions as f

    done = both(ExplodeRows(column="v", empty=empty), pl.DataFrame(LISTS))
    table = spark.createDataFrame(list(zip(*LISTS.values(), strict=True)), "i long, v array<long>")
    theirs = table.select("i", getattr(f, NAMES[empty])("v").alias("v")).collect()
    assert done.frame.rows() == [tuple(r) for r in theirs]
    assert done.after.rows == Rows(kept=False, by=("v",))


def test_elements_in_a_column_of_their_own(both):
    frame = pl.DataFrame(LISTS)
    done = both(ExplodeRows(column="v", output="e"), frame).frame
    assert done.columns == ["i", "v", "e"]
    assert done["v"].to_list() == [[5, None], [5, None], [], None, [6]]
    assert both(ExplodeRows(column="v", output="e", drop=True), frame).frame.columns == ["i", "e"]


@pytest.mark.parametrize("inner", [pl.String, pl.Boolean, pl.Float64, pl.Date, pl.List(pl.Int64)])
def test_elements_of_every_type(both, inner):
    frame = pl.DataFrame({"v": [None, []]}, schema={"v": pl.List(inner)})
    assert both(ExplodeRows(column="v"), frame).frame["v"].to_list() == [None, None]


def test_nested_lists_are_exploded_one_level_at_a_time(both):
    frame = pl.DataFrame({"v": [[[1, 2], [3]], [[4]]]})
    once = both(ExplodeRows(column="v"), frame).frame
    assert once["v"].to_list() == [[1, 2], [3], [4]]
    assert both(ExplodeRows(column="v"), once).frame["v"].to_list() == [1, 2, 3, 4]


def test_json_arrays_are_exploded(both):
    texts = ['["a", "é", null]', ' [1, 2.5, true, [1, 2], {"k": "ü"}] ', "[]", None]
    done = both(ExplodeRows(column="v"), pl.DataFrame({"v": texts}))
    assert done.frame["v"].to_list() == ["a", "é", None, "1", "2.5", "true", "[1,2]", '{"k":"ü"}', None, None]


@pytest.mark.parametrize("text", ["no", "{}", "[1", "[NaN]", "3", "", '["\\ud800"]', "[" * 100_000])
def test_text_that_is_no_array_is_refused(run, text):
    with pytest.raises(
        (NodeError, pl.exceptions.ComputeError), match="column 'v' holds text that is no JSON array"
    ):
        run(ExplodeRows(column="v"), pl.DataFrame({"v": [text]}))


def test_what_is_no_list_is_refused(run):
    with pytest.raises(NodeError, match="column 'v' is of type int64, neither a list nor text"):
        run(ExplodeRows(column="v"), pl.DataFrame({"v": [1]}))
    with pytest.raises(NodeError, match="'i', which is there already"):
        run(ExplodeRows(column="v", output="i"), pl.DataFrame(LISTS))
    with pytest.raises(ValidationError, match="`drop` needs the name"):
        ExplodeRows(column="v", drop=True)


PEOPLE = [
    '{"seq": 1, "name": {"first": "Ann", "last": "Lee"}, "age": 59, "score": 0.5, "ok": true, "tags": ["a", 1]}',
    '{"seq": 2, "name": {"first": "Bo"}, "age": 31.5, "score": 2, "ok": null}',
    None,
    '{"seq": null, "city": "Zürich"}',
]


def test_json_becomes_columns(both):
    frame = pl.DataFrame({"i": range(4), "p": PEOPLE})
    done = both(UnnestColumn(column="p"), frame)
    assert done.frame.columns == ["i", "p_seq", "p_name", "p_age", "p_score", "p_ok", "p_tags", "p_city"]
    theirs = pd.json_normalize([json.loads(p or "{}") for p in PEOPLE], max_level=0)
    for key in ("seq", "age", "score", "ok", "city"):
        wanted = theirs[key].astype("object").where(theirs[key].notna(), None).tolist()
        assert done.frame[f"p_{key}"].to_list() == wanted
    assert done.frame["p_name"].to_list() == ['{"first":"Ann","last":"Lee"}', '{"first":"Bo"}', None, None]
    assert done.frame["p_tags"].to_list() == ['["a",1]', None, None, None]
    assert [str(done.frame.schema[c]) for c in done.frame.columns[1:6]] == [
        "Int64", "String", "Float64", "Float64", "Boolean",
    ]  # fmt: skip
    again = both(UnnestColumn(column="p_name", drop=False), done.frame).frame
    assert again.columns[-2:] == ["p_name_first", "p_name_last"]
    assert again["p_name_last"].to_list() == ["Lee", None, None, None]


def test_json_is_read_as_spark_reads_it(spark, run):
    import pyspark.sql.functions as f

    texts = [
        *PEOPLE,
        "no json",
        "[1]",
        '{"seq": "x", "age": 1}',
        "",
        '{"seq": 3',
        '{"age": true, "score": "1"}',
    ]
    types = {"seq": "int64", "age": "float64", "score": "float64", "ok": "boolean", "city": "string"}
    node = UnnestColumn(column="p", keys=tuple(types), types=types, invalid="null")
    done = run(node, pl.DataFrame({"p": texts})).frame
    table = spark.createDataFrame([(t,) for t in texts], "p string")
    schema = "seq long, age double, score double, ok boolean, city string"
    theirs = table.select(f.from_json("p", schema).alias("s")).select("s.*").collect()
    assert done.rows() == [tuple(r) for r in theirs]


def test_structs_become_columns(both):
    structs = [{"a": 1, "b": {"c": "x"}, "d": [1.5]}, None, {"a": None, "b": None, "d": []}]
    done = both(UnnestColumn(column="s", prefix="p"), pl.DataFrame({"s": structs, "i": [1, 2, 3]}))
    assert done.frame.columns == ["i", "p_a", "p_b", "p_d"]
    assert done.frame["p_a"].to_list() == [1, None, None]
    assert done.frame["p_d"].to_list() == [[1.5], None, []]
    again = both(UnnestColumn(column="p_b", keys=("c",), drop=False), done.frame)
    assert again.frame["p_b_c"].to_list() == ["x", None, None]


def test_keys_may_be_chosen_and_typed(both):
    frame = pl.DataFrame({"p": ['{"a": 1, "b": "2020-02-29", "c": 5}', '{"b": null}']})
    done = both(UnnestColumn(column="p", keys=("b", "z", "a"), types={"b": "date", "a": "float64"}), frame)
    assert [str(d) for d in done.frame.dtypes] == ["Date", "String", "Float64"]
    assert done.frame["p_a"].to_list() == [1.0, None]
    assert done.trained.order == ("b", "z", "a")


def test_what_was_learned_holds_for_other_rows(run):
    trained = run.fit(UnnestColumn(column="p"), pl.DataFrame({"p": ['{"a": 1}']}))
    other = pl.DataFrame({"p": ['{"b": 2}', '{"a": 7}']})
    assert run(UnnestColumn(column="p"), other, trained).frame.rows() == [(None,), (7,)]
    misfit = pl.DataFrame({"p": ['{"a": "secret"}']})
    said = "column 'p' holds a value of key 'a' that is not of type int64"
    with pytest.raises((NodeError, pl.exceptions.ComputeError), match=said) as caught:
        run(UnnestColumn(column="p"), misfit, trained)
    assert "secret" not in str(caught.value).partition("\n\nThis error")[0]
    assert run(UnnestColumn(column="p", invalid="null"), misfit, trained).frame.rows() == [(None,)]


@pytest.mark.parametrize(
    ("given", "values", "message"),
    [
        ({}, ["no json"], "text that is no JSON object"),
        ({}, ['["a"]'], "text that is no JSON object"),
        ({}, [None, "{}"], "no JSON object with a key"),
        ({}, [1], "is of type int64, neither a struct nor text"),
        ({"keys": ["b"]}, [{"a": 1}], "the structs of column 'p' have no field 'b'"),
        ({"types": {"a": "int64"}}, [{"a": 1}], "holds structs, which have types"),
    ],
)
def test_what_cannot_be_unnested_is_refused(run, given, values, message):
    with pytest.raises(NodeError, match=message):
        run(UnnestColumn(column="p", **given), pl.DataFrame({"p": values}))


def test_names_that_are_taken_and_keys_that_make_no_sense_are_refused(run):
    with pytest.raises(NodeError, match="'p_a', which is there already"):
        run(UnnestColumn(column="p"), pl.DataFrame({"p": ['{"a": 1}'], "p_a": [1]}))
    with pytest.raises(ValidationError, match="'a' is named twice"):
        UnnestColumn(column="p", keys=("a", "a"))
    with pytest.raises(ValidationError, match="`types` names 'b'"):
        UnnestColumn(column="p", keys=("a",), types={"b": "int64"})


SPARSE = [None, {"size": 2, "indices": [1], "values": [4.0]}, {"size": 3, "indices": [0], "values": [1.0]}]


@pytest.mark.parametrize(
    ("values", "as_many_as", "rows"),
    [
        ([None, [1, 2], [3], [4, 5, 6]], "first", [(None, None), (1, 2), (3, None), (4, 5)]),
        ([None, [1, 2], [3]], "longest", [(None, None), (1, 2), (3, None)]),
        (SPARSE, "first", [(None, None), (0.0, 4.0), (1.0, 0.0)]),
        (SPARSE, "longest", [(None, None, None), (0.0, 4.0, None), (1.0, 0.0, 0.0)]),
    ],
)
def test_vectors_become_as_many_columns_as_are_found(run, values, as_many_as, rows):
    done = run(UnpackVector(column="v", as_many_as=as_many_as), pl.DataFrame({"v": values}))
    assert done.frame.rows() == rows


def test_unpacking_is_exported_and_learns_from_its_own_data_alone(both, run):
    frame = pl.DataFrame({"v": [["a", "b"], None, ["c"]]})
    done = both(UnpackVector(column="v", prefix="p", drop=False), frame)
    assert done.frame.columns == ["v", "p_0", "p_1"]
    other = pl.DataFrame({"v": [["x", "y", "z"]]})
    assert run(UnpackVector(column="v"), other, done.trained).frame.rows() == [("x", "y")]


@pytest.mark.parametrize("values", [[None], [[]], []])
def test_nothing_to_learn_a_length_from(run, values):
    with pytest.raises(NodeError, match="no list with an element"):
        run(UnpackVector(column="v"), pl.DataFrame({"v": values}, schema={"v": pl.List(pl.Int64)}))
