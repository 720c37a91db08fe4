"""Edits of text against Spark's own functions, and Python's where the service calls Python."""

import re

TEXTS = ["a<b>c<d>e", "(x)", "7", "", None, "<>", "ab\ncd<e>", "Ünïcode 12", "b", "ca"]
NUMBERS = [7, None, 1234567, -5, 0, 12, 300, 1, 2, 3]
LINES = [["" if t is None else t, "" if n is None else n] for t, n in zip(TEXTS, NUMBERS, strict=True)]
SCHEMA = {"t": "string", "n": "long"}


def search(kind, **given):
    return ("spark.search_and_edit", kind, {"input_column": "t", "output_column": "o", **given}, {})


def test_edits_are_those_of_spark(spark, ran):
    from pyspark.sql import functions as sf

    there = [t or None for t in TEXTS]  # the service reads an empty field as null
    table = spark.createDataFrame(list(zip(there, NUMBERS, strict=True)), "t string, n long")
    between = sf.regexp_replace("t", r"(.*<)(.*)(>.*)", r"$1\$1X$3")
    cases = {
        "left": (
            ("spark.format_string", "Left pad", {"input_column": "n", "width": 4, "output_column": "o"}, {}),
            sf.lpad(sf.col("n").cast("string"), 4, " "),
        ),
        "zeros": (
            (
                "spark.format_string",
                "Prepend zeros",
                {"input_column": "t", "width": "3", "output_column": "o"},
                {},
            ),
            sf.lpad("t", 3, "0"),
        ),
        "symbols": (
            ("spark.format_string", "Remove symbols", {"input_column": "t", "output_column": "o"}, {}),
            sf.regexp_replace("t", r"[!@#$%^&*()_+=\-/\\`~{}|<>?]", ""),
        ),
        "between": (
            search("Replace between delimiters", left_delimiter="<", right_delimiter=">", replacement="$1X"),
            between,
        ),
        "within": (
            search("Extract between delimiters", left_delimiter="<", right_delimiter=">"),
            sf.regexp_extract("t", r"(<(.*)(>))", 2),
        ),
        "second": (
            search("Extract using regex", pattern=r"(\w)(<)?", index=2),
            sf.regexp_extract("t", r"(\w)(<)?", 2),
        ),
        "missing": (
            search("Convert regex to missing", pattern="b|a"),
            sf.when(sf.col("t").rlike("^b|a$"), None).otherwise(sf.col("t")),
        ),
    }
    for i, (start, length) in enumerate(
        [(1, 2), (3, 9), (0, 2), (-3, 2), (-3, 9), (-20, 15), (2, 0), (2, -1)]
    ):
        given = search("Extract from position", start_position=start, length=length)
        cases[f"take{i}"] = (given, sf.substring("t", start, length))
    for i, (start, length) in enumerate([(1, 2), (3, 9), (0, 2), (0, 0), (-3, 2), (2, 0)]):
        given = search("Replace from position", start_position=start, length=str(length), replacement="$1")
        made = sf.concat(
            sf.substring("t", 1, start - 1), sf.lit("$1"), sf.substring("t", start + length, 1 << 30)
        )
        cases[f"put{i}"] = (given, made)
    found = ran(SCHEMA, LINES, [(name, *node) for name, (node, _) in cases.items()])
    theirs = table.select([made.alias(name) for name, (_, made) in cases.items()]).collect()
    for name in cases:
        names, rows = found[name]
        assert names == ["t", "n", "o"], name
        assert [r[2] for r in rows] == [row[name] or "" for row in theirs], name


def test_edits_that_the_service_leaves_to_python(ran):
    def plain(kind):
        return ("spark.format_string", kind, {"input_column": "t", "output_column": "o"}, {})

    nodes = {
        "find": (
            search("Find substring", needle="<", start_index=2, end_index="-1"),
            lambda t: t.find("<", 2, -1),
        ),
        "last": (
            search("Find substring (from right)", needle="<", start_index=0, end_index=6),
            lambda t: t.rfind("<", 0, 6),
        ),
        "title": (plain("Title case"), str.title),
        "first": (plain("Capitalize"), str.capitalize),
        "swap": (plain("Swap case"), str.swapcase),
        "wide": (
            (
                "spark.format_string",
                "Center (pad on either side)",
                {"input_column": "t", "width": 6, "output_column": "o"},
                {},
            ),
            lambda t: t.center(6),
        ),
        "all": (search("Find all occurrences", pattern="<(.?)>"), lambda t: re.findall("<(.?)>", t)),
        "one": (search("Split string by delimiter", delimiter="<", limit=1), lambda t: [t]),
    }
    found = ran(SCHEMA, LINES, [(name, *node) for name, (node, _) in nodes.items()])
    for name, (_, function) in nodes.items():
        made = [r[2] for r in found[name][1]]
        wanted = [function(t) if t else None for t in TEXTS]
        if name in {"find", "last"}:
            assert made == ["" if v is None else str(float(v)) for v in wanted]
        elif name in {"all", "one"}:
            assert made == [
                "" if v is None else "[" + ",".join(f'"{p}"' for p in v).replace("\n", "\\n") + "]"
                for v in wanted
            ]
        else:
            assert made == [v or "" for v in wanted], name


def test_what_is_null_matches(ran):
    """By pandas' rules, `NaN` as a boolean is true."""
    found = ran(SCHEMA, LINES, [("m", *search("Matches", pattern="[ab]", case=True))])
    assert [r[2] for r in found["m"][1]] == [
        str(not t or re.match("[ab]", t) is not None).lower() for t in TEXTS
    ]


def test_statistics_are_fractions(ran):
    given = {"input_column": "t", "output_column_prefix": "p"}
    found = ran(SCHEMA, LINES, [("counts", "spark.featurize_text", "Character statistics", given, {})])
    names, rows = found["counts"]
    assert names[2:] == [
        f"p_{n}"
        for n in ("word_count", "char_count", "special_ratio", "digit_ratio", "lower_ratio", "capital_ratio")
    ]
    assert rows[7][2:] == ["2.0", "10.0", "0.0", str(2 / 9), str(6 / 9), str(1 / 9)]
    assert rows[1][2:] == ["1.0", "3.0", str(2 / 3), "0.0", str(1 / 3), "0.0"]
    assert rows[4][2:] == [""] * 6


def test_hashed_terms_with_weights_that_the_service_learned(spark, ran, saved):
    import json

    from pyspark.ml.feature import IDF, HashingTF, Tokenizer

    table = spark.createDataFrame([((t or "").replace("<", " "),) for t in TEXTS], "t string")
    tokens = Tokenizer(inputCol="t", outputCol="w").transform(table)
    counts = HashingTF(inputCol="w", outputCol="c", numFeatures=50).transform(tokens)
    model = IDF(inputCol="c", outputCol="f", minDocFreq=0).fit(counts)
    wanted = [
        (r[0].indices.tolist(), r[0].values.tolist()) for r in model.transform(counts).select("f").collect()
    ]
    given = {
        "input_column": "t",
        "tokenizer": "Standard",
        "vectorizer": "Hashing",
        "vectorizer_hashing_parameters": {"number_of_features": 50},
        "apply_idf": "Yes",
        "apply_idf_yes_parameters": {"minimum_document_frequency": 0},
        "output_format": "Vector",
    }
    lines = [[(t or "").replace("<", " "), ""] for t in TEXTS]
    for learned in ({}, {"_hash": 1, "idf_model": saved(model)}):
        found = ran(SCHEMA, lines, [("h", "spark.featurize_text", "Vectorize", given, learned)])
        made = [json.loads(r[2]) for r in found["h"][1]]
        assert [v["size"] for v in made] == [50] * 10
        for v, (indices, values) in zip(made, wanted, strict=True):
            assert v["indices"] == indices
            assert all(abs(a - b) < 1e-12 for a, b in zip(v["values"], values, strict=True))
