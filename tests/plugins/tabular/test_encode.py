from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from weirflow.api import NodeError
from weirflow_tabular.encode import OrdinalEncode
from weirflow_tabular.mapping import MapValues
from weirflow_tabular.one_hot import OneHotEncode

labels = st.lists(
    st.one_of(st.none(), st.sampled_from(["b", "a", "é", "", "x y", "B.c"])), min_size=1, max_size=20
)


def texts(values, name="s"):
    return pl.DataFrame({name: values}, schema={name: pl.String})


def by_frequency(values):
    """The order that the vendor documents: the most frequent first, ties by value."""
    there = [v for v in values if v is not None]
    return sorted(set(there), key=lambda v: (-there.count(v), v))


@given(labels.filter(any))
@settings(max_examples=60, deadline=None)
def test_ordinal_by_frequency(both, values):
    done = both(OrdinalEncode(columns=["s"]), texts(values), learn=True)
    order = by_frequency(values)
    assert done.trained.categories == {"s": tuple(order)}
    oracle = OrdinalEncoder(categories=[order], handle_unknown="use_encoded_value", unknown_value=np.nan)
    wanted = oracle.fit_transform(np.array(values, dtype=object).reshape(-1, 1)).ravel()
    assert done.frame["s"].to_list() == [None if np.isnan(v) else int(v) for v in wanted]


def test_ordinal_in_the_order_given_as_a_new_column(both):
    frame = texts(["high risk", "low risk", None, "low risk"], "risk").with_columns(x=pl.lit(1, pl.Int64))
    node = OrdinalEncode(columns=["risk"], order=("low risk", "high risk"), output="target")
    done = both(node, frame)
    assert done.frame.columns == ["risk", "x", "target"]
    assert done.frame["target"].to_list() == [1, 0, None, 0]
    assert done.frame["target"].dtype == pl.Int64


def test_ordinal_of_several_columns_of_every_kind(both):
    frame = pl.DataFrame(
        {"s": ["b", "a", "b"], "i": [10, 20, None], "b": [True, False, True], "x": [1.5, 2, 3]}
    )
    done = both(OrdinalEncode(columns=["s", "i", "b"]), frame, learn=True)
    assert done.frame.rows() == [(0, 0, 0, 1.5), (1, 1, 1, 2.0), (0, None, 0, 3.0)]


def test_ordinal_refuses_what_its_order_does_not_list(run):
    frame = texts(["a", "secret", "other", "secret", None])
    with pytest.raises(NodeError, match="2 categories that `order` does not list, in 3 rows") as caught:
        run(OrdinalEncode(columns=["s"], order=("a",)), frame)
    assert caught.value.code == "WF610"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("values", "order", "said"),
    [
        ([1, 2, 2, None], (1, True, "2"), "1 category that `order` does not list, in 2 rows"),
        ([True, False, True], (1, 0), "2 categories that `order` does not list, in 3 rows"),
        (["1", "2"], ("1", 2), "1 category that `order` does not list, in 1 row"),
        ([1, 300], (300, -1, 2**63), "1 category that `order` does not list, in 1 row"),
    ],
)
def test_a_category_is_listed_as_what_it_is(run, values, order, said):
    with pytest.raises(NodeError, match=said):
        run.fit(OrdinalEncode(columns=["x"], order=order), pl.DataFrame({"x": values}))


def test_the_categories_of_a_categorical_column_are_its_texts(run):
    frame = texts(["b", "a", None]).cast(pl.Categorical)
    node = OrdinalEncode(columns=["s"], order=("a", "b"))
    assert run(node, frame).frame["s"].to_list() == [1, 0, None]
    with pytest.raises(NodeError, match="1 category that `order` does not list, in 1 row"):
        run(OrdinalEncode(columns=["s"], order=("a",)), frame)
    assert run(OneHotEncode(columns=["s"]), frame).frame.rows() == [(0, 1), (1, 0), (0, 0)]


@pytest.mark.parametrize(("unseen", "wanted"), [("null", [0, None, None]), ("keep", [0, 2, None])])
def test_ordinal_meets_the_unseen(both, unseen, wanted):
    node = OrdinalEncode(columns=["s"], order=("a", "b"), unseen=unseen)
    assert both(node, texts(["a", "new", None])).frame["s"].to_list() == wanted
    several = OrdinalEncode(columns=["s", "t"], order=("a", "b"), unseen=unseen)
    frame = texts(["a", "new", None]).with_columns(t=pl.col("s"))
    assert both(several, frame).frame["t"].to_list() == wanted


@pytest.mark.parametrize(
    "node",
    [OrdinalEncode(columns=["s"]), OneHotEncode(columns=["s"]), OneHotEncode(columns=["s"], drop_last=True)],
)
def test_the_unseen_fails_the_run_and_the_exported_code(run, node):
    trained = run.fit(node, texts(["a", "b"]))
    assert run(node, texts(["b", None]), trained).frame.height == 2
    with pytest.raises(Exception, match="column 's' holds a category that was not seen") as caught:
        run(node, texts(["a", "secret"]), trained)
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match="holds a value that is not known"):
        run.export(node, texts(["a", "secret"]), trained)


@pytest.mark.parametrize("node", [OrdinalEncode, OneHotEncode])
def test_nothing_to_learn_from(run, node):
    for values in ([], [None, None]):
        with pytest.raises(NodeError, match="column 's' has no value to learn categories from") as caught:
            run(node(columns=["s"]), texts(values))
        assert caught.value.code == "WF614"


@pytest.mark.parametrize("node", [OrdinalEncode, OneHotEncode])
def test_too_many_categories(run, node):
    frame = texts([None, *(str(i) for i in range(4))])
    assert run(node(columns=["s"], max_categories=4), frame).frame.height == 5
    with pytest.raises(NodeError, match="more than 3 categories"):
        run(node(columns=["s"], max_categories=3), frame)


@pytest.mark.parametrize("node", [OrdinalEncode, OneHotEncode])
def test_what_is_no_category_is_refused(run, node):
    with pytest.raises(NodeError, match="column 'x' is of type float64: categories are text") as caught:
        run(node(columns=["x"]), pl.DataFrame({"x": [1.5]}))
    assert caught.value.code == "WF402"


@given(labels.filter(any))
@settings(max_examples=60, deadline=None)
def test_one_hot(both, values):
    done = both(OneHotEncode(columns=["s"]), texts(values).with_columns(k=pl.lit(1, pl.Int64)), learn=True)
    order = by_frequency(values)
    assert done.frame.columns == ["k", *(f"s_{v}" for v in order)]
    oracle = OneHotEncoder(categories=[order], handle_unknown="ignore", sparse_output=False, dtype=np.int64)
    wanted = oracle.fit_transform(np.array(values, dtype=object).reshape(-1, 1))
    assert done.frame.drop("k").to_numpy().tolist() == wanted.tolist()
    assert set(done.frame.dtypes) == {pl.Int64}


def test_one_hot_of_several_columns_appends_in_their_order(both):
    frame = pl.DataFrame({"b": [True, False, True], "n": [1, 2, 3], "housing": ["own", "free", "own"]})
    done = both(OneHotEncode(columns=["housing", "b", "n"]), frame, learn=False)
    assert done.frame.columns == ["housing_own", "housing_free", "b_true", "b_false", "n_1", "n_2", "n_3"]
    assert set(done.before.opens) == {"housing_", "b_", "n_"}
    frame = frame.select("b", x="b")
    assert both(OneHotEncode(columns=["b", "x"]), frame, learn=True).frame.columns == [
        "b_true",
        "b_false",
        "x_true",
        "x_false",
    ]


def test_one_hot_options(both):
    node = OneHotEncode(columns=["s"], prefix="p q", drop_last=True, keep_original=True)
    done = both(node, texts(["a", "b", "a", None]), learn=True)
    assert done.frame.columns == ["s", "p q_a"]
    assert done.frame["p q_a"].to_list() == [1, 0, 1, 0]


def test_one_hot_leaves_no_column_of_its_own_behind(run):
    frame = texts(["a", "a"]).with_columns(pl.lit(7).alias("s_a#0"), pl.lit(8).alias("s#"))
    done = run(OneHotEncode(columns=["s"], keep_original=True), frame).frame
    assert done.rows(named=True) == [{"s": "a", "s_a#0": 7, "s#": 8, "s_a": 1}] * 2
    done = run(OneHotEncode(columns=["s"], drop_last=True, keep_original=True), frame).frame
    assert done.equals(frame)


def test_one_hot_of_very_many_categories(run):
    known = [f"{i:03}" for i in range(300)]
    node = OneHotEncode(columns=["s"])
    trained = run.fit(node, texts(known))
    done = run(node, texts([*reversed(known), None]), trained).frame
    assert done.columns == [f"s_{v}" for v in known]
    assert np.array_equal(done.to_numpy()[:-1], np.eye(300)[::-1])
    assert done.row(-1) == (0,) * 300
    with pytest.raises(Exception, match="column 's' holds a category that was not seen"):
        run(node, texts([*known, "300"]), trained)


def test_one_hot_ignores_the_unseen_if_told(run, same):
    node = OneHotEncode(columns=["s"], unseen="ignore")
    trained = run.fit(node, texts(["a", "b"]))
    frame = texts(["new", "a", None])
    done = run(node, frame, trained).frame
    assert done.rows() == [(0, 0), (1, 0), (0, 0)]
    same(done, run.export(node, frame, trained))


def test_one_hot_names_that_collide(run):
    with pytest.raises(NodeError, match="'s_a', which is there already") as caught:
        run(OneHotEncode(columns=["s"]), texts(["a"]).with_columns(s_a=pl.lit(1)))
    assert caught.value.code == "WF403"
    two = pl.DataFrame({"x": ["y_z"], "x_y": ["z"]})
    with pytest.raises(NodeError, match="'x_y_z', which is there already"):
        run(OneHotEncode(columns=["x", "x_y"]), two)


def test_one_hot_on_no_rows_with_what_was_learned(run, same):
    node = OneHotEncode(columns=["s"])
    trained = run.fit(node, texts(["a", "b"]))
    done = run(node, texts([]), trained).frame
    assert done.columns == ["s_a", "s_b"]
    same(done, run.export(node, texts([]), trained))


SAVINGS = {"unknown": 0, "little": 1, "moderate": 2}


def test_map(both):
    done = both(MapValues(columns=["s"], mapping=SAVINGS), texts(["little", None, "unknown"]))
    assert done.frame["s"].to_list() == [1, None, 0]
    assert done.frame["s"].dtype == pl.Int64


@pytest.mark.parametrize(
    ("mapping", "wanted", "dtype"),
    [
        ({"a": 1, "b": 2.5}, [1.0, 2.5], pl.Float64),
        ({"a": "x", "b": None}, ["x", None], pl.String),
        ({"a": True, "b": False}, [True, False], pl.Boolean),
        ({"a": None, "b": 4}, [None, 4], pl.Int64),
    ],
)
def test_map_takes_the_type_of_its_values(both, mapping, wanted, dtype):
    done = both(MapValues(columns=["s"], mapping=mapping, output="new"), texts(["a", "b"]))
    assert done.frame["new"].to_list() == wanted
    assert done.frame["new"].dtype == dtype
    assert done.frame["s"].to_list() == ["a", "b"]


def test_map_of_numbers_and_booleans(both):
    frame = pl.DataFrame({"i": [1, 2, None], "b": [True, None, False]})
    assert both(MapValues(columns=["i"], mapping={"1": "one", 2: "two"}), frame).frame["i"].to_list() == [
        "one",
        "two",
        None,
    ]
    assert both(MapValues(columns=["b"], mapping={"true": 1, False: 0}), frame).frame["b"].to_list() == [
        1,
        None,
        0,
    ]


def test_map_otherwise(run, both):
    frame = texts(["little", "secret", None])
    assert both(MapValues(columns=["s"], mapping=SAVINGS, otherwise="null"), frame).frame["s"].to_list() == [
        1,
        None,
        None,
    ]
    kept = MapValues(columns=["s"], mapping={"little": "some"}, otherwise="keep")
    assert both(kept, frame).frame["s"].to_list() == ["some", "secret", None]
    number = MapValues(columns=["i"], mapping={1: 0.5}, otherwise="keep")
    assert both(number, pl.DataFrame({"i": [1, 7, None]})).frame["i"].to_list() == [0.5, 7.0, None]
    with pytest.raises(Exception, match="column 's' holds a value that `mapping` does not") as caught:
        run(MapValues(columns=["s"], mapping=SAVINGS), frame)
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match="holds a value that is not known"):
        run.export(MapValues(columns=["s"], mapping=SAVINGS), frame)


def test_map_refuses(run):
    with pytest.raises(NodeError, match="the map gives int64: values kept would be of another type"):
        run(MapValues(columns=["s"], mapping=SAVINGS, otherwise="keep"), texts(["a"]))
    with pytest.raises(NodeError, match="column 'x' is of type int64, and the value given"):
        run(MapValues(columns=["x"], mapping=SAVINGS), pl.DataFrame({"x": [1]}))
    with pytest.raises(ValidationError, match="values are of several types"):
        MapValues(columns=["x"], mapping={"a": 1, "b": "x"})
    with pytest.raises(ValidationError, match="`output` names one column"):
        MapValues(columns=["x", "y"], mapping={"a": 1}, output="z")


def test_outputs_must_be_new(run):
    frame = texts(["a"]).with_columns(t=pl.lit(1))
    for node in (
        OrdinalEncode(columns=["s"], output="t"),
        MapValues(columns=["s"], mapping={"a": 1}, output="t"),
    ):
        with pytest.raises(NodeError, match="'t', which is there already"):
            run(node, frame)
