"""Principal components: by scikit-learn, by PySpark, and by what holds of any table."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_tabular.covariance import _moments, merged
from weirflow_tabular.pca import PrincipalComponents


def numbers(rows=60, columns=4):
    random = np.random.default_rng(11)
    values = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns)) * [1, 5, 0.1, 2]
    return values + np.array([1000, 0, -3, 7])


NAMES = ["a", "b", "c", "d"]
VALUES = numbers()
FRAME = pl.DataFrame(VALUES, schema=NAMES)


def scores(done, count):
    return done.frame.select(f"pca_{i}" for i in range(count)).to_numpy()


@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("scale", [False, True])
def test_components_are_those_of_scikit_learn(both, count, scale):
    from sklearn.decomposition import PCA

    done = both(PrincipalComponents(columns=NAMES, components=count, scale=scale, drop=False), FRAME)
    values = (VALUES - VALUES.mean(axis=0)) / (VALUES.std(axis=0, ddof=1) if scale else 1)
    model = PCA(count).fit(values)
    assert done.frame.columns == [*NAMES, *(f"pca_{i}" for i in range(count))]
    assert np.array(done.trained.components) == pytest.approx(model.components_, abs=1e-9)  # the signs too
    assert done.trained.variances == pytest.approx(model.explained_variance_, rel=1e-9)
    assert done.trained.shares == pytest.approx(model.explained_variance_ratio_, rel=1e-9)
    assert scores(done, count) == pytest.approx(model.transform(values), abs=1e-8)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.999, 1.0])
def test_as_many_components_as_explain_a_share(both, share):
    from sklearn.decomposition import PCA

    node = PrincipalComponents(columns=NAMES, variance=share)
    done = both(node, FRAME)
    wanted = len(VALUES[0]) if share == 1 else PCA(share, svd_solver="full").fit(VALUES).n_components_
    assert done.frame.columns == [f"pca_{i}" for i in range(wanted)]
    assert list(done.before.opens) == ["pca_"]


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_scores_are_those_of_spark(spark, run, center, scale):
    from pyspark.ml.feature import PCA, StandardScaler
    from pyspark.ml.linalg import Vectors

    table = spark.createDataFrame([(Vectors.dense(v),) for v in VALUES.tolist()], ["v"])
    scaler = StandardScaler(withMean=center, withStd=scale, inputCol="v", outputCol="s")
    table = scaler.fit(table).transform(table)
    rows = PCA(k=3, inputCol="s", outputCol="p").fit(table).transform(table).select("p").collect()
    wanted = np.array([r.p.toArray() for r in rows])
    node = PrincipalComponents(columns=NAMES, components=3, center=center, scale=scale)
    got = scores(run(node, FRAME), 3)
    signs = np.sign((wanted * got).sum(axis=0))  # Spark's are those of its library
    assert got == pytest.approx(wanted * signs, rel=1e-6, abs=1e-6)


def test_vectors_are_as_columns(run):
    node = PrincipalComponents(columns=NAMES, components=2, scale=True)
    wanted = scores(run(node, FRAME), 2)
    lists = pl.DataFrame({"v": VALUES.tolist()})
    of = run(PrincipalComponents(columns="v", components=2, scale=True), lists)
    assert scores(of, 2) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    vector = run(PrincipalComponents(columns="v", components=2, scale=True, to="vector", drop=False), lists)
    assert vector.frame.columns == ["v", "pca"]
    assert np.array(vector.frame["pca"].to_list()) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    sparse = pl.DataFrame(
        {
            "v": [
                {"size": 4, "indices": [3, 0], "values": [1.0, 2.0]},
                {"size": 4, "indices": [], "values": []},
                {"size": 4, "indices": [1], "values": [-1.0]},
            ]
        }
    )
    full = pl.DataFrame([[2.0, 0, 0, 1], [0, 0, 0, 0], [0, -1.0, 0, 0]], schema=NAMES, orient="row")
    of = [
        scores(run(PrincipalComponents(columns=c, components=2), f), 2)
        for c, f in (("v", sparse), (NAMES, full))
    ]
    assert of[0] == pytest.approx(of[1], abs=1e-12)


def test_rows_with_missing_values_are_left_out_and_get_null(both, run):
    whole = both(PrincipalComponents(columns=NAMES, components=2), FRAME)
    gaps = pl.concat([pl.DataFrame({"a": [1.0], "b": None, "c": [2.0], "d": [0.0]}, FRAME.schema), FRAME])
    done = both(PrincipalComponents(columns=NAMES, components=2), gaps)
    assert done.trained == whole.trained
    assert done.frame.row(0) == (None, None)
    assert done.frame[1:].equals(whole.frame)
    lists = pl.DataFrame({"v": [[1.0, None, 2.0, 3.0], None, *VALUES.tolist()]})
    for to in ("columns", "vector"):
        of = run(PrincipalComponents(columns="v", components=1, to=to), lists).frame
        assert of.to_series().null_count() == 2
        assert of.to_series()[:2].to_list() == [None, None]


def test_infinite_values_are_no_numbers_afterwards(run):
    node = PrincipalComponents(columns=NAMES, components=1)
    trained = run.fit(node, FRAME)
    odd = FRAME.head(1).with_columns(a=pl.lit(float("inf")), b=pl.lit(float("-inf")))
    assert not run(node, odd, trained).frame["pca_0"].is_nan().any()
    of = PrincipalComponents(columns="v", components=1)
    lists = odd.select(v=pl.concat_list(NAMES))
    assert not run(of, lists, run.fit(of, pl.DataFrame({"v": VALUES.tolist()}))).frame["pca_0"].is_nan().any()


def test_equal_parts_are_positive_first(run):
    frame = pl.DataFrame({"a": [1.0, 2, 3, 4], "b": [-1.0, -2.5, -2.5, -4]})
    done = run(PrincipalComponents(columns=["a", "b"], components=2, scale=True), frame)
    assert np.array(done.trained.components) == pytest.approx(np.array([[1, -1], [1, 1]]) / 2**0.5)


@pytest.mark.parametrize("value", [3, 0.1, -1e9 / 7])
def test_a_column_that_does_not_vary_counts_nothing(both, value):
    frame = FRAME.with_columns(c=pl.lit(value))
    done = both(PrincipalComponents(columns=NAMES, components=3, scale=True, center=False), frame)
    assert [round(v[2], 12) for v in done.trained.components] == [0, 0, 0]
    assert done.trained.deviation[2] == 0
    constant = both(PrincipalComponents(columns=["c"], variance=0.9, scale=True), frame)
    assert constant.frame["pca_0"].to_list() == [0.0] * 60


@given(st.lists(st.integers(1, 25), min_size=1, max_size=6), st.integers(0, 99))
@settings(max_examples=40)
def test_batches_together_are_the_whole(sizes, seed):
    values = np.random.default_rng(seed).normal(1e6, 1, (sum(sizes) + 1, 3))
    sizes = [*sizes, 1]
    parts = [pl.DataFrame({"v": part.tolist()}) for part in np.split(values, np.cumsum(sizes)[:-1])]
    rows, mean, products = merged(pl.concat(_moments(p) for p in parts), "'v'")
    assert rows == len(values)
    assert mean == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert products / (rows - 1) == pytest.approx(np.cov(values.T), rel=1e-6, abs=1e-9)


def test_what_cannot_be_reduced(run):
    def refused(match, frame=FRAME, columns=NAMES, count=1):
        with pytest.raises(NodeError, match=match):
            run(PrincipalComponents(columns=columns, components=count), frame)

    refused("4 numbers have no 5 components", count=5)
    refused("'a' is of type string", FRAME.cast({"a": pl.String}))
    refused("fewer than two rows have all values", FRAME.head(1))
    refused("hold infinite values", FRAME.with_columns(a=pl.lit(float("inf"))))
    refused("no columns to reduce", columns=[])
    refused("there already", FRAME.with_columns(pca_0=1))
    refused("of several lengths", pl.DataFrame({"v": [[1.0, 2.0], [1.0]]}), columns="v")
    refused("have 0 elements", pl.DataFrame({"v": [[], []]}, schema={"v": pl.List(pl.Float64)}), columns="v")
    refused("'a' is of type list", pl.DataFrame({"a": [[1.0]], "b": [1.0]}), columns=["a", "b"])
    for wrong in ({}, {"components": 1, "variance": 0.5}, {"variance": 0.0}, {"components": 0}):
        with pytest.raises(ValidationError):
            PrincipalComponents(columns=NAMES, **wrong)


def test_vectors_of_another_length_than_learned_from(run):
    node = PrincipalComponents(columns="v", components=1)
    trained = run.fit(node, pl.DataFrame({"v": VALUES.tolist()}))
    with pytest.raises(nw.exceptions.InvalidOperationError, match="of another length than the 4"):
        run(node, pl.DataFrame({"v": [[1.0, 2.0]]}), trained)
