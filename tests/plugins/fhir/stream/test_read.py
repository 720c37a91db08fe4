"""Which files lie at a location, of this machine or elsewhere."""

import gzip

import pytest

from weirflow.api import Inputs, NodeError
from weirflow.node.contexts import ItemOutput
from weirflow_fhir.read import Read

PATIENT = b'{"resourceType":"Patient","id":"1"}\n'
CONDITION = b'{"resourceType" : "Condition","id":"2"}\n'
FILES = {
    "Patient.000.ndjson": PATIENT,
    "sub/Condition-1.ndjson.gz": gzip.compress(CONDITION),
    "sub/records.json": CONDITION,
    "Bundle.json": PATIENT,
    "Patient.txt": PATIENT,
    ".hidden/Patient.ndjson": PATIENT,
    "sub/.Patient.ndjson": PATIENT,
}
FOUND = ["Bundle.json", "Patient.000.ndjson", "sub/Condition-1.ndjson.gz", "sub/records.json"]


@pytest.fixture
def lake(tmp_path):
    for name, content in FILES.items():
        path = tmp_path / "lake" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content)
    return tmp_path / "lake"


@pytest.fixture
def read(tmp_path):
    def made(path, *types):
        node = Read(path=str(path), types=types)
        results = []
        for number, item in enumerate(node.items(Inputs([]))):
            out = tmp_path / f"out{number}"
            out.mkdir(exist_ok=True)
            result = node.process(item, ItemOutput(out))
            folder = out if any(out.iterdir()) else None
            results.append(type(result)(result.key, result.facts, folder, item.payload))
        return {f.name: f.path.read_bytes() for f in node.finish(results)["files"]}

    return made


def test_folders(lake, read):
    assert list(read(lake)) == FOUND
    assert read(lake)["Bundle.json"] == PATIENT


def test_files_and_patterns(lake, read):
    assert list(read(lake / "Patient.txt")) == ["Patient.txt"]
    assert list(read(f"{lake}/*.ndjson")) == ["Patient.000.ndjson"]
    assert list(read(f"{lake}/**/*.json")) == ["Bundle.json", "sub/records.json"]


def test_types_by_name_or_by_content(lake, read):
    assert list(read(lake, "Condition")) == ["sub/Condition-1.ndjson.gz", "sub/records.json"]
    assert list(read(lake, "Patient")) == ["Bundle.json", "Patient.000.ndjson"]
    assert list(read(lake, "Patient", "Condition")) == FOUND
    (lake / "Patient.000.ndjson").write_bytes(CONDITION)  # its name decides
    assert "Patient.000.ndjson" in read(lake, "Patient")
    (lake / "Export.ndjson").write_bytes(b" " * (1 << 20) + PATIENT)  # which is no type's name
    assert "Export.ndjson" in read(lake, "Patient")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("none", "'none' is not there"),
        ("none*.ndjson", "there is no file of health records in 'none*.ndjson'"),
        ("empty", "there is no file of health records in 'empty'"),
    ],
)
def test_nothing_there(tmp_path, read, path, text):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NodeError) as caught:
        read(tmp_path / path)
    assert str(caught.value.message) == text
    assert caught.value.code == "WF602"


def test_a_web_server(server, read):
    server.links = ""
    url = f"{server.url}/file/p0?signed="
    assert read(url) == {"p0": server.files["p0"]}
    server.faults = {"/file/p0": [404]}
    with pytest.raises(NodeError, match=r"^the file: the server answers 404$"):
        read(url)


def test_a_bucket(bucket, read):
    for name, content in FILES.items():
        bucket.put_object(Key=f"export/{name}", Body=content)
    made = read(f"s3://{bucket.name}/export")
    assert list(made) == FOUND
    assert made["Bundle.json"] == PATIENT
    assert list(read(f"s3://{bucket.name}/export", "Condition")) == FOUND[2:]
    assert list(read(f"s3://{bucket.name}/export/*.ndjson")) == ["Patient.000.ndjson"]
