"""FHIR to N-Quads, by our mapping and by the same rules with rdflib's terms: `python benchmarks/fhir_rdf.py FOLDER`.

FOLDER has the NDJSON files of an export, of any types. Prints quads and megabytes per second of CPU time of one
process; rdflib takes every fiftieth record, as it would take long for all.
"""

import sys
from pathlib import Path
from time import process_time

import rdflib

from weirflow_fhir.definitions import load
from weirflow_fhir.rdf import Mapping, decode
from weirflow_fhir.rdf.terms import DATATYPES, DATES, valid_iri

FHIR = "http://hl7.org/fhir/"
GRAPH = "http://example.org/g"
TYPES = load("R4").types
SYSTEMS = {"http://snomed.info/sct": "http://snomed.info/id/", "http://loinc.org": "http://loinc.org/rdf#"}
EVERY = 50


def term(name):
    return rdflib.URIRef(FHIR + name)


def literal(name, value):
    datatype = DATATYPES.get(name)
    if name in {"date", "dateTime"}:
        datatype = DATES.get(len(value), DATATYPES["instant"])
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return rdflib.Literal(text, datatype=datatype and rdflib.URIRef(datatype), normalize=False)


def link(graph, node, reference, *, typed):
    if not reference.startswith("http") and "/" not in reference:
        return
    iri = reference.replace("|", "?version=") if reference.startswith("http") else FHIR + reference
    if valid_iri(iri):
        graph.add((node, term("link"), rdflib.URIRef(iri)))
        if typed and iri.startswith(FHIR) and "/" in iri[len(FHIR) :]:
            graph.add((rdflib.URIRef(iri), rdflib.RDF.type, term(iri[len(FHIR) :].partition("/")[0])))


def content(graph, node, name, value):
    if TYPES[name].kind == "primitive":
        graph.add((node, term("value"), literal(name, value)))
        if name == "canonical":
            link(graph, node, value, typed=False)
        return
    if name == "Reference" and "reference" in value:
        link(graph, node, value["reference"], typed=True)
    if name == "Coding" and value.get("system") in SYSTEMS and "code" in value:
        graph.add((node, rdflib.RDF.type, rdflib.URIRef(SYSTEMS[value["system"]] + value["code"])))
    for key, each in value.items():
        if key == "resourceType":
            continue
        element = TYPES[name].elements[key]
        predicate = term(
            element.path.replace(element.choice + "[x]", key) if element.choice else element.path
        )
        if element.type == "xhtml":
            graph.add((node, predicate, rdflib.Literal(each)))
            continue
        for index, one in enumerate(each if element.many else [each]):
            child = rdflib.BNode()
            graph.add((node, predicate, child))
            if element.many:
                graph.add((child, term("index"), rdflib.Literal(str(index), datatype=rdflib.XSD.integer)))
            if element.type == "Resource":
                graph.add((child, rdflib.RDF.type, term(one["resourceType"])))
            content(graph, child, one["resourceType"] if element.type == "Resource" else element.type, one)


def by_rdflib(lines):
    data = rdflib.Dataset()
    graph = data.graph(rdflib.URIRef(GRAPH))
    for line in lines:
        record = decode(line)
        root = rdflib.URIRef(f"{FHIR}{record['resourceType']}/{record['id']}")
        graph.add((root, rdflib.RDF.type, term(record["resourceType"])))
        graph.add((root, term("nodeRole"), term("treeRoot")))
        content(graph, root, record["resourceType"], record)
    return len(graph), data.serialize(format="nquads").encode()


def ours(lines):
    mapping = Mapping("R4", graph=GRAPH)
    made = [mapping.lines(line).encode() for line in lines]
    return sum(one.count(b" .\n") for one in made), made


def measured(convert, lines):
    started = process_time()
    quads, _ = convert(lines)
    return process_time() - started, quads


def main(folder):
    lines = [
        line for file in sorted(Path(folder).glob("*.ndjson")) for line in file.read_bytes().splitlines()
    ]
    for convert, some in ((ours, lines), (by_rdflib, lines[::EVERY])):
        seconds, quads = min(measured(convert, some) for _ in range(3))
        size = sum(map(len, some)) / 1e6
        print(f"{convert.__name__}: {quads} quads, {quads / seconds:,.0f}/s, {size / seconds:.1f} MB/s")


if __name__ == "__main__":
    main(sys.argv[1])
