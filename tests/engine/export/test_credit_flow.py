"""The credit-risk flows, exported, executed with pandas alone, and held against the run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import weirflow
from weirflow.export.pandas import export_pandas
from weirflow.plan.model import Options

FLOWS = Path(__file__).parents[3] / "flows" / "credit-risk"
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


def run(name: str, folder: Path, *changes: tuple[str, str]) -> Path:
    """Copy the flow's folder, change the flow's text, and run what leads to its destinations."""
    shutil.copytree(FLOWS, folder, ignore=shutil.ignore_patterns(".weirflow", "output", "*.trained.json"))
    path = folder / name
    for old, new in changes:
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    options = Options(select=("+features_parquet", "+features_csv"), allow_code=True, report="none")
    weirflow.open(path).run(options, apart=False).check()
    return path


def compare(flow: Path, text: str, folder: Path) -> None:
    """Execute a module with pandas alone and hold what it writes against what the run wrote."""
    module = folder / "credit_risk.py"
    module.write_text(text)
    shutil.copy(flow.parent / "german_credit_data.csv", folder)
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", ALONE, str(module)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = sorted((flow.parent / "output").iterdir())
    assert len(files) == 2
    for file in files:
        read = pd.read_csv if file.suffix == ".csv" else pd.read_parquet
        expected, made = read(file), read(folder / "output" / file.name)
        assert len(expected) == 1000
        assert list(made.columns) == list(expected.columns)
        for column in expected:
            floats = pd.api.types.is_float_dtype(expected[column])
            right = made[column].astype(expected[column].dtype)
            pd.testing.assert_series_equal(
                right, expected[column], check_exact=not floats, rtol=1e-12, atol=0
            )


@pytest.fixture(scope="module", params=["credit-risk.flow", "credit-risk-custom.flow"])
def ran(request, tmp_path_factory):
    return run(request.param, tmp_path_factory.mktemp("flow") / "credit-risk")


def test_the_module_makes_the_table_of_the_run(ran, tmp_path):
    compare(ran, export_pandas(weirflow.open(ran).plan(Options(allow_code=True))), tmp_path)


def test_the_module_that_learns_makes_the_table_of_the_run(tmp_path):
    # an order given by hand is nothing that is learned; only the check of it asks for data
    orders = ["order: [low risk, high risk]", "order: [no account, none, little, moderate]"]
    changes = [(orders[0], f"{orders[0]}, unseen: keep"), (orders[1], f"{orders[1]}\n      unseen: keep")]
    flow = run("credit-risk.flow", tmp_path / "credit-risk", *changes)
    text = export_pandas(weirflow.open(flow).plan(), learn=True)
    assert "11.375468" not in text  # the deviation of the ages
    compare(flow, text, tmp_path)


def test_ruff_has_nothing_to_say(ran):
    text = export_pandas(weirflow.open(ran).plan(Options(allow_code=True)))
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(
        [*ruff, "format", "--isolated", "--quiet", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == text
    rules = ["check", "--isolated", "--select", "E,F,I,W,B,D1", "--quiet", "-"]
    done = subprocess.run([*ruff, *rules], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "weirflow" not in text.replace("Exported by weirflow from", "")


def test_a_line_of_steps_reads_like_one(ran):
    text = export_pandas(weirflow.open(ran).plan(Options(allow_code=True)))
    body = text[text.index("args = parser.parse_args()") :].split("\n\n")[1].splitlines()
    assert body[0] == "    df = read_applications(args.applications)"
    assert body[2] == "    df = split_status(df)"
    assert body[-2:] == [
        "    write_features_parquet(df, args.features_parquet)",
        "    write_features_csv(df, args.features_csv)",
    ]
    assert "fairness" in text.partition("# Left out")[2].partition("def main")[0]
