from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow_tabular.rows import DropDuplicates, LimitRows, ShuffleRows, SortRows


@pytest.fixture
def frame():
    return pl.DataFrame({"n": [1, 2, None, 3], "t": ["a", None, "Ä", "b"]})


@pytest.mark.parametrize("n", [0, 2, 9])
def test_limit(both, frame, n):
    assert both(LimitRows(n=n), frame).frame.rows() == frame.rows()[:n]


values = st.one_of(st.none(), st.integers(0, 3))


@given(
    st.lists(st.tuples(values, st.one_of(st.none(), st.sampled_from(["a", "b", "é", ""]))), max_size=12),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_sort_is_stable_with_nulls_last(both, rows, down_n, down_t):
    frame = pl.DataFrame(
        {"n": [r[0] for r in rows], "t": [r[1] for r in rows], "i": list(range(len(rows)))},
        schema={"n": pl.Int64, "t": pl.String, "i": pl.Int64},
    )
    expected = list(range(len(rows)))
    for place, down in ((1, down_t), (0, down_n)):  # Python's sort is stable: the foremost key last
        there = sorted(
            (i for i in expected if rows[i][place] is not None), key=lambda i: rows[i][place], reverse=down
        )
        expected = there + [i for i in expected if rows[i][place] is None]
    done = both(SortRows(by=("n", "t"), descending=(down_n, down_t)), frame)
    assert done.frame["i"].to_list() == expected


ROWS = [(2, "b", 0), (None, "a", 1), (2, None, 2), (1, "a", 3), (None, None, 4), (1, "é", 5), (3, "B", 6)]


@pytest.mark.parametrize("down", [(False, False), (True, False), (False, True), (True, True)])
def test_nulls_are_where_spark_has_them(both, spark, down):
    frame = pl.DataFrame(ROWS, schema={"n": pl.Int64, "t": pl.String, "i": pl.Int64}, orient="row")
    table = spark.createDataFrame(ROWS, "n long, t string, i long")
    theirs = table.sort("n", "t", ascending=[not d for d in down]).select("i").collect()
    done = both(SortRows(by=("n", "t"), descending=down, nulls="least"), frame)
    assert done.frame["i"].to_list() == [row["i"] for row in theirs]


@pytest.mark.parametrize("down", [False, True])
def test_nulls_may_come_first(both, frame, down):
    done = both(SortRows(by=("n",), descending=down, nulls="first"), frame)
    assert done.frame["n"].to_list() == [None, *sorted([1, 2, 3], reverse=down)]


def test_shuffle_keeps_all_rows_and_depends_on_its_seed(both):
    frame = pl.DataFrame({"i": list(range(200)), "t": [f"t{i}" for i in range(200)]})
    orders = [both(ShuffleRows(seed=seed), frame).frame for seed in (0, 1, 0)]
    assert all(o["t"].to_list() == [f"t{i}" for i in o["i"]] for o in orders)
    assert all(sorted(o["i"]) == list(range(200)) for o in orders)
    assert orders[0].equals(orders[2])
    assert not orders[0].equals(orders[1])
    assert not orders[0].equals(frame)


def test_every_place_is_as_likely_for_every_row(run):
    first = [run(ShuffleRows(seed=seed), pl.DataFrame({"i": [0, 1, 2]})).frame["i"][0] for seed in range(600)]
    assert all(150 < first.count(i) < 250 for i in range(3))  # 200 expected, of deviation 11.5


def test_sort_wants_as_many_directions_as_columns():
    with pytest.raises(ValidationError, match="1 entries for 2 columns"):
        SortRows(by=("a", "b"), descending=(True,))


def test_drop_duplicates_keeps_the_first(both):
    frame = pl.DataFrame({"a": [1, None, 1, None, 2], "b": ["x", "y", "x", "z", "x"]})
    assert both(DropDuplicates(columns=["a"]), frame).frame.rows() == [(1, "x"), (None, "y"), (2, "x")]
    assert both(DropDuplicates(), frame).frame.rows() == [(1, "x"), (None, "y"), (None, "z"), (2, "x")]
    assert both(DropDuplicates(), frame).after.rows.by is None
