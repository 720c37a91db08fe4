"""The credit-risk flows, run as they stand and held against pandas and scikit-learn."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest

import weirflow
from weirflow.cli import main
from weirflow.plan.model import Options
from weirflow.run.record import RunRecord

DATA = "german_credit_data.csv"
HOT = ["housing", "job", "sex", "marital_status"]
COUNTS = ["installmentrate", "residencesince", "existingcredits", "peopleliable"]
# the columns of the file that stay, in its order; one-hot columns come last, the target first
KEPT = [
    *("existingchecking", "duration", "creditamount", "savings", "employmentsince", "installmentrate"),
    *("residencesince", "age", "existingcredits", "peopleliable"),
]
ALONE = """
import runpy, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].startswith(("weirflow", "polars", "narwhals", "pydantic")):
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Ran(NamedTuple):
    folder: Path
    record: RunRecord
    report: Path | None

    def node(self, name):
        return next(n for n in self.record.nodes if n.id == name)

    def blocks(self, name, kind):
        return [b for b in self.node(name).report.blocks if b.kind == kind]


def copied(repository: Path, folder: Path) -> Path:
    leave = shutil.ignore_patterns(".weirflow", "output", "*.trained.json")
    return shutil.copytree(repository / "flows" / "credit-risk", folder, ignore=leave)


@pytest.fixture(scope="module")
def ran(repository, tmp_path_factory):
    folder = copied(repository, tmp_path_factory.mktemp("plain") / "credit-risk")
    result = weirflow.open(folder / "credit-risk.flow").run(apart=False).check()
    return Ran(folder, result.record, result.report)


@pytest.fixture(scope="module")
def custom(repository, tmp_path_factory):
    folder = copied(repository, tmp_path_factory.mktemp("custom") / "credit-risk")
    project = weirflow.open(folder / "credit-risk-custom.flow")
    result = project.run(Options(allow_code=True, report="none"), apart=False).check()
    return Ran(folder, result.record, result.report)


@pytest.fixture(scope="module")
def rows(repository):
    """The applications, read by the csv module: all text."""
    with (repository / "flows" / "credit-risk" / DATA).open(newline="") as file:
        found = list(csv.DictReader(file))
    for row in found:
        row["sex"], row["marital_status"] = row["status_sex"].split(":")
    return found


@pytest.fixture(scope="module")
def expected(repository):
    """The features, made by pandas and scikit-learn."""
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

    df = pd.read_csv(repository / "flows" / "credit-risk" / DATA, keep_default_na=False)
    df[["sex", "marital_status"]] = df["status_sex"].str.split(":", expand=True)
    made = df[KEPT].copy()
    made.insert(0, "target", df["risk"].map({"low risk": 0, "high risk": 1}))
    maps = {
        "existingchecking": {"no account": 0, "none": 1, "little": 2, "moderate": 3},
        "savings": {"unknown": 0, "little": 1, "moderate": 2, "high": 3, "very high": 4},
        "employmentsince": {
            "unemployed": 0, "1 year": 1, "1 to 4 years": 2, "4 to 7 years": 3, "7+ years": 4,
        },
    }  # fmt: skip
    for column, numbers in maps.items():
        made[column] = df[column].map(numbers)
    made["creditamount"] = RobustScaler().fit_transform(df[["creditamount"]])[:, 0]
    n = len(df)  # scikit-learn divides by the deviation of a population, weirflow by that of a sample
    made["age"] = StandardScaler().fit_transform(df[["age"]])[:, 0] * math.sqrt((n - 1) / n)
    made["duration"] = MinMaxScaler().fit_transform(df[["duration"]])[:, 0]
    made[COUNTS] = MaxAbsScaler().fit_transform(df[COUNTS])
    for column in HOT:
        ordered = sorted(Counter(df[column]).items(), key=lambda pair: (-pair[1], pair[0]))
        labels = [label for label, _ in ordered]
        hot = OneHotEncoder(categories=[labels], sparse_output=False, dtype=np.int64)
        names = [f"{column}_{label}" for label in labels]
        made[names] = hot.fit_transform(df[[column]])
    assert made.shape == (1000, 24)
    return made


def same(made: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(made.columns) == list(expected.columns)
    for column in expected:
        exact = not pd.api.types.is_float_dtype(expected[column])
        assert pd.api.types.is_integer_dtype(made[column]) == exact, column
        right = expected[column].astype("int64" if exact else "float64")
        left = made[column].astype(right.dtype)
        pd.testing.assert_series_equal(left, right, check_exact=exact, rtol=1e-12, atol=1e-13)


# ---------------------------------------------------------------------- the table


def test_the_parquet_file_is_the_table_by_hand(ran, expected):
    same(pd.read_parquet(ran.folder / "output" / "features.parquet"), expected)


def test_the_csv_file_is_the_table_by_hand(ran, expected):
    same(pd.read_csv(ran.folder / "output" / "features.csv"), expected)


def test_csv_and_parquet_hold_the_same(ran):
    output = ran.folder / "output"
    assert pl.read_csv(output / "features.csv").equals(pl.read_parquet(output / "features.parquet"))


def test_all_columns_are_numbers_without_gaps(ran):
    frame = pl.read_parquet(ran.folder / "output" / "features.parquet")
    assert frame.columns[0] == "target"
    assert all(dtype.is_numeric() for dtype in frame.dtypes)
    assert sum(frame.null_count().row(0)) == 0


def test_nothing_half_written_is_left(ran):
    assert sorted(p.name for p in (ran.folder / "output").iterdir()) == ["features.csv", "features.parquet"]
    assert not [p for p in ran.folder.rglob("*") if ".partial" in p.name]
    assert not list((ran.folder / ".weirflow").glob("tmp/*"))


def test_snippets_make_the_same_table(custom, ran):
    made = pl.read_parquet(custom.folder / "output" / "features-custom.parquet")
    assert made.equals(pl.read_parquet(ran.folder / "output" / "features.parquet"))
    text = (custom.folder / "output" / "features-custom.csv").read_text()
    assert text == (ran.folder / "output" / "features.csv").read_text()


# ---------------------------------------------------------------------- snippets


def test_what_a_snippet_prints_stands_under_its_node(custom, rows):
    text = custom.node("look").output
    assert text.startswith("<class 'pandas")
    assert "RangeIndex: 1000 entries" in text
    lines = [line.split() for line in text.splitlines()]
    for column in rows[0]:
        if column not in {"sex", "marital_status"}:
            assert [line[2:4] for line in lines if line[1:2] == [column]] == [["1000", "non-null"]]
    assert custom.node("map_savings").output == ""


def test_snippets_are_refused_by_line_with_the_command_that_allows_them(
    repository, tmp_path, monkeypatch, capfd
):
    folder = copied(repository, tmp_path / "credit-risk")
    monkeypatch.chdir(folder)
    lines = (folder / "credit-risk-custom.flow").read_text().splitlines()
    assert main(["run", "credit-risk-custom.flow", "-p", f"data={DATA}"]) == 2
    err = capfd.readouterr().err
    for node in ("look", "map_savings", "map_employment"):
        line = lines.index(f"  - id: {node}") + 1
        assert f"credit-risk-custom.flow:{line}:5: error[WF607]: '{node}'" in err
    assert err.count("error[WF607]") == 3
    assert f"weirflow run credit-risk-custom.flow -p data={DATA} --allow-code\n" in err
    assert not (folder / "output").exists()
    assert not list(folder.glob("*.trained.json"))


# ---------------------------------------------------------------------- analyses


def test_the_histogram_of_risk_counts_the_file(ran, rows):
    [chart] = ran.blocks("risk_histogram", "chart")
    assert dict(chart.rows) == {"low risk": 700, "high risk": 300} == Counter(r["risk"] for r in rows)


@pytest.mark.parametrize(
    ("node", "column", "crossed"),
    [("age_by_risk", "age", ["risk"]), ("risk_by_housing", "creditamount", ["risk", "housing"])],
)
def test_bars_of_numbers_count_the_file(ran, rows, node, column, crossed):
    [chart] = ran.blocks(node, "chart")
    highest = max(r[1] for r in chart.rows)
    found = {tuple(r[:-1]): r[-1] for r in chart.rows}
    assert sum(found.values()) == 1000
    edges = sorted({r[0] for r in chart.rows})
    counted = Counter()
    for row in rows:
        value = float(row[column])
        low = max(e for e in edges if e <= value)
        key = next(k for k in found if k[0] == low and list(k[2:]) == [row[c] for c in crossed])
        assert low <= value < key[1] or value == highest == key[1]
        counted[key] += 1
    assert found == counted


def test_bias_metrics_follow_from_the_two_by_two_table(ran, rows):
    cells = Counter((r["sex"], r["risk"]) for r in rows)
    assert cells == {
        ("male", "low risk"): 499, ("male", "high risk"): 191,
        ("female", "low risk"): 201, ("female", "high risk"): 109,
    }  # fmt: skip
    p, q = 499 / 690, 201 / 310  # shares of favourable outcomes: of the favoured group, of the other
    pairs = [(p, q), (1 - p, 1 - q)]
    middle = [(a + d) / 2 for a, d in pairs]
    cddl = 0.0
    for housing in ("own", "rent", "free"):
        there = Counter((r["sex"], r["risk"]) for r in rows if r["housing"] == housing)
        bad = there["male", "high risk"] + there["female", "high risk"]
        good = there["male", "low risk"] + there["female", "low risk"]
        disparity = there["female", "high risk"] / bad - there["female", "low risk"] / good
        cddl += (bad + good) / 1000 * disparity
    by_hand = {
        "class_imbalance": (690 - 310) / 1000,
        "difference_in_positive_proportions": p - q,
        "jensen_shannon_divergence": sum(
            a * math.log(a / m) + d * math.log(d / m) for (a, d), m in zip(pairs, middle, strict=True)
        ) / 2,
        "kullback_leibler_divergence": sum(a * math.log(a / d) for a, d in pairs),
        "lp_norm": math.sqrt(sum((a - d) ** 2 for a, d in pairs)),
        "total_variation_distance": sum(abs(a - d) for a, d in pairs) / 2,
        "kolmogorov_smirnov_distance": max(abs(a - d) for a, d in pairs),
        "conditional_demographic_disparity": cddl,
    }  # fmt: skip
    metrics = {m.name: m for m in ran.blocks("fairness", "metric")}
    assert {n: m.value for n, m in metrics.items()} == pytest.approx(by_hand, rel=1e-12)
    assert all(m.reading.endswith(".") for m in metrics.values())


def test_the_schema_counts_nulls_as_the_file_has_them(ran, rows):
    [table] = ran.blocks("info", "table")
    columns = [c for c in rows[0] if c not in {"sex", "marital_status"}]
    lines = table.rows
    assert [(r[1], r[3], r[4]) for r in lines] == [
        (c, sum(r[c] != "" for r in rows), sum(r[c] == "" for r in rows)) for c in columns
    ]
    types = {r[1]: r[2] for r in lines}
    assert (types["age"], types["installmentrate"], types["risk"]) == ("float64", "int64", "string")


def test_the_quick_model_is_scikit_learns(ran, expected):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import train_test_split

    features = expected.drop(columns="target").to_numpy(dtype=float)
    target = expected["target"].to_numpy()
    train, test, given, wanted = train_test_split(
        features, target, test_size=0.3, random_state=7, stratify=target
    )
    model = RandomForestClassifier(n_estimators=100, random_state=7).fit(train, given)
    found = model.predict(test)
    metrics = {m.name: m.value for m in ran.blocks("model", "metric")}
    assert metrics["f1"] == pytest.approx(f1_score(wanted, found), rel=1e-12)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(wanted, found), rel=1e-12)
    [chart] = ran.blocks("model", "chart")
    importances = dict(zip(expected.columns[1:], model.feature_importances_, strict=True))
    assert {name: value for name, value, *_ in chart.rows} == pytest.approx(importances, abs=1e-9)
    assert "seed 7" in ran.blocks("model", "text")[0].text


# ---------------------------------------------------------------------- the exported module


@pytest.mark.parametrize("learns", [False, True], ids=["plain", "refit"])
def test_the_exported_module_makes_the_table_without_weirflow(ran, expected, tmp_path, learns, capfd):
    flow = tmp_path / "fitted" / "credit-risk.flow"
    shutil.copytree(ran.folder, flow.parent)
    options = ["--to", "pandas", "-o", str(tmp_path / "credit.py")]
    if learns:  # an order given by hand is not learned, and only a run can check it against data
        changed = {"encode_risk.unseen": "keep", "encode_checking.unseen": "keep"}
        run = Options(select=("+features_csv",), report="none")
        weirflow.open(flow, overrides=changed).run(run, apart=False).check()
        options += ["--refit", *(o for k, v in changed.items() for o in ("--set", f"{k}={v}"))]
    assert main(["export", str(flow), *options]) == 0, capfd.readouterr().err
    shutil.copy(ran.folder / DATA, tmp_path)
    command = [sys.executable, "-I", "-W", "error", "-c", ALONE, "credit.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    same(pd.read_parquet(tmp_path / "output" / "features.parquet"), expected)
    same(pd.read_csv(tmp_path / "output" / "features.csv"), expected)


# ---------------------------------------------------------------------- the record and the page


def test_the_record_in_the_store_is_the_record_of_the_run(ran):
    [path] = (ran.folder / ".weirflow" / "runs").glob("*/record.json")
    kept = RunRecord.model_validate_json(path.read_text())
    assert kept == RunRecord.model_validate_json(ran.record.model_dump_json())
    assert (kept.status, kept.problems) == ("done", ())
    assert {n.status for n in kept.nodes} == {"done"}
    assert {n.rows_out for n in kept.nodes if n.kind != "analysis"} == {1000}
    node = next(n for n in kept.nodes if n.id == "name_status")
    assert {c.name: c.was for c in node.columns if c.was} == {
        "sex": "sex_split_0",
        "marital_status": "sex_split_1",
    }
    assert node.removed == ()
    assert ran.report == path.with_name("report.html")


def test_no_path_of_the_machine_is_in_the_page_or_the_trained_file(ran):
    for path in (ran.report, ran.folder / "credit-risk.trained.json"):
        assert str(ran.folder.parent) not in path.read_text().replace(ran.record.file, "")


@pytest.mark.browser
def test_the_page_of_the_run_is_quiet_in_a_browser(ran, browser):
    page = browser.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(ran.report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_load_state("networkidle")
    for node in ran.record.nodes:
        assert page.locator(f"#node-{node.id}").count() == 1
    assert page.locator("figure .chart svg").count() >= 5
    assert (said, asked) == ([], [ran.report.as_uri()])
    page.close()


# ---------------------------------------------------------------------- what the verbs load


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "FLOW"]])
def test_a_light_verb_loads_no_table_library(repository, arguments):
    flow = str(repository / "flows" / "credit-risk" / "credit-risk.flow")
    arguments = [flow if a == "FLOW" else a for a in arguments]
    code = (
        "import json, sys\nfrom weirflow.cli import main\ncode = main(sys.argv[1:])\n"
        "heavy = {'polars', 'pandas', 'pyarrow', 'numpy', 'sklearn', 'altair'}\n"
        "print(json.dumps([code, sorted(heavy & set(sys.modules))]), file=sys.__stderr__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=True, env={**os.environ, "WEIRFLOW_PLUGINS": ""},
    )  # fmt: skip
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    assert loaded == []
