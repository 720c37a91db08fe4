"""`graph.notes`: both vocabularies, the same bytes for any order, and the request to Neptune."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from hashlib import md5

import pytest
from rdflib import Dataset, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, SKOS, XSD

from weirflow.api import NodeError
from weirflow_fhir.graph.notes import NotesGraph
from weirflow_fhir.iris import ICD10CM as ICD
from weirflow_fhir.iris import RXNORM as RX

OA = Namespace("http://www.w3.org/ns/oa#")
WN = "urn:weirflow:notes#"
FHIR = "http://hl7.org/fhir/"


@pytest.fixture
def tables(notes, entities):
    return (
        notes(
            {
                "date": "2024-02-29T10:00:00Z",
                "title": 'A "note"\n',
                "file": "a b.ndjson",
                "line": 3,
                "type": "Progress note",
            }
            | {"type_system": "http://loinc.org", "type_code": "11506-3"},
            {"note_id": "DocumentReference/d2#2", "document_id": "d2", "date": "2024"},
        ),
        entities(
            {
                "rank": 1,
                "code_system": ICD,
                "code": "J45.909",
                "description": "Asthma",
                "code_score": 0.8,
                "negated": False,
            },
            {
                "rank": 2,
                "code_system": ICD,
                "code": "J45.20",
                "description": "Mild asthma",
                "code_score": 0.3,
                "negated": False,
            },
            {"source": "tagger", "kind": "medication", "text": 'a "b"', "begin": 12, "end": 17, "score": None}
            | {"negated": True, "section": "Plan", "note_id": "DocumentReference/d2#2", "document_id": "d2"},
        ),
    )


def merged(files) -> Graph:
    data, made = Dataset(), Graph()
    for file in files:
        with file.path.open("rb") as content:
            data.parse(content, format="nquads")
    for s, p, o, g in data.quads():
        assert str(g) in {"urn:weirflow:notes", "http://example.org/graph/comprehend-entities"}
        made.add((s, p, o))
    return made


def term(name):
    return URIRef(WN + name)


def test_what_is_known_of_notes_and_entities_is_in_the_graph(written, tables):
    found = merged(written(NotesGraph(), *tables)["files"])
    note, entity = (
        URIRef(FHIR + "DocumentReference/d1"),
        URIRef("urn:weirflow:entity:DocumentReference/d1/icd10/3-9/condition"),
    )
    code = URIRef(f"{ICD}/J45.909")
    expected = {
        (note, RDF.type, term("Note")),
        (note, DCTERMS.created, Literal("2024-02-29T10:00:00Z", datatype=XSD.dateTime)),
        (note, DCTERMS.title, Literal('A "note"\n')),
        (note, DCTERMS.type, URIRef("http://loinc.org/rdf#11506-3")),
        (note, PROV.hadPrimarySource, URIRef("urn:weirflow:file:a%20b.ndjson#line=2,3")),
        (URIRef(FHIR + "DocumentReference/d2#2"), term("record"), URIRef(FHIR + "DocumentReference/d2")),
        (URIRef(FHIR + "DocumentReference/d2#2"), DCTERMS.created, Literal("2024", datatype=XSD.gYear)),
        (entity, RDF.type, OA.Annotation),
        (entity, RDFS.label, Literal("asthma")),
        (entity, term("patient"), URIRef(FHIR + "Patient/p1")),
        (entity, term("encounter"), URIRef(FHIR + "Encounter/e1")),
        (entity, term("score"), Literal("0.9", datatype=XSD.double)),
        (entity, term("negated"), Literal("false", datatype=XSD.boolean)),
        (entity, OA.hasBody, code),
        (entity, term("concept"), code),
        (entity, PROV.wasGeneratedBy, URIRef("urn:weirflow:activity:icd10")),
        (code, SKOS.notation, Literal("J45.909")),
        (code, SKOS.prefLabel, Literal("Asthma")),
        (code, SKOS.inScheme, URIRef(ICD)),
    }
    assert expected - set(found) == set()
    (target,) = found.objects(entity, OA.hasTarget)
    assert found.value(target, OA.hasSource) == note
    position = next(s for s in found.objects(target, OA.hasSelector) if found.value(s, OA.start))
    assert (found.value(position, OA.start).value, found.value(position, OA.end).value) == (3, 9)
    ranks = {
        found.value(c, term("rank")).value: found.value(c, term("score")).value
        for c in found.objects(entity, term("candidate"))
    }
    assert ranks == {1: 0.8, 2: 0.3}
    assert len(list(found.objects(entity, term("concept")))) == 1


def test_negation_and_section_are_kept_and_what_nobody_knows_is_not_said(written, tables):
    found = merged(written(NotesGraph(), *tables)["files"])
    entity = next(s for s, o in found.subject_objects(RDFS.label) if str(o) == 'a "b"')
    assert found.value(entity, term("negated")).value is True
    assert str(found.value(entity, term("section"))) == "Plan"
    assert found.value(entity, term("score")) is None
    assert found.value(entity, term("concept")) is None


@pytest.mark.parametrize("vocabulary", ["weirflow", "published"])
def test_any_order_of_rows_gives_the_same_bytes(vocabulary, written, tables):
    node = NotesGraph(vocabulary=vocabulary)
    one = written(node, *tables)["files"]
    other = written(node, *(t.reverse() for t in tables))["files"]
    assert [(f.name, f.path.read_bytes()) for f in one] == [(f.name, f.path.read_bytes()) for f in other]


def test_other_iris_for_resources_and_graph(written, tables):
    files = written(NotesGraph(base="https://ehr.example/", graph="urn:g"), *tables)["files"]
    text = "".join(f.path.read_text() for f in files)
    assert "<https://ehr.example/Patient/p1> <urn:g> ." in text
    assert FHIR + "Patient" not in text
    with pytest.raises(NodeError, match=r"line 1 of .*nq is no N-Quads"):
        written(NotesGraph(graph="no iri"), *tables)


def test_the_published_vocabulary_is_as_the_lambda_wrote_it(written, corpus, tables, entities):
    """The corpus has what the Lambda's code gave: the same shape, and the same names but those of occurrences."""
    sample = Dataset()
    with (corpus / "fhir/healthlake/aws-lambda-sample.nq").open("rb") as file:
        sample.parse(file, format="nquads")
    theirs = [(s, p, o) for s, p, o, _ in sample.quads()]
    found_in, has_text = (
        URIRef("http://example.org/relationship/found-in"),
        URIRef("http://example.org/relationship/has-text"),
    )
    labels = {s: str(o) for s, p, o in theirs if p == RDFS.label}
    occurrences = {s for s, p, _ in theirs if p == found_in}
    (name,) = [n for n in labels.values() if n.startswith("source/")]
    patient, _, document = name.removeprefix("source/").removesuffix(".txt").partition("___")
    said = [
        (
            str(next(o for s, p, o in theirs if s == x and p == RDF.type)).rpartition("/")[2],
            labels[next(o for s, p, o in theirs if s == x and p == has_text)],
        )
        for x in sorted(occurrences)
    ]
    usual = {"patient_id": patient, "document_id": document, "note_id": f"DocumentReference/{document}"}
    codes = [t for k, t in said if k == "icd10code"]
    described = [t for k, t in said if k == "icd10description"]
    rows = [
        {**usual, "source": "detect", "kind": k, "text": t.upper(), "begin": i, "end": i}
        for i, (k, t) in enumerate(said)
        if not k.startswith("icd10")
    ]
    texts = [t for k, t in said if k == "icd10text"]
    for i in range(max(len(codes), len(described), len(texts))):
        row = {
            **usual,
            "text": None,
            "begin": 100 + i,
            "end": 100 + i,
            "rank": 1,
            "code_system": ICD,
            "code_score": 0.9,
        }
        row |= {
            "code": codes[i] if i < len(codes) else None,
            "description": described[i] if i < len(described) else None,
        }
        rows.append(row | {"text": texts[i] if i < len(texts) else None})
    ours = merged(written(NotesGraph(vocabulary="published"), tables[0], entities(*rows))["files"])

    def shape(triples, occurrences):
        return Counter(("occurrence" if s in occurrences else s, p, o) for s, p, o in triples)

    assert shape(ours, set(ours.subjects(found_in))) == shape(theirs, occurrences)


def test_the_published_vocabulary_drops_what_scores_low_or_is_short(written, tables, entities):
    table = entities(
        {"text": "Low", "score": 0.69},
        {"text": "x", "begin": 20, "end": 21},
        {"text": 'Patient\'s "Pain"', "begin": 30, "end": 46, "score": 0.7},
        {
            "text": "aspirin",
            "source": "rxnorm",
            "begin": 50,
            "end": 57,
            "code": "1191",
            "code_system": RX,
            "code_score": 0.2,
        },
    )
    found = merged(written(NotesGraph(vocabulary="published"), tables[0], table)["files"])
    labels = {str(o) for o in found.objects(None, RDFS.label)}
    assert labels == {"patients pain", "aspirin", "source/p1___d1.txt"}
    assert URIRef("http://example.org/resource/" + md5(b"aspirin").hexdigest()) in set(
        found.subjects(RDFS.label)
    )
    for occurrence in found.subjects(URIRef("http://example.org/relationship/found-in")):
        assert uuid.UUID(str(occurrence).rpartition("/")[2]).version == 5


LOAD = {"source": "s3://bucket/nquads/", "role": "arn:aws:iam::123456789012:role/Load", "region": "us-east-1"}


def test_the_request_to_neptune_is_the_one_that_was_published(written, tables):
    (file,) = written(NotesGraph(vocabulary="published", neptune=LOAD), *tables)["request"]
    assert json.loads(file.path.read_text()) == {
        "source": "s3://bucket/nquads/",
        "format": "nquads",
        "iamRoleArn": LOAD["role"],
        "region": "us-east-1",
        "failOnError": "TRUE",
    }
    with pytest.raises(NodeError, match="no region 'mars-1'"):
        written(NotesGraph(neptune={**LOAD, "region": "mars-1"}), *tables)


def test_the_request_is_sent_by_botocore_as_it_is_written():
    """botocore's serializer, given what we checked, makes the same body but for the truth value's spelling."""
    import botocore.session
    from botocore.serialize import create_serializer

    model = botocore.session.get_session().get_service_model("neptunedata")
    given = {
        "source": LOAD["source"],
        "format": "nquads",
        "iamRoleArn": LOAD["role"],
        "s3BucketRegion": "us-east-1",
        "failOnError": True,
    }
    sent = create_serializer(model.metadata["protocol"]).serialize_to_request(
        given, model.operation_model("StartLoaderJob")
    )
    assert sent["url_path"] == "/loader"
    from weirflow_fhir.graph.neptune import NeptuneLoad

    ours = json.loads(NeptuneLoad(**LOAD).request())
    assert json.loads(sent["body"]) == {**ours, "failOnError": True}
