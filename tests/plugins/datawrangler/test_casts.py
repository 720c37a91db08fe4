"""Casts of single columns: what they become, and what comes out, held against Spark doing what the service does."""

import csv
import itertools
import warnings

import pytest

from weirflow.plan.model import Options
from weirflow.project import Project
from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    def make(**given):
        node = vendor("x", "spark.cast_single_data_type", {"column": "c", **given}, "s")
        return [(n.operator, n.parameters) for n in convert(file_of(source(), node)).nodes[1:-1]]

    return make


PLAIN = {"invalid": "null", "rules": "spark"}


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        ({"data_type": "long", "original_data_type": "String"}, [{"types": {"c": "int64"}}]),
        ({"data_type": "Bool"}, [{"types": {"c": "boolean"}}]),
        ({"data_type": "date"}, [{"types": {"c": "date"}, "formats": {"c": "dd-MM-yyyy"}}]),
        (
            {"data_type": "date", "date_formatting": "yyyy/MM/dd", "datetime_formatting": "HH"},
            [{"types": {"c": "date"}, "formats": {"c": "yyyy/MM/dd"}}],
        ),
        ({"data_type": "datetime", "date_formatting": "yyyy"}, [{"types": {"c": "datetime"}}]),
        (
            {"data_type": "datetime", "datetime_formatting": "%d.%m.%Y"},
            [{"types": {"c": "datetime"}, "formats": {"c": "%d.%m.%Y"}}],
        ),
        (
            {"data_type": "long", "original_data_type": "Long", "non_castable_data_handling_method": "drop"},
            [{"types": {"c": "int64"}}],
        ),
        (
            {"data_type": "float", "non_castable_data_handling_method": "drop"},
            [{"types": {"c": "float64"}}, ("missing.drop", {"columns": ["c"]})],
        ),
        (
            {
                "data_type": "float",
                "non_castable_data_handling_method": "replace_value",
                "replace_value": "0",
            },
            [{"types": {"c": "float64"}}, ("missing.fill", {"columns": ["c"], "value": 0.0})],
        ),
        (
            {
                "data_type": "date",
                "non_castable_data_handling_method": "replace_value_with_new_col",
                "replace_value": "31-01-2020",
            },
            [
                {
                    "types": {"c": "date"},
                    "formats": {"c": "dd-MM-yyyy"},
                    "errors_to": {"c": "c_typecast_error"},
                },
                ("columns.move", {"columns": ["c_typecast_error"], "to": "after", "target": "c"}),
                ("missing.fill", {"columns": ["c"], "value": "2020-01-31"}),
            ],
        ),
    ],
)
def test_what_a_cast_becomes(mapped, given, steps):
    first, *rest = steps
    assert mapped(**given) == [("columns.cast", {**first, **PLAIN}), *rest]


VALUE = {"non_castable_data_handling_method": "replace_value"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"data_type": "array"}, "data_type is 'array'"),
        ({"data_type": "long", "non_castable_data_handling_method": "guess"}, "handling_method is 'guess'"),
        ({"data_type": "date", "date_formatting": "DD-MM-YYYY"}, "its format holds 'DD'"),
        ({"data_type": "date", "date_formatting": "EEE d"}, "its format holds 'EEE'"),
        ({"data_type": "date", "date_formatting": "yyyyMd"}, "no delimiter between 'yyyy' and 'M'"),
        ({"data_type": "date", "date_formatting": "dd-dd"}, "its format names a part twice"),
        ({"data_type": "date", "date_formatting": "yyyy[-MM"}, "its format names a part twice, none"),
        ({"data_type": "date", "date_formatting": "yyyy#"}, "its format holds '#'"),
        ({"data_type": "date", "date_formatting": "%q"}, "its format holds '%q'"),
        ({"data_type": "long", **VALUE}, "it has no replace_value"),
        (
            {"data_type": "long", **VALUE, "replace_value": "1.5"},
            "its replace_value is not of the type int64",
        ),
        ({"data_type": "bool", **VALUE, "replace_value": "maybe"}, "its replace_value is not of the type"),
        (
            {"data_type": "date", **VALUE, "replace_value": "2020-01-31"},
            "its replace_value is not of the type",
        ),
        ({"data_type": "date", **VALUE, "replace_value": "1-2-2020"}, "its replace_value is not of the type"),
    ],
)
def test_what_has_no_equal(file_of, source, vendor, given, reason):
    node = vendor("x", "spark.cast_single_data_type", {"column": "c", **given}, "s")
    made = convert(file_of(source(), node)).nodes[1]
    assert made.operator == "datawrangler.unmapped"
    assert reason in made.reason


KEPT = [
    "1",
    " 2.7 ",
    "x",
    "",
    "true",
    "01-02-2020",
    "2020-02-01 10:11",
    "1e9",
    "-0.001",
    "31-02-2020",
    "12345678.5",
]
KINDS = {"string": "string", "long": "bigint", "float": "double", "bool": "boolean", "datetime": "timestamp"}
METHODS = ("replace_null", "drop", "replace_null_with_new_col", "replace_value", "replace_value_with_new_col")
VALUES = {
    "string": "s",
    "long": "7",
    "float": "-1.5",
    "bool": "true",
    "date": "05-06-2007",
    "datetime": "2001-02-03 04:05:06",
}
CASES = [("c", to, method) for to, method in itertools.product([*KINDS, "date"], METHODS) if to != "string"]
CASES += [("f", "string", "replace_value_with_new_col")]
CASES += [("f", to, "replace_null_with_new_col") for to in ("long", "bool", "datetime")]


@pytest.fixture(scope="module")
def theirs(spark):
    """What Spark gives, as text, for each case: the column, and the one beside it."""
    from pyspark.sql import functions as f

    rows = [(t, float(n) ** min(n, 10) if n else None) for n, t in enumerate([*KEPT, None])]
    wanted = []
    for column, to, method in CASES:
        old = f.col(column)
        cast = f.to_date(old, "dd-MM-yyyy") if to == "date" else old.cast(KINDS[to])
        value = (
            f.to_date(f.lit(VALUES[to]), "dd-MM-yyyy") if to == "date" else f.lit(VALUES[to]).cast(KINDS[to])
        )
        new = f.when(cast.isNotNull(), cast).otherwise(value) if "value" in method else cast
        bad = f.when(cast.isNotNull(), "").otherwise(old)
        kept = cast.isNotNull() if method == "drop" else f.lit(True)
        wanted += [new.cast("string"), bad, kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(rows, "c string, f double").coalesce(1).select(*wanted).collect()
    return {
        case: [(str(n), row[3 * k], row[3 * k + 1]) for n, row in enumerate(table) if row[3 * k + 2]]
        for k, case in enumerate(CASES)
    }


def test_casts_give_what_spark_gives(theirs, written, source, vendor, tmp_path):
    with (tmp_path / "mine.csv").open("w", newline="") as text:
        made = csv.writer(text)
        made.writerows(
            [
                ["row", "c", "f"],
                *([n, t, float(n) ** min(n, 10) if n else ""] for n, t in enumerate([*KEPT, None])),
            ]
        )

    def cast(id_, before, column, to, method="replace_null", **more):
        given = {"column": column, "data_type": to, "non_castable_data_handling_method": method}
        return vendor(
            id_, "spark.cast_single_data_type", {**given, "replace_value": VALUES[to]}, before, **more
        )

    branches = [
        node
        for case in CASES
        for node in (
            cast("-".join(case), "p", *case),
            cast(f"{'-'.join(case)}-text", "-".join(case), case[0], "string", name="_".join(case)),
        )
    ]
    flow = written(source(), cast("p", "s", "f", "float"), *branches)
    project = Project(flow, sources={"": str(tmp_path / "mine.csv")})
    assert project.run(Options(report="none"), apart=False).check().ok
    for column, to, method in CASES:
        with (tmp_path / "output" / f"{column}_{to}_{method}.csv").open(newline="") as text:
            names, *rows = csv.reader(text)
        expected, new = ["row", "c", "f"], f"{column}_typecast_error"
        if "new" in method:
            expected.insert(expected.index(column) + 1, new)
        assert names == expected
        found = [dict(zip(names, r, strict=True)) for r in rows]
        wanted = [(n, v or "", e or "") for n, v, e in theirs[column, to, method]]
        if "new" not in method:
            wanted = [(n, v, "") for n, v, _ in wanted]
        assert [(r["row"], r[column], r.get(new, "")) for r in found] == wanted, (column, to, method)
