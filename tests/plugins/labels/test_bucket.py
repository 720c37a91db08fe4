"""A lake in a bucket, from a store on loopback."""

import pytest

from weirflow.api import NodeError, remote

A, B = '{"source": "a1"}\n{"source": "a2"}\n', '{"source": "b1"}\n'
ONE, TWO = "one/manifests/output/output.manifest", "two/manifests/output/output.manifest"


@pytest.fixture
def store(kept, bucket, monkeypatch):
    """The lake `s3://bucket/jobs`; the keys that were fetched are in `fetched`."""
    kept.parameters["path"] = f"s3://{bucket.name}/jobs"
    kept.fetched = []
    fetch, jobs = remote.fetch, f"{kept.parameters['path']}/"
    monkeypatch.setattr(
        remote,
        "fetch",
        lambda location, into: kept.fetched.append(location.removeprefix(jobs)) or fetch(location, into),
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
    fetch = remote.fetch

    def refuse(location, into):
        if location.endswith(TWO):
            raise remote.ObjectError(location, "denied", "access is denied")
        if location.endswith("x.manifest"):
            bucket.Object("jobs/x.manifest").delete()
        fetch(location, into)

    monkeypatch.setattr(remote, "fetch", refuse)
    assert store.refresh() == [
        f"{TWO}: it cannot be fetched: access is denied; the last good rows of the file stay"
    ]
    assert store.sources == ["b1", "new"]
    assert store.states == {ONE: "loaded", TWO: "stale"}
    monkeypatch.setattr(remote, "fetch", fetch)
    store.refresh()
    assert store.sources == ["new", "newer"]


def test_a_bucket_that_is_not_there(store):
    with pytest.raises(
        NodeError, match="'s3://nowhere-at-all' cannot be read: there is no such bucket"
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


def test_the_store_breaks_off_for_good(store, monkeypatch):
    """The database is left as it is, since that says nothing of the files."""
    store.refresh()
    store.parameters["kinds"] = {"x": "coco"}

    def fail(location, into):
        raise NodeError("nothing answers at the store")

    monkeypatch.setattr(remote, "fetch", fail)
    with pytest.raises(NodeError, match="nothing answers at the store"):
        store.refresh()
    assert store.sources == ["a1", "a2", "b1"]


def test_other_schemes(kept):
    with pytest.raises(NodeError, match="files by gs:// cannot be read, only by s3://"):
        kept.refresh(path="gs://bucket/x")
