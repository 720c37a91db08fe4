"""Outliers, rare categories and splits: by pandas, NumPy and arithmetic."""

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Inputs
from weirflow_tabular.outliers import QuantileOutliers, RangeOutliers, ReplaceRare, StandardDeviationOutliers
from weirflow_tabular.splits import SplitRandomly

rng = np.random.default_rng(5)
VALUES = [*rng.normal(10, 2, 200).tolist(), 500.0, -400.0, None]
FRAME = pl.DataFrame({"x": VALUES, "n": list(range(203))})


@pytest.fixture(params=["clip", "null", "remove"])
def fix(request):
    return request.param


def wanted(values, low, high, fix):
    series = pd.Series(values, dtype="float64")
    if fix == "clip":
        return series.clip(low, high)
    inside = series.between(low, high)
    return series.where(inside) if fix == "null" else series[inside | series.isna()]


def assert_alike(made, wanted):
    np.testing.assert_allclose(made.to_numpy(), wanted.to_numpy(), rtol=1e-9)


def test_standard_deviations_are_those_of_pandas(both, fix):
    series = pd.Series(VALUES, dtype="float64")
    low, high = (series.mean() + k * 3 * series.std() for k in (-1, 1))
    made = both(StandardDeviationOutliers(columns=["x"], deviations=3, fix=fix), FRAME).frame["x"]
    assert_alike(made, wanted(VALUES, low, high, fix))


def test_robust_ones_are_of_the_values_between_the_quantiles(both, fix):
    series = pd.Series(VALUES, dtype="float64")
    inner = series[series.between(series.quantile(0.25), series.quantile(0.75))]
    low, high = (inner.mean() + k * 4 * inner.std() for k in (-1, 1))
    made = both(StandardDeviationOutliers(columns=["x"], robust=True, fix=fix), FRAME).frame["x"]
    assert_alike(made, wanted(VALUES, low, high, fix))


def test_quantiles_and_limits(both, fix):
    series = pd.Series(VALUES, dtype="float64")
    low, high = series.quantile(0.05), series.quantile(0.9)
    made = both(QuantileOutliers(columns=["x"], lower=0.05, upper=0.9, fix=fix), FRAME).frame["x"]
    assert_alike(made, wanted(VALUES, low, high, fix))
    made = both(RangeOutliers(columns=["x"], minimum=8, maximum=12, fix=fix), FRAME).frame["x"]
    assert_alike(made, wanted(VALUES, 8, 12, fix))


def test_rows_of_null_are_removed_if_asked_for(both):
    node = RangeOutliers(columns=["x"], minimum=-1e9, maximum=1e9, fix="remove", drop_missing=True)
    assert both(node, FRAME).frame["n"].to_list() == list(range(202))


def test_rare_categories(both):
    frame = pl.DataFrame({"c": ["a"] * 6 + ["b"] * 3 + ["c"] * 2 + ["d", None]})
    made = both(ReplaceRare(columns=["c"], share=0.2, count=1, replacement="-"), frame).frame["c"].to_list()
    assert made == ["a"] * 6 + ["b"] * 3 + ["-"] * 3 + [None]  # 0.2 of 13 rows is 2.6
    made = (
        both(ReplaceRare(columns=["c"], share=0, count=1, most=2, missing=True), frame).frame["c"].to_list()
    )
    assert made == ["a"] * 6 + ["b"] * 3 + ["Other"] * 4


def parts_of(node):
    made = node.transform(Inputs([("default", nw.from_native(FRAME.lazy()))]))
    return {p: t.collect().to_native()["n"].to_list() for p, t in made.items()}


def test_parts_are_exact_disjoint_whole_and_in_order():
    node = SplitRandomly(shares={"train": 0.7, "validation": 0.1, "test": 0.2}, seed=7)
    parts = parts_of(node)
    assert {p: len(v) for p, v in parts.items()} == {"train": 142, "validation": 20, "test": 41}
    assert sorted(n for part in parts.values() for n in part) == list(range(203))
    assert all(v == sorted(v) for v in parts.values())
    assert parts["train"] != list(range(142))
    assert parts_of(node.model_copy(update={"seed": 8}))["test"] != parts["test"]
    # rows go by chance: a part's mean is within four standard errors of that of all
    assert abs(np.mean(parts["train"]) - 101) < 4 * np.std(range(203)) / 142**0.5
