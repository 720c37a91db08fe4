from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError, Rows
from weirflow_tabular.rows import DropDuplicates, FilterRows, LimitRows, SortRows


def keep(column, condition, value=None):
    given_value = {} if value is None else {"value": value}
    return FilterRows.model_validate({"column": column, "is": condition, **given_value})


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "n": [1, 2, None, 3],
            "f": [0.5, None, 1.5, 2.5],
            "t": ["a", None, "Ä", "b"],
            "b": [True, False, None, True],
            "d": [date(2024, 1, 1), None, date(2024, 6, 1), date(2025, 1, 1)],
        },
        schema_overrides={"t": pl.String},
    )


@pytest.mark.parametrize(
    ("column", "condition", "value", "rows"),
    [
        ("n", ">=", 2, [1, 3]),
        ("n", ">", 1.5, [1, 3]),
        ("n", "!=", 2, [0, 3]),
        ("n", "==", 2.0, [1]),
        ("f", "<", 2, [0, 2]),
        ("t", "==", "b", [3]),
        ("t", "!=", "b", [0, 2]),
        ("t", "<=", "b", [0, 3]),
        ("t", "in", ["a", "b", "c"], [0, 3]),
        ("t", "not_in", ["a"], [2, 3]),
        ("n", "not_in", [1], [1, 3]),
        ("n", "in", [1, 3], [0, 3]),
        ("b", "==", True, [0, 3]),
        ("b", "!=", True, [1]),
        ("d", ">", "2024-01-01", [2, 3]),
        ("d", "in", ["2024-01-01"], [0]),
        ("t", "null", None, [1]),
        ("n", "not_null", None, [0, 1, 3]),
    ],
)
def test_filter(both, frame, column, condition, value, rows):
    done = both(keep(column, condition, value), frame)
    assert done.frame.rows() == [frame.rows()[i] for i in rows]
    assert done.after.rows == Rows(kept=False, by=(column,))


@pytest.mark.parametrize(
    ("column", "value"), [("n", "2"), ("t", 1), ("b", 1), ("d", "soon"), ("n", True), ("f", "x")]
)
def test_filter_refuses_a_value_of_another_type(run, frame, column, value):
    with pytest.raises(NodeError, match=f"column '{column}' is of type") as caught:
        run(keep(column, "==", value), frame)
    assert caught.value.code == "WF402"


@pytest.mark.parametrize(
    ("condition", "value", "message"),
    [
        ("null", 1, "takes no value"),
        ("in", 1, "takes a list"),
        ("==", None, "takes one value"),
        ("<", [1], "takes one"),
    ],
)
def test_filter_says_what_a_condition_takes(condition, value, message):
    with pytest.raises(ValidationError, match=message):
        keep("n", condition, value)


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


def test_sort_wants_as_many_directions_as_columns():
    with pytest.raises(ValidationError, match="1 entries for 2 columns"):
        SortRows(by=("a", "b"), descending=(True,))


def test_drop_duplicates_keeps_the_first(both):
    frame = pl.DataFrame({"a": [1, None, 1, None, 2], "b": ["x", "y", "x", "z", "x"]})
    assert both(DropDuplicates(columns=["a"]), frame).frame.rows() == [(1, "x"), (None, "y"), (2, "x")]
    assert both(DropDuplicates(), frame).frame.rows() == [(1, "x"), (None, "y"), (None, "z"), (2, "x")]
    assert both(DropDuplicates(), frame).after.rows.by is None
