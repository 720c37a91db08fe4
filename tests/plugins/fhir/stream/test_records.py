"""Records of files, whichever way they are written down."""

import gzip
import hashlib
import json
import random

import pytest

from weirflow_fhir.reading import Record, Reject, chunks, lines_before, records

PATIENTS = [{"resourceType": "Patient", "id": str(n), "note": "x" * (n % 50)} for n in range(200)]
LINES = [json.dumps(p).encode() for p in PATIENTS]


@pytest.fixture
def put(tmp_path):
    def made(content, name="a.ndjson"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return made


def ids(found):
    return [(r.line, r.entry, r.resource["id"]) for r in found if isinstance(r, Record)]


def rejects(found):
    return [(r.line, r.entry, r.reason) for r in found if isinstance(r, Reject)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n \r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines(put, end, mark, packed):
    content = mark + end.join(LINES)
    path = put(gzip.compress(content) if packed else content)
    found = list(records(path))
    step = end.count(b"\n")
    assert [r.resource for r in found] == PATIENTS
    assert [r.line for r in found] == [1 + step * n for n in range(len(LINES))]


def test_a_bad_line_takes_no_other_along(put):
    bad = b'{"resourceType":"Patient",'
    found = list(records(put(b"\n".join([LINES[0], bad, LINES[1], b"\xff", LINES[2]]))))
    assert ids(found) == [(1, None, "0"), (3, None, "1"), (5, None, "2")]
    assert found[1] == Reject(2, None, "truncated JSON", hashlib.sha256(bad).hexdigest()[:16])
    assert found[3].reason == "not UTF-8"


@pytest.mark.parametrize("size", [1, 7, 64, 100, 1_000, 5_000, 1 << 20])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_ranges_give_each_line_once_with_its_number(put, size, end):
    lines = LINES[:20]
    lines[7] = b"{bad"
    path = put(b"\xef\xbb\xbf" + end.join(lines))
    whole = list(records(path))
    apart = [r for start, stop in chunks(path, size=size) for r in records(path, start, stop)]
    assert apart == whole
    assert rejects(apart) == [(8, None, "not JSON")] or rejects(apart) == [(8, None, "truncated JSON")]
    offset = [
        lines_before(path, start) + r.line
        for start, stop in chunks(path, size=size)
        for r in records(path, start, stop, numbered=False)
    ]
    assert offset == [r.line for r in whole]


def test_ranges_do_not_depend_on_anything_but_size(put):
    path = put(b"\n".join(LINES))
    total = path.stat().st_size
    assert chunks(path, size=total) == [(0, None)]
    assert chunks(path, size=total - 1) == [(0, total - 1), (total - 1, total)]
    assert chunks(put(gzip.compress(b"\n".join(LINES)), "b.ndjson.gz"), size=10) == [(0, None)]
    assert chunks(put(json.dumps(PATIENTS[0], indent=1).encode(), "c.json"), size=10) == [(0, None)]


def bundle(resources, **more):
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": r} for n, r in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("first", [True, False])
def test_bundles_are_read_by_entries(put, indent, packed, first):
    made = bundle(PATIENTS, meta={"tag": [{"code": "]}"}]}, link=[{"url": "x"}])
    if not first:  # the type comes last, when it is too late to read by entries
        made = {k: v for k, v in made.items() if k != "resourceType"} | {"resourceType": "Bundle"}
    content = b"\xef\xbb\xbf" + json.dumps(made, indent=indent).encode()
    found = list(records(put(gzip.compress(content) if packed else content, "b.json")))
    assert [r.resource for r in found] == PATIENTS
    assert [r.entry for r in found] == list(range(200))
    assert [r.full_url for r in found] == [f"urn:uuid:{n}" for n in range(200)]
    if indent and first:
        lines = content.split(b"\n")
        assert [lines[r.line - 1].strip() for r in found] == [b"{"] * 200
        assert f'"urn:uuid:{found[9].entry}"'.encode() in lines[found[9].line]


def test_bundles_in_lines_and_whole(put):
    made = [bundle(PATIENTS[:2]), bundle(PATIENTS[2:3])]
    path = put("\n".join(map(json.dumps, made)).encode())
    assert ids(records(path)) == [(1, 0, "0"), (1, 1, "1"), (2, 0, "2")]
    assert [r.resource for r in records(path, bundles="whole")] == made
    one = put(json.dumps(made[0], indent=2).encode(), "b.json")
    assert [r.resource for r in records(one, bundles="whole")] == made[:1]


def test_entries_that_are_none(put):
    made = bundle(PATIENTS[:1])
    made["entry"] += [
        {"request": {"method": "DELETE", "url": "Patient/9"}},
        {"resource": {"id": "x"}},
        {"resource": 3},
        [],
        {"resource": bundle(PATIENTS[1:2])},
    ]
    for name, content in {"a.ndjson": json.dumps(made), "b.json": json.dumps(made, indent=1)}.items():
        found = list(records(put(content.encode(), name)))
        assert [i[1:] for i in ids(found)] == [(0, "0"), (5, "1")]
        assert [r[1:] for r in rejects(found)] == [
            (2, "no resourceType"),
            (3, "not an object"),
            (4, "not an object"),
        ]


def test_a_list_is_no_bundle(put):
    made = {"resourceType": "List", "id": "l", "entry": [{"item": {"reference": "Patient/1"}}]}
    assert ids(records(put(json.dumps(made, indent=1).encode(), "l.json"))) == [(1, None, "l")]


def test_a_bad_entry_takes_no_other_along(put):
    text = json.dumps(bundle(PATIENTS[:3]), indent=1).replace('"id": "1"', '"id": NaN')
    assert rejects(records(put(text.encode(), "b.json"))) == [(13, 1, "NaN or Infinity")]
    assert [i[2] for i in ids(records(put(text.encode(), "b.json")))] == ["0", "2"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_bundle_that_is_cut(put, packed):
    content = json.dumps(bundle(PATIENTS[:3]), indent=1).encode()
    content = content[: content.index(b'"id": "2"')]
    found = list(records(put(gzip.compress(content) if packed else content, "b.json")))
    assert [i[1:] for i in ids(found)] == [(0, "0"), (1, "1")]
    assert [r[1:] for r in rejects(found)] == [(2, "truncated JSON")]
    after = json.dumps(bundle(PATIENTS[:1], total=1)).encode()[:-4]
    assert [r[2] for r in rejects(records(put(after, "c.json")))] == ["truncated JSON"]


def test_files_without_a_telling_name(put):
    assert [r.resource for r in records(put(b"\n".join(LINES), "export"))] == PATIENTS
    assert [r.resource for r in records(put(LINES[0], "one.json"))] == PATIENTS[:1]
    assert [r.resource for r in records(put(b"\n".join(LINES[:2]) + b"\n", "two.json"))] == PATIENTS[:2]
    apart = "\n".join(json.dumps(p, indent=1) for p in PATIENTS[:3])
    assert [r.resource for r in records(put(apart.encode(), "apart.json"))] == PATIENTS[:3]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.json", b'<?xml version="1.0"?><Patient/>', [(None, None, "XML, which is not read")]),
        ("x.ndjson", b"<Patient/>", [(None, None, "XML, which is not read")]),
        ("x.json", b"Patient,1\n", [(None, None, "not JSON")]),
        ("x.json", b"", []),
        ("x.ndjson", b"", []),
        ("x.ndjson", b"\n\r\n \n", []),
        ("x.json", LINES[0] + b"\n}\n", [(2, None, "not JSON")]),
        ("x.json", b'{\n"resourceType":"Patient"}}', [(2, None, "not JSON")]),
        ("x.json", b'{\n"resourceType":"Patient"} oh', [(2, None, "not JSON")]),
        ("x.json", b'{\n"resourceType":"Patient', [(1, None, "truncated JSON")]),
        ("x.json", b"[\n]", [(1, None, "not an object")]),
    ],
)
def test_files_that_are_none(put, name, content, expected):
    assert rejects(records(put(content, name))) == expected


def test_gzip_that_is_cut_or_damaged(put):
    noise = random.Random(1)
    lines = [
        json.dumps({"resourceType": "Basic", "id": str(n), "text": noise.randbytes(99).hex()}).encode()
        for n in range(5_000)
    ]
    packed = gzip.compress(b"\n".join(lines))
    found = list(records(put(packed[: len(packed) // 2], "a.ndjson.gz")))
    good = ids(found)
    assert 1_000 < len(good) < 4_000
    assert rejects(found) == [(len(good) + 1, None, "gzip stream is cut short")]
    damaged = bytearray(packed)
    damaged[-5] ^= 0xFF  # of the length, which is the last that is read
    assert rejects(records(put(bytes(damaged), "b.ndjson.gz"))) == [(5_000, None, "gzip stream is damaged")]
    damaged[len(packed) // 2] ^= 0xFF
    assert rejects(records(put(bytes(damaged), "c.ndjson.gz")))[-1][2] == "gzip stream is damaged"
    assert rejects(records(put(b"\x1f\x8b\x08", "d.ndjson.gz"))) == [(None, None, "gzip stream is cut short")]


@pytest.mark.parametrize("name", ["a.ndjson", "a.json"])
def test_a_limit_of_length(put, name):
    long = json.dumps({"resourceType": "Binary", "id": "b", "data": "A" * 5_000}).encode()
    path = put(b"\r\n".join([LINES[0], long, LINES[1]]) + b"\n", name)
    found = list(records(path, limit=1_000))
    assert ids(found) == [(1, None, "0"), (3, None, "1")]
    assert found[1] == Reject(2, None, "longer than the limit", hashlib.sha256(long).hexdigest()[:16])
    pretty = json.dumps(bundle([PATIENTS[0], json.loads(long)]), indent=1).encode()
    found = list(records(put(pretty, "b.json"), limit=1_000))
    assert [i[1:] for i in ids(found)] == [(0, "0")]
    assert [r[1:] for r in rejects(found)] == [(1, "longer than the limit")]
    assert len(list(records(path, limit=len(long)))) == 3
