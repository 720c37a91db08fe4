"""Splits: by Spark's own hash and quantiles, by arithmetic, and by what holds of any table."""

from __future__ import annotations

import math
from datetime import date, datetime
from itertools import pairwise

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import Column, DType, Inputs, NodeError, Schema
from weirflow_tabular.places import groups, within
from weirflow_tabular.spark_hash import hashed
from weirflow_tabular.splits import SplitByStrata, SplitInOrder, SplitRandomly
from weirflow_tabular.splits_key import SplitByKey

THREE = {"train": 0.7, "validation": 0.2, "test": 0.1}


def parts(node, frame):
    made = node.transform(Inputs([("default", nw.from_native(frame.lazy()))]))
    return [t.to_native().collect() for t in made.values()]


KEYS = pl.DataFrame(
    {
        "t": ["", "a", "ab", "abc", "abcd", "São Tomé", "😀 and more", None, "x" * 40],
        "n": [0, 1, -1, 2**62, -(2**63), 42, None, 7, 2**31],
        "i": pl.Series([0, 1, -1, 2**31 - 1, -(2**31), 42, None, 7, 3], dtype=pl.Int32),
        "f": [0.0, -0.0, 1.5, -2.25, 1e300, float("inf"), None, 0.1, -1e-300],
        "g": pl.Series([0.0, -0.0, 1.5, -2.25, 1e30, float("-inf"), None, 0.1, 3], dtype=pl.Float32),
        "b": [True, False, None, True, False, True, False, True, None],
        "d": [date(1970, 1, 1), date(1969, 12, 31), date(2024, 2, 29), None, *[date(2000, 1, 1)] * 5],
        "m": [datetime(1969, 7, 20, 20, 17, 40, 123456), None, *[datetime(2024, 1, 1, 12)] * 7],  # noqa: DTZ001
    }
)


def test_the_hash_is_sparks(spark):
    from pyspark.sql import functions as f

    schema = "t string, n long, i int, f double, g float, b boolean, d date, m timestamp"
    table = spark.createDataFrame(KEYS.rows(), schema)
    kinds = [*([c] for c in KEYS.columns), ["t", "n"], KEYS.columns, KEYS.columns[::-1]]
    wanted = table.select(*(f.hash(*names).alias(str(i)) for i, names in enumerate(kinds))).collect()
    for i, names in enumerate(kinds):
        assert hashed(KEYS[c] for c in names).tolist() == [row[str(i)] for row in wanted], names


@pytest.mark.parametrize("rows", [1, 9, 100, 883])
def test_keys_go_where_sparks_hash_and_its_quantiles_put_them(spark, rows):
    from pyspark.sql import functions as f

    keys = [(i * 7919 % 97, "k" * (i % 5)) for i in range(rows)]
    table = spark.createDataFrame([(*k, i) for i, k in enumerate(keys)], "n long, t string, i long")
    table = table.withColumn("h", f.hash("n", "t"))
    first, second = table.approxQuantile("h", [0.7, 0.7 + 0.2], 0.0)
    conditions = [f"h <= {first}", f"h > {first} and h <= {second}", f"h > {second}"]
    wanted = [[r.i for r in table.filter(c).orderBy("i").collect()] for c in conditions]
    frame = pl.DataFrame({"n": [k[0] for k in keys], "t": [k[1] for k in keys], "i": range(rows)})
    got = parts(SplitByKey(shares=THREE, by=["n", "t"]), frame)
    assert [p["i"].to_list() for p in got] == wanted


@pytest.mark.parametrize("rows", [1, 2, 9, 10, 500])
def test_order_is_cut_at_sparks_quantiles(spark, rows, both):
    values = [float(i * 37 % 11) for i in range(rows)]
    table = spark.createDataFrame([(v, i) for i, v in enumerate(values)], "v double, i long")
    frame = pl.DataFrame({"v": values, "i": range(rows)}, schema={"v": pl.Float64, "i": pl.Int64})
    for column in ("v", "i"):  # with equal values, and the order of rows
        first, second = table.approxQuantile(column, [0.7, 0.7 + 0.2], 0.0)
        conditions = [
            f"{column} <= {first}",
            f"{column} > {first} and {column} <= {second}",
            f"{column} > {second}",
        ]
        wanted = [[r.i for r in table.filter(c).orderBy("i").collect()] for c in conditions]
        nodes = [SplitInOrder(shares=THREE, by=column)]
        nodes += [SplitInOrder(shares=THREE)] if column == "i" else []
        for node in nodes:
            assert [p["i"].to_list() for p in parts(node, frame)] == wanted


cells = st.sampled_from(["a", "b", "c", None])
shares = st.sampled_from([THREE, {"train": 0.8, "test": 0.2}, {"validation": 1 / 3, "test": 2 / 3}])


@given(st.lists(st.tuples(st.integers(-3, 3), cells), max_size=40), shares, st.integers(-5, 2**64))
@settings(max_examples=60)
def test_parts_are_disjoint_whole_in_order_and_the_same_again(rows, wanted, seed):
    frame = pl.DataFrame(
        {"n": [r[0] for r in rows], "t": [r[1] for r in rows], "i": list(range(len(rows)))},
        schema={"n": pl.Int64, "t": pl.String, "i": pl.Int64},
    )
    nodes = [
        SplitRandomly(shares=wanted, seed=seed),
        SplitByStrata(shares=wanted, seed=seed, by="t"),
        SplitInOrder(shares=wanted),
        SplitInOrder(shares=wanted, by="n"),
        SplitInOrder(shares=wanted, by="n", ties="apart", seed=seed),
        SplitByKey(shares=wanted, by=["t", "n"]),
    ]
    for node in nodes:
        made = parts(node, frame)
        found = [p["i"].to_list() for p in made]
        assert sorted(i for part in found for i in part) == list(range(len(rows)))
        assert all(part == sorted(part) for part in found)
        assert found == [p["i"].to_list() for p in parts(node, frame)]
        assert all(
            p.is_empty()
            for p, name in zip(made, ("train", "validation", "test"), strict=True)
            if name not in wanted
        )
        if isinstance(node, SplitByKey):
            keys = [set(p.select("t", "n").rows()) for p in made]
            assert sum(map(len, keys)) == len(set.union(*keys))
        if isinstance(node, SplitByStrata):
            for value in ("a", "b", "c", None):
                of = [p.filter(pl.col("t").eq_missing(pl.lit(value, dtype=pl.String))).height for p in made]
                exact = [wanted.get(n, 0) * sum(of) for n in ("train", "validation", "test")]
                assert all(abs(a - b) <= 1 for a, b in zip(of, exact, strict=True))
        if isinstance(node, SplitInOrder):
            if node.by is None or node.ties == "apart":
                first = next(iter(wanted.values()))
                assert len(found[["train", "validation"].index(next(iter(wanted)))]) == math.ceil(
                    round(first * len(rows), 6)
                )
            values = [p["n" if node.by else "i"] for p in made if not p.is_empty()]
            for before, after in pairwise(values):
                assert before.max() < after.min() or (node.ties == "apart" and before.max() == after.min())


def test_another_seed_gives_other_parts():
    frame = pl.DataFrame({"i": range(200), "t": ["a", "b"] * 100})
    for node in (SplitRandomly, SplitByStrata):
        by = {"by": "t"} if node is SplitByStrata else {}
        made = [parts(node(seed=seed, **by), frame)[0]["i"].to_list() for seed in (0, 1)]
        assert made[0] != made[1]
        assert len(made[0]) == len(made[1]) == 160
    assert within(groups(frame["t"]), np.arange(200))[:6].tolist() == [0, 0, 1, 1, 2, 2]


def test_equal_values_apart_are_spread_at_random():
    frame = pl.DataFrame({"v": [1] * 1000, "i": range(1000)})
    first = parts(SplitInOrder(by="v", ties="apart"), frame)[0]["i"]
    assert first.len() == 800
    assert first.mean() == pytest.approx(499.5, abs=20)  # not the first 800, whose mean is 399.5
    assert [p.height for p in parts(SplitInOrder(by="v"), frame)] == [1000, 0, 0]


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"v": [3, 1, 2, 2, 5, 4, 2], "i": range(7)}),
        pl.DataFrame({"v": [date(2024, 1, d) for d in (3, 1, 2, 2)], "i": range(4)}),
    ],
)
def test_exports(run, same, frame):
    nodes = [
        SplitRandomly(shares=THREE, seed=3),
        SplitByStrata(by="v", shares=THREE),
        SplitInOrder(shares=THREE),
        SplitInOrder(by="v"),
        SplitInOrder(by="v", ties="apart", seed=9),
    ]
    for node in nodes:
        for ours, theirs in zip(parts(node, frame), run.export(node, frame), strict=True):
            same(ours, theirs)


def test_exported_code_refuses_a_missing_value_in_the_order(run):
    with pytest.raises(ValueError, match="'v' holds a missing value"):
        run.export(SplitInOrder(by="v"), pl.DataFrame({"v": [1.0, None]}))


def test_refusals():
    frame = pl.DataFrame({"v": [1, None], "l": [[1], [2]], "t": ["a", "b"]})
    with pytest.raises(NodeError, match="'v' has rows without a value"):
        parts(SplitInOrder(by="v"), frame)
    schema = Schema((Column("t", DType("string")), Column("l", DType("list"))))
    with pytest.raises(NodeError, match="'t' is of type string"):
        SplitInOrder(by="t").effect(schema)
    with pytest.raises(NodeError, match="makes no key"):
        SplitByKey(by=["t", "l"]).effect(schema)
    with pytest.raises(NodeError, match="makes no key"):
        parts(SplitByKey(by=["l"]), frame)
    with pytest.raises(NodeError, match="'l' is of type"):
        SplitByStrata(by="l").effect(schema)
    for wrong in ({"train": 1.0}, {"train": 0.5, "test": 0.4}, {"train": 1.0, "test": 0.0}):
        with pytest.raises(ValidationError):
            SplitRandomly(shares=wrong)
