"""Files of records as files of RDF: what is written, what is set aside, and that neither hangs on chance."""

import gzip
import json
from functools import partial

import pytest
from pyoxigraph import RdfFormat, parse

from weirflow.api import File, Files, Inputs, NodeError
from weirflow.node.contexts import ItemOutput
from weirflow_fhir import to_rdf
from weirflow_fhir.reading import chunks
from weirflow_fhir.to_rdf import ToRdf


def patient(number, **more):
    return {"resourceType": "Patient", "id": str(number), "birthDate": "1970-03", **more}


def lines(records):
    return "".join(json.dumps(r) + "\n" for r in records).encode()


class Run:
    """One run of the node in this process: texts of its files, rows of its rejects, warnings."""

    def __init__(self, folder, contents, **parameters):
        node = ToRdf.model_validate(parameters)
        inputs = []
        for name, content in contents.items():
            path = folder / "in" / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(content)
            inputs.append(File(path, len(content), name=name))
        self.warnings, results = [], []
        for number, item in enumerate(node.items(Inputs([("files", Files(tuple(inputs)))]))):
            out = folder / f"out{len(list(folder.iterdir()))}-{number}"
            out.mkdir()
            result = node.process(
                item, ItemOutput(out, lambda t, k=item.key: self.warnings.append(f"{k}: {t}"))
            )
            results.append(type(result)(result.key, result.facts, out, item.payload))
        made = node.finish(results)
        self.files = {f.name: f.path.read_bytes() for f in made["files"]}
        self.rejects = made["rejects"].to_native().collect().rows()


@pytest.fixture
def run(tmp_path):
    return partial(Run, tmp_path)


def graph(content, form=RdfFormat.N_QUADS):
    return {str(q) for q in parse(content, form)}


def test_names_and_content(run):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(3)}]}
    made = run(
        {
            "b/Patient.000.ndjson": lines([patient(1), patient(2)]),
            "a.json": json.dumps(bundle, indent=1).encode(),
            "c.ndjson.gz": gzip.compress(lines([patient(4)])),
        }
    )
    assert list(made.files) == ["a.nq", "b/Patient.000.nq", "c.nq"]
    subjects = {str(q.subject) for text in made.files.values() for q in parse(text, RdfFormat.N_QUADS)}
    assert {s for s in subjects if s[0] == "<"} == {
        f"<http://hl7.org/fhir/Patient/{n}>" for n in (1, 2, 3, 4)
    }
    assert made.rejects == []
    assert made.warnings == []


def test_a_bundle_may_stay_whole(run):
    bundle = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": patient(3)}]}
    made = run({"a.json": json.dumps(bundle, indent=1).encode()}, bundles="whole")
    assert (
        b"<http://hl7.org/fhir/Bundle/b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
        in made.files["a.nq"]
    )


def test_formats_say_the_same(run):
    content = {
        "a.ndjson": lines([patient(n, name=[{"family": "Müller", "given": ["A", "B"]}]) for n in range(3)])
    }
    plain = run(content).files["a.nq"]
    assert run(content, format="ntriples").files == {"a.nt": plain}
    text = run(content, format="turtle").files["a.ttl"]
    assert text.startswith(b"@prefix ")
    assert len(graph(text, RdfFormat.TURTLE)) == len(graph(plain)) > 30
    named = run(content, graph="http://example.org/g").files["a.nq"]
    assert named == plain.replace(b" .\n", b" <http://example.org/g> .\n")
    packed = run(content, gzip=True).files
    assert list(packed) == ["a.nq.gz"]
    assert gzip.decompress(packed["a.nq.gz"]) == plain
    assert packed["a.nq.gz"][3:8] == bytes(5)  # neither a name nor a time (RFC 1952, 2.3)


@pytest.mark.parametrize("size", [300, 1_000, 1 << 20])
def test_pieces_are_as_the_whole(run, monkeypatch, size):
    content = {
        "a.ndjson": b"\xef\xbb\xbf"
        + lines([patient(n) for n in range(50)])
        + b"{bad}\n"
        + lines([patient(50)])
    }
    whole = run(content)
    monkeypatch.setattr(to_rdf, "chunks", partial(chunks, size=size))
    made = run(content)
    assert b"".join(made.files.values()) == whole.files["a.nq"]
    assert made.rejects == whole.rejects
    assert [r[:4] for r in whole.rejects] == [("a.ndjson", 51, None, "not JSON")]
    if size < 1 << 20:
        assert list(made.files)[:2] == ["a.0001.nq", "a.0002.nq"]
        assert made.warnings == [f"a.ndjson#{len(made.files)}: line 51: not JSON"]


def test_the_order_of_files_is_no_matter(run):
    content = {f"{n}.ndjson": lines([patient(n), {"x": 1}]) for n in range(5)}
    one, other = run(content), run(dict(reversed(content.items())))
    assert one.files == other.files
    assert one.rejects == other.rejects
    assert [r[0] for r in one.rejects] == sorted(content)


BAD = {
    b'{"resourceType":"Patient","id":"Muriel': "truncated JSON",
    '{"resourceType":"Patient","id":"Muriël"}'.encode("latin-1"): "not UTF-8",
    rb'{"resourceType":"Patient","gender":"\ud800Muriel"}': "lone surrogate",
    b'{"resourceType":"Patient","multipleBirthInteger":NaN}': "NaN or Infinity",
    b'{"resourceType":"Patient","id":"1","id":"Muriel"}': "duplicate key",
    b'{"resourceType":"Patient","extension":' + b"[" * 3_000 + b"]" * 3_000 + b"}": "nested too deeply",
    b'{"resourceType":"Muriel","id":"1"}': "unknown resource type",
    b'{"id":"Muriel"}': "no resourceType",
    b'{"resourceType":"Patient","muriel":"Muriel"}': "unknown element at Patient",
    b'{"resourceType":"Patient","name":"Muriel"}': "wrong type at Patient.name",
    b"Muriel": "not JSON",
}


def test_what_is_set_aside_takes_nothing_along_and_tells_nothing(run):
    good = [patient(n) for n in range(len(BAD) + 1)]
    mixed = b"".join(lines([g]) + bad + b"\r\n" for g, bad in zip(good, BAD, strict=False)) + lines(good[-1:])
    made = run({"a.ndjson": b"\xef\xbb\xbf" + mixed})
    assert made.files["a.nq"] == run({"b.ndjson": lines(good)}).files["b.nq"]
    assert {r[1]: r[3] for r in made.rejects} == dict(zip(range(2, 99, 2), BAD.values(), strict=False))
    assert all(len(r[4]) == 16 for r in made.rejects)
    assert "muriel" not in str(made.rejects).lower() + str(made.warnings).lower()
    assert made.warnings == [
        "a.ndjson#1: line 2: truncated JSON",
        "a.ndjson#1: line 4: not UTF-8",
        "a.ndjson#1: line 6: lone surrogate",
        "a.ndjson#1: 8 more are in the table `rejects`",
    ]


def test_integers_and_decimals_to_the_digit(run):
    number = "1234567890123456789012345678901234567890"
    record = '{"resourceType":"Observation","id":"1","status":"final","code":{},"valueQuantity":{"value":1.50E+2}}\n'
    made = run({"a.ndjson": record.replace("1.50E+2", number).encode() + record.encode()})
    assert f'"{number}"'.encode() in made.files["a.nq"]
    assert b'"1.50E+2"' in made.files["a.nq"]


def test_a_limit_of_bad_lines(run):
    content = {"a.ndjson": b"x\ny\n" + lines([patient(1)])}
    assert len(run(content, max_bad_lines=2).rejects) == 2
    with pytest.raises(NodeError, match=r"^2 lines were set aside, and max_bad_lines is 1$"):
        run(content, max_bad_lines=1)


def test_a_limit_of_length(run):
    long = {"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "QUFB" * 300_000}
    made = run({"a.ndjson": lines([long, patient(1)])}, max_line=1)
    assert [r[:4] for r in made.rejects] == [("a.ndjson", 1, None, "longer than the limit")]
    assert b"Patient/1" in made.files["a.nq"]
    assert run({"a.ndjson": lines([long, patient(1)])}).rejects == []


def test_files_that_would_become_one(run):
    with pytest.raises(NodeError, match=r"^'a.json' and 'a.ndjson' would become one file$"):
        run({"a.json": b"{}", "a.ndjson": b"{}"})


def test_files_that_are_none(run):
    made = run(
        {"a.ndjson": b"", "b.json": b"<Patient/>", "c.ndjson.gz": gzip.compress(lines([patient(1)]))[:-9]}
    )
    assert [r[:4] for r in made.rejects] == [
        ("b.json", None, None, "XML, which is not read"),
        ("c.ndjson.gz", 2, None, "gzip stream is cut short"),
    ] or made.rejects[1][3] == "gzip stream is cut short"
    assert list(made.files) == ["a.nq", "b.nq", "c.nq"]


def test_a_graph_is_of_quads(run):
    with pytest.raises(ValueError, match="only `format: nquads` can name a `graph`"):
        run({}, format="turtle", graph="http://example.org/g")
    with pytest.raises(NodeError, match="must be absolute IRIs"):
        run({"a.ndjson": b""}, base="x y")
