"""A secret's value reaches no message, record or page, whoever puts it there while the flow runs."""

import json
import os

import pytest

SECRET = "n1ghtingale's /song"

PLUGIN = """
from typing import ClassVar
from pydantic import Field
from weirflow.api import *
from weirflow.api import hookimpl


class Raise(Transform):
    "Refuse, naming the token."
    operator = "leaky.raise"
    token: str = Field(description="a token")

    def transform(self, inputs):
        raise NodeError(f"the service refused {self.token}", hint=f"is {self.token!r} right?")


class Work(Task):
    "Items that tell the token."
    operator = "leaky.work"
    outputs: ClassVar = (Port("default", "files"),)
    token: str = Field(description="a token")

    def items(self, inputs):
        return [Item("good"), Item("bad")]

    def process(self, item, out):
        if item.key == "bad":
            raise NodeError(f"no entry with {self.token}")
        out.warn(f"entered with {self.token}")
        return ItemResult(item.key)

    def finish(self, results):
        list(results)
        return {"default": Files(())}


class Tell(Analysis):
    "A report with the token in it."
    operator = "leaky.report"
    token: str = Field(description="a token")

    def ask(self, schema, known):
        return [RowCount()]

    def report(self, schema, answers):
        rows = Metric(name="rows", label=self.token, value=answers[RowCount()])
        return Report(title="a report", blocks=(rows, Text(text=f"{self.token}: as said")))


class Add(Transform):
    "A column whose cells and name hold the token."
    operator = "leaky.column"
    token: str = Field(description="a token")

    def effect(self, schema):
        return Effect(makes={self.token: Made(of=(), dtype=STRING)})

    def transform(self, inputs):
        import narwhals as nw
        return inputs.table.with_columns(nw.lit(self.token).alias(self.token))


class Bug(Task):
    "What takes the worker itself along."
    operator = "leaky.bug"
    outputs: ClassVar = (Port("default", "files"),)
    token: str = Field(description="a token")

    def items(self, inputs):
        raise SystemExit(self.token)

    def process(self, item, out): ...

    def finish(self, results): ...


class Short(Transform):
    "Takes a short token."
    operator = "leaky.short"
    token: str = Field(description="a token", max_length=40, pattern=r"^[^0-9]|secret:")

    def transform(self, inputs):
        return inputs.table


@hookimpl
def weirflow_nodes():
    return [
        NodeReference(c.operator, f"leaky_plugin:{c.__name__}", c.__doc__)
        for c in (Raise, Work, Tell, Add, Bug, Short)
    ]
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment of a process that finds the plugin."""
    site = tmp_path_factory.mktemp("site")
    (site / "leaky_plugin.py").write_text(PLUGIN)
    info = site / "leaky_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weirflow]\nleaky = leaky_plugin\n")
    return {**os.environ, "PYTHONPATH": str(site), "TOKEN": SECRET}


@pytest.fixture
def told(flow, weirflow, tmp_path):
    """Run a flow of these nodes below a source; all that it said and kept, and the process."""

    def run(nodes, verb="run", *arguments):
        (tmp_path / "d.csv").write_text("a\n1\n2\n")
        path = flow("- {id: d, operator: read.csv, parameters: {path: d.csv}}\n" + nodes)
        done = weirflow(verb, path, *arguments)
        kept = [p.read_text(errors="replace") for p in tmp_path.rglob("*") if p.is_file()]
        text = "\n".join([done.stdout, done.stderr, *kept])
        assert "ghtingale" not in text
        return text, done

    return run


@pytest.mark.parametrize("json_lines", [[], ["--json"]])
def test_in_the_error_of_a_node(told, json_lines):
    text, done = told(
        "- {id: x, operator: leaky.raise, parameters: {token: '${secret:TOKEN}'}}\n"
        "- {id: o, operator: write.csv, parameters: {path: o.csv}}\n",
        "run",
        *json_lines,
    )
    assert done.returncode == 1
    assert "the service refused ${secret:TOKEN}" in done.stderr
    assert text.count("the service refused ${secret:TOKEN}") >= 3  # the record and the report too


def test_in_what_code_prints_and_raises(told):
    text, _ = told(
        "- {id: x, operator: custom.pandas, parameters: {code: "
        "\"import os; print('with', os.environ['TOKEN']); raise ValueError(os.environ['TOKEN'])\"}}\n"
        "- {id: o, operator: write.csv, parameters: {path: '${secret:TOKEN}.csv'}}\n",
        "run",
        "--allow-code",
    )
    assert "with ${secret:TOKEN}" in text


def test_in_the_place_of_a_sink_that_fails(told, tmp_path):
    (tmp_path / "n1ghtingale's ").write_text("a file where a folder is wanted")
    _, done = told("- {id: o, operator: write.csv, parameters: {path: '${secret:TOKEN}/o.csv'}}\n")
    assert 'cannot write "${secret:TOKEN}/o.csv"' in done.stderr


def test_in_the_place_of_a_sink_that_works(told, tmp_path):
    _, done = told("- {id: o, operator: write.csv, parameters: {path: '${secret:TOKEN}/o.csv'}}\n")
    assert done.returncode == 0
    assert (tmp_path / SECRET / "o.csv").is_file()
    record = next((tmp_path / ".weirflow" / "runs").glob("*/record.json"))
    assert json.loads(record.read_text())["nodes"][-1]["files"] == ["${secret:TOKEN}/o.csv"]


def test_in_what_items_say(told):
    _, done = told("- {id: x, operator: leaky.work, parameters: {token: '${secret:TOKEN}'}}\n")
    assert "no entry with ${secret:TOKEN}" in done.stderr
    assert "entered with ${secret:TOKEN}" in done.stderr


def test_in_reports_names_and_samples(told):
    text, done = told(
        "- {id: x, operator: leaky.report, parameters: {token: '${secret:TOKEN}'}}\n"
        "- {id: y, operator: leaky.column, inputs: d, parameters: {token: '${secret:TOKEN}'}}\n"
    )
    assert done.returncode == 0
    assert "${secret:TOKEN}: as said" in text
    assert '"columns": [\n     "a",\n     "${secret:TOKEN}"' in text


def test_in_the_traceback_of_a_bug(told):
    _, done = told("- {id: x, operator: leaky.bug, parameters: {token: '${secret:TOKEN}'}}\n", "run", "-v")
    assert done.returncode == 70
    assert "SystemExit: ${secret:TOKEN}" in done.stderr


@pytest.mark.parametrize("verb", ["preview", "run"])
def test_a_value_that_a_parameter_refuses_is_not_quoted(verb, told, environment):
    environment["BAD_TOKEN"] = "1-ghtingale"
    _, done = told(
        "- {id: x, operator: leaky.short, parameters: {token: '${secret:BAD_TOKEN}'}}\n"
        "- {id: o, operator: write.csv, parameters: {path: o.csv}}\n",
        verb,
    )
    assert "the secret 'BAD_TOKEN' does not fit 'token' of leaky.short@1" in done.stderr
    assert done.returncode == 3


def test_in_a_preview_with_tracebacks(told):
    nodes = "- {id: x, operator: leaky.raise, parameters: {token: '${secret:TOKEN}'}}\n"
    _, done = told(nodes, "preview", "-v")
    assert "the service refused ${secret:TOKEN}" in done.stderr


def test_a_short_value_stands_only_for_words(told, environment):
    environment["TOKEN_SHORT"] = "a"
    _, done = told(
        "- {id: x, operator: leaky.raise, parameters: {token: '${secret:TOKEN_SHORT}'}}\n"
        "- {id: o, operator: write.csv, parameters: {path: o.csv}}\n"
    )
    assert "leaky.raise" in (done.stderr + done.stdout)
    assert "the service refused ${secret:TOKEN_SHORT}" in done.stderr
