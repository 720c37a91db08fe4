"""What is looked for in text, against Python's own methods and regular expressions, and against Spark's."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.api import NodeError
from weirflow_tabular.text import SplitText
from weirflow_tabular.text_find import (
    ExtractText,
    FindAllText,
    FindText,
    MatchText,
    SliceText,
    TextToMissing,
)

TEXTS = ["aaa", "ä.b.a", "", None, "x(1)y(22)z", "Aa a", "12", "line\nb.a ", "$1 (a)", "a,b;;c,"]
FRAME = pl.DataFrame({"t": TEXTS})


def each(function, texts=TEXTS):
    return [None if t is None else function(t) for t in texts]


def made(both, node, frame=FRAME):
    return both(node, frame).frame["t"].to_list()


@given(
    st.lists(st.one_of(st.none(), st.text("ab.é", max_size=6)), max_size=5),
    st.text("ab.é", min_size=1, max_size=2),
)
@settings(max_examples=40, deadline=None)
def test_places_are_those_of_python(both, texts, wanted):
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    node = FindText(columns=["t"], substring=wanted)
    assert made(both, node, frame) == each(lambda t: t.find(wanted), texts)
    last = FindText(columns=["t"], substring=wanted, last=True, type="float64")
    assert made(both, last, frame) == each(lambda t: float(t.rfind(wanted)), texts)


@pytest.mark.parametrize("pattern", ["a", "a|b", r"[A-Z]\w", r"\d+", "x.*z", "b.a"])
def test_matches_are_those_of_python(both, pattern):
    for at, function in (("anywhere", re.search), ("start", re.match), ("whole", re.fullmatch)):
        node = MatchText(columns=["t"], pattern=pattern, at=at)
        assert made(both, node) == each(lambda t, f=function: bool(f(pattern, t)))
        alike = MatchText(columns=["t"], pattern=pattern, at=at, ignore_case=True)
        assert made(both, alike) == each(lambda t, f=function: bool(f(pattern, t, re.IGNORECASE)))
    null = [None if t is None or re.fullmatch(pattern, t) else t for t in TEXTS]
    assert made(both, TextToMissing(columns=["t"], pattern=pattern)) == null
    null = [t if t is not None and re.fullmatch(pattern, t) else None for t in TEXTS]
    assert made(both, TextToMissing(columns=["t"], pattern=pattern, where="differs")) == null


@pytest.mark.parametrize("pattern", ["a", r"\d+", "(a)|b", "[ab.]+"])
def test_everything_that_is_found_is_listed(both, pattern):
    wanted = each(lambda t: [m[0] for m in re.finditer(pattern, t)])
    assert made(both, FindAllText(columns=["t"], pattern=pattern)) == wanted


EXTRACTED = [r"\((\d+)\)", r"\((.*)\)", "a(b)?", "[ab]+", r"^([^.]+)\.(.)"]


def test_the_first_group_is_that_of_spark(spark, both):
    table = spark.createDataFrame([(t,) for t in TEXTS], "t string")
    for pattern in EXTRACTED:
        group = min(re.compile(pattern).groups, 1)
        wanted = [r[0] for r in table.selectExpr(f"regexp_extract(t, r'{pattern}', {group})").collect()]
        assert made(both, ExtractText(columns=["t"], pattern=pattern, otherwise="")) == wanted
        found = made(both, ExtractText(columns=["t"], pattern=pattern))
        assert found == [
            w if t is not None and re.search(pattern, t) else None for t, w in zip(TEXTS, wanted, strict=True)
        ]


def test_parts_are_those_of_spark(spark, both):
    table = spark.createDataFrame([(t,) for t in TEXTS], "t string")
    for pattern, literal, limit in (
        (r"\.", ".", 2),
        ("a", "a", 3),
        ("[,;]", None, None),
        ("[,;]", None, 2),
        (",", ",", None),
    ):
        wanted = [r[0] for r in table.selectExpr(f"split(t, r'{pattern}', {limit or -1})").collect()]
        node = SplitText(
            column="t", delimiter=literal or pattern, regex=literal is None, limit=limit, output="t"
        )
        assert made(both, node) == wanted


def test_parts_with_a_limit_become_columns(both):
    frame = pl.DataFrame({"t": ["a.b.c", "a", None, "a.b"]})
    done = both(SplitText(column="t", delimiter=".", limit=2, output=["x", "y", "z"], drop=True), frame).frame
    assert done.to_dict(as_series=False) == {
        "x": ["a", "a", None, "a"],
        "y": ["b.c", None, None, "b"],
        "z": [None, None, None, None],
    }
    with pytest.raises(ValueError, match="has groups"):
        SplitText(column="t", delimiter="(a)", regex=True, output="x")
    with pytest.raises(ValueError, match="finds empty text"):
        SplitText(column="t", delimiter="a*", regex=True, output="x")


@pytest.mark.parametrize(("start", "stop"), [(0, 2), (1, None), (3, 3), (4, 50), (0, None)])
def test_places_are_cut_as_python_does(both, start, stop):
    assert made(both, SliceText(columns=["t"], start=start, stop=stop)) == each(lambda t: t[start:stop])
    wanted = each(lambda t: t[:start] + "<é>" + ("" if stop is None else t[stop:]))
    assert made(both, SliceText(columns=["t"], start=start, stop=stop, replacement="<é>")) == wanted


def test_refusals(run):
    with pytest.raises(ValueError, match="`stop` is 1, which is before `start`, 2"):
        SliceText(columns=["t"], start=2, stop=1)
    with pytest.raises(ValueError, match="finds empty text"):
        FindAllText(columns=["t"], pattern="a*")
    with pytest.raises(ValueError, match="looks around"):
        MatchText(columns=["t"], pattern="(?=a)")
    with pytest.raises(ValueError, match="refers back"):
        ExtractText(columns=["t"], pattern=r"(a)\1")
    with pytest.raises(NodeError, match="of type int64, not text") as caught:
        run(FindText(columns=["t"], substring="a"), pl.DataFrame({"t": [1]}))
    assert caught.value.code == "WF402"
