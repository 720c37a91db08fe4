"""Files of RDF as files of records: read in turn or at once, and what is set aside."""

import gzip
import hashlib
import json
import random
import tracemalloc
from functools import partial

import pytest

from weirflow.api import File, Files, Inputs, NodeError
from weirflow.node.contexts import ItemOutput
from weirflow_fhir.from_rdf import FromRdf
from weirflow_fhir.rdf import Mapping, prefixes, turtle


def patient(number, **more):
    return {
        "resourceType": "Patient",
        "id": str(number),
        "name": [{"family": f"M{number}", "given": ["A", "B"]}],
        **more,
    }


def observation(number):
    subject = {"reference": f"Patient/{number}"}
    return {
        "resourceType": "Observation",
        "id": str(number),
        "status": "final",
        "code": {},
        "subject": subject,
    }


RECORDS = [each for n in range(20) for each in (observation(n), patient(n))]


def written(records=RECORDS, **options):
    return "".join(map(Mapping("R4", **options).lines, records)).encode()


class Run:
    """One run of the node in this process: records of its files, rows of its rejects, warnings."""

    def __init__(self, folder, contents, **parameters):
        node = FromRdf.model_validate(parameters)
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
            result = node.process(item, ItemOutput(out, self.warnings.append))
            results.append(type(result)(result.key, result.facts, out, item.payload))
        made = node.finish(results)
        self.files = {f.name: f.path.read_bytes() for f in made["files"]}
        self.rejects = made["rejects"].to_native().collect().rows()

    def records(self, name="a.ndjson"):
        return [json.loads(line) for line in self.files[name].splitlines()]


@pytest.fixture
def run(tmp_path):
    return partial(Run, tmp_path)


def test_formats(run):
    lines = written()
    text = prefixes() + "\n" + "".join(turtle(Mapping("R4").lines(r)) for r in RECORDS)
    made = run(
        {
            "b/c.nq": written(graph="http://example.org/g"),
            "a.nt": b"\xef\xbb\xbf" + lines,
            "d.ttl.gz": gzip.compress(text.encode()),
            "e.nq": b"",
        }
    )
    assert list(made.files) == ["a.ndjson", "b/c.ndjson", "d.ndjson", "e.ndjson"]
    assert all(made.records(name) == RECORDS for name in list(made.files)[:3])
    assert made.files["e.ndjson"] == b""
    assert (made.rejects, made.warnings) == ([], [])
    packed = run({"a.nq": lines}, gzip=True).files
    assert gzip.decompress(packed["a.ndjson.gz"]) == made.files["a.ndjson"]


@pytest.mark.parametrize("order", [sorted, lambda rows: random.Random(1).sample(rows, len(rows)), reversed])
def test_statements_in_another_order(run, order):
    made = run({"a.nq": b"".join(order(written().splitlines(keepends=True)))})
    assert (made.rejects, made.warnings) == ([], [])
    assert sorted(made.records(), key=str) == sorted(RECORDS, key=str)


def test_memory_does_not_grow_with_the_file(run):
    run({"a.nq": written()})

    def peak(times):
        content = written(map(patient, range(times)))
        tracemalloc.start()
        made = run({"a.nq": content})
        size = tracemalloc.get_traced_memory()[1] - len(content) - len(made.files["a.ndjson"])
        tracemalloc.stop()
        return size

    assert peak(2_000) < peak(100) + 1_000_000  # held at once, the records would take 20 MB


def damaged(content, old, new):
    assert old in content
    return content.replace(old, new, 1)


@pytest.mark.parametrize("at", [0, 1, 2, 3, -1])
def test_a_line_that_is_no_rdf_takes_one_record_along(run, at):
    parts = [written([r]).splitlines(keepends=True) for r in RECORDS[:3]]
    line = at % len(parts[1])
    parts[1][line] = b"<Muriel> " + parts[1][line]
    made = run({"a.nq": b"".join(b"".join(p) for p in parts)})
    number = len(parts[0]) + line + 1
    assert made.rejects == [("a.nq", number, None, "malformed RDF", None)]
    # without the line that tells its role, a record's statements seem to be of the one before
    assert made.records() == (RECORDS[2:3] if line == 1 else [RECORDS[0], RECORDS[2]])
    assert "Muriel" not in str(made.rejects) + str(made.warnings)


def test_what_is_set_aside_tells_nothing(run):
    bad = damaged(written([patient("Muriel")]), b"HumanName.family", b"HumanName.muriel")
    made = run({"a.nq": written([patient(1)]) + bad + written([patient(2)])})
    assert [r["id"] for r in made.records()] == ["1", "2"]
    digest = hashlib.sha256(b"http://hl7.org/fhir/Patient/Muriel").hexdigest()[:16]
    assert made.rejects == [("a.nq", None, None, "unknown element at Patient.name[0]", digest)]
    assert made.warnings == ["unknown element at Patient.name[0]"]


def test_with_a_bad_line_records_apart_are_none(run):
    content = b"".join(sorted(written().splitlines(keepends=True))) + b"Muriel\n"
    made = run({"a.nq": content})
    assert made.records() == []
    assert made.rejects == [("a.nq", content.count(b"\n"), None, "malformed RDF", None)]


def test_other_statements_are_left_out(run):
    more = b'<http://example.org/a> <http://example.org/b> "c" .\n_:x <http://hl7.org/fhir/value> "d" .\n'
    made = run({"a.nq": more + written()})
    assert made.records() == RECORDS
    assert made.warnings == ["1 nodes are of no resource and were left out"]


def test_a_file_cut_short(run):
    made = run({"a.nq.gz": gzip.compress(written())[:-9]})
    assert [r[:4] for r in made.rejects] == [("a.nq.gz", None, None, "gzip stream is cut short")]


def test_limit_and_names(run):
    content = {"a.nq": written([patient(1)]).replace(b"family", b"muriel")}
    assert len(run(content, max_bad_resources=1).rejects) == 1
    with pytest.raises(NodeError, match=r"^1 resources were set aside, and max_bad_resources is 0$"):
        run(content, max_bad_resources=0)
    with pytest.raises(NodeError, match=r"^'a.nq' and 'a.ttl' would become one file$"):
        run({"a.nq": b"", "a.ttl": b""})
    with pytest.raises(NodeError, match=r"^'a.json' is none of .nq, .nt, .ttl$"):
        run({"a.json": b""})
