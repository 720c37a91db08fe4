"""Sinks without inputs, which keep something up to date with a place that they read."""

import json
import os

import pytest

from weirflow.node.model import Sink

PLUGIN = '''
import time
from pathlib import Path
from typing import ClassVar

from weirflow.api import (
    Field, File, Files, Item, ItemResult, Location, NodeReference, Origin, Port, Receipt, Sink, Task, hookimpl,
)


class Count(Sink):
    """Keep a count of the files of a folder."""

    operator = "lone.count"
    inputs: ClassVar = ()
    folder: Origin = Field(description="the folder")
    names: Origin | None = Field(default=None, description="a file")
    database: Location = Field(description="the count")

    def write(self, table, target):
        assert table is None
        files = sorted(Path(target.origin(self.folder)).iterdir())
        for file in files:
            if not file.read_text():
                target.warn(f"{file.name} is empty")
        with target.file(self.database) as temporary:
            temporary.write_text(str(len(files)))
        return Receipt((target.path(self.database),))


class Shout(Task):
    """Write what the count is, loudly."""

    operator = "lone.shout"
    inputs: ClassVar = (Port("database", "files"),)
    outputs: ClassVar = (Port("default", "files"),)

    def items(self, inputs):
        return [Item("all", {"path": str(inputs["database"][0].path)})]

    def process(self, item, out):
        (out.folder / "copy").write_text(Path(item.payload["path"]).read_text() + "!")
        return ItemResult("all", {"at": time.time()})

    def finish(self, results):
        return {"default": Files(tuple(File(r.folder / "copy", name="copy.txt") for r in results))}


class ShoutByItem(Shout):
    """Do the same only where the count is another."""

    operator = "lone.shout_by_item"
    by_item: ClassVar = True

    def items(self, inputs):
        path = inputs["database"][0].path
        return [Item("all", {"path": str(path)}, path.read_text())]


@hookimpl
def weirflow_nodes():
    nodes = (Count, Shout, ShoutByItem)
    return [NodeReference(c.operator, f"lone_plugin:{c.__name__}", c.__doc__) for c in nodes]
'''
COUNT = "- {id: count, operator: lone.count, parameters: {folder: in, database: count.txt}}\n"
AGAIN = "- {id: again, operator: lone.count, parameters: {folder: %s, names: %s, database: %s}}\n"


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The environment of a process that finds the plugin."""
    site = tmp_path_factory.mktemp("site")
    (site / "lone_plugin.py").write_text(PLUGIN)
    info = site / "lone_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lone-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weirflow]\nlone = lone_plugin\n")
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "b.txt").touch()
    return tmp_path


def test_it_runs_warns_and_feeds_a_task(folder, flow, weirflow):
    path = flow(
        f"{COUNT}- {{id: shout, operator: lone.shout}}\n"
        "- {id: out, operator: files.write, inputs: shout, parameters: {path: out}}\n"
    )
    done = weirflow("run", path, "--json")
    assert done.returncode == 0, done.stderr
    assert (folder / "count.txt").read_text() == "2"
    assert (folder / "out" / "copy.txt").read_text() == "2!"
    events = [json.loads(line) for line in done.stdout.splitlines()]
    [warned] = [e for e in events if e["event"] == "warned"]
    assert warned["node"] == "count"
    assert warned["diagnostic"]["code"] == "WF618"
    assert warned["diagnostic"]["message"] == "b.txt is empty"
    assert warned["diagnostic"]["severity"] == "warning"
    page = next(folder.glob(".weirflow/**/*.html")).read_text()
    assert "b.txt is empty" in page
    assert "lone.count" in page

    (folder / "in" / "c.txt").write_text("c")
    done = weirflow("run", path)
    assert "warning[WF618]: b.txt is empty" in done.stderr
    assert (folder / "out" / "copy.txt").read_text() == "3!"


@pytest.mark.parametrize("operator", ["lone.shout", "lone.shout_by_item"])
def test_what_depends_on_it_follows(folder, flow, weirflow, operator):
    """A plan cannot know what the sink will find: its parameters are the same."""
    path = flow(
        f"{COUNT}- {{id: shout, operator: {operator}}}\n"
        "- {id: again, operator: lone.shout, inputs: shout}\n"
        "- {id: out, operator: files.write, inputs: again, parameters: {path: out}}\n"
    )
    moments = []
    for count in (2, 2, 3):
        if count == 3:
            (folder / "in" / "c.txt").write_text("c")
        done = weirflow("run", path)
        assert done.returncode == 0, done.stderr
        assert (folder / "out" / "copy.txt").read_text() == f"{count}!!"
        [entry] = folder.glob(".weirflow/items/x.shout/*/*.json")
        moments.append(json.loads(entry.read_text())["facts"]["at"])
    first, second, third = moments
    assert third > second
    assert (second == first) == (operator == "lone.shout_by_item")
    if operator == "lone.shout_by_item":
        assert "what count leaves as it was is kept" in weirflow("plan", path).stdout


def test_what_it_reads_stays_where_it_is_with_another_folder_for_outputs(folder, flow, weirflow):
    done = weirflow("run", flow(COUNT), "-o", folder / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert (folder / "elsewhere" / "count.txt").read_text() == "2"
    assert not (folder / "count.txt").exists()


@pytest.mark.parametrize(
    "arguments", [("check",), ("plan",), ("graph",), ("graph", "--format", "mermaid"), ("run", "--dry-run")]
)
def test_verbs_that_only_look(folder, flow, weirflow, arguments):
    done = weirflow(*arguments, flow(COUNT))
    assert done.returncode == 0, done.stderr
    assert arguments == ("check",) or "count" in done.stdout + done.stderr
    assert not (folder / "count.txt").exists()


def test_it_has_no_pandas_form(flow, weirflow):
    done = weirflow("export", flow(COUNT), "--to", "pandas")
    assert done.returncode == 1
    assert "error[WF801]" in done.stderr
    assert "'count'" in done.stderr


def test_a_test_of_a_flow_writes_elsewhere(folder, flow, weirflow):
    path = flow(COUNT)
    path.write_text(path.read_text() + "tests:\n  - {name: it counts, expect: {count: {}}}\n")
    done = weirflow("test", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / "count.txt").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (AGAIN % ("in", "in/a.txt", "again.txt"), None),  # two may read one place
        (
            AGAIN % ("in", "in/a.txt", "count.txt"),
            "'again' would write over 'count.txt', which 'count' writes",
        ),
        (AGAIN % ("in", "in/a.txt", "in/../in"), "'again' would write over 'in', which 'count' reads"),
        (
            AGAIN % ("in", "count.txt", "again.txt"),
            "'count' would write over 'count.txt', which 'again' reads",
        ),
        (AGAIN % ("in", "x", "x"), "'again' would write over 'x', which 'again' reads"),
    ],
)
def test_what_it_reads_and_writes_is_told_apart(folder, flow, weirflow, more, message):
    done = weirflow("check", flow(COUNT + more))
    said = done.stdout + done.stderr
    assert done.returncode == (0 if message is None else 3), said
    assert message is None or f"error[WF311]: {message}" in said


def test_fields_that_are_written():
    names = {}
    exec(PLUGIN, names)
    count = names["Count"]
    assert issubclass(count, Sink)
    assert count.location_fields() == {"folder", "names", "database"}
    assert count.written_fields() == {"database"}
