"""Where paths stand in YAML and JSON texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.errors import Where
from weirflow.flow.positions import Positions, locate

YAML = """\
# a comment
flow: 1
name: "née"   # quoted
nodes:
  - id: a
    parameters:
      columns: [city, 'job x']
      code: |
        one
        two
      empty:
      0: zero
  - {id: ü, operator: b.c}
"""

CASES = [
    (("flow",), False, (2, 7, 1)),
    (("flow",), True, (2, 1, 4)),
    (("name",), False, (3, 7, 5)),
    (("nodes", 0), False, (5, 5, 5)),
    (("nodes", 0, "id"), False, (5, 9, 1)),
    (("nodes", 0, "parameters", "columns"), True, (7, 7, 7)),
    (("nodes", 0, "parameters", "columns"), False, (7, 16, 15)),
    (("nodes", 0, "parameters", "columns", 1), False, (7, 23, 7)),
    (("nodes", 0, "parameters", "code"), False, (8, 13, 1)),
    (("nodes", 0, "parameters", "empty"), False, (11, 7, 5)),  # nothing there: its key
    (("nodes", 0, "parameters", 0), True, (12, 7, 1)),
    (("nodes", 0, "parameters", "0"), False, (12, 10, 4)),
    (("nodes", 1), False, (13, 5, 22)),
    (("nodes", 1, "operator"), False, (13, 23, 3)),
    (("nodes", 0, "parameters", "gone"), True, (6, 5, 10)),  # nearest parent: its key
    (("nodes", 1, "gone", "deeper"), False, (13, 5, 22)),  # nearest parent in a list: itself
    (("nodes", 7), False, (4, 1, 5)),
    (("gone",), False, (2, 1, 7)),
    ((), False, (2, 1, 7)),
]


@pytest.mark.parametrize(("path", "key", "place"), CASES)
def test_places_in_yaml(path, key, place):
    assert locate(YAML, Where("x", path, key)) == place


JSON_TEXT = """\
{
  "flow": 1,
  "na\\u006de": "a \\" }",
  "nodes": [
    {"id": "a", "parameters": {"columns": ["city", "job"]}},
    {"id": "b"}
  ]
}
"""


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("flow",), False, (2, 11, 1)),
        (("flow",), True, (2, 3, 6)),
        (("name",), False, (3, 16, 8)),
        (("nodes", 0, "parameters", "columns"), True, (5, 32, 9)),
        (("nodes", 0, "parameters", "columns", 1), False, (5, 52, 5)),
        (("nodes", 1), False, (6, 5, 11)),
        (("nodes", 0, "parameters", "x"), False, (5, 17, 12)),
        (("nodes", 9), False, (4, 3, 7)),
        ((), False, (1, 1, 1)),
    ],
)
def test_places_in_json(path, key, place):
    assert locate(JSON_TEXT, Where("x", path, key)) == place


def test_a_known_line_is_taken_as_it_is():
    assert locate("a: 1\nb: ${oh no}\n", Where("x", line=2, column=4)) == (2, 4, 4)
    assert locate("a: 1\n", Where("x", line=9)) == (2, 1, 1)
    assert locate("", Where("x", ("a",))) == (1, 1, 1)


def test_a_text_that_cannot_be_read_has_its_beginning():
    assert locate("a: [", Where("x", ("a",))) == (1, 1, 1)


def test_an_alias_leads_to_what_it_stands_for():
    text = "a: &x {b: 1, c: [2]}\nd: *x\n? [e]\n: 1\n"
    assert locate(text, Where("x", ("d",))) == (2, 4, 2)
    assert locate("a: &x {b: 1}\nd: *x\n", Where("x", ("d", "b"))) == (1, 11, 1)


SCALARS = (
    st.integers()
    | st.booleans()
    | st.none()
    | st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=5)
)
TREES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc {}:,", max_size=3), inner, max_size=3)
        ),
        max_leaves=10,
    ),
    min_size=1,
    max_size=4,
)


def leaves(value, path=()):
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    yield path, value
    for name, child in children:
        yield from leaves(child, (*path, name))


@given(TREES, st.sampled_from([None, 1, 4]), st.booleans())
def test_the_span_of_a_path_holds_its_value(tree, indent, yaml):
    """The oracle is `json`: what stands at a path's span decodes to the value at the path."""
    text = json.dumps(tree, indent=indent, ensure_ascii=False)
    positions = Positions("--- " + text if yaml else text)
    for path, value in leaves(tree):
        start, end = positions.span(Where("x", path))
        assert json.loads(positions.text[start:end]) == value


@given(st.text("ab\n", max_size=40))
def test_offsets_and_lines_agree(text):
    positions = Positions(text)
    for offset in range(len(text)):
        line, column = positions.at(offset)
        assert text.split("\n")[line - 1][: column - 1] == text[:offset].split("\n")[-1]


def test_positions_in_large_json():
    node = {"id": "n", "parameters": {f"p{i}": ["x" * 40] * 4 for i in range(20)}}
    text = json.dumps({"nodes": [node] * 700})
    assert len(text) > 2_500_000
    positions = Positions(text)
    for i in range(0, 700, 7):
        line, _, length = positions.locate(Where("x", ("nodes", i, "parameters", "p19"), key=True))
        assert (line, length) == (1, 5)
