"""What a plugin's node gives of a wrong type is put down to its method and field, without a traceback or a value."""

import os

import pytest

PLUGIN = """
from typing import Any, ClassVar
from pydantic import Field
from weirflow.api import *
from weirflow.api import hookimpl

HIDDEN = "hidden value"


class Look(Source):
    operator = "wrong.inspect"

    def inspect(self, context):
        return {"schema": HIDDEN}

    def scan(self, context, schema): ...


class Facts(Look):
    operator = "wrong.facts"

    def inspect(self, context):
        return SourceFacts({"a": HIDDEN})


class Files_(Look):
    operator = "wrong.files"

    def inspect(self, context):
        return SourceFacts(Schema(()), files=(HIDDEN,))


class Scan(Look):
    operator = "wrong.scan"

    def inspect(self, context):
        return SourceFacts(Schema((Column("a", INT64),)))

    def scan(self, context, schema):
        return [HIDDEN]


class Learned(TrainedParameters):
    value: Any


class Ask(Estimator[Learned]):
    operator = "wrong.ask"
    columns: Columns = Field(default=Columns(names=("a",)), description="columns")

    def ask(self, schema, known):
        return [RowCount(), HIDDEN]

    def fit(self, answers):
        return Learned(value=1)

    def transform(self, table, trained):
        return table


class AskNothing(Ask):
    operator = "wrong.ask_nothing"

    def ask(self, schema, known): ...


class AskText(Ask):
    operator = "wrong.ask_text"

    def ask(self, schema, known):
        return HIDDEN


class Good(Ask):
    operator = "wrong.nothing_here"

    def ask(self, schema, known):
        return [RowCount()]


class Fit(Good):
    operator = "wrong.fit"

    def fit(self, answers):
        return {"value": HIDDEN}


class FitObject(Good):
    operator = "wrong.fit_object"

    def fit(self, answers):
        return Learned(value=object())


class Trained(Good):
    operator = "wrong.trained"

    def transform(self, table, trained): ...


class Change(Transform):
    operator = "wrong.transform"

    def transform(self, inputs): ...


class Eager(Transform):
    operator = "wrong.eager"

    def transform(self, inputs):
        return {"default": inputs.table.collect().to_native()}


class Tell(Analysis):
    operator = "wrong.report"

    def ask(self, schema, known):
        return [RowCount()]

    def report(self, schema, answers):
        return HIDDEN


class Write(Sink):
    operator = "wrong.write"

    def write(self, table, target): ...


class Paths(Sink):
    operator = "wrong.paths"

    def write(self, table, target):
        return Receipt((HIDDEN,))


class Items(Task):
    operator = "wrong.items"
    outputs: ClassVar = (Port("default", "files"),)

    def items(self, inputs):
        return [HIDDEN]

    def process(self, item, out):
        return ItemResult(item.key)

    def finish(self, results):
        list(results)
        return {"default": Files(())}


class Process(Items):
    operator = "wrong.process"

    def items(self, inputs):
        return [Item("one")]

    def process(self, item, out): ...


class Finish(Process):
    operator = "wrong.finish"

    def process(self, item, out):
        return ItemResult(item.key)

    def finish(self, results):
        list(results)


class Outputs(Finish):
    operator = "wrong.outputs"

    def finish(self, results):
        list(results)
        return {"other": Files(())}


class Work(Job):
    operator = "wrong.job"
    outputs: ClassVar = (Port("default", "model"),)

    def run(self, inputs, job):
        return HIDDEN


@hookimpl
def weirflow_nodes():
    found = [c for c in globals().values() if isinstance(c, type) and c.__module__ == __name__]
    return [
        NodeReference(c.operator, f"wrong_plugin:{c.__name__}", c.operator) for c in found if hasattr(c, "operator")
    ]
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment of a process that finds the plugin."""
    site = tmp_path_factory.mktemp("site")
    (site / "wrong_plugin.py").write_text(PLUGIN)
    info = site / "wrong_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weirflow]\nwrong = wrong_plugin\n")
    return {**os.environ, "PYTHONPATH": str(site)}


SOURCES = {"inspect", "facts", "files", "scan"}
ENDS = {"report", "write", "paths", "items", "process", "finish", "outputs", "job"}


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("inspect", "inspect() gave a value of type dict, and SourceFacts is expected"),
        ("facts", "SourceFacts.schema gave a value of type dict, and Schema is expected"),
        ("files", "SourceFacts.files, in a list, gave a value of type str, and FileFact is expected"),
        ("scan", "scan() gave a value of type list, and LazyFrame is expected"),
        ("ask", "ask(), in a list, gave a value of type str, and Statistic is expected"),
        ("ask_nothing", "ask() gave nothing (None), and a list is expected"),
        ("ask_text", "ask() gave a value of type str, and a list is expected"),
        ("fit", "fit() gave a value of type dict, and Learned is expected"),
        ("fit_object", "fit() gave a Learned that JSON cannot hold, and plain data is expected"),
        ("trained", "transform() gave nothing (None), and LazyFrame is expected"),
        ("transform", "transform() gave nothing (None), and LazyFrame is expected"),
        ("eager", "transform(), for 'default', gave a value of type DataFrame, and LazyFrame is expected"),
        ("report", "report() gave a value of type str, and Report is expected"),
        ("write", "write() gave nothing (None), and Receipt is expected"),
        ("paths", "Receipt.paths, in a list, gave a value of type str, and Path is expected"),
        ("items", "items(), in a list, gave a value of type str, and Item is expected"),
        ("process", "one: process() gave nothing (None), and ItemResult is expected"),
        ("finish", "finish() gave nothing (None), and a mapping is expected"),
        ("outputs", "finish() gave no output 'default'"),
        ("job", "run() gave a value of type str, and a mapping is expected"),
    ],
)
def test_the_method_and_the_field_are_named(operator, said, flow, weirflow, tmp_path):
    (tmp_path / "d.csv").write_text("a\n1\n")
    nodes = "" if operator in SOURCES else "- {id: d, operator: read.csv, parameters: {path: d.csv}}\n"
    nodes += f"- {{id: x, operator: wrong.{operator}}}\n"
    if operator not in ENDS:
        nodes += "- {id: o, operator: write.csv, parameters: {path: o.csv}}\n"

    done = weirflow("run", flow(nodes))

    assert done.returncode == 1
    if operator != "process":
        assert f"error[WF616]: wrong.{operator}@1: {said} (node 'x')" in done.stderr
        assert "fault in the code of wrong_plugin" in done.stderr
    assert said in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o.csv").exists()
