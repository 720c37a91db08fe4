"""Splits, balance and samples: what the vendor's parameters become, and what then comes of a table."""

import csv
from collections import Counter

import pytest

from weirflow.cli import main
from weirflow_datawrangler.convert import convert

TWO = [{"name": "Train", "percentage": 0.8}, {"name": "Test", "percentage": "0.2"}]
THREE = [{"name": n, "percentage": p} for n, p in (("a", 0.6), ("b", 0.3), ("c", 0.1))]
SHARES = {"train": 0.8, "test": 0.2}
SEED = 838257247


@pytest.fixture
def mapped(file_of, source, vendor):
    def mapped(operator, parameters):
        node = convert(file_of(source(), vendor("x", operator, parameters, "s"))).nodes[1]
        return node.operator, dict(node.parameters)

    return mapped


def split(label, **given):
    return {"operator": label, f"{'_'.join(label.lower().split())}_parameters": {"splits": TWO, **given}}


@pytest.mark.parametrize(
    ("parameters", "operator", "wanted"),
    [
        (split("Randomized split", error=0.0001), "split.random", {"seed": SEED}),
        (split("Randomized split", seed="7"), "split.random", {"seed": 7}),
        (split("Ordered split"), "split.ordered", {}),
        (split("Ordered split", input_column="", handle_duplicates=True), "split.ordered", {}),
        (
            split("Ordered split", input_column=["n"], handle_duplicates=False),
            "split.ordered",
            {"by": "n"},
        ),
        (
            split("Ordered split", input_column="n", handle_duplicates="true", seed=3),
            "split.ordered",
            {"by": "n", "ties": "apart", "seed": 3},
        ),
        (split("Stratified split", input_column="t"), "split.stratified", {"by": "t", "seed": SEED}),
        (split("Split by key", key_columns=["a", "b"]), "split.by_key", {"by": ["a", "b"]}),
        (split("Split by keys", key_columns="a"), "split.by_key", {"by": ["a"]}),
    ],
)
def test_splits(mapped, parameters, operator, wanted):
    assert mapped("spark.split", parameters) == (operator, {"shares": SHARES, **wanted})


@pytest.mark.parametrize(
    "splits",
    [
        None,
        TWO[:1],
        [*THREE, *TWO],
        [{"name": "default", "percentage": 0.5}, {"name": "b", "percentage": 0.5}],
        [{"name": "b", "percentage": 0.5}, {"name": "b", "percentage": 0.5}],
        [{"name": "a", "percentage": 1}, {"name": "b", "percentage": 0}],
        [{"name": "a", "percentage": 0.5}, {"name": "b", "percentage": 0.4}],
        ["a", "b"],
    ],
)
def test_parts_that_are_none(mapped, splits):
    parameters = split("Randomized split", splits=splits)
    assert mapped("spark.split", parameters)[0] == "datawrangler.unmapped"


def test_parts_are_bound_by_their_places(file_of, source, vendor, drop):
    parts = vendor("x", "spark.split", split("Split by key", splits=THREE, key_columns=["k"]), "s")
    read = [drop(f"d{n}", "a", f"x.{n}") for n in ("c", "default", "b", "a")]
    made = convert(file_of(source(), parts, *read)).nodes
    inputs = [n.inputs[0] for n in made if n.operator == "columns.drop"]
    assert inputs == [f"split_by_key.{p}" for p in ("test", "train", "validation", "train")]


@pytest.mark.parametrize(
    ("parameters", "operator", "wanted"),
    [
        (
            {"operator": "SMOTE", "target_column": "y", "ratio": 1, "smote_params": {"num_neighbors": "3"}},
            "balance.smote",
            {"ratio": 1.0, "neighbours": 3, "type": "float32"},
        ),
        (
            {
                "operator": "SMOTE",
                "target_column": "y",
                "ratio": "0.5",
                "smote_params": {"num_neighbors": 5, "normalize": True},
            },
            "balance.smote",
            {"ratio": 0.5, "neighbours": 5, "type": "float32", "normalise": True},
        ),
        (
            {"operator": "SMOTE", "smote_parameters": {"target_column": "y", "ratio": 0.5}},
            "balance.smote",
            {"ratio": 0.5, "neighbours": 5, "type": "float32"},
        ),
        (
            {
                "operator": "Random oversample",
                "target_column": "y",
                "ratio": 0.7,
                "smote_params": {"seed": 9},
            },
            "balance.oversample",
            {"ratio": 0.7, "seed": 0},
        ),
        (
            {"operator": "Random undersample", "random_undersample_parameters": {"target_column": ["y"]}},
            "balance.undersample",
            {"ratio": 1.0, "seed": 0},
        ),
    ],
)
def test_balance(mapped, parameters, operator, wanted):
    assert mapped("spark.balance_data", parameters) == (operator, {"column": "y", **wanted})


@pytest.mark.parametrize(
    "given", [{}, {"target_column": "y", "ratio": 0}, {"target_column": "y", "ratio": 2}]
)
def test_no_balance(mapped, given):
    found = mapped("spark.balance_data", {"operator": "Random oversample", **given})
    assert found[0] == "datawrangler.unmapped"


@pytest.mark.parametrize(
    ("parameters", "operator", "wanted"),
    [
        (
            {"operator": "Limit", "limit_parameters": {"sample_size": "100"}},
            "rows.limit",
            {"n": 100},
        ),
        (
            {"operator": "Randomized", "randomized_parameters": {"sample_size": 100, "seed": 4}},
            "rows.sample",
            {"n": 100, "seed": 4},
        ),
        (
            {
                "operator": "Stratified",
                "stratified_parameters": {"sample_size": 100, "stratify_column": "t", "seed": None},
            },
            "rows.sample",
            {"n": 100, "seed": 0, "by": "t"},
        ),
        (
            {"sampling_method": "sample_by_ratio", "sample_ratio": 0.1},
            "rows.sample",
            {"share": 0.1, "seed": 0},
        ),
        ({"sampling_method": "sample_by_limit", "limit_rows": 500}, "rows.limit", {"n": 500}),
        (
            {"operator": "Randomized", "randomized_parameters": {"sample_size": 1, "with_replacement": True}},
            "datawrangler.unmapped",
            None,
        ),
        (
            {"operator": "Stratified", "stratified_parameters": {"sample_size": 1}},
            "datawrangler.unmapped",
            None,
        ),
        ({"operator": "Every tenth"}, "datawrangler.unmapped", None),
    ],
)
def test_samples(mapped, parameters, operator, wanted):
    found = mapped("spark.sampling", parameters)
    assert found[0] == operator
    assert wanted in (None, found[1])


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_whole_flow(tmp_path, written, source, vendor):
    lines = [f"{i % 13},{i * 0.37 % 5:.2f},{'yes' if i % 4 == 0 else 'no'},{'ab'[i % 2]}" for i in range(80)]
    (tmp_path / "people.csv").write_text("k,x,y,t\n" + "\n".join(lines) + "\n", encoding="utf-8")
    schema = {"k": "long", "x": "float", "y": "string", "t": "string"}
    flow = written(
        source(),
        vendor("i", "spark.infer_and_cast_type", {}, "s", trained_parameters={"schema": schema}),
        vendor(
            "b",
            "spark.balance_data",
            {"operator": "SMOTE", "target_column": "y", "ratio": 0.9, "smote_params": {"num_neighbors": 5}},
            "i",
        ),
        vendor("p", "spark.split", split("Split by key", key_columns=["t"], splits=TWO), "i"),
        vendor("train", "dataset.identity", {}, "p.Train", kind="DATASET"),
        vendor("test", "dataset.identity", {}, "p.Test", kind="DATASET"),
    )
    given = [f"people={tmp_path / 'people.csv'}"]
    assert main(["run", str(flow), "--source", *given, "--store", str(tmp_path / "store")]) == 0
    made = {p.stem: rows_of(p) for p in (tmp_path / "output").glob("*.csv")}
    assert Counter(r["y"] for r in made["smote"]) == {"no": 60, "yes": 54}
    assert sum(len(r) for name, r in made.items() if name != "smote") == 80
