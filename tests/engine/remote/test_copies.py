"""Kept copies of objects and of files of web servers, from servers on loopback."""

import hashlib
import http.server
import os
import threading
import time

import pytest

from weirflow.api import NodeError, remote


@pytest.fixture
def copies(tmp_path):
    return tmp_path / ".weirflow" / "remote"


def test_a_copy_is_kept_until_the_object_changes(bucket, copies):
    bucket.put_object(Key="in/x.csv", Body=b"1")
    location = f"s3://{bucket.name}/in"
    (first,) = remote.fetched(copies, location, (".csv",))
    there = first.stat()
    assert there.st_mtime == bucket.Object("in/x.csv").last_modified.timestamp()
    assert remote.fetched(copies, location, (".csv",)) == (first,)
    assert first.stat().st_ino == there.st_ino
    bucket.put_object(Key="in/x.csv", Body=b"2")
    (second,) = remote.fetched(copies, location, (".csv",))
    assert (first.name, second.name, second.read_text()) == ("x.csv", "x.csv", "2")
    assert first.read_text() == "1"  # another run may be reading it
    week = time.time() - 8 * 86_400
    os.utime(first.parent, (week, week))
    remote.fetched(copies, location, (".csv",))
    assert [*copies.rglob("*.csv")] == [second]
    assert (copies.parent / ".gitignore").read_text() == "*\n"


def test_files_of_a_folder_are_in_the_order_of_their_names(bucket, copies):
    for key in ("in/b.csv", "in/a.csv", "in/a/c.csv", "in/note.md"):
        bucket.put_object(Key=key, Body=key.encode())
    found = remote.fetched(copies, f"s3://{bucket.name}/in/", (".csv",), nested=True)
    assert [f.read_text() for f in found] == ["in/a.csv", "in/a/c.csv", "in/b.csv"]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://{b}/none", "there is nothing at 's3://{b}/none'"),
        ("s3://no-such-bucket/x/", "there is no such bucket"),
        ("gs://b/x", "files by gs:// cannot be read, only by s3:// and https://"),
    ],
)
def test_a_copy_may_be_named_in_the_place_of_what_is_not_there(bucket, copies, location, message):
    with pytest.raises(NodeError, match=message.replace("{b}", bucket.name)) as caught:
        remote.fetched(copies, location.replace("{b}", bucket.name))
    assert caught.value.code == "WF602"
    assert "--source NAME=FILE" in caught.value.hint


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("If-None-Match")))
        body = self.server.files.get(path)
        if body is None:
            self.send_error(404)
            return
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) + (5 if path.endswith("short.csv") else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_of_a_web_server(web, copies):
    def read():
        (file,) = remote.fetched(copies, f"{web.url}/x.csv?token=sesame")
        return file.read_bytes()

    web.files["/x.csv"] = b"1"
    assert (read(), read()) == (b"1", b"1")
    assert web.asked == [("/x.csv", None), ("/x.csv", f'"{hashlib.sha256(b"1").hexdigest()}"')]
    web.files["/x.csv"] = b"2"
    assert read() == b"2"
    web.files["/x.csv"] = b"1"
    assert read() == b"1"


@pytest.mark.parametrize(
    ("path", "message"),
    [("/none.csv", "the server answers 404"), ("/short.csv", "cut short|nothing answers")],
)
def test_files_of_a_web_server_that_cannot_be_read(web, copies, path, message):
    web.files["/short.csv"] = b"1"
    with pytest.raises(NodeError, match=message) as caught:
        remote.fetched(copies, f"{web.url}{path}?token=sesame")
    assert "sesame" not in caught.value.message
    assert [p for p in copies.rglob("*") if p.is_file()] == []
