from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_tabular.text import SplitText
from weirflow_tabular.vectors import FlattenVector


def texts(*values):
    return pl.DataFrame({"s": list(values)}, schema={"s": pl.String})


def test_split_into_a_list(both):
    done = both(
        SplitText(column="s", delimiter=":", output="vec"), texts("male:single", None, "x", "", "a:b:c")
    )
    assert done.frame["vec"].to_list() == [["male", "single"], None, ["x"], [""], ["a", "b", "c"]]


def test_split_into_columns(both):
    node = SplitText(column="s", delimiter=":", output=("sex", "marital status"), drop=True)
    done = both(node, texts("male:single", None, "x", "a:b:c"))
    assert done.frame.to_dict(as_series=False) == {
        "sex": ["male", None, "x", "a"],
        "marital status": ["single", None, None, "b"],
    }


@given(
    st.lists(st.one_of(st.none(), st.text("ab.|+é", max_size=6)), max_size=6),
    st.sampled_from([".", "|", "|.", "+", "ab"]),
)
@settings(max_examples=60, deadline=None)
def test_a_delimiter_is_taken_literally(both, values, delimiter):
    node = SplitText(column="s", delimiter=delimiter, output="v")
    done = both(node, texts(*values))
    assert done.frame["v"].to_list() == [None if v is None else v.split(delimiter) for v in values]
    both(SplitText(column="s", delimiter=delimiter, output=("x", "y", "z")), texts(*values))


def test_split_in_place(both):
    done = both(SplitText(column="s", delimiter=",", output="s"), texts("a,b"))
    assert done.frame["s"].to_list() == [["a", "b"]]


def test_split_refuses(run):
    with pytest.raises(NodeError, match="column 's' is of type int64, not text"):
        run(SplitText(column="s", delimiter=":", output="v"), pl.DataFrame({"s": [1]}))
    with pytest.raises(NodeError, match="'t', which is there already") as caught:
        run(SplitText(column="s", delimiter=":", output="t"), texts("a").with_columns(t=pl.lit(1)))
    assert caught.value.code == "WF403"
    with pytest.raises(NodeError, match="'x', which is there already"):
        run(SplitText(column="s", delimiter=":", output=("x", "x")), texts("a"))
    with pytest.raises(ValidationError, match="both made and dropped"):
        SplitText(column="s", delimiter=":", output="s", drop=True)


def test_flatten(both):
    frame = pl.DataFrame({"v": [[1, 2], [3], None, [4, 5, 6], []], "w": list("abcde")})
    done = both(FlattenVector(column="v", length=2), frame)
    assert done.frame.columns == ["w", "v_0", "v_1"]
    assert done.frame.rows() == [
        ("a", 1, 2),
        ("b", 3, None),
        ("c", None, None),
        ("d", 4, 5),
        ("e", None, None),
    ]


def test_flatten_with_a_prefix_that_keeps_the_list(both):
    frame = pl.DataFrame({"vec": [["male", "single"]]})
    done = both(FlattenVector(column="vec", length=2, prefix="sex_split", drop=False), frame)
    assert done.frame.columns == ["vec", "sex_split_0", "sex_split_1"]


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_flatten_without_values(both, values):
    frame = pl.DataFrame({"v": values}, schema={"v": pl.List(pl.String)})
    done = both(FlattenVector(column="v", length=1), frame)
    assert done.frame["v_0"].to_list() == values


def test_flatten_refuses(run):
    with pytest.raises(NodeError, match="column 's' is of type string, not a list") as caught:
        run(FlattenVector(column="s", length=1), texts("a"))
    assert "text.split" in caught.value.hint
    with pytest.raises(NodeError, match="'v_0', which is there already"):
        run(FlattenVector(column="v", length=1), pl.DataFrame({"v": [[1]], "v_0": [1]}))
