"""A lake in a bucket, from a store on loopback."""

import socket

import pytest

from weirflow.api import NodeError
from weirflow_labels import bucket as module

A, B = '{"source": "a1"}\n{"source": "a2"}\n', '{"source": "b1"}\n'
ONE, TWO = "one/manifests/output/output.manifest", "two/manifests/output/output.manifest"


@pytest.fixture
def store(kept, bucket, monkeypatch):
    """The lake `s3://bucket/jobs`; the keys that were fetched are in `fetched`."""
    kept.parameters["path"] = f"s3://{bucket.name}/jobs"
    kept.fetched = []
    fetch = module.Bucket.fetch
    monkeypatch.setattr(
        module.Bucket, "fetch", lambda self, path, into: kept.fetched.append(path) or fetch(self, path, into)
    )
    put(bucket, f"jobs/{ONE}", A)
    put(bucket, f"jobs/{TWO}", B)
    put(bucket, "jobs-old/three/manifests/output/output.manifest", '{"source": "old"}\n')
    put(bucket, "jobs/one/image.jpg", "no")
    put(bucket, "jobs/.hidden/x.manifest", "no")
    put(bucket, "jobs/one/", "")
    return kept


def put(bucket, key, text):
    bucket.put_object(Key=key, Body=text.encode())


def test_a_bucket_is_read_and_then_only_what_changed(store, bucket):
    store.refresh()
    assert store.sources == ["a1", "a2", "b1"]
    assert sorted(store.fetched) == [ONE, TWO]
    assert store.rows("SELECT DISTINCT job FROM labels ORDER BY job") == [("one",), ("two",)]
    store.fetched.clear()
    before = store.file.stat().st_ino
    store.refresh()
    assert (store.fetched, store.file.stat().st_ino) == ([], before)

    put(bucket, f"jobs/{TWO}", '{"source": "b9"}\n')  # of the same size, within the same second
    put(bucket, f"jobs/{ONE}", A)  # the same bytes
    store.refresh()
    assert store.fetched == [TWO]
    assert store.sources == ["a1", "a2", "b9"]

    bucket.Object(f"jobs/{ONE}").delete()
    store.refresh()
    assert store.states == {ONE: "deleted", TWO: "loaded"}
    assert store.sources == ["b9"]


def test_more_objects_than_one_answer_lists(store, bucket, monkeypatch):
    monkeypatch.setattr(module, "_PAGE", 4)
    for i in range(10):
        put(bucket, f"jobs/many/{i}.manifest", f'{{"source": "{i}"}}\n')
    store.refresh(path=f"s3://{bucket.name}/jobs/many")
    assert store.sources == list("0123456789")


def test_patterns_and_single_objects(store, bucket):
    store.refresh(path=f"s3://{bucket.name}/jobs/*/manifests/output/output.manifest")
    assert store.sources == ["a1", "a2", "b1"]
    store.refresh(path=f"s3://{bucket.name}/jobs/t*/**")
    assert store.sources == ["b1"]
    store.refresh(path=f"s3://{bucket.name}/jobs/{ONE}")
    assert store.sources == ["a1", "a2"]
    assert store.rows("SELECT DISTINCT path, job FROM files") == [("output.manifest", "one")]


def test_a_key_that_leads_out_stays_inside(store, bucket, tmp_path):
    put(bucket, "jobs/../../../../out/x.manifest", B)
    put(bucket, "jobs//a*b.manifest", B)
    store.refresh()
    assert store.sources == ["a1", "a2", "b1", "b1"]  # parts that begin with a dot are hidden
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.duckdb", "lake"]


def test_an_object_that_is_gone_or_forbidden_stops_no_other(store, bucket, monkeypatch):
    store.refresh()
    put(bucket, f"jobs/{ONE}", '{"source": "new"}\n')
    put(bucket, f"jobs/{TWO}", '{"source": "newer"}\n')
    put(bucket, "jobs/x.manifest", B)
    fetch = module.Bucket.fetch

    def refuse(self, path, into):
        if path == TWO:
            raise PermissionError(0, "access is denied")
        if path == "x.manifest":
            raise FileNotFoundError
        fetch(self, path, into)

    monkeypatch.setattr(module.Bucket, "fetch", refuse)
    assert store.refresh() == [f"{TWO}: it cannot be fetched: access is denied"]
    assert store.sources == ["b1", "new"]
    assert store.states == {ONE: "loaded", TWO: "stale"}
    monkeypatch.setattr(module.Bucket, "fetch", fetch)
    store.refresh()
    assert store.sources == ["b1", "new", "newer"]


def test_a_bucket_that_is_not_there(store):
    with pytest.raises(
        NodeError, match="'s3://nowhere-at-all' cannot be listed: there is no such bucket"
    ) as raised:
        store.refresh(path="s3://nowhere-at-all")
    assert raised.value.code == "WF602"
    assert "AWS_ENDPOINT_URL" in raised.value.hint


def test_a_prefix_without_objects_leaves_the_database_alone(store, bucket):
    store.refresh()
    bucket.objects.filter(Prefix="jobs/").delete()
    with pytest.raises(NodeError, match=r"has no file .* 'labels\.duckdb' has rows of 2"):
        store.refresh()
    assert store.sources == ["a1", "a2", "b1"]


def test_no_credentials(kept, bucket, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NodeError, match="there are no credentials for S3 in the environment"):
        kept.refresh(path="s3://b/x")


def test_nothing_answers(kept, bucket, monkeypatch):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setattr(module, "_ATTEMPTS", 1)
        with pytest.raises(NodeError, match="cannot be listed: nothing answers at the store"):
            kept.refresh(path="s3://b/x")


def test_the_store_breaks_off_for_good(store, monkeypatch):
    """The database is left as it is, since that says nothing of the files."""
    store.refresh()
    store.parameters["kinds"] = {"x": "coco"}
    from botocore.exceptions import EndpointConnectionError

    def fail(self, path, into):
        with module._told(f"'{path}' cannot be fetched", single=True):
            raise EndpointConnectionError(endpoint_url="http://key:sesame@x")

    monkeypatch.setattr(module.Bucket, "fetch", fail)
    with pytest.raises(NodeError, match="nothing answers at the store") as raised:
        store.refresh()
    assert "sesame" not in str(raised.value)
    assert store.sources == ["a1", "a2", "b1"]


def test_other_schemes(kept):
    with pytest.raises(NodeError, match="lakes at gs:// are not read"):
        kept.refresh(path="gs://bucket/x")
