"""Scalers, imputers and outliers against Spark's models and quantiles, and models that Spark saved."""

import json

import pytest

from weirflow_datawrangler.convert import convert

VALUES = [3, 1, 40, None, -7, 12, 5, 5, 2, 100]
LATER = [4, None, -200]
SCHEMA = {"x": "float", "k": "long", "w": "string"}
WORDS = ["a", "b", " ", "a", "", "\t", "c", "a", "b", "a"]


def rows(values):
    return [["" if v is None else v] * 2 + [w] for v, w in zip(values, WORDS, strict=False)]


def numbers(file, place=0):
    return [None if r[place] == "" else float(r[place]) for r in file[1]]


def near(ours, theirs):
    """Whether nulls are where they are, and numbers are equal but for their last digits."""
    assert [v is None for v in ours] == [v is None for v in theirs]
    return [v for v in ours if v is not None] == pytest.approx(
        [v for v in theirs if v is not None], rel=1e-12
    )


SCALERS = {
    "standard": ("Standard scaler", {"center": True}, "StandardScaler", {"withMean": True}),
    "min_max": ("Min-max scaler", {"min": "-1", "max": 2}, "MinMaxScaler", {"min": -1.0, "max": 2.0}),
    "robust": ("Robust scaler", {"center": True}, "RobustScaler", {"withCentering": True}),
    "wide": (
        "Robust scaler",
        {"lower_quantile": "0.1", "upper_quantile": 0.9},
        "RobustScaler",
        {"lower": 0.1, "upper": 0.9},
    ),
    "max_abs": ("Max absolute scaler", {}, "MaxAbsScaler", {}),
}


@pytest.mark.parametrize("later", [False, True])
def test_scalers_are_those_of_spark(spark, ran, saved, later):
    from pyspark.ml import feature
    from pyspark.ml.linalg import Vectors

    def vectors(values):
        return spark.createDataFrame([(Vectors.dense([float(v)]),) for v in values if v is not None], ["v"])

    nodes, wanted = [], {}
    values = LATER if later else VALUES
    for name, (scaler, given, kind, options) in SCALERS.items():
        model = getattr(feature, kind)(inputCol="v", outputCol="o", **options).fit(vectors(VALUES))
        scaled = iter([r[0][0] for r in model.transform(vectors(values)).select("o").collect()])
        wanted[name] = [None if v is None else next(scaled) for v in values]
        key = f"{scaler.lower().replace('-', '_').replace(' ', '_')}_parameters"
        chosen = {"scaler": scaler, key: {"input_column": "k", "output_column": "new", **given}}
        learned = {key: {"_hash": 1, "scaler_model": saved(model)}} if later else {}
        nodes.append((name, "spark.process_numeric", "Scale values", chosen, learned))
    found = ran(SCHEMA, rows(values), nodes)
    for name, file in found.items():
        assert file[0] == ["x", "k", "w", "new"]
        assert near(numbers(file, 3), wanted[name]), name


@pytest.mark.parametrize("later", [False, True])
def test_imputers_are_those_of_spark(spark, ran, saved, later):
    from pyspark.ml.feature import Imputer

    values = LATER if later else VALUES

    def table(of):
        lines = [(None if v is None else float(v), v) for v in of]
        return spark.createDataFrame(lines, "x double, k long")

    nodes, wanted = [], {}
    for name, strategy, way in (("m", "Mean", "mean"), ("a", "Approximate Median", "median")):
        model = Imputer(inputCols=["x", "k"], outputCols=["x", "k"], strategy=way).fit(table(VALUES))
        wanted[name] = [tuple(r) for r in model.transform(table(values)).select("x", "k").collect()]
        inner = {"input_column": ["x", "k"], "strategy": strategy}
        given = {"column_type": "Numeric", "numeric_parameters": inner}
        learned = {"numeric_parameters": {"_hash": 1, "imputer_model": saved(model)}} if later else {}
        nodes.append((name, "spark.handle_missing", "Impute", given, learned))
    found = ran(SCHEMA, rows(values), nodes)
    for name, file in found.items():
        assert [(float(r[0]), int(r[1])) for r in file[1]] == wanted[name], name  # whole numbers stay whole


def test_a_value_of_an_older_file_makes_fractions(ran):
    given = {"column_type": "Numeric", "numeric_parameters": {"input_column": "k", "strategy": "Mean"}}
    learned = {"numeric_parameters": {"_hash": 1, "impute_value": 2}}
    (file,) = ran(SCHEMA, rows(LATER), [("m", "spark.handle_missing", "Impute", given, learned)]).values()
    assert [r[1] for r in file[1]] == ["4.0", "2.0", "-200.0"]


def test_missing_words(ran):
    """Text of spaces is missing, and of a tab is not, by Spark's trim."""
    categories = {"column_type": "Categorical", "categorical_parameters": {"input_column": ["w"]}}
    found = ran(
        SCHEMA,
        rows(VALUES),
        [
            ("impute", "spark.handle_missing", "Impute", categories, {}),
            ("fill", "spark.handle_missing", "Fill missing", {"input_column": "w", "fill_value": 0}, {}),
            (
                "copy",
                "spark.handle_missing",
                "Fill missing",
                {"input_column": ["x", "k"], "fill_value": "7", "output_column": "f"},
                {},
            ),
            ("drop", "spark.handle_missing", "Drop missing", {}, {}),
            (
                "old",
                "spark.handle_missing",
                "Drop missing",
                {
                    "dimension": "Drop Rows",
                    "drop_rows_parameters": {"input_column": "w"},
                    "input_column": "x",
                },
                {},
            ),
            (
                "stale",
                "spark.handle_missing",
                "Drop missing",
                {"drop_rows_parameters": {"input_column": "w"}, "input_column": ["x"]},
                {},
            ),
            (
                "said",
                "spark.handle_missing",
                "Add indicator for missing",
                {"input_column": ["x", "w"], "output_column": "no"},
                {},
            ),
        ],
    )
    words = ["a", "b", "a", "a", "a", "\t", "c", "a", "b", "a"]
    assert [r[2] for r in found["impute"][1]] == words
    assert [r[2] for r in found["fill"][1]] == [w if w.strip(" ") else "0" for w in WORDS]
    assert found["copy"][0] == ["x", "k", "w", "f_x", "f_k"]
    assert found["copy"][1][3] == ["", "", "a", "7.0", "7"]
    assert [r[2] for r in found["drop"][1]] == ["a", "b", "\t", "c", "a", "b", "a"]
    assert [r[2] for r in found["old"][1]] == ["a", "b", "a", "\t", "c", "a", "b", "a"]
    assert len(found["stale"][1]) == 9
    assert found["said"][0] == ["x", "k", "w", "no_x", "no_w"]
    assert [(r[3], r[4]) for r in found["said"][1]][2:6] == [
        ("false", "true"),
        ("true", "false"),
        ("false", "true"),
        ("false", "false"),
    ]


def test_quantiles_of_outliers_are_those_of_spark(spark, ran):
    there = [v for v in VALUES if v is not None]
    table = spark.createDataFrame([(float(v),) for v in there], "x double")
    low, high, first, third = table.approxQuantile("x", [0.15, 0.8, 0.25, 0.75], 0.001)
    inside = [v for v in there if first <= v <= third]
    mean = sum(inside) / len(inside)
    far = 2 * (sum((v - mean) ** 2 for v in inside) / (len(inside) - 1)) ** 0.5
    robust = {"input_column": "x", "standard_deviations": "2", "output_column": "new"}
    found = ran(
        SCHEMA,
        rows(VALUES),
        [
            (
                "q",
                "spark.handle_outliers",
                "Quantile numeric outliers",
                {"input_column": "x", "lower_quantile": 0.15, "upper_quantile": 0.8, "output_column": "new"},
                {},
            ),
            ("r", "spark.handle_outliers", "Robust standard deviation numeric outliers", robust, {}),
        ],
    )
    clipped = [None if v is None else min(max(v, low), high) for v in VALUES]
    assert found["q"][0] == ["x", "k", "w", "new"]
    assert numbers(found["q"], 3) == clipped
    kept = [None if v is None else min(max(v, mean - far), mean + far) for v in VALUES]
    assert near(numbers(found["r"], 3), kept)


def test_rows_that_went_for_one_column_teach_the_next_nothing(ran):
    lines = [[v, w, ""] for v, w in zip([0, 0, 0, 0, 0, 0, 99], [1, 2, 3, 2, 1, 2, 9], strict=True)]
    given = {"input_column": ["x", "k"], "fix_method": "Remove", "standard_deviations": 2}
    kind = "Standard deviation numeric outliers"
    found = ran(
        SCHEMA, lines, [("o", "spark.handle_outliers", kind, {**given, "standard_deviations": 1}, {})]
    )
    # without the last row k has the mean 11/6 and the deviation 0.753
    assert [r[1] for r in found["o"][1]] == ["2", "2", "2"]


def test_rare_words(ran):
    given = {"input_column": "w", "absolute_threshold": 1, "fraction_threshold": "0"}
    numbers_too = {**given, "input_column": "k", "replacement_string": "Other", "output_column": "new"}
    found = ran(
        SCHEMA,
        rows(VALUES),
        [
            ("w", "spark.handle_outliers", "Replace rare values", given, {}),
            ("k", "spark.handle_outliers", "Replace rare values", numbers_too, {}),
            (
                "t",
                "spark.handle_outliers",
                "Replace rare values",
                {**given, "replacement_string": ""},
                {"_hash": 1, "common_categories": ["b", None]},
            ),
        ],
    )
    assert [r[2] for r in found["w"][1]] == [w if w in {"a", "b"} else "" for w in WORDS]
    assert [r[3] for r in found["k"][1]] == ["5" if v == 5 else "Other" for v in VALUES]
    assert [r[2] for r in found["t"][1]] == [w if w == "b" else "" for w in WORDS]


def test_hashes_with_defaults_of_the_service_hold(file_of, source, vendor):
    """By `sha1sum` of the fix_method, and the quantiles 0.01 and 0.99 which nobody wrote, as sorted JSON."""
    given = {"input_column": "x", "fix_method": "Clip"}
    key = "quantile_numeric_outliers_parameters"
    node = vendor("o", "spark.handle_outliers", {"operator": "Quantile numeric outliers", key: given}, "s")
    holds = "9bbe05e0c90471af65bf0c59f4b26334c43d95e0"
    node["trained_parameters"] = {key: {"_hash": holds, "lower_threshold": 1, "upper_threshold": 2}}
    data = json.loads(json.dumps(file_of(source(), node)))
    made = next(n for n in convert(data).nodes if n.operator == "outliers.quantile")
    assert made.trained() == {"lower": {"x": 1.0}, "upper": {"x": 2.0}}
    data["nodes"][1]["trained_parameters"][key]["_hash"] = "0" * 40
    assert next(n for n in convert(data).nodes if n.operator == "outliers.quantile").trained is None
