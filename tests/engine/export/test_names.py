from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.export.names import RESERVED, Names, snake


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("outer/inner", "outer_inner"),
        ("splitStatus", "split_status"),
        ("features-csv", "features_csv"),
        ("2nd", "step_2nd"),
        ("Größe", "groe"),
        ("数", "step"),
        ("HTTPServer", "httpserver"),
    ],
)
def test_snake(text, name):
    assert snake(text) == name


@given(st.lists(st.text(max_size=8)))
def test_names_are_identifiers_and_given_out_once(texts):
    names = Names()
    found = [names.take(snake(t)) for t in texts]
    assert all(n.isidentifier() and not keyword.iskeyword(n) for n in found)
    assert len(set(found)) == len(found)
    assert not RESERVED & set(found)


def test_what_means_something_already_is_avoided():
    names = Names()
    assert [names.take(n) for n in ("class", "sum", "df", "main", "a", "a")] == [
        "class_step",
        "sum_step",
        "df_step",
        "main_step",
        "a",
        "a_2",
    ]
