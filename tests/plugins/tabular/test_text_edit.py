"""Edits of text against pandas, and against Spark where regular expressions are replaced."""

import pandas as pd
import polars as pl
import pytest

from weirflow_tabular.text_edit import RemoveSymbols, ReplaceText, StripText
from weirflow_tabular.text_format import ChangeCase

TEXTS = [
    "  Ärger Über alles\t",
    "a.b.c",
    "x-1_2",
    "",
    None,
    "Ñ ñ",
    "no\nline ",
    "$5 (five)",
    "aaa",
    "[x]^y\\z",
]
FRAME = pl.DataFrame({"t": TEXTS})
SERIES = pd.Series(TEXTS, dtype="str")


DASHED = SERIES.str.replace(".", "-", regex=False)
MARKED = SERIES.str.replace("(a)(b)?", r"<\1>", regex=True)


def plain(series):
    return [None if pd.isna(v) else v for v in series]


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (ChangeCase(columns=["t"], to="lower"), SERIES.str.lower()),
        (ChangeCase(columns=["t"], to="upper"), SERIES.str.upper()),
        (StripText(columns=["t"]), SERIES.str.strip()),
        (StripText(columns=["t"], side="left"), SERIES.str.lstrip()),
        (StripText(columns=["t"], side="right", characters="c])"), SERIES.str.rstrip("c])")),
        (RemoveSymbols(columns=["t"]), SERIES.str.replace(r"\s", "", regex=True)),
        (RemoveSymbols(columns=["t"], characters="!@#$%^&*()_+=-/\\`~{}|<>?[].ä"), None),
        (
            ReplaceText(columns=["t"], pattern=".", replacement="-", regex=False),
            SERIES.str.replace(".", "-", regex=False),
        ),
        (
            ReplaceText(columns=["t"], pattern="(a)(b)?", replacement="<$1>"),
            SERIES.str.replace("(a)(b)?", r"<\1>", regex=True),
        ),
        (ReplaceText(columns=["t"], pattern="[0-9]+"), SERIES.str.replace("[0-9]+", "", regex=True)),
    ],
)
def test_text_is_edited_as_pandas_does(both, node, wanted):
    made = both(node, FRAME).frame["t"].to_list()
    if wanted is None:
        gone = set("!@#$%^&*()_+=-/\\`~{}|<>?[].ä")
        wanted = [None if t is None else "".join(c for c in t if c not in gone) for t in TEXTS]
    assert made == plain(wanted)


def test_a_new_column_is_made(both):
    made = both(ChangeCase(columns=["t"], to="upper", output="u"), FRAME).frame
    assert made.columns == ["t", "u"]
    assert made["t"].to_list() == TEXTS


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?=a)", "looks around"),
        ("a++", "possessive|regular"),
        ("(", "no regular"),
        (r"(a)\1", "refers back"),
    ],
)
def test_patterns_that_cannot_be_searched_for_are_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        ReplaceText(columns=["t"], pattern=pattern)


def test_spark_replaces_the_same(spark, both):
    table = spark.createDataFrame([(t,) for t in TEXTS], "t string")
    for pattern, new in (("\\?|a", "other"), ("(a)", "$1$1"), ("[^a-z]", ""), ("^", ">"), ("\\s+$", "")):
        theirs = [r[0] for r in table.selectExpr(f"regexp_replace(t, r'{pattern}', '{new}')").collect()]
        made = both(ReplaceText(columns=["t"], pattern=pattern, replacement=new), FRAME).frame["t"].to_list()
        assert made == theirs, pattern
