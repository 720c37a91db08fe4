"""The selection language."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.errors import ExitCode, SelectionError
from weirflow.flow.select import select


@dataclass
class Info:
    id: str
    operator: str = "a.b@1"
    tags: tuple[str, ...] = ()
    upstream: tuple[str, ...] = field(default=())


NODES = [
    Info("read", "read.csv"),
    Info("encode_a", "encode.one_hot@1", ("slow", "x"), ("read",)),
    Info("encode_b", "encode.ordinal@2", ("x",), ("read",)),
    Info("join", "join.left", (), ("encode_a", "encode_b")),
    Info("prep/encode", "encode.ordinal", (), ("join",)),
    Info("alone", "read.csv"),
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("join", ["join"]),
        ("+join", ["read", "encode_a", "encode_b", "join"]),
        ("encode_a+", ["encode_a", "join", "prep/encode"]),
        ("+encode_a+", ["read", "encode_a", "join", "prep/encode"]),
        ("tag:x", ["encode_a", "encode_b"]),
        ("tag:s*", ["encode_a"]),
        ("+tag:slow", ["read", "encode_a"]),
        ("operator:encode.*", ["encode_a", "encode_b", "prep/encode"]),
        ("operator:encode.ordinal", ["encode_b", "prep/encode"]),
        ("operator:encode.ordinal@2", ["encode_b"]),
        ("operator:read.csv+", ["read", "encode_a", "encode_b", "join", "prep/encode", "alone"]),
        ("encode_?", ["encode_a", "encode_b"]),
        ("prep/*", ["prep/encode"]),
        ("*", [n.id for n in NODES]),
        ("join, read", ["read", "join"]),
        (["join", "alone,read", "join"], ["read", "join", "alone"]),
    ],
)
def test_selections(expression, expected):
    assert select(expression, NODES) == tuple(expected)


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("jion", "there is no node 'jion'", "did you mean 'join'?"),
        ("+jion", "there is no node 'jion' (from '+jion')", "did you mean 'join'?"),
        ("tag:slw", "there is no node with the tag 'slw' (from 'tag:slw')", "did you mean 'slow'?"),
        ("zz*", "no node matches 'zz*'", "there are: alone, encode_a, encode_b, join, prep/encode, read"),
        ("opertor:a", "'opertor:a' selects by the unknown 'opertor:'", "did you mean 'operator'?"),
        ("a++", "'a++' is no selection", "write id, +id, id+, tag:x or operator:x, with commas between"),
        ("", "the selection is empty", "name a node"),
        (" , ", "the selection is empty", "name a node"),
    ],
)
def test_what_matches_nothing(expression, message, hint):
    with pytest.raises(SelectionError, match="WF210") as caught:
        select(expression, NODES)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message, found.hint) == ("WF210", message, hint)
    assert caught.value.exit_code is ExitCode.NOTHING_SELECTED


def test_every_term_that_is_wrong_is_reported():
    with pytest.raises(SelectionError, match="'aa'") as caught:
        select("join,aa", NODES)
    assert len(caught.value.diagnostics) == 1
    with pytest.raises(SelectionError, match="'bb'") as caught:
        select(["aa", "bb"], NODES)
    assert len(caught.value.diagnostics) == 2


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 7))
    return [Info(f"n{i}", upstream=tuple(f"n{j}" for j in range(i) if draw(st.booleans()))) for i in range(n)]


@given(graphs(), st.data())
def test_ancestors_and_descendants_mirror_each_other(nodes, data):
    a = data.draw(st.sampled_from(nodes)).id
    b = data.draw(st.sampled_from(nodes)).id
    assert (a in select(f"+{b}", nodes)) == (b in select(f"{a}+", nodes))
    chosen = set(select(f"+{a}", nodes))
    assert all(set(n.upstream) <= chosen for n in nodes if n.id in chosen)


def test_a_circle_ends():
    nodes = [Info("a", upstream=("b",)), Info("b", upstream=("a",))]
    assert select("+a", nodes) == select("a+", nodes) == ("a", "b")
