"""A literal must evaluate to its value, and look as `ruff format` would leave it."""

from __future__ import annotations

import ast
import datetime as dt
import math
import subprocess
import sys
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import Columns, TrainedParameters
from weirflow.export.lines import expression
from weirflow.export.literals import literal

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=120),
    st.binary(max_size=30),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
)
KEYS = st.one_of(st.text(max_size=20), st.integers(), st.booleans())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=8),
        st.sets(st.integers(), max_size=4),
    ),
    max_leaves=20,
)


def written(value: object) -> str:
    return "\n".join(expression(literal(value), 0, "VALUE = "))


def evaluated(text: str) -> object:
    scope: dict[str, object] = {"dt": dt}
    exec(text, scope)
    return scope["VALUE"]


@given(VALUES)
def test_it_evaluates_to_the_value(value):
    found = evaluated(written(value))
    assert found == value
    assert repr(found) == repr(value) or isinstance(value, (set, dict, list, tuple))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(VALUES, min_size=10, max_size=30))
def test_ruff_leaves_it_alone(values):
    text = "\n".join(written(v) for v in values) + "\n"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_short_values_stay_on_a_line_and_long_ones_take_one_each():
    assert written({"low risk": 0, "high": -1.5}) == 'VALUE = {"low risk": 0, "high": -1.5}'
    long = {f"category number {i}": i for i in range(5)}
    expected = "VALUE = {\n" + "".join(f'    "category number {i}": {i},\n' for i in range(5)) + "}"
    assert written(long) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('say "yes"', "'say \"yes\"'"),
        ("it's", '"it\'s"'),
        (r"\d+\.\d*", 'r"\\d+\\.\\d*"'),
        ("tab\t", '"tab\\t"'),
        ("größe", '"größe"'),
        (math.inf, 'float("inf")'),
        (dt.date(2020, 1, 31), "dt.date(2020, 1, 31)"),
        ((1,), "(1,)"),
        (frozenset(), "set()"),
        (MappingProxyType({"a": Columns(["b"])}), '{"a": ["b"]}'),
    ],
)
def test_spelling(value, text):
    assert written(value) == f"VALUE = {text}"


def test_minus_zero_and_nan_survive():
    assert math.copysign(1, evaluated(written(-0.0))) == -1
    assert math.isnan(evaluated(written(math.nan)))


def test_models_are_written_as_what_they_hold():
    class Scales(TrainedParameters):
        mean: dict[str, float]

    assert evaluated(written([Scales(mean={"age": 35.5})])) == [{"mean": {"age": 35.5}}]


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="a value of type object cannot be written as code"):
        literal(object())


def test_long_text_is_cut_between_words():
    text = "word " * 40
    lines = written([text]).splitlines()
    assert max(map(len, lines)) <= 88
    assert evaluated("\n".join(lines)) == [text]
    assert isinstance(ast.parse("\n".join(lines)).body[0], ast.Assign)
