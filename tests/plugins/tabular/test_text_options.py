"""Places from the end, groups, limits and other types of text operators, against Python; quantiles against NumPy."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import Columns, NodeError
from weirflow_tabular.columns_concat import ConcatColumns
from weirflow_tabular.encode import OrdinalEncode
from weirflow_tabular.missing import DropMissing, FillMissing, ImputeMissing, MissingIndicator
from weirflow_tabular.one_hot import OneHotEncode
from weirflow_tabular.outliers import QuantileOutliers, ReplaceRare, StandardDeviationOutliers
from weirflow_tabular.scale import RobustScale
from weirflow_tabular.text import SplitText
from weirflow_tabular.text_edit import ReplaceText, StripText
from weirflow_tabular.text_find import ExtractText, FindAllText, FindText, MatchText, SliceText, TextToMissing
from weirflow_tabular.text_format import ChangeCase, PadText

TEXTS = ["abcabc", "", None, "éa", "x-1 y", "CAB tail"]
FRAME = pl.DataFrame({"t": TEXTS})
PLACES = st.integers(-8, 8)


def made(both, node, frame=FRAME):
    return both(node, frame).frame["t"].to_list()


def each(function):
    return [None if t is None else function(t) for t in TEXTS]


@given(PLACES, st.none() | PLACES, st.none() | st.just("~"))
@settings(max_examples=30, deadline=None)
def test_places_may_be_counted_from_the_end(run, start, stop, new):
    if stop is not None and (start < 0) == (stop < 0) and stop < start:
        with pytest.raises(ValueError, match="which is before"):
            SliceText(columns=["t"], start=start, stop=stop)
        return
    node = SliceText(columns=["t"], start=start, stop=stop, replacement=new)
    if new is None:
        wanted = each(lambda t: t[start:stop])
    else:
        wanted = each(lambda t: t[:start] + new + ("" if stop is None else t[stop:]))
    assert run(node, FRAME).frame["t"].to_list() == wanted


def test_the_same_in_pandas(both):
    assert made(both, SliceText(columns=["t"], start=-3, stop=-1)) == each(lambda t: t[-3:-1])
    for node, wanted in (
        (FindText(columns=["t"], substring="a", start=1, stop=-1), lambda t: t.find("a", 1, -1)),
        (FindText(columns=["t"], substring="a", start=-4, last=True), lambda t: t.rfind("a", -4)),
        (FindAllText(columns=["t"], pattern="(b)?c", group=1), lambda t: ["b"] * t.count("bc")),
        (ChangeCase(columns=["t"], to="title"), str.title),
        (ReplaceText(columns=["t"], pattern="(a)", replacement="$<1>0$$1"), lambda t: t.replace("a", "a0$1")),
    ):
        assert made(both, node) == each(wanted), node
    assert made(both, ExtractText(columns=["t"], pattern="(b)(c)", group=2)) == ["c", *[None] * 5]
    assert made(both, ExtractText(columns=["t"], pattern="(b)(c)", group=0)) == ["bc", *[None] * 5]
    found = [True, False, True, False, False, False]
    assert made(both, MatchText(columns=["t"], pattern="ab", null_matches=True)) == found
    node = TextToMissing(columns=["t"], pattern="^a|l$", at="anywhere")
    assert made(both, node) == [None, "", None, "éa", "x-1 y", None]
    one = both(SplitText(column="t", delimiter="a", limit=1, output="parts"), FRAME).frame["parts"].to_list()
    assert one == each(lambda t: [t])


@pytest.mark.parametrize("node", [FindAllText, ExtractText])
def test_a_group_must_be_there(node):
    with pytest.raises(ValueError, match="`group` is 2, and the pattern has 1"):
        node(columns=["t"], pattern="(a)", group=2)


OTHERS = pl.DataFrame(
    {
        "n": [7, None, -12],
        "x": [1e7, 0.5, None],
        "b": [True, None, False],
        "d": [date(2020, 1, 31), None, date(1999, 12, 1)],
    }
).with_columns(m=pl.Series(["2020-01-31T09:30:00.12", "2020-01-01", None]).str.to_datetime())


def test_other_types_are_text_as_spark_writes_them(spark, run):
    theirs = spark.createDataFrame(OTHERS.rows(), "n long, x double, b boolean, d date, m timestamp")
    wanted = [
        tuple(r) for r in theirs.selectExpr(*(f"cast({c} as string)" for c in OTHERS.columns)).collect()
    ]
    plain = StripText(columns=OTHERS.columns, characters="#", as_text=True)
    assert run(plain, OTHERS).frame.rows() == wanted
    padded = run(PadText(columns=["n"], width=3, character="0", as_text=True, output="w"), OTHERS).frame
    assert padded.columns == [*OTHERS.columns, "w"]
    assert padded["w"].to_list() == ["007", None, "-12"]
    assert padded["n"].to_list() == [7, None, -12]
    with pytest.raises(NodeError, match="column 'n' is of type int64, not text"):
        run(PadText(columns=["n"], width=3), OTHERS)
    with pytest.raises(NodeError, match=r"column 'v' is of type list\[int64\], and text, numbers"):
        run(PadText(columns=["v"], width=3, as_text=True), pl.DataFrame({"v": [[1]]}))


def test_a_column_with_itself(both):
    done = both(
        ConcatColumns(columns=["t"], output="o", delimiter="-", twice=True, missing="skip"), FRAME
    ).frame
    assert done["o"].to_list() == [f"{t}-{t}" if t is not None else "" for t in TEXTS]


def test_spaces_are_blank_and_other_white_space_is_not(both):
    frame = pl.DataFrame({"s": ["a", "  ", "\t", None, "", " b"]})
    blank = {"columns": ["s"], "blank": "spaces"}
    filled = ["a", "-", "\t", "-", "-", " b"]
    assert both(FillMissing(value="-", **blank), frame).frame["s"].to_list() == filled
    assert both(DropMissing(**blank), frame).frame["s"].to_list() == ["a", "\t", " b"]
    gone = both(MissingIndicator(**blank), frame).frame["s_indicator"].to_list()
    assert gone == [False, True, False, True, True, False]
    most = pl.DataFrame({"s": [" ", " ", "\t", None]})
    assert both(ImputeMissing(strategy="most_frequent", **blank), most).frame["s"].to_list() == ["\t"] * 4


def test_values_to_fill_are_read_as_the_columns_type(both, run):
    frame = pl.DataFrame({"n": [1, None], "d": [None, date(2020, 1, 1)]})
    assert both(FillMissing(columns=["n"], value="3.0", parse=True), frame).frame["n"].to_list() == [1, 3]
    filled = both(FillMissing(columns=["d"], value="2021-2-3", parse=True), frame).frame["d"].to_list()
    assert filled == [date(2021, 2, 3), date(2020, 1, 1)]
    with pytest.raises(NodeError, match="the text given for it is no such value"):
        run(FillMissing(columns=["n"], value="0.5", parse=True), frame)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 1]))
@settings(max_examples=40, deadline=None)
def test_quantiles_that_are_values(run, values, q):
    frame = pl.DataFrame({"x": [*values, None]})
    low, high = (np.quantile(values, p, method="inverted_cdf") for p in (q * 0.9, 1))
    node = QuantileOutliers(columns=["x"], lower=q * 0.9, upper=1, quantiles="element")
    assert run.fit(node, frame).lower == {"x": low}
    assert run.fit(node, frame).upper == {"x": high}
    scale = run.fit(
        RobustScale(columns=["x"], lower=q * 0.9, upper=1, quantiles="element", center=True), frame
    )
    assert scale.range == {"x": high - low}
    assert scale.median == {"x": np.quantile(values, 0.5, method="inverted_cdf")}


def test_quantiles_without_a_value(run):
    frame = pl.DataFrame({"x": [None, None]}, schema={"x": pl.Float64})
    for node in (
        QuantileOutliers(columns=["x"], quantiles="element"),
        StandardDeviationOutliers(columns=["x"], robust=True, quantiles="element"),
        RobustScale(columns=["x"], quantiles="element"),
    ):
        assert run(node, frame).frame["x"].to_list() == [None, None]


def test_rare_numbers_are_written_as_text(run):
    frame = pl.DataFrame({"n": [1, 1, 2, None], "x": [0.5, 2.0, 2.0, None], "b": [True, True, None, False]})
    node = ReplaceRare(columns=["n", "x", "b"], count=1, share=0, as_text=True, replacement="?")
    done = run(node, frame).frame
    assert done.to_dict(as_series=False) == {
        "n": ["1", "1", "?", None],
        "x": ["?", "2.0", "2.0", None],
        "b": ["true", "true", None, "?"],
    }
    nothing = run(ReplaceRare(columns=["n"], count=9, most=None, as_text=True, replacement=None), frame).frame
    assert nothing["n"].to_list() == [None] * 4


def test_very_many_categories_are_numbered_alike(run):
    names = [f"c{i:04}" for i in range(2000)]
    node = OrdinalEncode(columns=["s"], unseen="keep", max_categories=10_000)
    learned = run.fit(node, pl.DataFrame({"s": names}))
    frame = pl.DataFrame({"s": [names[7], "new", None, names[1999]]})
    assert run(node, frame, learned).frame["s"].to_list() == [7, 2000, None, 1999]
    strict = OrdinalEncode(columns=["s"], max_categories=10_000)
    assert run(strict, frame.head(1), learned).frame["s"].to_list() == [7]
    with pytest.raises(Exception, match="column 's' holds a category that was not seen"):
        run(strict, frame, learned)


def test_one_hot_of_numbers_empty_text_and_a_last_column(run):
    frame = pl.DataFrame({"s": ["a", "", None, "b", "a"], "n": [0.0, 2.9, None, 1.0, 0.0]})
    done = run(OneHotEncode(columns=["s"], empty_is_missing=True, drop_last="empty", missing="null"), frame)
    assert done.frame.select("s_a", "s_b").rows() == [(1, None), *[(None, None)] * 2, (0, None), (1, None)]
    kept = run(OneHotEncode(columns=["s"], empty_is_missing=True, keep_original=True), frame).frame
    assert kept.columns == ["s", "n", "s_a", "s_b"]
    assert kept["s"].to_list() == frame["s"].to_list()
    numbered = run(OneHotEncode(columns=["n"], encoded=True, missing="drop"), frame).frame
    assert numbered.select("n_0", "n_1", "n_2").rows() == [(1, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)]
    sparse = run(
        OneHotEncode(columns=["n"], encoded=True, vector=True, sparse=True, drop_last=True), frame
    ).frame
    assert [v["indices"] for v in sparse["n"].to_list()] == [[0], [], [], [1], [0]]
    with pytest.raises(NodeError, match="column 's' is of type string, and numbers of categories"):
        run(OneHotEncode(columns=["s"], encoded=True), frame)
    with pytest.raises(NodeError, match="beyond 2"):
        run(OneHotEncode(columns=["n"], encoded=True, max_categories=2), frame)
    for wrong in ({"sparse": True}, {"encoded": True, "as_text": True}):
        with pytest.raises(ValueError, match=r"`sparse` needs|not looked at as text"):
            OneHotEncode(columns=["n"], **wrong)


@pytest.mark.parametrize(
    ("unseen", "missing"), [("ignore", "ignore"), ("ignore", "drop"), ("drop", "drop"), ("drop", "ignore")]
)
def test_code_takes_empty_text_for_missing_as_the_run_does(both, run, unseen, missing):
    frame = pl.DataFrame({"s": ["a", "", None, "b", "a", "c"], "t": ["x", "", "y", None, "", "x"]})
    node = OneHotEncode(columns=["s", "t"], empty_is_missing=True, unseen=unseen, missing=missing)
    learned = both(node, frame.head(5)).trained  # which has not seen c
    both(node.model_copy(update={"columns": Columns("s")}), frame.head(5), learn=True)
    assert learned.categories == {"s": ("a", "b"), "t": ("x", "y")}
    both(node, frame, learned)
