"""The format of text against Python's own methods, pandas and Spark."""

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow_tabular.columns_concat import ConcatColumns
from weirflow_tabular.text_format import AffixText, ChangeCase, PadText

TEXTS = ["hello World. again", "", None, "ÄRGER ärger", "ß", "ΑΣ ας", "x", "a\nB", "ab", "abc", "abcde"]
FRAME = pl.DataFrame({"t": TEXTS})


def each(function, texts=TEXTS):
    return [None if t is None else function(t) for t in texts]


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        ("lower", each(str.lower)),
        ("upper", each(str.upper)),
        ("swapped", each(str.swapcase)),
        ("capitalised", each(str.capitalize)),
    ],
)
def test_letters_change_as_in_python(both, to, wanted):
    assert both(ChangeCase(columns=["t"], to=to), FRAME).frame["t"].to_list() == wanted


@given(st.lists(st.one_of(st.none(), st.text(max_size=9)), max_size=5), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_padding_is_that_of_python(both, texts, width):
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    for side, method in (("left", "rjust"), ("right", "ljust"), ("both", "center")):
        made = both(PadText(columns=["t"], width=width, side=side, character="é"), frame).frame["t"]
        assert made.to_list() == each(lambda t, m=method: getattr(t, m)(width, "é"), texts)
        node = PadText(columns=["t"], width=width, side=side, character="*", truncate=True)
        wanted = each(lambda t, m=method: getattr(t[:width], m)(width, "*"), texts)
        assert both(node, frame).frame["t"].to_list() == wanted


def test_a_prefix_and_a_suffix(both):
    made = both(AffixText(columns=["t"], prefix='"', suffix="$1", output="u"), FRAME).frame
    assert made["u"].to_list() == each(lambda t: f'"{t}$1')
    assert both(AffixText(columns=["t"], prefix="-"), FRAME).frame["t"].to_list() == each("-".__add__)
    with pytest.raises(ValueError, match="give a `prefix` or a `suffix`"):
        AffixText(columns=["t"])


JOINED = pl.DataFrame(
    {
        "a": ["x", None, "", None],
        "n": [1, 2, None, None],
        "f": [1.0, 12345678.0, 0.0001, None],
        "b": [True, None, False, None],
    }
)


def test_joined_columns_are_those_of_spark(spark, run):
    rows = [tuple(r.values()) for r in JOINED.to_dicts()]
    table = spark.createDataFrame(rows, "a string, n long, f double, b boolean")
    for ours, theirs in (
        ("skip", "concat_ws('-', a, n, f, b)"),
        ("null", "concat(a, '-', n, '-', f, '-', b)"),
    ):
        wanted = [r[0] for r in table.selectExpr(theirs).collect()]
        node = ConcatColumns(columns=["a", "n", "f", "b"], output="j", delimiter="-", missing=ours)
        assert run(node, JOINED).frame["j"].to_list() == wanted


def test_padding_with_a_cut_is_that_of_spark(spark, run):
    table = spark.createDataFrame([(t,) for t in TEXTS], "t string")
    for function, side in (("lpad", "left"), ("rpad", "right")):
        wanted = [r[0] for r in table.selectExpr(f"{function}(t, 4, '0')").collect()]
        node = PadText(columns=["t"], width=4, side=side, character="0", truncate=True)
        assert run(node, FRAME).frame["t"].to_list() == wanted


def test_joined_columns_replace_one_of_them(both):
    frame = pl.DataFrame({"a": ["x", None], "b": ["y", "z"]})
    theirs = pd.Series(["x", None]).str.cat(pd.Series(["y", "z"]), sep="_")
    made = both(ConcatColumns(columns=["a", "b"], output="a", delimiter="_"), frame).frame
    assert made.to_dict(as_series=False) == {"a": [theirs[0], None], "b": ["y", "z"]}
    skipped = both(ConcatColumns(columns=["a", "b"], output="a", delimiter="_", missing="skip"), frame).frame
    assert skipped["a"].to_list() == ["x_y", "z"]
