"""`fhir.notes`: rows against resources written by hand."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest

from weirflow.api import File, Files, Inputs, ItemOutput
from weirflow_fhir.notes.node import Notes


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def document(*attachments, **more):
    return {
        "resourceType": "DocumentReference",
        "id": "d",
        "content": [{"attachment": a} for a in attachments],
    } | more


def plain(data, kind="text/plain", **more):
    return {"contentType": kind, "data": b64(data)} | more


@pytest.fixture
def taken(tmp_path):
    """Take the notes of files, which are lists of resources or lines by name: rows, rejects, and warnings."""

    def take(files):
        for name, lines in files.items():
            (tmp_path / name).write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
        node, warnings, results = Notes(), [], []
        given = Files(tuple(File(tmp_path / n) for n in files))
        for number, item in enumerate(node.items(Inputs([("files", given)]))):
            folder = tmp_path / f"item{number}"
            folder.mkdir()
            results.append(replace(node.process(item, ItemOutput(folder, warnings.append)), folder=folder))
        outputs = node.finish(results)
        assert [f.name for f in outputs["files"]] == [f"{n}.parquet" for n in sorted(files)]
        tables = [outputs[p].collect("polars").to_native().to_dicts() for p in ("default", "rejects")]
        return *([{k: v for k, v in r.items() if v is not None} for r in t] for t in tables), warnings

    return take


def test_a_document_of_r4(taken):
    resource = document(
        plain("Well.\r\n", "text/plain; charset=utf-8", title="Visit", language="en"),
        plain("<p>Sure &amp; <b>well</b></p>", "text/HTML"),
        plain(r"{\rtf1\ansi Caf\'e9\par end}", "application/rtf"),
        plain("# Plan\n* rest", "text/markdown"),
        status="current",
        type={"coding": [{"system": "http://loinc.org", "code": "34117-2", "display": "History"}]},
        category=[{"coding": [{"display": "Clinical Note"}]}],
        subject={"reference": "https://fhir.example/r4/Patient/p1/_history/2"},
        date="2020-02-03T04:05:06Z",
        author=[{"reference": "Practitioner/x", "display": "Dr. X"}],
        context={"encounter": [{"reference": "Encounter/e1"}]},
    )
    rows, rejects, warnings = taken({"DocumentReference.ndjson": [resource]})
    assert (rejects, warnings) == ([], [])
    assert rows[0] == {
        "note_id": "DocumentReference/d",
        "resource_type": "DocumentReference",
        "document_id": "d",
        "patient_id": "p1",
        "encounter_id": "e1",
        "date": "2020-02-03T04:05:06Z",
        "status": "current",
        "type_system": "http://loinc.org",
        "type_code": "34117-2",
        "type": "History",
        "category": "Clinical Note",
        "title": "Visit",
        "author": "Practitioner/x",
        "content_type": "text/plain",
        "charset": "utf-8",
        "language": "en",
        "text": "Well.\r\n",
        "file": "DocumentReference.ndjson",
        "line": 1,
    }
    assert [r["note_id"] for r in rows[1:]] == [f"DocumentReference/d#{n}" for n in (2, 3, 4)]
    assert [r["text"] for r in rows[1:]] == ["Sure & well", "Café\nend", "# Plan\n* rest"]


@pytest.mark.parametrize(
    ("more", "patient", "encounter"),
    [
        ({"subject": {"reference": "urn:uuid:0-1"}}, "0-1", None),
        ({"subject": {"reference": "Group/g"}}, None, None),
        ({"subject": {"reference": "Patient?identifier=a|b"}}, None, None),
        ({"context": [{"reference": "EpisodeOfCare/x"}, {"reference": "Encounter/e"}]}, None, "e"),  # R5
        ({"context": {"encounter": {"reference": "Encounter/e"}}}, None, "e"),  # STU3
        ({"subject": "Patient/p", "context": 3, "type": [], "author": "x", "category": {}}, None, None),
    ],
)
def test_references(taken, more, patient, encounter):
    rows, _, _ = taken({"a.ndjson": [document(plain("x"), **more)]})
    assert (rows[0].get("patient_id"), rows[0].get("encounter_id")) == (patient, encounter)


def test_a_bad_attachment_leaves_the_others(taken):
    sha = b64(hashlib.sha1(b"fine").digest())
    wrapped = "\n".join([b64("folded text")[:6], b64("folded text")[6:]])
    lines = [
        document({"contentType": "text/plain", "data": "SGVs!!bG8="}, plain("kept")),
        document({"contentType": "text/plain", "data": wrapped}, {"contentType": "text/plain", "data": "QQ"}),
        document(plain("fine", hash=sha, size=4), plain("other", hash=sha, size="6")),
        document(plain(b"%PDF-1.4"), plain("x", "application/pdf"), plain("x", "Application/X secret; y")),
        document({"url": "https://elsewhere.example/x"}, {"contentType": "text/plain"}, {"data": ""}),
        {"resourceType": "DocumentReference", "content": []},
        "{broken",
        {"resourceType": "Patient", "id": "p"},
        document(plain("last")),
    ]
    rows, rejects, warnings = taken({"a.ndjson": lines})
    assert [(r["line"], r["note_id"].partition("/")[2], r["text"]) for r in rows] == [
        (1, "d#2", "kept"),
        (2, "d", "folded text"),
        (3, "d", "fine"),
        (3, "d#2", "other"),
        (4, "d#3", "x"),
        (9, "d", "last"),
    ]
    assert [(r["line"], r["reason"]) for r in rejects] == [
        (1, "attachment is not base64"),
        (2, "attachment is not base64"),
        (4, "attachment is not text: application/pdf"),
        (4, "attachment is not text: application/pdf"),
        (5, "attachment lies elsewhere"),
        (5, "attachment has no data"),
        (5, "attachment has no data"),
        (6, "resource has no id"),
        (7, "not JSON"),
    ]
    assert all(len(r["digest"]) == 16 for r in rejects)
    assert "attachment is not base64: lines 1, 2" in warnings
    assert "attachment is not what its hash is of: line 3" in warnings
    assert "attachment does not have the size that is given: line 3" in warnings
    assert "attachment is not text: application/pdf: line 4 (2 in all)" in warnings


def test_a_binary_of_the_same_export(taken):
    urls = ["Binary/b1", "https://x.example/fhir/Binary/b2", "Binary/b3"]
    files = {
        "DocumentReference.ndjson": [document(*({"contentType": "text/plain", "url": u} for u in urls))],
        "Binary.ndjson": [
            {"resourceType": "Binary", "id": "b2", "contentType": "text/plain", "data": b64("two")},
            {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": b64("one")},
        ],
    }
    rows, rejects, _ = taken(files)
    assert sorted((r["note_id"], r["text"], r["line"]) for r in rows) == [
        ("DocumentReference/d", "one", 1),
        ("DocumentReference/d#2", "two", 1),
    ]
    assert [r["reason"] for r in rejects] == ["Binary of an attachment is not in the files"]


def test_a_binary_of_the_same_bundle(taken):
    binary = {"resourceType": "Binary", "id": "b", "contentType": "text/html", "data": b64("<i>x</i>")}
    entries = [{"resource": r} for r in (binary, document({"url": "Binary/b"}))]
    rows, _, _ = taken({"a.json": [{"resourceType": "Bundle", "type": "batch", "entry": entries}]})
    assert [(r["text"], r["content_type"]) for r in rows] == [("x", "text/html")]


def test_a_report_has_its_form_and_its_conclusion(taken):
    base = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "code": {"text": "CT of chest"},
        "effectivePeriod": {"start": "2020-01"},
        "encounter": {"reference": "Encounter/e"},
        "presentedForm": [plain("FINDINGS: none.\nIMPRESSION: no\n embolism.")],
    }
    rows, _, _ = taken(
        {"a.ndjson": [base | {"conclusion": "No embolism."}, base | {"conclusion": "Chronic embolism."}]}
    )
    assert [(r["line"], r["note_id"]) for r in rows] == [
        (1, "DiagnosticReport/r"),  # whose form has the conclusion
        (2, "DiagnosticReport/r"),
        (2, "DiagnosticReport/r#2"),
    ]
    assert rows[2]["text"] == "Chronic embolism."
    assert (rows[2]["title"], rows[2]["date"], rows[2]["encounter_id"]) == ("CT of chest", "2020-01", "e")


def test_a_composition_is_one_text_with_headings(taken):
    def section(title, div, *within):
        return {"title": title, "text": {"div": f"<div>{div}</div>"}, "section": list(within)}

    resource = {
        "resourceType": "Composition",
        "id": "c",
        "title": "Discharge",
        "subject": [{"reference": "Patient/p"}],  # as R5 has it
        "section": [section("History", "<p>old</p>", section("Family", "none")), {"title": "Empty"}],
    }
    rows, rejects, _ = taken({"a.ndjson": [resource, resource | {"id": "e", "section": []}]})
    assert [r["text"] for r in rows] == ["# History\n\nold\n\n## Family\n\nnone"]
    assert (rows[0]["patient_id"], rows[0]["title"]) == ("p", "Discharge")
    assert rejects == []
