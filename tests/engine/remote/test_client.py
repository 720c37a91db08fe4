"""What the environment says of a store, and stores that cannot be asked."""

import socket
import subprocess
import sys

import pytest

from weirflow.api import NodeError, remote
from weirflow.plugins.extras import install_command
from weirflow.remote import client as module


def refused(location):
    with pytest.raises(NodeError) as caught:
        list(remote.below(location))
    assert caught.value.code == "WF602"
    return caught.value


def test_no_credentials_and_settings_that_are_not_valid(bucket, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "the environment's settings for S3 are not valid" in refused("s3://b/x").message
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    error = refused("s3://b/x")
    assert error.message == "'s3://b/x' cannot be read: there are no credentials for S3 in the environment"
    assert "AWS_NO_SIGN_REQUEST" in error.hint


def test_nothing_answers(bucket, monkeypatch):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://key:sesame@127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setattr(module, "_ATTEMPTS", 1)
        error = refused("s3://b/x")
    assert error.message == "'s3://b/x' cannot be read: nothing answers at the store"
    assert "sesame" not in f"{error.message} {error.hint}"


def test_public_data_needs_no_credentials(bucket, monkeypatch, tmp_path):
    bucket.put_object(Key="x", Body=b"abc", ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_NO_SIGN_REQUEST", "YES")
    assert remote.fetch(f"s3://{bucket.name}/x", tmp_path / "x") == 3


def test_without_boto3(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setenv("AWS_PROFILE", "of no other test")
    assert refused("s3://b/x").hint == f"install it: {install_command('s3')}"
    with pytest.raises(NodeError, match="'s3://b/x' cannot be read: boto3 is not installed"):
        remote.fetch("s3://b/x", tmp_path / "x")


def test_it_is_loaded_when_it_is_asked_for():
    code = (
        "import sys, weirflow.api as a; print('weirflow.remote' in sys.modules); a.remote;"
        "print([m for m in sys.modules if m.startswith('boto')])"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["False", "[]"]
