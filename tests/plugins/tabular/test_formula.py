"""Formulas against Spark, and what they refuse."""

import math
import warnings

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, Schema, portable
from weirflow_tabular.formula import Formula

FRAME = pl.DataFrame(
    {
        "x": [0.1, -2.5, 1e10, 3.0, None, 0.0, -0.4, 7.5],
        "y": [3.0, 0.0, -1.5, None, 2.0, 0.0, 1.0, 0.25],
        "n": [1, -7, 0, None, 5, 2**40, 3, 0],
        "m": [2, 0, -3, 4, None, 9, 3, 1],
        "t": ["a", "Bc", "", None, "12", "3.7", "true", "ß é"],
        "b": [True, False, None, True, False, None, True, False],
        "two words": [1.5, None, 2.0, 0.0, -1.0, 4.0, 9.0, 0.5],
    }
)
FORMULAS = [
    *(
        "0.3*x + 0.1*y - 2e0",
        "x + n",
        "n + m",
        "n - m * 2",
        "n * 2",
        "-x",
        "-n",
        "(x - y) * (x + 1)",
        "x / y",
        "n / m",
    ),
    *("floor(x)", "ceil(y)", "floor(n)", "abs(x)", "abs(n)", "sqrt(x)", "sqrt(n)", "exp(y)", "floor(x / y)"),
    *("x > y", "n = m", "n <> 2", "x >= n", "t = 'a'", "t < 'b'", "b", "not b", "b and x > 0", "b or n < 0"),
    *("x is null", "t is not null", "case when x > 0 then n when y > 0 then m else 0 end", "if(b, t, 'no')"),
    *(
        "case when n > 0 then 'pos' end",
        "coalesce(n, m, 0)",
        "coalesce(t, 'none')",
        "`two words` * 2e0",
        "X + Y",
    ),
    *(
        "lower(t)",
        "upper(lower(t))",
        "length(t)",
        "concat(t, '-', t)",
        "cast(t as double)",
        "cast(t as bigint)",
    ),
    *(
        "cast(n as double) / 3",
        "cast(n as string)",
        "cast(x as bigint)",
        "cast(t as boolean)",
        "cast(n as boolean)",
    ),
]


def ours(formula):
    table = nw.from_native(FRAME.lazy())
    node = Formula(formula=formula, output="z")
    effect = node.effect(portable.schema_of(table))
    made = node.transform(Inputs([("default", table)]))
    found = portable.schema_of(made)
    assert effect.makes["z"].dtype == found["z"].dtype
    return made.collect().to_native()["z"].to_list()


def test_formulas_give_what_spark_gives(spark):
    types = "x double, y double, n bigint, m bigint, t string, b boolean, `two words` double"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(FRAME.rows(), types)
        rows = table.selectExpr(*(f"{f} as z{i}" for i, f in enumerate(FORMULAS))).collect()
    wrong = {}
    for i, formula in enumerate(FORMULAS):
        wanted = [None if isinstance(v := r[i], float) and math.isnan(v) else v for r in rows]
        found = ours(formula)
        if formula.startswith("exp"):  # whose last digit is the machine's
            near = [
                bool(w and f and math.isclose(f, w, rel_tol=1e-15))
                for f, w in zip(found, wanted, strict=True)
            ]
            found = [w if n else f for f, w, n in zip(found, wanted, near, strict=True)]
        if found != wanted or any(type(a) is not type(b) for a, b in zip(found, wanted, strict=True)):
            wrong[formula] = (found, wanted)
    assert wrong == {}


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("reflect('java.lang.System', 'exit', 1)", "`reflect` calls any code there is"),
        ("rand()", "the function `rand` is not known"),
        ("round(x, -1)", "with such a number of places"),
        ("floor(x, 1)", "`floor` of such arguments"),
        ("b + 1", "of boolean and int"),
        ("a.x", "put a name that has a dot in backticks"),
        ("nothing + 1", "there is no column 'nothing'"),
        ("x +", "is no expression of Spark's SQL"),
        ("x from df", "is no expression of Spark's SQL"),
        ("x, y", "is no expression of Spark's SQL"),
        ("sum(x)", "looks at several rows"),
        ("row_number() over (order by x)", "looks at several rows"),
        ("coalesce(x, b)", "of several types"),
        ("x and b", "'x' is no condition"),
    ],
)
def test_what_is_not_proven_is_refused_by_name_without_spark(formula, message, monkeypatch):
    monkeypatch.setattr("weirflow_tabular.spark_code.has_spark", lambda: False)
    with pytest.raises(NodeError, match=message):
        Formula(formula=formula, output="z").effect(portable.schema_of(nw.from_native(FRAME.lazy())))


def test_code_is_refused_before_any_column_is_known():
    with pytest.raises(NodeError, match="`reflect` calls any code there is"):
        Formula(formula="reflect('java.lang.System', 'exit', x)", output="z").effect(Schema.unknown())


def test_decimals_are_exact():
    assert [str(v) for v in ours("0.1 * m + 0.2")[:2]] == ["0.4", "0.2"]


def test_it_is_computed_when_it_is_asked_for_and_part_by_part():
    def fail(part):
        raise AssertionError("it was computed at once")

    lazy = FRAME.lazy().map_batches(fail, schema=FRAME.schema)
    made = Formula(formula="round(x, 1)", output="z").transform(Inputs([("default", nw.from_native(lazy))]))
    assert made.columns[-1] == "z"
    long = pl.concat([FRAME] * 5000)
    made = Formula(formula="upper(t)", output="z").transform(
        Inputs([("default", nw.from_native(long.lazy()))])
    )
    found = made.to_native().collect(engine="streaming")["z"]
    assert found.equals(long["t"].str.to_uppercase().alias("z"))


def test_what_it_reads_is_known_without_types():
    effect = Formula(formula="x + y", output="z").effect(Schema.of({"x": None, "y": "float64"}))
    assert effect.makes["z"].of == ("x", "y")
    assert effect.makes["z"].dtype is None
