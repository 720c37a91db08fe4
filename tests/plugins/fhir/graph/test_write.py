"""`graph.write`: what is written is what was there, in every format, and the same bytes each time."""

from __future__ import annotations

import gzip

import pytest
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

from weirflow.api import NodeError
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_fhir.graph import write as module
from weirflow_fhir.graph.write import WriteGraph

EX = "http://a.example/"
QUADS = (
    f'<{EX}b> <{EX}p> "2" <{EX}g> .\n<{EX}a> <{EX}p> "\\n\\"é" .\n<{EX}a> <{EX}p> <{EX}b> <{EX}g> .\n'
    f'<{EX}a> <{EX}p> <{EX}b> .\n_:x <{EX}p> "3"@en <{EX}h> .\n'
)


@pytest.fixture
def write(tmp_path, graph):
    def run(path, quads=QUADS, **parameters):
        WriteGraph(path=path, **parameters).write(graph(quads), FileTarget(tmp_path, None, engine("polars")))
        return (tmp_path / path).read_bytes()

    return run


def test_nquads_are_sorted_whatever_the_order_and_the_size_of_runs(write, monkeypatch):
    expected = "".join(sorted(QUADS.splitlines(keepends=True), key=str.encode)).encode()
    assert write("a.nq") == expected
    monkeypatch.setattr(module, "_LINES", 2)
    assert write("b.nq", "".join(reversed(QUADS.splitlines(keepends=True)))) == expected
    assert gzip.decompress(write("c.nq.gz")) == expected
    assert write("d.nq.gz") == write("e.nq.gz")


@pytest.mark.parametrize(
    ("path", "form"), [("a.nt", "nt"), ("a.ttl", "turtle"), ("a.rdf", "xml"), ("a.n3", "n3")]
)
def test_a_format_without_graphs_has_each_statement_once(path, form, write):
    merged = Graph()
    for triple in {q[:3] for q in Dataset().parse(data=QUADS, format="nquads").quads()}:
        merged.add(triple)
    found = Graph().parse(data=write(path), format=form)
    assert len(found) == 4
    assert isomorphic(found, merged)


@pytest.mark.parametrize(("path", "form"), [("a.trig", "trig"), ("a.jsonld", "json-ld"), ("a.trix", "trix")])
def test_a_format_with_graphs_keeps_them(path, form, write):
    one, other = Dataset(), Dataset()
    one.parse(data=write(path), format=form)
    other.parse(data=QUADS, format="nquads")
    for name in (EX + "g", EX + "h"):
        assert isomorphic(one.graph(name), other.graph(name))
    assert isomorphic(one.default_graph, other.default_graph)


def test_one_graph_alone(write):
    assert len(write("a.nt", graph=EX + "g").splitlines()) == 2
    with pytest.raises(NodeError, match="there is no graph"):
        write("b.nt", graph=EX + "none")


def test_prefixes_and_a_format_that_nobody_knows(write):
    assert b"ex:a" in write("a.ttl", prefixes={"ex": EX})
    with pytest.raises(NodeError, match="nothing reads or writes the format 'turtel'"):
        write("b.x", format="turtel")
