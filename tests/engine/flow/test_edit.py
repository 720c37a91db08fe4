"""Values of a text changed where they stand. The oracle is PyYAML and the json module: they read what came out."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from weirflow.flow.edit import EditError, appended, edited, written
from weirflow.flow.read import parse

TEXT = """\
# a comment above
tests:
  - name: one   # beside it
    expect:
      a:
        - {x: 1, y: 'kept as it is'}  # first

        # before the second
        - x: 2
          y: "two"
      b: {rows: 3}
  - name: two
    expect:
      c: [{x: 1}, {x: 2}]
"""
A = ("tests", 0, "expect", "a")


def changed_lines(before, after):
    return [(b, a) for b, a in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]


def test_one_value_changes_one_word():
    new = edited(TEXT, {A: [{"x": 1, "y": "kept as it is"}, {"x": 5, "y": "two"}]})

    assert changed_lines(TEXT, new) == [("        - x: 2", "        - x: 5")]


def test_rows_are_added_in_the_layout_of_the_list():
    rows = [{"x": 1, "y": "kept as it is"}, {"x": 2, "y": "two"}, {"x": 3, "y": "a: b"}, {"x": 4, "y": None}]
    new = edited(TEXT, {A: rows})

    assert '          y: "two"\n        - {x: 3, "y": "a: b"}\n        - {x: 4, "y": null}\n      b:' in new
    assert yaml.safe_load(new)["tests"][0]["expect"]["a"] == rows
    assert "  # first\n\n        # before the second\n" in new


def test_rows_are_added_within_brackets():
    new = edited(TEXT, {("tests", 1, "expect", "c"): [{"x": 1}, {"x": 2}, {"x": True}]})

    assert new == TEXT.replace("{x: 2}]", "{x: 2}, {x: true}]")


def test_rows_are_taken_away():
    new = edited(TEXT, {A: [{"x": 1, "y": "kept as it is"}], ("tests", 1, "expect", "c"): [{"x": 1}]})

    assert new.splitlines()[5:7] == ["        - {x: 1, y: 'kept as it is'}  # first", "      b: {rows: 3}"]
    assert new.endswith("c: [{x: 1}]\n")


def test_all_rows_are_taken_away_and_some_come_back():
    none = edited(TEXT, {A: []})
    assert yaml.safe_load(none)["tests"][0]["expect"]["a"] == []
    again = edited(none, {A: [{"x": 1}]})
    assert yaml.safe_load(again)["tests"][0]["expect"]["a"] == [{"x": 1}]


def test_what_an_alias_means_is_not_changed_for_others():
    text = "a: &rows [{x: 1}]\nb: *rows\n"

    with pytest.raises(EditError):
        edited(text, {("b",): [{"x": 2}]})
    with pytest.raises(EditError):  # b would change too
        edited(text, {("a",): [{"x": 2}]})


def test_json_stays_json():
    text = '{\n "tests": [\n  {"a": "x",\n   "rows": [1]}\n ]\n}\n'
    new = edited(text, {("tests", 0, "rows"): [1, "ä\x07", None], ("tests", 0, "a"): "yes"})

    assert json.loads(new) == {"tests": [{"a": "yes", "rows": [1, "ä\x07", None]}]}
    assert new.startswith('{\n "tests": [\n  {"a": "yes",\n   "rows": [1, ')


def test_an_entry_is_appended_with_the_margin_of_the_others():
    text = "tests:\n    - name: a  # here\n# the end"
    new = appended(text, ("tests",), ["name: b", "mock: {}"])

    assert new == "tests:\n    - name: a  # here\n    - name: b\n      mock: {}\n# the end"


def test_nothing_is_appended_within_brackets():
    with pytest.raises(EditError):
        appended("tests: [{name: a}]\n", ("tests",), ["name: b"])


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
names = st.text(max_size=5)
values = st.recursive(
    scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(names, v, max_size=3), max_leaves=6
)


@given(values)
def test_what_is_written_is_read_as_the_same(value):
    text = f"v: {written(value)}\n"

    assert repr(parse(text, "").data) == repr({"v": value})


@given(st.text())
def test_no_text_is_taken_for_something_else_by_another_reader(value):
    assert yaml.safe_load(written(value)) == value


rows = st.lists(st.dictionaries(st.sampled_from("xyz"), scalars, min_size=1, max_size=3), max_size=4)


@given(rows, rows, st.booleans())
def test_any_list_of_rows_becomes_any_other(before, after, block):
    lines = "".join(f"\n    - {written(r)}  # row {i}" for i, r in enumerate(before))
    text = (
        f"# top\na:\n  rows:{lines if block and before else ' ' + written(before)}\n  # end\nb: 1  # last\n"
    )
    new = edited(text, {("a", "rows"): after})

    found = json.dumps(parse(new, "").data, sort_keys=True)  # 1, 1.0 and true are three texts
    assert found == json.dumps({"a": {"rows": after}, "b": 1}, sort_keys=True)
    assert new.startswith("# top\n")
    assert new.endswith("\n  # end\nb: 1  # last\n")
