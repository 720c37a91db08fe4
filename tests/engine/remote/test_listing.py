"""What locations stand for, in a store on loopback."""

import pytest

from weirflow.api import NodeError, remote
from weirflow.remote import listing

KEYS = (
    "in/",
    "in/b.csv",
    "in/a.csv",
    "in/note.md",
    "in/deep/c.csv",
    "in-other/a.csv",
    "in/[1].csv",
    "top.csv",
)


@pytest.fixture
def shelf(bucket):
    for key in KEYS:
        bucket.put_object(Key=key, Body=key.encode())
    return f"s3://{bucket.name}"


@pytest.mark.parametrize(
    ("path", "nested", "keys"),
    [
        ("/in/a.csv", False, {"a.csv": "in/a.csv"}),
        ("/in/[1].csv", False, {"[1].csv": "in/[1].csv"}),
        ("/in", False, {"[1].csv": "in/[1].csv", "a.csv": "in/a.csv", "b.csv": "in/b.csv"}),
        (
            "/in/",
            True,
            {k: f"in/{k}" for k in ("[1].csv", "a.csv", "b.csv", "deep/c.csv")},
        ),
        ("", False, {"top.csv": "top.csv"}),
        ("/in/?.csv", False, {"a.csv": "in/a.csv", "b.csv": "in/b.csv"}),
        ("/in/d*p/[!a].csv", False, {"deep/c.csv": "in/deep/c.csv"}),
        ("/in/**/c.csv", False, {"deep/c.csv": "in/deep/c.csv"}),
        ("/in*/a.csv", False, {"in-other/a.csv": "in-other/a.csv", "in/a.csv": "in/a.csv"}),
    ],
)
def test_objects(shelf, bucket, path, nested, keys):
    found = remote.objects(shelf + path, (".csv",), nested=nested)
    assert [(o.path, o.key) for o in found] == list(keys.items())
    for o in found:
        there = bucket.Object(o.key)
        assert (o.location, o.size, f'"{o.etag}"') == (f"{shelf}/{o.key}", len(o.key), there.e_tag)
        assert o.mtime_ns == there.last_modified.replace(microsecond=0).timestamp() * 1e9


@pytest.mark.parametrize(
    ("prefix", "start", "paths"),
    [
        ("/in", "", ["[1].csv", "a.csv", "b.csv", "deep/c.csv", "note.md"]),
        ("/in/", "dee", ["deep/c.csv"]),
        ("/in/deep/c.csv", "", ["c.csv"]),
        ("/in/de", "", []),
        ("/in/a.csv", "x", []),
        ("", "", sorted(k for k in KEYS if not k.endswith("/"))),
    ],
)
def test_below(shelf, prefix, start, paths):
    found = list(remote.below(shelf + prefix, start))
    assert sorted(o.path for o in found) == paths
    assert all(o.key.endswith(o.path) for o in found)


def test_more_objects_than_one_answer_lists(shelf, monkeypatch):
    monkeypatch.setattr(listing, "_PAGE", 2)
    assert len(list(remote.below(shelf))) == len(KEYS) - 1
    assert len(remote.objects(f"{shelf}/**")) == len(KEYS) - 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{b}/none.csv", "there is nothing at 's3://{b}/none.csv'"),
        ("{b}/in/*.tsv", r"no object matches 's3://{b}/in/\*.tsv'"),
        ("{b}/in/", "'s3://{b}/in/' holds no file that ends with .xml or .json"),
        ("no-such-bucket/x/*", r"'s3://no-such-bucket/x/\*' cannot be read: there is no such bucket"),
        ("/x.csv", "that is no location of an object"),
        ("A B/x.csv", "that is no location of an object"),
    ],
)
def test_objects_that_are_not_there(shelf, bucket, path, message):
    with pytest.raises(NodeError, match=message.replace("{b}", bucket.name)) as caught:
        remote.objects("s3://" + path.replace("{b}", bucket.name), (".xml", ".json"))
    assert caught.value.code == "WF602"


@pytest.mark.parametrize("location", ["gs://b/x", "https://h/x"])
def test_other_schemes_are_not_listed(location):
    with pytest.raises(NodeError, match="cannot be read, only by s3://"):
        remote.objects(location)
    with pytest.raises(NodeError, match="cannot be read, only by s3://"):
        list(remote.below(location))
