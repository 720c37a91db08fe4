"""Rows that meet one condition, or several."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from pydantic import ValidationError

from weirflow.api import NodeError, Rows
from weirflow_tabular.rows_filter import FilterRows


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


SEVERAL = {"n": {">=": 1, "<": 3}, "t": {"in": ["b", "Ä"]}, "f": "null"}


@pytest.mark.parametrize(
    ("match", "conditions", "rows"),
    [
        ("all", {"n": {">=": 1, "<": 3}, "b": {"==": True}}, [0]),
        ("all", {"n": {">=": 1, "!=": 2}}, [0, 3]),
        ("all", {"f": "not_null", "d": {">": "2024-01-01"}}, [2, 3]),
        ("any", {"n": {">": 2}, "t": {"==": "a"}}, [0, 3]),
        ("any", {"t": "null", "b": {"!=": True}}, [1]),
        ("any", {"n": None, "t": {"not_in": ["a", "b"]}}, [2]),
        ("any", SEVERAL, [0, 1, 2, 3]),
        ("all", SEVERAL, []),
    ],
)
def test_several_conditions(both, frame, match, conditions, rows):
    done = both(FilterRows(match=match, conditions=conditions), frame)
    assert done.frame.rows() == [frame.rows()[i] for i in rows]
    assert done.after.rows == Rows(kept=False, by=tuple(conditions))


@pytest.mark.parametrize(
    ("column", "condition", "value", "rows"),
    [
        ("n", ">=", "2", [1, 3]),
        ("f", "==", "1.5", [2]),
        ("b", "==", "True", [0, 3]),
        ("t", "==", "b", [3]),
        ("d", "<", "2024-06-01", [0]),
        ("n", "in", ["1", "3"], [0, 3]),
    ],
)
def test_values_may_be_text_that_is_read_by_the_type(both, frame, column, condition, value, rows):
    node = FilterRows.model_validate({"column": column, "is": condition, "value": value, "parse": True})
    assert both(node, frame).frame.rows() == [frame.rows()[i] for i in rows]


def test_text_that_is_no_such_value_is_refused(run, frame):
    node = FilterRows(conditions={"n": {">": "many"}}, parse=True)
    with pytest.raises(NodeError, match="column 'n' is of type int64, and the text given for it"):
        run(node, frame)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "either a `column` and what it `is`, or `conditions`"),
        ({"column": "n"}, "`is` is missing"),
        ({"is": "=="}, "`column` is missing"),
        ({"column": "n", "is": "null", "conditions": {"t": "null"}}, "either a `column`"),
        ({"conditions": {"n": {"in": 3}}}, "`in` takes a list"),
        ({"conditions": {"n": {">": [3]}}}, "`>` takes one value"),
        ({"conditions": {"n": {}}}, "at least 1 item"),
    ],
)
def test_parameters_that_do_not_go_together(given, message):
    with pytest.raises(ValidationError, match=message):
        FilterRows.model_validate(given)


def test_null_is_taken_for_the_word():
    assert FilterRows.model_validate({"column": "n", "is": None}).is_ == "null"
