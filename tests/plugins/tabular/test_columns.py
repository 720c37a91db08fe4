from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import Column, Columns, NodeError, Open, Schema
from weirflow_tabular.columns import DropColumns, DuplicateColumn, KeepColumns, MoveColumns, RenameColumns

ODD = ["a b", "naïve.ü", "self", "class", 'q"uo\\te', "名"]


@pytest.fixture
def frame():
    return pl.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, None], "d": [True, False]})


def test_drop(both, frame):
    assert both(DropColumns(columns=["b", "d"]), frame).frame.columns == ["a", "c"]


def test_keep_gives_the_order_named(both, frame):
    assert both(KeepColumns(columns=["d", "a"]), frame).frame.rows() == [(True, 1), (False, 2)]


def test_rename_keeps_places(both, frame):
    done = both(RenameColumns(columns={"b": "z z", "a": "é"}), frame)
    assert done.frame.columns == ["é", "z z", "c", "d"]


def test_two_columns_may_swap_names(both, frame):
    done = both(RenameColumns(columns={"a": "b", "b": "a"}), frame)
    assert done.frame.columns == ["b", "a", "c", "d"]
    assert done.frame["b"].to_list() == [1, 2]


def test_a_name_may_move_along_a_chain(both, frame):
    done = both(RenameColumns(columns={"a": "b", "b": "new"}), frame)
    assert done.frame.columns == ["b", "new", "c", "d"]


def test_a_name_that_is_taken_is_refused(run, frame):
    with pytest.raises(NodeError, match="'c', which is there already") as caught:
        run(RenameColumns(columns={"a": "c"}), frame)
    assert caught.value.code == "WF403"


def test_two_columns_of_one_new_name_are_refused():
    with pytest.raises(ValidationError, match="two columns would be called 'x'"):
        RenameColumns(columns={"a": "x", "b": "x"})


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"to": "start"}, ["d", "a", "b", "c"]),
        ({"to": "end"}, ["b", "c", "d", "a"]),
        ({"to": "before", "target": "c"}, ["b", "d", "a", "c"]),
        ({"to": "after", "target": "b"}, ["b", "d", "a", "c"]),
        ({"to": "after", "target": "c"}, ["b", "c", "d", "a"]),
    ],
)
def test_move(both, frame, where, wanted):
    columns = ["d", "a"]
    assert both(MoveColumns(columns=columns, **where), frame).frame.columns == wanted


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"to": "index", "index": 0}, ["d", "a", "b", "c"]),
        ({"to": "index", "index": 1}, ["b", "d", "a", "c"]),
        ({"to": "index", "index": 3}, ["b", "c", "d", "a"]),
        ({"to": "index", "index": 1, "keep_order": True}, ["b", "a", "d", "c"]),
        ({"to": "start", "keep_order": True}, ["a", "d", "b", "c"]),
        ({"to": "end", "keep_order": True}, ["b", "c", "a", "d"]),
        ({"to": "after", "target": "b", "keep_order": True}, ["b", "a", "d", "c"]),
    ],
)
def test_move_to_a_place_and_in_the_order_of_the_table(both, frame, where, wanted):
    assert both(MoveColumns(columns=["d", "a"], **where), frame).frame.columns == wanted


def test_a_place_that_there_is_not_is_refused(run, frame):
    with pytest.raises(NodeError, match="no place 4 among 4 columns"):
        run(MoveColumns(columns=["a"], to="index", index=4), frame)


def test_the_order_of_columns_that_a_fit_will_name_is_not_guessed():
    schema = Schema((Column("a"), Column("b"), Open("x_")))
    assert MoveColumns(columns=["x_1", "a"], to="start", keep_order=True).effect(schema).opaque
    assert MoveColumns(columns=["a"], to="index", index=4).effect(schema).opaque
    kept = MoveColumns(columns=["b", "a"], to="end", keep_order=True).effect(schema)
    assert str(kept.apply(schema)) == "x_…, a: unknown, b: unknown"


def test_move_past_an_open_slot():
    schema = Schema((Column("a"), Open("x_"), Column("b"), Column("c")))
    node = MoveColumns(columns=["a"], to="before", target="c")
    assert str(node.effect(schema).apply(schema)) == "x_…, b: unknown, a: unknown, c: unknown"
    node = MoveColumns(columns=["c"], to="before", target="b")
    assert str(node.effect(schema).apply(schema)) == "a: unknown, x_…, c: unknown, b: unknown"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"to": "before"}, "needs a `target`"),
        ({"to": "start", "target": "b"}, "takes no `target`"),
        ({"to": "after", "target": "a"}, "among the columns to move"),
        ({"to": "index"}, "needs an `index`"),
        ({"to": "end", "index": 1}, "takes no `index`"),
    ],
)
def test_move_says_what_is_missing(where, message):
    with pytest.raises(ValidationError, match=message):
        MoveColumns(columns=["a"], **where)


@given(st.permutations(ODD), st.integers(1, 5), st.sampled_from(["start", "end", "before", "after"]))
@settings(max_examples=40, deadline=None)
def test_move_of_odd_names_agrees_with_its_effect_and_its_code(both, names, n, to):
    frame = pl.DataFrame({c: [i] for i, c in enumerate(ODD)})
    moved = names[:n]
    node = MoveColumns(columns=moved, to=to, target=names[n] if to in {"before", "after"} else None)
    done = both(node, frame).frame
    rest = [c for c in ODD if c not in moved]
    at = {"start": 0, "end": len(rest)}.get(to)
    if at is None:
        at = rest.index(names[n]) + (to == "after")
    assert done.columns == [*rest[:at], *moved, *rest[at:]]


def test_duplicate(both, frame):
    done = both(DuplicateColumn(column="b", output="self"), frame)
    assert done.frame["self"].to_list() == ["x", None]
    with pytest.raises(NodeError, match="'a', which is there already"):
        both(DuplicateColumn(column="b", output="a"), frame)


def test_selectors_choose_by_type(both, frame):
    node = DropColumns.model_validate({"columns": {"type": "numeric"}})
    assert both(node, frame).frame.columns == ["b", "d"]
    assert isinstance(node.columns, Columns)
