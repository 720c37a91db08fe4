"""Graphs in flows: kept between runs, made anew when a file changes, and open to rdflib's API in anybody's node."""

from __future__ import annotations

from typing import ClassVar

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Item, ItemResult, Port, Task
from weirflow.plan.model import Options
from weirflow.plugins.registry import Registry
from weirflow.project.opened import Project

FLOW = """\
flow: 1
name: graphs
nodes:
  - {id: graph, operator: graph.read, parameters: {path: rdf}}
  - {id: answer, operator: graph.query, parameters: {path: all.rq, bind: {p: {iri: "http://a.example/p"}}}}
  - {id: written, operator: write.csv, parameters: {path: answer.csv}}
  - {id: subjects, operator: test.subjects, inputs: graph}
  - {id: counted, operator: write.csv, inputs: subjects, parameters: {path: subjects.csv}}
  - {id: copy, operator: graph.write, inputs: graph, parameters: {path: copy.ttl}}
"""


class Subjects(Task):
    """List the subjects of a graph, by rdflib's API."""

    operator: ClassVar[str] = "test.subjects"
    inputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)

    def items(self, inputs):
        """Ask the graph as rdflib's users do."""
        with_graph = inputs["graph"].dataset()
        found = sorted({str(s) for s, _, _, _ in with_graph.quads()})
        with_graph.close()
        return [Item(s) for s in found]

    def process(self, item, out):
        """Nothing is to be done."""
        del out
        return ItemResult(item.key)

    def finish(self, results):
        """A row a subject."""
        return {"default": nw.from_native(pl.LazyFrame({"subject": [r.key for r in results]}))}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "rdf").mkdir()
    (tmp_path / "rdf/a.ttl").write_text("@prefix : <http://a.example/> . :s :p 1 . :t :q 2 .")
    (tmp_path / "all.rq").write_text("SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s")
    (tmp_path / "graphs.flow").write_text(FLOW)
    registry = Registry.load().with_nodes(Subjects)
    return lambda: Project(tmp_path / "graphs.flow", registry=registry)


def reasons(project):
    nodes = project().plan().nodes
    return {n: nodes[n].reason for n in ("graph", "answer")}


def test_a_graph_is_kept_and_made_anew_when_a_file_changes(project, tmp_path):
    options = Options(report="none", jobs=1)
    assert set(reasons(project).values()) == {"never run"}
    project().run(options, apart=False).check()
    assert (tmp_path / "answer.csv").read_text() == "s,o\nhttp://a.example/s,1\n"
    assert (tmp_path / "subjects.csv").read_text() == "subject\nhttp://a.example/s\nhttp://a.example/t\n"
    assert "<http://a.example/s>" in (tmp_path / "copy.ttl").read_text()
    assert set(reasons(project).values()) == {"cached: its item done before"}
    (tmp_path / "rdf/b.nt").write_text('<http://a.example/u> <http://a.example/p> "x" .\n')
    assert reasons(project)["graph"] == "1 of 1 items new, changed or unfinished"
    project().run(options, apart=False).check()
    assert (tmp_path / "answer.csv").read_text() == "s,o\nhttp://a.example/s,1\nhttp://a.example/u,x\n"
