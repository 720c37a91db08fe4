"""Means of a target against scikit-learn's TargetEncoder, fitted and applied without folds."""

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import TargetEncoder

from weirflow.api import NodeError
from weirflow_tabular.encode_target import TargetEncode

CITY = ["Rome", "Oslo", None, "Rome", "Rome", "Lima", None, "Oslo", "Rome", "Bonn"]
FLAG = [1, 0, 1, 1, 0, 1, 0, 0, 1, 0]
PAY = [2.5, 1.0, -3.0, 4.0, 0.5, 7.0, 2.0, 1.0, 1e3, 5.0]
KIND = [1, 1, 2, 2, 3, 3, 3, 1, 2, 9]


@pytest.mark.parametrize("smooth", ["auto", 0, 2.5])
@pytest.mark.parametrize(("target", "kind"), [("flag", "binary"), ("pay", "continuous")])
def test_the_means_are_those_of_scikit_learn(both, smooth, target, kind):
    frame = pl.DataFrame({"city": CITY, "kind": KIND, "flag": FLAG, "pay": PAY})
    done = both(TargetEncode(columns=["city", "kind"], target=target, smooth=smooth), frame)
    known = np.array([["none" if c is None else c, str(k)] for c, k in zip(CITY, KIND, strict=True)], object)
    oracle = TargetEncoder(smooth=smooth, target_type=kind).fit(known, frame[target].to_numpy())
    wanted = oracle.transform(known)
    assert done.frame.select("city", "kind").to_numpy() == pytest.approx(wanted, rel=1e-12)
    assert done.frame.columns == frame.columns


def test_rows_without_a_target_teach_nothing(both):
    frame = pl.DataFrame({"c": ["a", "a", "b", "b"], "y": [True, None, False, True]})
    done = both(TargetEncode(columns="c", target="y", smooth=1, output="m"), frame)
    assert done.trained.overall == 2 / 3
    # the mean of all, two thirds, counts for one row more
    assert done.frame["m"].to_list() == pytest.approx([5 / 6, 5 / 6, 5 / 9, 5 / 9])
    assert done.frame["c"].to_list() == ["a", "a", "b", "b"]


@pytest.mark.parametrize(("unseen", "wanted"), [("mean", [1.0, 2.5, 2.5]), ("null", [1.0, None, None])])
def test_what_was_not_seen(run, same, unseen, wanted):
    node = TargetEncode(columns="c", target="y", smooth=0, unseen=unseen)
    learned = run.fit(node, pl.DataFrame({"c": ["a", "b"], "y": [1, 4]}))
    frame = pl.DataFrame({"c": ["a", "new", None], "y": [None, None, None]}, schema_overrides={"y": pl.Int64})
    done = run(node, frame, learned).frame
    assert done["c"].to_list() == wanted
    same(done, run.export(node, frame, learned))


def test_what_was_not_seen_may_fail(run):
    node = TargetEncode(columns="c", target="y", unseen="error")
    learned = run.fit(node, pl.DataFrame({"c": ["a", "b"], "y": [1, 4]}))
    assert run(node, pl.DataFrame({"c": ["b"], "y": [0]}), learned).frame.height == 1
    with pytest.raises(Exception, match="column 'c' holds a category that was not seen"):
        run(node, pl.DataFrame({"c": ["secret"], "y": [0]}), learned)


def test_what_cannot_be_encoded(run):
    frame = pl.DataFrame(
        {"c": ["a"], "y": ["yes"], "z": [None], "x": [0.5]}, schema_overrides={"z": pl.Int64}
    )
    with pytest.raises(NodeError, match="the target 'y' is of type string"):
        run(TargetEncode(columns="c", target="y"), frame)
    with pytest.raises(NodeError, match="the target 'z' has no value to learn from"):
        run(TargetEncode(columns="c", target="z"), frame)
    with pytest.raises(NodeError, match="column 'c' is the target"):
        run(TargetEncode(columns=["c"], target="c"), frame)
    with pytest.raises(NodeError, match="column 'x' is of type float64: categories are"):
        run(TargetEncode(columns=["x"], target="z"), frame)
    with pytest.raises(ValueError, match="`output` names one column"):
        TargetEncode(columns=["c", "x"], target="y", output="n")
