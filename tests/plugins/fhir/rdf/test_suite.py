"""The official examples, each as JSON and as Turtle of the same build, where the corpus is at hand."""

import logging
import re
from collections import Counter

import pytest
import rdflib

from weirflow_fhir.rdf import FaultError, Mapping, decode

pytestmark = pytest.mark.slow


@pytest.fixture
def pairs(corpus):
    """The pairs of a release that the suite's manifest gives one of some statuses."""

    def chosen(release, *wanted):
        folder = corpus / "fhir" / "conformance" / release
        rows = (line.split("\t") for line in (folder / "MANIFEST.tsv").read_text().splitlines()[1:])
        return [folder / row[0] for row in rows if row[-1] in wanted]

    return chosen


@pytest.fixture(autouse=True)
def _quiet():
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)


def _graphs(mapping, pair, record):
    ours = rdflib.Graph().parse(data=mapping.lines(record), format="nt")
    return ours, rdflib.Graph().parse(pair.with_name(pair.name + ".ttl"), format="turtle")


def _json(pair):
    return pair.with_name(pair.name + ".json").read_bytes()


def _without_build_tag(content):
    """A record without the tag that the build of R5 adds to its JSON alone."""
    record = decode(content.removeprefix(b"\xef\xbb\xbf"))
    meta = record.get("meta", {})
    for name in ("security", "tag"):
        if kept := [c for c in meta.pop(name, []) if c.get("code") != "HTEST"]:
            meta[name] = kept
    if not meta:
        record.pop("meta", None)
    return record


def test_every_verified_pair_of_r4_is_isomorphic(pairs, same_graph):
    mapping = Mapping("R4", header=True)
    chosen = pairs("r4-4.0.1", "verified")
    failed = [p.name for p in chosen if not same_graph(*_graphs(mapping, p, _json(p)))]
    assert (len(failed), failed[:5]) == (0, [])
    assert len(chosen) > 400


def test_every_verified_pair_of_r5_is_isomorphic(pairs, same_graph):
    mapping = Mapping("R5", base=None)
    chosen = pairs("r5", "verified")
    failed = [p.name for p in chosen if not same_graph(*_graphs(mapping, p, _without_build_tag(_json(p))))]
    assert (len(failed), failed[:5]) == (0, [])
    assert len(chosen) > 400


def _masked(graph, *, literals):
    """A graph without what its literals say, or without narratives and the release's number only."""

    def term(item):
        narrative = isinstance(item, rdflib.Literal) and item.startswith("<div")
        number = isinstance(item, rdflib.Literal) and re.fullmatch(r"[56]\.0\.0(-cibuild)?", item)
        text = isinstance(item, rdflib.Literal) and literals
        return rdflib.Literal("") if narrative or number or text else item

    concept = re.compile("http://snomed.info/|https://loinc.org/")
    masked = rdflib.Graph()
    for s, p, o in graph:
        masked.add((s, p, rdflib.URIRef("concept:") if literals and concept.match(o) else term(o)))
    return masked


def _class(mapping, pair, same_graph):
    try:
        ours, theirs = _graphs(mapping, pair, _without_build_tag(_json(pair)))
    except Exception as error:  # noqa: BLE001 (whatever rdflib's parser raises)
        return "ours" if isinstance(error, FaultError) else "unreadable"
    if same_graph(_masked(ours, literals=False), _masked(theirs, literals=False)):
        return "narrative or release"
    if same_graph(_masked(ours, literals=True), _masked(theirs, literals=True)):
        return "other words"
    if any("|" in o for o in theirs.objects() if isinstance(o, rdflib.URIRef)):
        return "invalid IRI"  # of a canonical with its version, which the page on RDF says to be ?version=
    names = [Counter(map(str, graph.predicates())) for graph in (ours, theirs)]
    return "structure" if names[0] == names[1] else "other content"


def test_pairs_of_r5_that_differ_do_so_in_content(pairs, same_graph):
    mapping = Mapping("R5", base=None)
    classes = Counter(_class(mapping, p, same_graph) for p in pairs("r5", "json-ttl-drift-or-quirk"))
    upstream = {"narrative or release", "other words", "other content", "invalid IRI", "unreadable"}
    assert set(classes) <= upstream, classes
