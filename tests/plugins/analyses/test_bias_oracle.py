"""Bias metrics against the vendor's own library, where it is installed (development only, never a dependency)."""

from __future__ import annotations

import logging
import random
import warnings

import pandas as pd
import polars as pl
import pytest

from weirflow_analyses.bias import Bias

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    oracle = pytest.importorskip(
        "smclarify.bias.report",
        reason="smclarify 0.5 is not installed: metrics are not compared with the vendor's library",
    )

SHORT = {
    "CI": "class_imbalance",
    "DPL": "difference_in_positive_proportions",
    "JS": "jensen_shannon_divergence",
    "KL": "kullback_leibler_divergence",
    "LP": "lp_norm",
    "TVD": "total_variation_distance",
    "KS": "kolmogorov_smirnov_distance",
    "CDDL": "conditional_demographic_disparity",
}


def theirs(data, good, disadvantaged):
    """The vendor's value of each metric, None where it reports an error."""
    table = data.to_pandas().astype("category")
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (found,) = oracle.bias_report(
                table[["facet"]],
                oracle.FacetColumn("facet", list(disadvantaged)),
                oracle.LabelColumn("label", table["label"], list(good)),
                oracle.StageType.PRE_TRAINING,
                metrics=["all"],
                group_variable=pd.Series(data["group"].to_list(), dtype=object),
            )
    finally:
        logging.disable(logging.NOTSET)
    return {SHORT[m["name"]]: m.get("value") for m in found["metrics"]}


def ours(run, data, good, disadvantaged):
    node = Bias(label="label", favourable=good, facet="facet", disadvantaged=disadvantaged, group="group")
    return {b.name: b.value for b in run(node, data).blocks if b.kind == "metric"}


def same(run, data, good, disadvantaged):
    mine, other = ours(run, data, good, disadvantaged), theirs(data, good, disadvantaged)
    assert mine.keys() == other.keys() == set(SHORT.values())
    for name, value in other.items():
        assert mine[name] == (None if value is None else pytest.approx(value, abs=1e-9)), name
    return other


def test_german_credit(run, credit):
    data = credit.select(label="risk", facet="sex", group="housing")
    values = same(run, data, ["low risk"], ["female"])
    assert values["class_imbalance"] == 0.38


@pytest.mark.parametrize("seed", range(320))
def test_generated_tables(run, seed):
    random_ = random.Random(seed)
    height = random_.choice([2, 3, 5, 10, 40, 120])
    labels = ["a", "b", "c"][: random_.randint(1, 3)]
    facets = ["p", "q", "r", "s"][: random_.randint(1, 4)]
    groups = ["x", "y", "z"][: random_.randint(1, 3)]
    weights = [random_.random() ** 3 + 0.02 for _ in facets]
    data = pl.DataFrame(
        {
            "label": random_.choices(labels, k=height),
            "facet": random_.choices(facets, weights, k=height),
            "group": random_.choices(groups, k=height),
        }
    )
    present = sorted(data["label"].unique())
    values = sorted(data["facet"].unique())
    good = random_.sample(present, random_.randint(1, len(present)))
    disadvantaged = random_.sample(values, random_.randint(1, len(values)))
    same(run, data, good, disadvantaged)
