"""Hashed terms and hashed parts of text against Spark's HashingTF, IDF and MinHashLSH."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import murmurhash3_32

from weirflow.api import NodeError
from weirflow_tabular.encode_similarity import SimilarityEncode
from weirflow_tabular.hashing import text_places
from weirflow_tabular.text_hash import HashText

TEXTS = ["Red bag of  red hearts", " the bag", "of of The", "", None, "a\tb\nset", "ÄRGER ärger x", "  "]
FRAME = pl.DataFrame({"t": TEXTS})


@given(st.lists(st.text(max_size=20)), st.integers(1, 2**24))
def test_the_hash_is_murmurs(texts, size):
    texts = [t.encode("utf-8", "ignore").decode() for t in texts]
    assert text_places(texts, size).tolist() == [murmurhash3_32(t, 42) % size for t in texts]


@pytest.mark.parametrize(
    "options",
    [
        {"pattern": r"[ \t\n\x0b\f\r]", "min_token_length": 0},
        {"features": 7, "idf": True},
        {"features": 1000, "idf": True, "idf_min_documents": 2, "lowercase": False},
        {"pattern": "[a-z]+", "gaps": False, "min_token_length": 2},
    ],
)
def test_places_and_weights_are_those_of_spark(spark, run, options):
    from pyspark.ml.feature import IDF, HashingTF, RegexTokenizer

    table = spark.createDataFrame([(t or "",) for t in TEXTS], "t string")
    cut = RegexTokenizer(
        inputCol="t",
        outputCol="tokens",
        pattern=options.get("pattern", r"\s+"),
        gaps=options.get("gaps", True),
        minTokenLength=options.get("min_token_length", 1),
        toLowercase=options.get("lowercase", True),
    )
    hashing = HashingTF(inputCol="tokens", outputCol="counts", numFeatures=options.get("features", 2**18))
    made = hashing.transform(cut.transform(table))
    name = "counts"
    if options.get("idf"):
        weighing = IDF(inputCol="counts", outputCol="w", minDocFreq=options.get("idf_min_documents", 0))
        made, name = weighing.fit(made).transform(made), "w"
    wanted = [
        (row[0].size, row[0].indices.tolist(), pytest.approx(row[0].values.tolist(), rel=1e-12))
        for row in made.select(name).collect()
    ]
    done = run(HashText(column="t", **options), FRAME)
    assert [(v["size"], v["indices"], v["values"]) for v in done.frame["t_features"]] == wanted


def test_a_list_of_all_places_says_the_same(run):
    node = HashText(column="t", features=5, idf=True)
    sparse = run(node, FRAME).frame["t_features"].to_list()
    dense = run(HashText(**{**node.model_dump(), "to": "vector", "output": "v"}), FRAME).frame["v"].to_list()
    assert dense == [
        [dict(zip(v["indices"], v["values"], strict=True)).get(i, 0.0) for i in range(5)] for v in sparse
    ]
    assert run(HashText(column="t", to="vector"), FRAME.clear()).frame.columns == ["t", "t_features"]


WORDS = ["Café  Rome", "cafe rome", "", None, " ", "x", "ab", "tab\tand\r\nline", "日本語", "a" * 50]


def test_similar_text_is_hashed_as_spark_hashes_it(spark, run):
    """Spark 3.0 left an empty text at the end of one that it split at nothing, which later versions do not."""
    from pyspark.ml.feature import HashingTF, MinHashLSH, NGram
    from pyspark.sql import functions as sf

    table = spark.createDataFrame([(w or " ",) for w in WORDS], "t string")
    plain = sf.regexp_replace(sf.lower("t"), r"\s+", " ")
    letters = sf.concat(sf.split(sf.concat(sf.lit(" "), plain), ""), sf.array(sf.lit("")))
    grams = NGram(n=3, inputCol="letters", outputCol="grams").transform(table.withColumn("letters", letters))
    places = HashingTF(inputCol="grams", outputCol="places", binary=True).transform(grams)
    seed = -7649889033450401636
    model = MinHashLSH(inputCol="places", outputCol="hashes", numHashTables=30, seed=seed).fit(places)
    wanted = [[v[0] for v in row[0]] for row in model.transform(places).select("hashes").collect()]

    done = run(SimilarityEncode(column="t", seed=seed), pl.DataFrame({"t": WORDS, "n": range(10)}))
    assert done.frame.columns == ["n", *(f"t_{i}" for i in range(30))]
    ours = [[round((v + 1) * (2**31 - 1) / 2) for v in row] for row in done.frame.drop("n").rows()]
    assert ours == wanted
    assert done.frame.drop("n").to_numpy().min() >= -1
    assert done.frame.drop("n").to_numpy().max() <= 1


def test_texts_alike_have_many_numbers_in_common(run):
    frame = pl.DataFrame({"t": ["California", "Califronia", "Rome", "california "]})
    node = SimilarityEncode(column="t", to="vector", output="v", dimensions=200, keep_original=True)
    done = run(node, frame).frame
    assert done.columns == ["t", "v"]
    first, like, other, same = done["v"].to_list()
    assert 40 < sum(a == b for a, b in zip(first, like, strict=True)) < 160
    assert sum(a == b for a, b in zip(first, other, strict=True)) < 20
    assert first != same  # it ends otherwise
    again = run(SimilarityEncode(column="t", to="vector", dimensions=200, seed=1), frame).frame
    assert again.columns == ["t"]
    assert again["t"].to_list()[0] != first


def test_what_is_no_text_is_refused(run):
    for node in (SimilarityEncode(column="n"), HashText(column="n")):
        with pytest.raises(NodeError, match="of type int64, not text"):
            run(node, pl.DataFrame({"n": [1]}))
    with pytest.raises(NodeError, match="'t_0', which is there already"):
        run(SimilarityEncode(column="t"), pl.DataFrame({"t": ["a"], "t_0": [1]}))
