"""The kit as an author's pytest sees it."""

from __future__ import annotations

import subprocess
import sys

NODE = '''
import narwhals as nw

from weirflow.api import FLOAT64, ColumnName, Effect, Field, Made, Transform


class Halve(Transform):
    """Halve a column."""

    operator = "mine.halve"

    column: ColumnName = Field()

    def effect(self, schema):
        return Effect(makes={self.column: Made(of=(self.column,), dtype=FLOAT64)})

    def transform(self, inputs):
        return inputs.table.with_columns(nw.col(self.column).cast(nw.Float64) / 2)
'''

TESTS = """
import polars as pl
from mine import Halve
from weirflow.testing import Case, conformance

test_halve = conformance((Halve, Case({"column": "a"}, pl.DataFrame({"a": [1, None, 3]}), name="ints")))
"""


def test_one_test_for_each_check_and_the_finding_in_its_message(tmp_path):
    (tmp_path / "mine.py").write_text(NODE)
    (tmp_path / "test_mine.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "-rfs",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1, done.stdout
    assert "test_mine.py::test_halve[mine.halve-ints-parameters.described]" in failed[0]
    assert "parameters.described (N2.2): parameter 'column' has no description" in done.stdout
    assert "SKIPPED" not in done.stdout


def test_a_check_that_another_makes_pointless_is_skipped(tmp_path):
    (tmp_path / "mine.py").write_text(NODE.replace("/ 2)", "/ self.two)"))
    (tmp_path / "test_mine.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "-rfs",
    ]
    command += ["-k", "run.example or rows.split or identity"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "1 failed" in done.stdout, done.stdout
    assert "1 skipped" in done.stdout, done.stdout
    assert "what it needs is not kept: see the findings of run.example, run.twice" in done.stdout
