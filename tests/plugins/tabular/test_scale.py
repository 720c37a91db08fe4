from __future__ import annotations

import math
import statistics

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler

from weirflow.api import NodeError
from weirflow_tabular.scale import MaxAbsScale, MinMaxScale, RobustScale, StandardScale

NODES = [
    StandardScale(columns=["x"]),
    StandardScale(columns=["x"], center=True),
    StandardScale(columns=["x"], center=True, scale=False),
    StandardScale(columns=["x"], scale=False),
    RobustScale(columns=["x"]),
    RobustScale(columns=["x"], center=True, lower=0.1, upper=0.8),
    MinMaxScale(columns=["x"]),
    MinMaxScale(columns=["x"], minimum=-1, maximum=2),
    MaxAbsScale(columns=["x"]),
]
numbers = st.lists(
    st.one_of(st.none(), st.integers(-1000, 1000).map(lambda i: i / 8)), min_size=2, max_size=30
)


def floats(values):
    return pl.DataFrame({"x": values}, schema={"x": pl.Float64})


def deviation(values):
    return statistics.stdev(v for v in values if v is not None)


def array(values):
    return np.array([math.nan if v is None else v for v in values]).reshape(-1, 1)


def agree(done, wanted):
    found = [math.nan if v is None else v for v in done.frame["x"]]
    assert found == pytest.approx(np.ravel(wanted).tolist(), rel=1e-12, abs=1e-12, nan_ok=True)


varied = numbers.filter(lambda v: len({x for x in v if x is not None}) > 1)


@given(varied)
@settings(max_examples=40, deadline=None)
def test_standard_divides_by_the_sample_deviation(both, values):
    d = deviation(values)
    mean = statistics.fmean(v for v in values if v is not None)
    agree(both(StandardScale(columns=["x"]), floats(values), learn=True), array(values) / d)
    agree(both(StandardScale(columns=["x"], center=True), floats(values)), (array(values) - mean) / d)


@given(varied)
@settings(max_examples=40, deadline=None)
def test_robust_against_scikit_learn(both, values):
    x = array(values)
    low, high = np.nanquantile(x, [0.25, 0.75])
    if low == high:  # scikit-learn leaves such a column as it is; we follow the vendor
        assert set(both(RobustScale(columns=["x"]), floats(values)).frame["x"]) <= {0.0, None}
        return
    agree(
        both(RobustScale(columns=["x"]), floats(values), learn=True),
        RobustScaler(with_centering=False).fit_transform(x),
    )
    agree(
        both(RobustScale(columns=["x"], center=True), floats(values), learn=True),
        RobustScaler().fit_transform(x),
    )


@given(varied)
@settings(max_examples=40, deadline=None)
def test_min_max_against_scikit_learn(both, values):
    x = array(values)
    agree(both(MinMaxScale(columns=["x"]), floats(values), learn=True), MinMaxScaler().fit_transform(x))
    node = MinMaxScale(columns=["x"], minimum=-1, maximum=2)
    agree(both(node, floats(values)), MinMaxScaler((-1, 2)).fit_transform(x))


@given(varied)
@settings(max_examples=40, deadline=None)
def test_max_abs_against_scikit_learn(both, values):
    agree(
        both(MaxAbsScale(columns=["x"]), floats(values), learn=True),
        MaxAbsScaler().fit_transform(array(values)),
    )


@pytest.mark.parametrize("value", [3.0, 0.1, 0.0])
@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (StandardScale(columns=["x"]), 0.0),
        (StandardScale(columns=["x"], center=True), 0.0),
        (RobustScale(columns=["x"]), 0.0),
        (MinMaxScale(columns=["x"], minimum=1, maximum=2), 1.5),
        (MaxAbsScale(columns=["x"]), None),
    ],
)
def test_a_constant_column(both, node, wanted, value):
    wanted = (1.0 if value else 0.0) if wanted is None else wanted
    for rows in (3, 1, 7):
        done = both(node, floats([value] * rows + [None]), learn=True)
        assert done.frame["x"].to_list() == [wanted] * rows + [None]


@pytest.mark.parametrize("node", NODES)
def test_a_column_without_values_stays_null(run, same, both, node):
    for values in ([None, None], []):
        done = both(node, floats(values))
        assert done.frame["x"].to_list() == values
        if not isinstance(node, StandardScale) or node.scale or node.center:
            later = run(node, floats([1.0]), done.trained)
            assert later.frame["x"].to_list() == [None]
            same(later.frame, run.export(node, floats([1.0]), done.trained))


@pytest.mark.parametrize("node", NODES)
def test_integers_become_floats_and_several_columns_keep_their_places(both, node):
    node = type(node).model_validate({**node.model_dump(), "columns": {"type": "numeric"}})
    frame = pl.DataFrame(
        {"a": [1, 2, None, 6], "t": list("abcd"), "x y": [4.0, None, 2, 1], "u": [1, 2, 3, 255]},
        schema_overrides={"u": pl.UInt8},
    )
    done = both(node, frame, learn=True)
    assert done.frame.columns == ["a", "t", "x y", "u"]
    assert [done.frame[c].dtype for c in ("a", "x y", "u")] == [pl.Float64] * 3


def test_the_vendors_own_numbers(run, corpus):
    """A deviation that the service itself fitted (specs: loans, annual_income)."""
    frame = pl.read_csv(corpus / "datawrangler" / "data" / "loans__loans.csv", infer_schema_length=None)
    node = StandardScale(columns=["annual_income"], center=True)
    trained = run.fit(node, frame)
    assert trained.mean["annual_income"] == pytest.approx(66135.4767344, rel=1e-11)
    assert trained.deviation["annual_income"] == pytest.approx(38474.2061842, rel=1e-11)


@pytest.mark.parametrize("node", NODES)
def test_text_is_refused(run, node):
    with pytest.raises(NodeError, match="column 'x' is of type string, not a number") as caught:
        run(node, pl.DataFrame({"x": ["1"]}))
    assert caught.value.code == "WF402"
    assert "columns.cast" in caught.value.hint


@pytest.mark.parametrize("node", [NODES[0], NODES[1], NODES[6], NODES[8]])
def test_infinite_values_are_refused(run, node):
    with pytest.raises(NodeError, match="column 'x' holds infinite values"):
        run(node, floats([1.0, math.inf, 2.0]))


def test_ranges_must_ascend():
    with pytest.raises(ValidationError, match="`minimum` must be less than `maximum`"):
        MinMaxScale(columns=["x"], minimum=1, maximum=1)
    with pytest.raises(ValidationError, match="`lower` must be less than `upper`"):
        RobustScale(columns=["x"], lower=0.8, upper=0.2)
