"""Encoders against what Spark's own indexer, encoder and hashes give, with the models that they learn."""

import json

import pytest

from weirflow_datawrangler.convert import convert

SEEN = [("b", 2), ("a", 0), ("", 1), ("b", 2), ("c", None), ("a", 0), ("d e", 4)]
LATER = [("a", 0), ("new", 7), ("", None), ("c", -1), ("d e", 3)]
STRATEGIES = ["Skip", "Keep"]


def number(text):
    return None if text == "" else float(text)


def vector(text):
    made = json.loads(text)
    return made["size"], dict(zip(made["indices"], made["values"], strict=True))


class Spark:
    """The service's steps, by Spark."""

    def __init__(self, spark, saved):
        self.saved = saved
        self.models = {}
        self.seen = spark.createDataFrame([(s or None, n) for s, n in SEEN], "s string, n int")
        self.later = spark.createDataFrame([(s or None, n) for s, n in LATER], "s string, n int")

    def fit(self, name, estimator, table):
        model = estimator.fit(table)
        self.models[name] = self.saved(model)
        return model

    def ordinal(self, strategy, table):
        from pyspark.ml.feature import StringIndexer

        way = {"Skip": "skip", "Keep": "keep", "Replace with NaN": "keep"}[strategy]
        model = self.fit(strategy, StringIndexer(inputCol="s", outputCol="i", handleInvalid=way), self.seen)
        rows = [r[0] for r in model.transform(table).select("i").collect()]
        unknown = len(model.labels) if strategy == "Replace with NaN" else None
        return [None if r == unknown else r for r in rows]

    def one_hot(self, strategy, last, table):
        """Labels, and the vector of each row."""
        from pyspark.ml.feature import OneHotEncoder, StringIndexer

        name = f"{strategy}{last}"
        way = strategy.lower()
        index = self.fit(name, StringIndexer(inputCol="s", outputCol="i", handleInvalid=way), self.seen)
        encoder = OneHotEncoder(inputCol="i", outputCol="v", dropLast=last).fit(index.transform(self.seen))
        rows = encoder.transform(index.transform(table)).select("v").collect()
        return index.labels, [r[0] for r in rows]

    def numbered(self, last, table):
        from pyspark.ml.feature import OneHotEncoder

        encoder = OneHotEncoder(inputCol="n", outputCol="v", dropLast=last, handleInvalid="keep")
        model = self.fit(f"numbered{last}", encoder, self.seen.na.drop("any", subset=["n"]))
        return list(range(model.categorySizes[0])), [
            r[0] for r in model.transform(table).select("v").collect()
        ]


@pytest.fixture
def theirs(spark, saved):
    return Spark(spark, saved)


@pytest.fixture
def encoded(ran):
    """What encoders give of some rows; each is a name, a kind, parameters and models."""

    def run(rows, nodes):
        every = [(name, "spark.encode_categorical", *rest) for name, *rest in nodes]
        return ran({"s": "string", "n": "long"}, rows, every)

    return run


@pytest.mark.parametrize("later", [False, True])
def test_ordinals_are_those_of_sparks_indexer(encoded, theirs, later):
    table, rows = (theirs.later, LATER) if later else (theirs.seen, SEEN)
    ways = [*STRATEGIES, "Replace with NaN"]
    wanted = {way: theirs.ordinal(way, table) for way in ways}
    nodes = []
    for i, way in enumerate(ways):
        models = {"_hash": 1, "string_indexer_model": theirs.models[way]} if later else {}
        given = {"input_column": "s", "invalid_handling_strategy": way}
        nodes += [(f"o{i}", "Ordinal encode", given, models)]
        nodes += [(f"p{i}", "Ordinal encode", {**given, "output_column": "new"}, models)]
    files = encoded(rows, nodes)
    for i, way in enumerate(ways):
        names, made = files[f"o{i}"]
        assert names == ["s", "n"]
        assert [number(r[0]) for r in made] == wanted[way], way
        names, made = files[f"p{i}"]
        assert names == ["s", "n", "new"]
        assert [number(r[2]) for r in made] == wanted[way], way


@pytest.mark.parametrize("later", [False, True])
def test_one_hot_columns_and_vectors_are_those_of_sparks_encoder(encoded, theirs, later):
    table, rows = (theirs.later, LATER) if later else (theirs.seen, SEEN)
    ways = [(way, last) for way in STRATEGIES for last in (True, False)]
    wanted = {(way, last): theirs.one_hot(way, last, table) for way, last in ways}
    nodes = []
    for i, (way, last) in enumerate(ways):
        models = {"_hash": 1, "string_indexer_model": theirs.models[f"{way}{last}"]} if later else {}
        given = {"input_column": ["s"], "invalid_handling_strategy": way, "drop_last": last}
        nodes += [(f"c{i}", "One-hot encode", {**given, "output_style": "Columns"}, models)]
        nodes += [
            (f"k{i}", "One-hot encode", {**given, "output_style": "Columns", "output_column": "z"}, models)
        ]
        nodes += [(f"v{i}", "One-hot encode", {**given, "output_style": "Vector"}, models)]
        nodes += [(f"w{i}", "One-hot encode", {**given, "output_column": "w"}, models)]
    files = encoded(rows, nodes)
    for i, of in enumerate(ways):
        labels, vectors = wanted[of]
        # a column for each label, of which Spark finds nothing where the vector is shorter
        columns = [
            [v.toArray().tolist()[j] if j < len(v) else None for j in range(len(labels))] for v in vectors
        ]
        names, made = files[f"c{i}"]
        assert names == ["n", *(f"s_{label}" for label in labels)]
        assert [[number(t) for t in r[1:]] for r in made] == columns, of
        names, made = files[f"k{i}"]
        assert names == ["s", "n", *(f"z_{label}" for label in labels)]
        assert [[number(t) for t in r[2:]] for r in made] == columns, of
        plain = [(v.size, {int(j): v[int(j)] for j in v.indices}) for v in vectors]
        names, made = files[f"v{i}"]
        assert names == ["s", "n"]
        assert [vector(r[0]) for r in made] == plain, of
        names, made = files[f"w{i}"]
        assert names == ["s", "n", "w"]
        assert [vector(r[2]) for r in made] == plain, of


@pytest.mark.parametrize("later", [False, True])
def test_numbers_that_are_categories_already(encoded, theirs, later):
    table, rows = (theirs.later, LATER) if later else (theirs.seen, SEEN)
    given = {
        "input_column": "n",
        "invalid_handling_strategy": "Keep",
        "input_already_ordinal_encoded": "true",
    }
    wanted = {last: theirs.numbered(last, table) for last in (True, False)}
    nodes = []
    for last in (True, False):
        models = {"_hash": 1, "one_hot_encoder_model": theirs.models[f"numbered{last}"]} if later else {}
        nodes += [
            (f"c{last}", "One-hot encode", {**given, "drop_last": last, "output_style": "Columns"}, models)
        ]
        nodes += [(f"v{last}", "One-hot encode", {**given, "drop_last": last}, models)]
    files = encoded(rows, [(name.lower(), *rest) for name, *rest in nodes])
    for last, (labels, vectors) in wanted.items():
        names, made = files[f"c{last}".lower()]
        assert names == ["s", *(f"n_{label}" for label in labels)]
        columns = [[None] * 5 if v is None else v.toArray().tolist()[:5] for v in vectors]
        assert [[number(t) for t in r[1:]] for r in made] == columns
        _, made = files[f"v{last}".lower()]
        plain = [None if v is None else (v.size, {int(j): v[int(j)] for j in v.indices}) for v in vectors]
        assert [vector(r[1]) if r[1] else None for r in made] == plain


def test_a_last_category_without_keep_has_a_column_of_nulls_in_numbers_too(encoded):
    given = {"input_column": "n", "input_already_ordinal_encoded": True, "output_style": "Columns"}
    names, made = encoded(SEEN, [("c", "One-hot encode", given, {})])["c"]
    assert names == ["s", "n_0", "n_1", "n_2", "n_3", "n_4"]
    assert made[0] == ["b", "0.0", "0.0", "1.0", "0.0", ""]
    assert made[4] == ["c", "", "", "", "", ""]
    assert made[6] == ["d e", "0.0", "0.0", "0.0", "0.0", ""]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("Ordinal encode", {"input_column": "s"}),
        ("One-hot encode", {"input_column": "s"}),
        ("One-hot encode", {"input_column": "s", "invalid_handling_strategy": "Replace with NaN"}),
        ("One-hot encode", {"input_column": "s", "output_style": "Columns"}),
    ],
)
def test_what_is_missing_fails_by_default(encoded, kind, given):
    with pytest.raises(Exception, match="column 's' holds a missing value"):
        encoded(SEEN, [("e", kind, given, {})])


def test_several_columns_have_their_outputs_named_after_them(file_of, source, vendor):
    def made(kind, given):
        key = f"{kind.lower().replace('-', '_').replace(' ', '_')}_parameters"
        node = vendor("x", "spark.encode_categorical", {"operator": kind, key: given}, "s")
        return [(n.operator, n.parameters) for n in convert(file_of(source(), node)).nodes[1:-1]]

    both = {"input_column": ["a", "b"], "output_column": "p"}
    assert [p["output"] for _, p in made("Ordinal encode", both)] == ["p_a", "p_b"]
    assert [p["prefix"] for _, p in made("One-hot encode", both)] == ["p_a", "p_b"]
    assert [(o, p.get("output")) for o, p in made("Similarity encode", both)] == [
        ("missing.fill", None),
        ("encode.similarity", "p_a"),
        ("missing.fill", None),
        ("encode.similarity", "p_b"),
    ]
    assert made("Target encode", {"input_column": ["a"], "target_column": "y", "smoothing": "5"}) == [
        ("encode.target", {"columns": ["a"], "target": "y", "smooth": 5.0, "max_categories": 1_000_000})
    ]
    assert made("Target encode", {"input_column": "a", "target_column": "y", "folds": 5})[0][0] == (
        "datawrangler.unmapped"
    )


def test_similarity_by_the_services_own_hash_functions(encoded, spark, saved):
    """Spark 3.0 left an empty text at the end of one that it split at nothing, which later versions do not."""
    from pyspark.ml.feature import HashingTF, MinHashLSH, NGram
    from pyspark.sql import functions as sf

    table = spark.createDataFrame([(s or " ",) for s, _ in SEEN], "s string")
    letters = sf.concat(sf.split(sf.concat(sf.lit(" "), sf.lower("s")), ""), sf.array(sf.lit("")))
    grams = NGram(inputCol="l", outputCol="g", n=3).transform(table.withColumn("l", letters))
    places = HashingTF(inputCol="g", outputCol="p", binary=True).transform(grams)
    model = MinHashLSH(inputCol="p", outputCol="h", numHashTables=4).fit(places)
    half = (2**31 - 1) / 2
    wanted = [[(v[0] - half) / half for v in r[0]] for r in model.transform(places).select("h").collect()]
    models = {
        "_hash": "92c99db1f3b5ef0b2ac9d3f0b8e4bd4be7b1a5c3",
        "minhash_model": saved(model),
    }
    models["_hash"] = 1
    given = {"input_column": "s", "target_dimension": 4}
    files = encoded(
        SEEN,
        [
            ("c", "Similarity encode", {**given, "output_style": "Columns"}, models),
            ("v", "Similarity encode", {**given, "output_style": "Vector"}, models),
            ("k", "Similarity encode", {**given, "output_column": "w"}, models),
        ],
    )
    names, made = files["c"]
    assert names == ["s", "n", "s_0", "s_1", "s_2", "s_3"]
    assert [[float(t) for t in r[2:]] for r in made] == wanted
    assert [r[0] for r in made] == [s or " " for s, _ in SEEN]
    names, made = files["v"]
    assert names == ["n", "s"]
    assert [[float(t) for t in r[1].strip("[]").split(",")] for r in made] == wanted
    names, made = files["k"]
    assert names == ["s", "n", "w"]
    assert [[float(t) for t in r[2].strip("[]").split(",")] for r in made] == wanted
