"""`graph.load` and `graph.read`: every format, faults with their line, blank nodes, many readers."""

from __future__ import annotations

import gzip
import multiprocessing

import pytest
from pyoxigraph import Store
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from weirflow.api import NodeError
from weirflow.testing.subject import quads_of
from weirflow_fhir.graph.load import LoadGraph, ReadGraph

EX = "http://a.example/"
FORMATS = ["nq", "nt", "ttl", "trig", "rdf", "jsonld", "n3", "hext", "trix"]
RDFLIB = {"nq": "nquads", "rdf": "xml", "jsonld": "json-ld", "ttl": "turtle"}


def some() -> Dataset:
    data = Dataset()
    node = BNode()
    data.add((URIRef(EX + "s"), URIRef(EX + "p"), Literal('é\n"x"', lang="en")))
    data.add((URIRef(EX + "s"), URIRef(EX + "q"), node))
    data.add((node, URIRef(EX + "r"), Literal(7)))
    return data


def merged(graph) -> Graph:
    """All statements, as rdflib reads what the store dumps."""
    made = Graph()
    made.parse(data=b"\n".join(quads_of(graph)), format="nt")
    return made


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_graph(ending, files, load):
    data = some()
    source = data.default_graph if ending in {"nt", "ttl", "rdf", "n3"} else data
    text = source.serialize(format=RDFLIB.get(ending, ending))
    found = merged(load(files(**{f"a__{ending}": text})))
    assert isomorphic(found, Graph().parse(data=data.default_graph.serialize(format="nt"), format="nt"))


def test_gzip_is_unpacked_and_the_same_each_time(files, load):
    packed = gzip.compress(some().default_graph.serialize(format="turtle").encode())
    one, other = load(files(a__ttl__gz=packed)), load(files(a__ttl__gz=packed))
    assert quads_of(one) == quads_of(other)
    assert len(quads_of(one)) == one.facts["quads"] == 3


@pytest.mark.parametrize(("blank_nodes", "nodes"), [("apart", 2), ("kept", 1)])
def test_blank_nodes_of_two_files(blank_nodes, nodes, files, load):
    line = f'_:b <{EX}p> "%d" .\n'
    graph = load(files(a__nt=line % 1, b__nt=line % 2), blank_nodes=blank_nodes)
    assert len({q.split()[0] for q in quads_of(graph)}) == nodes


def test_a_bad_file_is_told_with_its_line_and_without_its_content(files, carry_out):
    good = f'<{EX}s> <{EX}p> "1" .\n'
    given = files(a__nt=good, b__nt=good.replace("s>", "t>") + f"<{EX}Mr Smith <{EX}p> 2 .\n")
    with pytest.raises(NodeError, match=r"'b.nt': line 2, column 1: it is not valid ntriples") as caught:
        carry_out(LoadGraph(), given)
    assert "Smith" not in str(caught.value)
    outputs, warned = carry_out(LoadGraph(max_bad_items=1), given)
    assert len(quads_of(outputs["graph"])) == 1  # nothing of the bad file, not even its good line
    assert warned == ["'b.nt' is left out: line 2, column 1: it is not valid ntriples (invalid IRI)"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a__trix", "<TriX"),
        ("a__hext", "[1"),
        ("a__nt__gz", b"\x1f\x8bno"),
        ("a__ttl", b"\xff"),
        ("a__jsonld", "{"),
    ],
)
def test_other_bad_files_are_told(name, content, files, carry_out):
    with pytest.raises(NodeError, match=r"^'a\."):
        carry_out(LoadGraph(), files(**{name: content}))


def test_a_named_graph_takes_the_triples_that_are_in_none(files, load):
    quads = quads_of(
        load(files(a__nq=f'<{EX}s> <{EX}p> "1" .\n<{EX}s> <{EX}p> "2" <{EX}g> .\n'), graph=EX + "x")
    )
    assert [q.split()[-2].decode() for q in quads] == [f"<{EX}x>", f"<{EX}g>"]


def test_read_takes_a_folder_or_a_pattern(tmp_path, carry_out):
    for name in ("a.ttl", "in/b.nt", "in/notes.txt"):
        path = tmp_path / "rdf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'<{EX}{path.stem}> <{EX}p> "1" .\n')
    for where, count in (("rdf", 2), ("rdf/*.ttl", 1), ("rdf/in/b.nt", 1)):
        assert len(quads_of(carry_out(ReadGraph(path=where))[0]["graph"])) == count
    with pytest.raises(NodeError, match="is not there"):
        carry_out(ReadGraph(path="none"))


def count(path: str) -> int:
    return len(Store.read_only(path))


def test_several_processes_read_at_once_and_none_can_write(files, load):
    graph = load(files(a__nt=f'<{EX}s> <{EX}p> "1" .\n'))
    kept = graph.dataset()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(count, [str(graph.path)] * 4) == [1] * 4
    with pytest.raises(RuntimeError):
        kept.add((URIRef(EX), URIRef(EX), URIRef(EX)))
    assert [str(r.o) for r in kept.query("SELECT ?o { ?s ?p ?o }")] == ["1"]
    kept.close()
