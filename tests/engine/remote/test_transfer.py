"""Single objects, from a store on loopback."""

import io

import pytest
from botocore.response import StreamingBody

from weirflow.api import NodeError, remote
from weirflow.remote.client import client


@pytest.fixture
def one(bucket):
    bucket.put_object(Key="x", Body=b"abc")
    return f"s3://{bucket.name}/x"


def test_an_object_becomes_a_file(one, bucket, tmp_path):
    (found,) = remote.objects(one)
    into = tmp_path / "y"
    into.write_text("the former one")
    assert remote.fetch(one, into, etag=found.etag, size=found.size) == 3
    assert into.read_bytes() == b"abc"


def test_an_object_that_changes(one, bucket, tmp_path):
    (found,) = remote.objects(one)
    bucket.put_object(Key="x", Body=b"abd")
    with pytest.raises(remote.ObjectError, match=f"'{one}' cannot be read: it changes while") as caught:
        remote.fetch(one, tmp_path / "y", etag=found.etag)
    assert (caught.value.fault, caught.value.code) == ("changed", "WF602")
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_is_gone_or_in_an_archive(one, bucket, tmp_path):
    with pytest.raises(remote.ObjectError, match="it is gone") as caught:
        remote.fetch(f"{one}y", tmp_path / "y")
    assert caught.value.fault == "gone"
    bucket.put_object(Key="cold", Body=b"abc", StorageClass="GLACIER")
    with pytest.raises(remote.ObjectError, match="it lies in an archive") as caught:
        remote.fetch(f"s3://{bucket.name}/cold", tmp_path / "y")
    assert caught.value.fault == "archived"
    with pytest.raises(NodeError, match="there is no such bucket") as other:
        remote.fetch("s3://no-such-bucket/x", tmp_path / "y")
    assert not isinstance(other.value, remote.ObjectError)
    assert "AWS_ENDPOINT_URL" in other.value.hint


@pytest.fixture
def break_off(one, monkeypatch):
    """Let the first answers break off after a byte; how many were asked for."""

    def broken(times):
        asked = []
        ask = (store := client(one)).get_object

        def answer(**options):
            asked.append(options)
            found = ask(**options)
            if len(asked) <= times:
                found["Body"] = StreamingBody(io.BytesIO(b"a"), 3)
            return found

        monkeypatch.setattr(store, "get_object", answer)
        return asked

    return broken


def test_what_breaks_off_is_fetched_again(one, tmp_path, break_off):
    asked = break_off(2)
    remote.fetch(one, tmp_path / "y")
    assert (len(asked), (tmp_path / "y").read_bytes()) == (3, b"abc")


def test_what_breaks_off_each_time(one, tmp_path, break_off):
    break_off(9)
    (tmp_path / "y").write_text("the former one")
    with pytest.raises(NodeError, match="it was cut short on its way"):
        remote.fetch(one, tmp_path / "y")
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("y", "the former one")]


def test_another_size_than_was_told(one, tmp_path):
    with pytest.raises(NodeError, match="it was cut short on its way"):
        remote.fetch(one, tmp_path / "y", size=4)
    assert list(tmp_path.iterdir()) == []
