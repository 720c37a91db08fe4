"""Rules that the official examples show seldom or not at all: each expected line is the specification's."""

import json
from collections import Counter

import pyoxigraph as ox
import pytest
import rdflib

from weirflow_fhir.rdf import FaultError, Mapping, decode, prefixes, turtle

FHIR = rdflib.Namespace("http://hl7.org/fhir/")
PATIENT = {"resourceType": "Patient", "id": "p"}
ROOT = FHIR["Patient/p"]


def _graph(record, version="R4", **options):
    content = record if isinstance(record, bytes) else json.dumps(record)
    return rdflib.Graph().parse(data=Mapping(version, **options).lines(content), format="nt")


def _at(graph, *path):
    node = ROOT
    for step in path:
        (node,) = graph.objects(node, step if isinstance(step, rdflib.URIRef) else FHIR[step])
    return node


@pytest.mark.parametrize("text", ["1.00", "1.0E0", "1E-22", "123456789012345678901234567890", "0.10"])
@pytest.mark.parametrize("version", ["R4", "R5", "R6"])
def test_decimals_keep_every_digit(version, text):
    content = f'{{"resourceType":"Observation","valueQuantity":{{"value":{text}}}}}'.encode()
    values = {o for o in _graph(content, version).objects() if isinstance(o, rdflib.Literal)}
    double = version == "R6" and "E" in text
    assert rdflib.Literal(text, datatype=rdflib.XSD.double if double else rdflib.XSD.decimal) in values


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("1974", "gYear"),
        ("1974-12", "gYearMonth"),
        ("1974-12-25", "date"),
        ("1974-12-25T14:35:45-05:00", "dateTime"),
        ("197", None),
    ],
)
def test_dates_have_the_datatype_of_their_precision(text, datatype):
    graph = _graph({**PATIENT, "deceasedDateTime": text})
    expected = rdflib.Literal(text, datatype=rdflib.XSD[datatype] if datatype else None)
    assert _at(graph, "Patient.deceasedDateTime", "value") == expected


@pytest.mark.parametrize(
    "text", ['"', "\\", '\\"', '\\\\"', "a\nb\r\t", "\u0000\u0007", "</é😀", "\\u0041", "\u2028", "\x7f"]
)
def test_strings_come_back_as_they_were(text):
    for content in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        record = f'{{"resourceType":"Patient","id":"p","name":[{{"text":{content}}}]}}'.encode()
        graph = ox.parse(Mapping().lines(record), ox.RdfFormat.N_TRIPLES)
        assert text in {q.object.value for q in graph if isinstance(q.object, ox.Literal)}


def test_siblings_of_primitives_share_their_node():
    record = {
        **PATIENT,
        "birthDate": "1974",
        "_birthDate": {"id": "b", "extension": [{"url": "http://e.org/x", "valueCode": "c"}]},
        "name": [{"given": ["a", None], "_given": [None, {"id": "g"}]}],
        "_gender": {"id": "only"},
    }
    graph = _graph(record)
    date = _at(graph, "Patient.birthDate")
    assert set(graph.predicates(date)) == {FHIR.value, FHIR["Element.id"], FHIR["Element.extension"]}
    assert _at(graph, "Patient.birthDate", "Element.extension", "Extension.valueCode", "value").eq("c")
    given = {
        int(graph.value(node, FHIR["index"])): (
            graph.value(node, FHIR.value),
            graph.value(node, FHIR["Element.id"]),
        )
        for node in graph.objects(_at(graph, "Patient.name"), FHIR["HumanName.given"])
    }
    assert given[0] == (rdflib.Literal("a"), None)
    assert given[1][0] is None
    assert given[1][1] is not None
    assert graph.value(_at(graph, "Patient.gender"), FHIR.value) is None


def test_modifier_extensions_change_names_since_r5():
    modifier = [{"url": "http://e.org/not", "valueBoolean": True}]
    record = {**PATIENT, "modifierExtension": modifier, "contact": [{"modifierExtension": modifier}]}
    graph = _graph(record, "R5")
    assert (ROOT, rdflib.RDF.type, FHIR["_Patient"]) in graph
    assert (ROOT, FHIR["_contact"], None) in graph
    assert (ROOT, FHIR["contact"], None) not in graph
    assert (ROOT, rdflib.RDF.type, FHIR["Patient"]) in _graph(record, "R4")


def test_r6_links_uris_and_contained_resources():
    record = {
        **PATIENT,
        "text": {"status": "empty", "div": "<div/>"},
        "contained": [{"resourceType": "Organization", "id": "o"}],
        "managingOrganization": {"reference": "#o"},
        "deceasedBoolean": True,
        "identifier": [{"system": "urn:oid:1.2"}],
    }
    graph = _graph(record, "R6")
    inner = rdflib.URIRef(f"{ROOT}#o")
    assert (inner, rdflib.RDF.type, FHIR.Organization) in graph
    assert _at(graph, "managingOrganization", "l") == inner
    assert _at(graph, "deceased", rdflib.RDF.type) == FHIR.Boolean
    assert _at(graph, "text", "div", "v").datatype == rdflib.RDF.XMLLiteral
    assert (None, FHIR.l, rdflib.URIRef("urn:oid:1.2")) in graph


def test_integer64_is_a_string_in_json_and_a_long_in_rdf():
    record = {"resourceType": "DocumentReference", "content": [{"attachment": {"size": "9007199254740993"}}]}
    assert rdflib.Literal("9007199254740993", datatype=rdflib.XSD.long) in set(_graph(record, "R5").objects())


def test_policies_of_concepts():
    coding = {
        "coding": [
            {"system": "http://loinc.org", "code": "8302-2"},
            {"system": "http://e.org", "code": "a b"},
        ]
    }
    record = {"resourceType": "Observation", "code": coding}
    typed, none = _graph(record), _graph(record, concept_iris="none")
    loinc = rdflib.URIRef("http://loinc.org/rdf#8302-2")
    assert (None, rdflib.RDF.type, loinc) in typed
    assert set(typed) - set(none)
    predicate = rdflib.URIRef("http://e.org/concept")
    told = _graph(record, concept_iris=str(predicate), loinc="http://x.org/")
    assert set(told.objects(None, predicate)) == {
        rdflib.URIRef("http://x.org/8302-2"),
        rdflib.URIRef("http://e.org/a%20b"),
    }


@pytest.mark.parametrize(
    "reference", ["http://e.org/%zz", "http://e.org/[1]", "Patient/a b", "#x", "", "http://e.org:x/"]
)
def test_what_is_no_iri_stays_a_literal(reference):
    graph = _graph({**PATIENT, "managingOrganization": {"reference": reference}})
    assert not list(graph.objects(None, FHIR.link))
    assert _at(graph, "Patient.managingOrganization", "Reference.reference", "value").eq(reference)


@pytest.mark.parametrize(
    ("content", "reason", "path"),
    [
        (b'{"resourceType":"Patient","name":[{"family":1}]}', "wrong type", "Patient.name[0].family"),
        (b'{"resourceType":"Patient","secret":1}', "unknown element", "Patient"),
        (b'{"resourceType":"Patient","active":null}', "null value", "Patient.active"),
        (b'{"resourceType":"Patient","name":{}}', "wrong type", "Patient.name"),
        (b'{"resourceType":"Secret"}', "unknown resource type", ""),
        (b'{"resourceType":["Patient"]}', "not a resource", ""),
        (b"[1]", "not a resource", ""),
        (b'{"resourceType":"Patient",', "malformed JSON", ""),
        (b'{"resourceType":"Patient","id":"\\ud800"}', "malformed JSON", ""),
        (b'{"resourceType":"Patient","id":"\x00\\\\"}', "malformed JSON", ""),
        (b'{"resourceType":"Patient","id":"\xe9"}', "not UTF-8", ""),
        (b'{"resourceType":"Patient","multipleBirthInteger":NaN}', "malformed JSON", ""),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "nested too deeply", ""),
        (b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}", "malformed JSON", ""),
        (
            b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","gender":2}}]}',
            "wrong type",
            "Bundle.entry[0].resource(Patient).gender",
        ),
    ],
)
def test_faults_tell_class_and_place_and_no_value(content, reason, path):
    with pytest.raises(FaultError) as caught:
        Mapping().lines(content)
    assert (caught.value.reason, caught.value.path) == (reason, path)
    assert "secret" not in str(caught.value).lower()


def test_lenient_leaves_out_what_is_at_fault_and_counts_it():
    mapping = Mapping(lenient=True)
    record = {**PATIENT, "gender": 1, "odd": 2, "name": [{"family": "f", "text": False}]}
    graph = rdflib.Graph().parse(data=mapping.lines(record), format="nt")
    assert graph.value(_at(graph, "Patient.name"), FHIR["HumanName.family"])
    assert (ROOT, FHIR["Patient.gender"], None) not in graph
    assert mapping.skipped == Counter(
        {("wrong type", "gender"): 1, ("unknown element", ""): 1, ("wrong type", "text"): 1}
    )


def _blank(lines):
    return {q.object for q in ox.parse(lines, ox.RdfFormat.N_TRIPLES) if isinstance(q.object, ox.BlankNode)}


def test_labels_depend_on_the_record_alone():
    mapping = Mapping()
    one, other = ({**PATIENT, "gender": gender} for gender in ("male", "female"))
    first, second = mapping.lines(one), mapping.lines(other)
    assert not _blank(first) & _blank(second)
    assert first == mapping.lines(one) == Mapping().lines(json.dumps(one, separators=(",", ":")))


def test_an_entry_is_named_by_its_url_and_an_outcome_not_at_all():
    patient = {"fullUrl": "urn:uuid:0", "resource": PATIENT}
    bundle = {"resourceType": "Bundle", "id": "b", "entry": [patient, {"resource": PATIENT}]}
    graph = _graph(bundle)
    named = set(graph.objects(None, FHIR["Bundle.entry.resource"]))
    assert rdflib.URIRef("urn:uuid:0") in named
    assert sum(isinstance(node, rdflib.BNode) for node in named) == 1
    assert len(list(graph.subjects(FHIR.nodeRole, FHIR.treeRoot))) == 1
    outcome = _graph({"resourceType": "OperationOutcome", "id": "o", "issue": []})
    assert all(isinstance(node, rdflib.BNode) for node in outcome.subjects())


def test_graphs_bases_and_blank_roots():
    lines = Mapping(graph="http://e.org/g", base="https://e.org/fhir").lines(
        {**PATIENT, "managingOrganization": {"reference": "Organization/o"}}
    )
    quads = list(ox.parse(lines, ox.RdfFormat.N_QUADS))
    assert {q.graph_name for q in quads} == {ox.NamedNode("http://e.org/g")}
    assert ox.NamedNode("https://e.org/fhir/Patient/p") in {q.subject for q in quads}
    assert ox.NamedNode("https://e.org/fhir/Organization/o") in {q.subject for q in quads}
    assert "<http://hl7.org/fhir/Patient/p>" not in Mapping(base=None).lines(PATIENT)


def test_a_number_passes_through_a_decoded_record():
    record = decode(b'{"resourceType":"Observation","valueQuantity":{"value":1.00}}')
    assert '"1.00"^^' in Mapping().lines(record)


def test_turtle_reads_as_the_specification_writes_it():
    lines = Mapping("R5").lines({**PATIENT, "name": [{"given": ["a", "b"]}], "active": True})
    assert turtle(lines).splitlines() == [
        "<http://hl7.org/fhir/Patient/p> a fhir:Patient ;",
        "  fhir:nodeRole fhir:treeRoot ;",
        '  fhir:id [ fhir:v "p" ] ;',
        '  fhir:name ( [ fhir:given ( [ fhir:v "a" ] [ fhir:v "b" ] ) ] ) ;',
        '  fhir:active [ fhir:v "true"^^xsd:boolean ] .',
    ]
    graph = rdflib.Graph().parse(data=prefixes() + turtle(lines), format="turtle")
    assert rdflib.compare.isomorphic(graph, rdflib.Graph().parse(data=lines, format="nt"))
