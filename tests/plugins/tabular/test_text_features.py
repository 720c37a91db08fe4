"""Terms and their weights against Spark's CountVectorizer and IDF, statistics of characters by hand."""

import json

import polars as pl
import pytest

from weirflow.api import NodeError
from weirflow_tabular.text_features import VectoriseText, Vocabulary
from weirflow_tabular.text_statistics import TextStatistics

TEXTS = [
    "Red bag of  red hearts",
    " the bag",
    "of of of The",
    "",
    None,
    "set of 3 Cake tins ",
    "set",
    "a\tb\nset",
    "ÄRGER ärger x",
    "  ",
    "blue-bag, blue_bag; red",
]
FRAME = pl.DataFrame({"t": TEXTS})


def vectors(frame, name):
    return [dict(zip(v["indices"], v["values"], strict=True)) for v in frame[name].to_list()]


OPTIONS = [
    {"pattern": r"[ \t\n\x0b\f\r]", "min_token_length": 0},
    {"pattern": r"[ \t\n\x0b\f\r]", "min_token_length": 0, "max_documents": 0.3, "idf": True},
    {"pattern": "[-, _;]+", "min_token_length": 3, "lowercase": False},
    {"pattern": "[a-z]+", "gaps": False, "binary": True, "min_documents": 2, "idf": True},
    {"min_term_frequency": 2, "idf": True, "idf_min_documents": 1, "max_terms": 4},
    {"min_term_frequency": 0.3, "min_documents": 0.1, "max_documents": 4, "idf": True},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_terms_and_weights_are_those_of_spark(spark, run, options):
    from pyspark.ml.feature import IDF, CountVectorizer, RegexTokenizer, Tokenizer

    table = spark.createDataFrame([(t or "",) for t in TEXTS], "t string")
    if options.get("min_token_length") == 0:
        cut = Tokenizer(inputCol="t", outputCol="tokens")
    else:
        cut = RegexTokenizer(
            inputCol="t",
            outputCol="tokens",
            pattern=options.get("pattern", r"\s+"),
            gaps=options.get("gaps", True),
            minTokenLength=options.get("min_token_length", 1),
            toLowercase=options.get("lowercase", True),
        )
    tokens = cut.transform(table)
    counting = CountVectorizer(
        inputCol="tokens",
        outputCol="counts",
        minTF=options.get("min_term_frequency", 1.0),
        minDF=options.get("min_documents", 1.0),
        maxDF=options.get("max_documents", 2.0**63 - 1),
        vocabSize=262144,
        binary=options.get("binary", False),
    ).fit(tokens)
    made = counting.transform(tokens)
    if options.get("idf"):
        weighing = IDF(inputCol="counts", outputCol="w", minDocFreq=options.get("idf_min_documents", 0))
        made = weighing.fit(made).transform(made)
    rows = [r[0] for r in made.select("w" if options.get("idf") else "counts").collect()]
    theirs = [{counting.vocabulary[i]: row[int(i)] for i in row.indices} for row in rows]

    done = run(VectoriseText(column="t", to="sparse", **options), FRAME)
    terms = done.trained.terms
    # Spark leaves open which of equally frequent terms comes first
    assert len(terms) == min(len(counting.vocabulary), options.get("max_terms", 10**6))
    if len(terms) == len(counting.vocabulary):
        assert set(terms) == set(counting.vocabulary)
    ours = [{terms[i]: v for i, v in row.items()} for row in vectors(done.frame, "t_features")]
    wanted = [{t: v for t, v in row.items() if t in terms} for row in theirs]
    assert ours == [pytest.approx(row, rel=1e-12) for row in wanted]
    assert [v["size"] for v in done.frame["t_features"]] == [len(terms)] * len(TEXTS)
    for row in done.frame["t_features"]:
        assert row["indices"] == sorted(row["indices"])


def test_terms_are_in_the_order_of_their_counts_then_of_text(run):
    frame = pl.DataFrame({"t": ["b a", "c b", "é Z z"]})
    assert run(VectoriseText(column="t"), frame).trained.terms == ("b", "z", "a", "c", "é")
    assert run(VectoriseText(column="t", max_terms=3), frame).trained.terms == ("b", "z", "a")


def test_the_three_forms_say_the_same(run):
    frame = pl.DataFrame({"t": ["b a b", None, "x"], "t_features_a": [1, 2, 3]})
    learned = Vocabulary(terms=("b", "c", "a"), weights=(1.0, 3.0, 0.5))
    dense = run(VectoriseText(column="t", to="vector", output="v"), frame, learned).frame
    assert dense.columns == ["t", "t_features_a", "v"]
    assert dense["v"].to_list() == [[2, 0, 0.5], [0, 0, 0], [0, 0, 0]]
    sparse = run(VectoriseText(column="t", to="sparse", output="v"), frame, learned).frame
    assert sparse["v"].to_list()[0] == {"size": 3, "indices": [0, 2], "values": [2.0, 0.5]}
    assert sparse["v"].to_list()[1] == {"size": 3, "indices": [], "values": []}
    wide = run(VectoriseText(column="t", output="w"), frame, learned).frame
    assert wide.columns == ["t", "t_features_a", "w_b", "w_c", "w_a"]
    assert wide["w_b"].to_list() == [2, 0, 0]
    with pytest.raises(NodeError, match="'t_features_a', which is there already"):
        run(VectoriseText(column="t"), frame, learned)


def test_no_rows_and_no_terms(run):
    learned = Vocabulary(terms=("b",))
    for to in ("vector", "sparse", "columns"):
        assert run(VectoriseText(column="t", to=to), FRAME.clear(), learned).frame.height == 0
    with pytest.raises(NodeError, match="no term of column 't' occurs in as many rows") as caught:
        run(VectoriseText(column="t", min_documents=100), FRAME)
    assert caught.value.code == "WF614"
    with pytest.raises(NodeError, match="of type int64, not text"):
        run(VectoriseText(column="t"), pl.DataFrame({"t": [1]}))


@pytest.mark.parametrize(
    ("pattern", "message"), [("x*", "finds empty text"), ("(?=x)", "looks around"), ("[", "no regular")]
)
def test_patterns_that_cannot_cut_are_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        VectoriseText(column="t", pattern=pattern)


def test_weights_are_as_many_as_terms():
    with pytest.raises(ValueError, match="1 weights for 2 terms"):
        Vocabulary(terms=("a", "b"), weights=(1.0,))
    assert json.loads(Vocabulary(terms=("a",)).model_dump_json()) == {"terms": ["a"], "weights": None}


def test_statistics_of_characters(both):
    frame = pl.DataFrame({"t": ["Hi there, 42!", " \t", "", None, "_É²ß"]})
    done = both(TextStatistics(column="t", prefix="s_"), frame).frame
    assert done.drop("t").to_dict(as_series=False) == {
        "s_word_count": [3, 0, 0, None, 1],
        "s_char_count": [13, 2, 0, None, 4],
        "s_special_ratio": [2 / 11, 0, 0, None, 1 / 4],  # , ! of Hithere,42! and _
        "s_digit_ratio": [2 / 11, 0, 0, None, 0],
        "s_lower_ratio": [6 / 11, 0, 0, None, 1 / 4],
        "s_capital_ratio": [1 / 11, 0, 0, None, 1 / 4],
    }
    assert both(TextStatistics(column="t"), frame).frame.columns[1:3] == ["t_word_count", "t_char_count"]
