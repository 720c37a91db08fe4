"""Mistakes in a plugin's code are put down to the plugin, with the line, and quote no value."""

import os

import pytest

PLUGIN = """
from typing import ClassVar
from pydantic import Field
from weirflow.api import *
from weirflow.api import hookimpl


class Effect_(Transform):
    "A transform that forgets to return its effect."
    operator = "faulty.effect"

    def effect(self, schema):
        pass

    def transform(self, inputs):
        return inputs.table


class Apply(Transform):
    "A transform that looks up what is not there."
    operator = "faulty.transform"

    def transform(self, inputs):
        return {"secret value": 1}["other secret"]


class Look(Source):
    "A source that calls what is no function."
    operator = "faulty.inspect"

    def inspect(self, context):
        return None()

    def scan(self, context, schema):
        return None


class Fit(Estimator[TrainedParameters]):
    "An estimator that divides by nothing."
    operator = "faulty.fit"
    columns: Columns = Field(description="columns")

    def ask(self, schema, known):
        return [RowCount()]

    def fit(self, answers):
        return answers[RowCount()] / 0

    def transform(self, table, trained):
        return table


class Ask(Fit):
    "An estimator that asks for what it has not."
    operator = "faulty.ask"

    def ask(self, schema, known):
        raise KeyError("secret value")


class Tell(Analysis):
    "An analysis whose report is a slip."
    operator = "faulty.report"

    def ask(self, schema, known):
        return [RowCount()]

    def report(self, schema, answers):
        return missing_name


@hookimpl
def weirflow_nodes():
    return [
        NodeReference(c.operator, f"faulty_plugin:{c.__name__}", c.__doc__)
        for c in (Effect_, Apply, Look, Fit, Ask, Tell)
    ]
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment of a process that finds the plugin."""
    site = tmp_path_factory.mktemp("site")
    (site / "faulty_plugin.py").write_text(PLUGIN)
    info = site / "faulty_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weirflow]\nfaulty = faulty_plugin\n")
    return {**os.environ, "PYTHONPATH": str(site)}


def line(text):
    """The line of the plugin's code that holds a text."""
    return next(i for i, found in enumerate(PLUGIN.splitlines(), 1) if text in found)


@pytest.mark.parametrize(
    ("operator", "error", "where", "code"),
    [
        ("faulty.effect", "TypeError", None, 3),
        ("faulty.transform", "KeyError", 'return {"secret value"', 1),
        ("faulty.inspect", "TypeError", "return None()", 1),
        ("faulty.fit", "ZeroDivisionError", "/ 0", 1),
        ("faulty.ask", "KeyError", "raise KeyError", 1),
        ("faulty.report", "NameError", "missing_name", 1),
    ],
)
def test_a_fault_names_the_plugin_and_the_line(operator, error, where, code, flow, weirflow, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n")
    parameters = ", parameters: {columns: a}" if operator in {"faulty.fit", "faulty.ask"} else ""
    source = "faulty.inspect" if operator == "faulty.inspect" else "read.csv, parameters: {path: d.csv}"
    middle = "" if operator == "faulty.inspect" else f"- {{id: x, operator: {operator}{parameters}}}\n"
    after = (
        "" if operator == "faulty.report" else "- {id: o, operator: write.csv, parameters: {path: o.csv}}\n"
    )
    path = flow(f"- {{id: d, operator: {source}}}\n{middle}{after}")

    done = weirflow("run", path)

    assert f"error[WF616]: {operator}@1 raised {error}" in done.stderr
    if where:
        assert f"faulty_plugin.py, line {line(where)}" in done.stderr
    assert "fault in the code of faulty_plugin" in done.stderr
    assert "secret" not in done.stderr
    assert done.returncode == code
    assert not (tmp_path / "o.csv").exists()


def test_a_secret_in_a_location_is_not_shown(flow, weirflow, environment):
    environment["HIDDEN"] = "n1ghtingale"
    path = flow("- {id: d, operator: read.csv, parameters: {path: '${secret:HIDDEN}.csv'}}\n")

    done = weirflow("run", path, "--json")

    assert done.returncode == 1
    assert "${secret:HIDDEN}.csv" in done.stderr
    assert "n1ghtingale" not in done.stderr + done.stdout
