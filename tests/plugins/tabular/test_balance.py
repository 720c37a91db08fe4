"""Balance and samples: by imbalanced-learn, by arithmetic, and by what holds of any table."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError
from weirflow_tabular.balance import Oversample, Undersample
from weirflow_tabular.sampling import SampleRows
from weirflow_tabular.smote import Smote

labels = st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=40)
ratios = st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.7, 1.0])
seeds = st.integers(-3, 2**64)


def table(classes):
    return pl.DataFrame({"y": classes, "i": range(len(classes))})


def balanced(classes, ratio):
    counts = Counter(classes)
    assume(len(counts) > 1 and Fraction(min(counts.values()), max(counts.values())) <= Fraction(ratio))
    return counts


@given(labels, ratios, seeds)
@settings(max_examples=60)
def test_undersampling(both, classes, ratio, seed):
    counts = balanced(classes, ratio)
    made = both(Undersample(column="y", ratio=ratio, seed=seed), table(classes)).frame
    most = round(min(counts.values()) / ratio)
    assert Counter(made["y"].to_list()) == {c: min(n, most) for c, n in counts.items()}
    assert made["i"].is_sorted()
    assert made["i"].is_unique().all()
    assert all(classes[i] == y for y, i in made.rows())


@given(labels, ratios, seeds)
@settings(max_examples=60)
def test_oversampling(both, classes, ratio, seed):
    counts = balanced(classes, ratio)
    made = both(Oversample(column="y", ratio=ratio, seed=seed), table(classes)).frame
    least = round(max(counts.values()) * ratio)
    assert Counter(made["y"].to_list()) == {c: max(n, least) for c, n in counts.items()}
    assert made.head(len(classes)).equals(table(classes))
    assert all(classes[i] == y for y, i in made.rows())
    for label in counts:  # no row is copied twice as long as another is not copied
        times = Counter(made.filter(y=label)["i"].to_list()).values()
        assert max(times) - min(times) <= 1


def test_who_is_drawn_depends_on_the_seed(run):
    frame = table(["a"] * 300 + ["b"] * 100)
    for node, ratio in ((Undersample, 0.5), (Oversample, 1.0)):
        one, same, other = (run(node(column="y", ratio=ratio, seed=s), frame).frame for s in (0, 0, 1))
        assert one.equals(same)
        assert not one.equals(other)
    copies = run(Oversample(column="y"), frame).frame["i"].to_list()[400:]
    assert sorted(copies) == sorted([*range(300, 400)] * 2)
    assert copies != sorted(copies)
    kept = run(Undersample(column="y", ratio=0.5), frame).frame.filter(y="a")["i"]
    assert kept.mean() == pytest.approx(149.5, abs=20)  # of 200 drawn from 0 to 299


@pytest.mark.parametrize("node", [Undersample, Oversample, Smote])
def test_what_cannot_be_balanced(run, node):
    with pytest.raises(NodeError, match="in better balance than `ratio` asks for"):
        run(node(column="y", ratio=0.5), table(["a"] * 10 + ["b"] * 6).select("y", pl.col("i") * 1.5))
    with pytest.raises(NodeError, match="one class only"):
        run(node(column="y"), table(["a"] * 3))
    with pytest.raises(NodeError, match="'y' has rows without a value"):
        run(node(column="y"), table(["a", "b", None]))
    with pytest.raises(NodeError, match="'y' is of type list"):
        run(node(column="y"), pl.DataFrame({"y": [[1], [2]]}))


def features(rows=120):
    random = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "city": random.choice(["Rome", "Oslo", "São Tomé", "Lima"], rows),
            "x": random.normal(10, 3, rows),
            "n": random.integers(0, 50, rows),
            "y": np.where(np.arange(rows) % 6 == 0, "yes", "no"),
            "z": random.exponential(1000, rows),
            "member": random.choice([True, False], rows),
        }
    )


@pytest.mark.parametrize("ratio", [0.5, 0.83, 1.0])
@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("mixed", [False, True])
def test_new_rows_are_those_of_imbalanced_learn(run, ratio, kind, mixed):
    from imblearn.over_sampling import SMOTE, SMOTENC

    frame = features() if mixed else features().select("x", "n", "y", "z")
    numbers = ["x", "n", "z"]
    made = run(Smote(column="y", ratio=ratio, type=kind), frame).frame
    theirs = frame.to_pandas().astype(dict.fromkeys(numbers, kind))
    others = [c for c in ("city", "member") if c in frame.columns]
    theirs = theirs.astype(dict.fromkeys(others, "object"))
    given = {"random_state": 0, "sampling_strategy": ratio}
    maker = SMOTENC(others, **given) if mixed else SMOTE(**given)
    x, y = maker.fit_resample(theirs.drop(columns="y"), theirs["y"].astype("object"))
    assert made["y"].to_list() == list(y)
    assert made.height == 100 + int(100 * ratio)
    for name in numbers:
        assert str(made[name].dtype).lower() == kind
        assert made[name].to_numpy() == pytest.approx(
            x[name].to_numpy(), rel=1e-6 if kind == "float32" else 1e-12
        )
    for name in others:
        assert made[name].to_list() == x[name].tolist()
    assert made.columns == frame.columns
    assert made.head(120).drop(numbers).equals(frame.drop(numbers))


def test_normalised_rows_are_those_of_scaled_numbers(run):
    from imblearn.over_sampling import SMOTE

    frame = features().select("x", "y", "z")
    deviation = frame.select("x", "z").to_numpy().std(axis=0)
    scaled = frame.select("x", "z").to_numpy() / deviation
    wanted, _ = SMOTE(random_state=3).fit_resample(scaled, frame["y"].to_numpy())
    made = run(Smote(column="y", normalise=True, seed=3), frame).frame
    assert made.select("x", "z").to_numpy() == pytest.approx(wanted * deviation, rel=1e-12)
    plain = run(Smote(column="y", seed=3), frame).frame
    assert not plain.equals(made)
    assert made.head(120).equals(frame)


def test_several_classes(run):
    frame = features().with_columns(y=pl.int_range(pl.len()) // 20 // 3 + (pl.int_range(pl.len()) % 20 == 0))
    counts = Counter(frame["y"].to_list())
    made = run(Smote(column="y", ratio=0.9, neighbours=2), frame).frame
    least = int(max(counts.values()) * 0.9)
    assert Counter(made["y"].to_list()) == {c: max(n, least) for c, n in counts.items()}
    assert made["y"].dtype == frame["y"].dtype


def test_smote_says_what_is_wrong(run):
    frame = features()
    with pytest.raises(NodeError, match="'x' has missing values"):
        run(Smote(column="y"), frame.with_columns(x=pl.when(pl.col("x") > 9).then("x")))
    with pytest.raises(NodeError, match="'city' has missing values"):
        run(Smote(column="y"), frame.with_columns(city=pl.when(pl.col("x") > 9).then("city")))
    with pytest.raises(NodeError, match="'x' holds infinite values"):
        run(Smote(column="y"), frame.with_columns(x=pl.lit(float("inf"))))
    with pytest.raises(NodeError, match="'d' is of type date"):
        run(Smote(column="y"), frame.with_columns(d=pl.date(2024, 1, 1)))
    with pytest.raises(NodeError, match="has 5 rows, and must have more than the 5 neighbours"):
        run(Smote(column="y"), frame.with_columns(y=pl.int_range(pl.len()) < 5))
    with pytest.raises(NodeError, match="no column of numbers"):
        run(Smote(column="y"), frame.select("y", "city"))


@given(labels, st.integers(0, 50), seeds)
@settings(max_examples=60)
def test_samples_are_as_large_as_asked_for_and_in_proportion(both, classes, n, seed):
    frame = table(classes)
    size = min(n, len(classes))
    for node in (SampleRows(n=n, seed=seed), SampleRows(n=n, seed=seed, by="y")):
        made = both(node, frame).frame
        assert made.height == size
        assert made["i"].is_sorted()
        assert made["i"].is_unique().all()
        assert all(classes[i] == y for y, i in made.rows())
    for label, count in Counter(classes).items():
        assert abs(made.filter(y=label).height - Fraction(size * count, len(classes))) < 1


def test_samples_of_missing_values_and_shares(both):
    frame = table(["a", None] * 10)
    made = both(SampleRows(share=0.5, by="y"), frame).frame
    assert made["y"].null_count() == 5
    assert both(SampleRows(share=0.33), frame).frame.height == 7  # 6.6
    assert both(SampleRows(share=0.0), frame).frame.is_empty()
    assert both(SampleRows(n=3, by="y"), frame.clear()).frame.is_empty()


def test_every_row_is_as_likely(run):
    frame = pl.DataFrame({"i": range(20), "y": ["a"] * 15 + ["b"] * 4 + ["c"]})
    for by in (None, "y"):
        drawn = Counter(
            i for seed in range(2000) for i in run(SampleRows(n=5, seed=seed, by=by), frame).frame["i"]
        )
        assert sum(drawn.values()) == 10_000
        # 2000 draws of one in four: four standard deviations are 77
        assert all(abs(drawn[i] - 500) < 90 for i in range(20)), by


def test_either_a_number_or_a_share():
    for wrong in ({}, {"n": 1, "share": 0.5}, {"share": 1.5}, {"n": -1}):
        with pytest.raises(ValidationError):
            SampleRows(**wrong)
