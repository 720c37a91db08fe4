# ruff: noqa: DTZ001
from __future__ import annotations

import math
import statistics as oracle
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing.parametric import column, dataframes

from weirflow.engines.base import engine
from weirflow.engines.sampling import choose
from weirflow.errors import NodeError
from weirflow.node.statistics import (
    Binned,
    Count,
    CrossFrequencies,
    Deviation,
    Distinct,
    Frequencies,
    Head,
    Maximum,
    Mean,
    Minimum,
    Quantile,
    Query,
    RowCount,
    Sample,
    Statistic,
    Sum,
)


def ask(frame, *statistics):
    made = engine("polars")
    return made.answer(nw.from_native(frame.lazy()), statistics)


def one(frame, statistic):
    return ask(frame, statistic)[statistic]


def values_of(frame, name):
    return [
        v for v in frame[name].to_list() if v is not None and not (isinstance(v, float) and math.isnan(v))
    ]


FRAMES = dataframes(
    cols=[
        column("i", dtype=pl.Int64, allow_null=True),
        column("u", dtype=pl.UInt8, allow_null=True),
        column("f", strategy=st.floats(-1e12, 1e12) | st.just(math.nan), dtype=pl.Float64, allow_null=True),
        column("b", dtype=pl.Boolean, allow_null=True),
        column("s", strategy=st.text("aAbé\U0001f600\uffff", max_size=2), dtype=pl.String, allow_null=True),
        column("d", dtype=pl.Date, allow_null=True),
    ],
    max_size=40,
    lazy=False,
)
LIMITED = settings(max_examples=60, deadline=None)


@LIMITED
@given(FRAMES)
def test_aggregates_equal_pythons(frame):
    names = frame.columns
    numbers = ["i", "u", "f", "b"]
    found = ask(
        frame,
        RowCount(),
        *(kind(n) for kind in (Count, Minimum, Maximum) for n in names),
        *(kind(n) for kind in (Mean, Sum) for n in numbers),
        *(Deviation(n, ddof) for n in numbers for ddof in (0, 1)),
    )
    assert found[RowCount()] == frame.height
    for name in names:
        values = values_of(frame, name)
        assert found[Count(name)] == len(values)
        assert found[Minimum(name)] == min(values, default=None)
        assert found[Maximum(name)] == max(values, default=None)
    for name in numbers:
        values = values_of(frame, name)
        if not values:
            assert found[Mean(name)] is None
            assert found[Sum(name)] is None
            assert found[Deviation(name)] is None
            continue
        exact = [Fraction(v) for v in values]
        size = max(map(abs, exact))
        assert found[Mean(name)] == pytest.approx(
            float(sum(exact) / len(exact)), rel=1e-12, abs=float(size) * 1e-12
        )
        if name == "f":
            assert found[Sum(name)] == pytest.approx(float(sum(exact)), rel=1e-12, abs=float(size) * 1e-12)
        else:
            assert type(found[Sum(name)]) is int
            assert found[Sum(name)] == sum(values)
        for ddof in (0, 1):
            if len(values) <= ddof:
                assert found[Deviation(name, ddof)] is None
                continue
            centre = sum(exact) / len(exact)
            variance = sum((v - centre) ** 2 for v in exact) / (len(exact) - ddof)
            assert found[Deviation(name, ddof)] == pytest.approx(
                math.sqrt(variance), rel=1e-9, abs=float(size) * 1e-10
            )


@LIMITED
@given(FRAMES, st.lists(st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.9, 1.0]), min_size=1, unique=True))
def test_quantiles_equal_numpys(frame, places):
    names = ["i", "u", "f", "b"]
    found = ask(frame, *(Quantile(n, q) for n in names for q in places))
    for name in names:
        values = np.array(values_of(frame, name), dtype="float64")
        for q in places:
            if values.size == 0:
                assert found[Quantile(name, q)] is None
            else:
                scale = float(np.abs(values).max())
                assert found[Quantile(name, q)] == pytest.approx(
                    np.quantile(values, q), rel=1e-12, abs=scale * 1e-12
                )


def ordered(counts):
    return tuple(
        sorted(
            counts.items(),
            key=lambda pair: (-pair[1], pair[0] is None, pair[0] if pair[0] is not None else 0),
        )
    )


def none_last(values):
    return tuple((v is None, 0 if v is None else v) for v in values)


def cleaned(frame, name):
    return [None if isinstance(v, float) and math.isnan(v) else v for v in frame[name].to_list()]


@LIMITED
@given(FRAMES)
def test_frequencies_equal_counters(frame):
    names = frame.columns
    found = ask(
        frame,
        *(Distinct(n) for n in names),
        *(Frequencies(n) for n in names),
        *(Frequencies(n, 2) for n in names),
        CrossFrequencies(("b", "s")),
        CrossFrequencies(("s",)),
    )
    alone = {n: one(frame, Distinct(n)) for n in names[:2]}
    for name in names:
        expected = ordered(Counter(cleaned(frame, name)))
        assert found[Frequencies(name)] == expected
        assert found[Frequencies(name, 2)] == expected[:2]
        assert found[Distinct(name)] == len(set(values_of(frame, name)))
        assert alone.get(name, found[Distinct(name)]) == found[Distinct(name)]
    crossed = Counter(zip(frame["b"].to_list(), frame["s"].to_list(), strict=True))
    assert found[CrossFrequencies(("b", "s"))] == tuple(
        sorted(crossed.items(), key=lambda p: none_last(p[0]))
    )


@LIMITED
@given(
    dataframes(
        cols=[
            column(
                "x",
                strategy=st.integers(-3, 12).map(float) | st.just(math.nan),
                dtype=pl.Float64,
                allow_null=True,
            ),
            column("g", strategy=st.sampled_from("ab"), dtype=pl.String, allow_null=True),
        ],
        max_size=40,
        lazy=False,
    ),
    st.lists(st.integers(-2, 11).map(float), min_size=2, max_size=6).map(lambda e: tuple(sorted(e))),
)
def test_bins_equal_numpys_histogram(frame, edges):
    plain, broken = Binned("x", edges), Binned("x", edges, ("g",))
    found = ask(frame, plain, broken)
    expected, _ = np.histogram(values_of(frame, "x"), bins=np.array(edges))
    assert {place: n for place, _, n in found[plain]} == {i: n for i, n in enumerate(expected) if n}
    rows = []
    for group in ("a", "b", None):
        of = [x for x, g in frame.iter_rows() if g == group and x is not None and not math.isnan(x)]
        counts, _ = np.histogram(of, bins=np.array(edges))
        rows += [(i, (group,), int(n)) for i, n in enumerate(counts) if n]
    assert found[broken] == tuple(sorted(rows, key=lambda r: (r[0], none_last(r[1]))))


def test_bins_by_hand():
    frame = pl.DataFrame({"x": [0, 1, 9, 10, 11, -1, None], "g": ["a", "a", "b", None, "a", "a", "a"]})
    assert one(frame, Binned("x", (0.0, 1.0, 10.0))) == ((0, (), 1), (1, (), 3))
    assert one(frame, Binned("x", (0.0, 10.0), ("g",))) == ((0, ("a",), 2), (0, ("b",), 1), (0, (None,), 1))
    with pytest.raises(ValueError, match="two edges"):
        one(frame, Binned("x", (1.0,)))
    with pytest.raises(ValueError, match="ascending"):
        one(frame, Binned("x", (1.0, 0.0)))


def test_a_sum_does_not_wrap_around():
    frame = pl.DataFrame({"i": [2**63 - 1] * 4, "j": pl.Series([2**31 - 1] * 4, dtype=pl.Int32)})
    assert ask(frame, Sum("i"), Sum("j")) == {Sum("i"): 4 * (2**63 - 1), Sum("j"): 4 * (2**31 - 1)}


def test_a_constant_column_deviates_by_nothing():
    frame = pl.DataFrame({"x": [0.1] * 10_001 + [None]})
    assert one(frame, Deviation("x")) == 0.0


def test_a_far_away_mean_does_not_spoil_the_deviation():
    values = [1e9 + v for v in (4, 7, 13, 16)]
    assert one(pl.DataFrame({"x": values}), Deviation("x")) == pytest.approx(oracle.stdev(values), rel=1e-12)


def test_answers_are_plain():
    frame = pl.DataFrame(
        {
            "inf": [math.inf, -math.inf, 1.0],
            "dec": pl.Series(["1.50", "2.25", None]).cast(pl.Decimal(10, 2)),
            "cat": pl.Series(["b", "a", "b"], dtype=pl.Categorical),
            "when": [datetime(2024, 1, 1), datetime(2025, 1, 1), None],
            "took": [timedelta(1), timedelta(2), None],
            "none": [None, None, None],
            "list": [[1], None, []],
        }
    )
    found = ask(
        frame,
        *(kind("inf") for kind in (Mean, Sum, Minimum, Maximum, Deviation)),
        *(kind("dec") for kind in (Mean, Sum, Minimum, Maximum, Frequencies)),
        *(kind("cat") for kind in (Minimum, Maximum, Frequencies, Distinct)),
        *(kind("when") for kind in (Minimum, Maximum)),
        Maximum("took"),
        *(kind("none") for kind in (Mean, Sum, Deviation, Minimum, Count, Distinct, Frequencies)),
        Quantile("none", 0.5),
        Count("list"),
    )
    assert [found[k("inf")] for k in (Mean, Sum, Minimum, Maximum, Deviation)] == [None] * 5
    assert [found[k("dec")] for k in (Mean, Sum, Minimum, Maximum)] == [1.875, 3.75, 1.5, 2.25]
    assert {type(found[k("dec")]) for k in (Mean, Sum, Minimum, Maximum)} == {float}
    assert found[Frequencies("dec")] == ((1.5, 1), (2.25, 1), (None, 1))
    assert (found[Minimum("cat")], found[Maximum("cat")]) == ("a", "b")
    assert found[Frequencies("cat")] == (("b", 2), ("a", 1))
    assert (found[Minimum("when")], found[Maximum("when")]) == (datetime(2024, 1, 1), datetime(2025, 1, 1))
    assert found[Maximum("took")] == timedelta(2)
    assert [found[k("none")] for k in (Mean, Sum, Deviation, Minimum)] == [None] * 4
    assert (found[Count("none")], found[Distinct("none")]) == (0, 0)
    assert found[Frequencies("none")] == ((None, 3),)
    assert found[Quantile("none", 0.5)] is None
    assert found[Count("list")] == 2


@pytest.mark.parametrize(
    "statistic", [Mean("s"), Sum("s"), Deviation("s"), Quantile("s", 0.5), Binned("s", (0, 1))]
)
def test_numbers_are_needed(statistic):
    with pytest.raises(NodeError, match="column 's' needs numbers; it is of type string"):
        one(pl.DataFrame({"s": ["a"]}), statistic)


@pytest.mark.parametrize(
    "statistic", [Minimum("l"), Frequencies("l"), CrossFrequencies(("l",)), Distinct("l")]
)
def test_lists_are_refused(statistic):
    with pytest.raises(NodeError, match=r"list\[int64\]"):
        one(pl.DataFrame({"l": [[1]]}), statistic)


def test_a_missing_column_is_named():
    with pytest.raises(NodeError, match="column 'agee' is not there") as caught:
        one(pl.DataFrame({"age": [1]}), Mean("agee"))
    assert caught.value.hint == "did you mean 'age'?"
    assert caught.value.code == "WF401"


def test_an_unknown_statistic_is_named():
    class Strange(Statistic):
        pass

    with pytest.raises(NodeError, match="Strange"):
        one(pl.DataFrame({"age": [1]}), Strange())


def test_a_column_may_have_any_name():
    frame = pl.DataFrame({"0": ["b", "a", "b"], "n": [1, 2, 3], "bin": [1, 1, 2], "x": [5.0, 6.0, 7.0]})
    found = ask(
        frame,
        Frequencies("0"),
        Frequencies("n", 1),
        CrossFrequencies(("n", "0")),
        Binned("x", (0.0, 6.0, 9.0), ("bin", "n")),
        Sum("n"),
        Sample(("0", "n"), 2),
    )
    assert found[Frequencies("0")] == (("b", 2), ("a", 1))
    assert found[Frequencies("n", 1)] == ((1, 1),)
    assert found[CrossFrequencies(("n", "0"))] == (((1, "b"), 1), ((2, "a"), 1), ((3, "b"), 1))
    assert found[Binned("x", (0.0, 6.0, 9.0), ("bin", "n"))] == (
        (0, (1, 1), 1),
        (1, (1, 2), 1),
        (1, (2, 3), 1),
    )
    assert found[Sum("n")] == 6


# ------------------------------------------------------------------ rows


def test_head_and_query():
    frame = pl.DataFrame({"a": range(10), "b": range(10)})
    head = one(frame, Head(("b",), 3))
    assert head.columns == ["b"]
    assert head["b"].to_list() == [0, 1, 2]
    assert one(frame, Head(("b", "a"), 99)).shape == (10, 2)
    query = Query(("a",), evens, max_rows=5)
    assert one(frame, query)["a"].to_list() == [0, 2, 4, 6, 8]
    with pytest.raises(NodeError, match="evens gave more than 4 rows"):
        one(frame, Query(("a",), evens, max_rows=4))


def evens(table):
    return table.filter(nw.col("a") % 2 == 0)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 500), st.integers(0, 60), st.integers(-(2**70), 2**70))
def test_a_sample_is_of_different_places(rows, n, seed):
    places = choose(rows, n, seed)
    assert places == sorted(set(places))
    assert len(places) == min(n, rows)
    assert all(0 <= p < rows for p in places)
    assert places == choose(rows, n, seed)


def test_every_place_is_as_likely():
    # 5 of 20 over 4,000 seeds: each place is expected 1,000 times with a deviation of 27.4; five of those either way.
    seen = Counter(p for seed in range(4000) for p in choose(20, 5, seed))
    assert min(seen.values()) > 1000 - 137
    assert max(seen.values()) < 1000 + 137
    # neighbours in one sample are no likelier than chance: 4000 * 5/20 * 4/19 = 210.5, deviation 14.1
    together = sum({3, 4} <= set(choose(20, 5, seed)) for seed in range(4000))
    assert 140 < together < 281


@pytest.mark.parametrize("source", ["memory", "parquet", "csv"])
def test_a_sample_is_the_same_whatever_the_source(source, tmp_path):
    frame = pl.DataFrame({"#": range(5000), "v": [f"v{i}" for i in range(5000)]})
    if source == "parquet":
        frame.write_parquet(tmp_path / "t", row_group_size=70)
        lazy = pl.scan_parquet(tmp_path / "t")
    elif source == "csv":
        frame.write_csv(tmp_path / "t")
        lazy = pl.scan_csv(tmp_path / "t")
    else:
        lazy = frame.lazy()
    made = engine("polars")
    sample = made.answer(nw.from_native(lazy), [Sample(("v", "#"), 50, 7)])[Sample(("v", "#"), 50, 7)]
    assert sample.columns == ["v", "#"]
    assert sample["#"].to_list() == choose(5000, 50, 7)
    assert sample["v"].to_list() == [f"v{i}" for i in sample["#"]]
    everything = made.answer(nw.from_native(lazy), [Sample(("#",), 5000)])[Sample(("#",), 5000)]
    assert everything["#"].to_list() == list(range(5000))


# ------------------------------------------------------------------ how


def test_answers_come_from_few_narrow_scans(tmp_path):
    pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [date(2024, 1, 1)] * 2}).write_parquet(
        tmp_path / "t.parquet"
    )
    made = engine("polars")
    table = nw.from_native(pl.scan_parquet(tmp_path / "t.parquet"))
    made.answer(
        table, [RowCount(), Count("a"), Mean("a"), Deviation("a"), Minimum("b"), Maximum("c"), Sum("a")]
    )
    assert made.scans == {"parquet": 1}
    made.answer(table, [Quantile("a", q / 10) for q in range(11)])
    assert made.scans == {"parquet": 2}
    made.answer(table, [Frequencies("b"), Distinct("b"), Distinct("b")])
    assert made.scans == {"parquet": 3}
    assert made.answer(table, []) == {}
    assert made.scans == {"parquet": 3}


def test_a_question_asked_twice_is_answered_once(tmp_path):
    pl.DataFrame({"a": [1.0]}).write_parquet(tmp_path / "t.parquet")
    made = engine("polars")
    made.answer(nw.from_native(pl.scan_parquet(tmp_path / "t.parquet")), [Frequencies("a"), Frequencies("a")])
    assert made.scans == {"parquet": 1}
