"""Plain scalars against the tables of YAML 1.2.2, section 10.3.2 (core schema), and 1.1's words that are text now."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from weirflow.flow import yaml_reader
from weirflow.flow.scalars import kind, plain

TABLE = [
    ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("0", 0), ("7", 7), ("-19", -19), ("+12", 12), ("007", 7), ("0o7", 7), ("0o17", 15), ("0x3A", 58), ("0xff", 255),
    ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0), ("-2E+05", -200000.0), ("1e3", 1000.0),
    ("12.5", 12.5), (".inf", math.inf), ("+.INF", math.inf), ("-.Inf", -math.inf),
]  # fmt: skip
TEXT = [
    "yes", "no", "on", "off", "y", "n", "Yes", "NO", "On", "OFF", "tRUE", "nULL", "None", "nan", "inf", "NaN",
    "1_000", "0b101", "0o8", "0xG", "-0o7", "-0x1", "190:20:30", "1:30", "12:30:45", "2001-12-14",
    "2001-12-14t21:59:43.10-05:00",    "1.2.3", "1e", "e3", ".", "-", "+", "..5", "<<", "=", "٣", "1,000", "5%", "--5",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TABLE)
def test_core_schema(text, value):
    found = plain(text)
    assert found == value
    assert type(found) is type(value)
    assert math.copysign(1, found or 0) == math.copysign(1, value or 0)


def test_not_a_number():
    for text in (".nan", ".NaN", ".NAN"):
        assert math.isnan(plain(text))


@pytest.mark.parametrize("text", TEXT)
def test_everything_else_is_text(text):
    assert plain(text) == text


@given(st.integers(-(10**30), 10**30))
def test_integers_round_trip(n):
    assert plain(str(n)) == n


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_round_trip(x):
    found = plain(repr(x))
    assert isinstance(found, float)
    assert found.hex() == x.hex()


PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("loader", [getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader])
@given(data=JSON)
def test_json_is_a_subset_of_yaml(loader, data):
    """The oracle is `json`: YAML 1.2 reads every JSON text as JSON does."""
    before = yaml_reader._Loader
    yaml_reader._Loader = loader
    try:
        found = yaml_reader.read("- " + json.dumps(data, ensure_ascii=False)).value
    finally:
        yaml_reader._Loader = before
    assert json.dumps(found) == json.dumps([data])


def test_kinds_in_words():
    values = [None, True, False, 1, 1.5, "x", [], (), {}, Path()]
    assert [kind(v) for v in values] == [
        "nothing", "true", "false", "a whole number", "a number", "text", "a list", "a list", "a mapping",
        "something else",
    ]  # fmt: skip
