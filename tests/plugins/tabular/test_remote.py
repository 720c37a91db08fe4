"""Files by s3:// and http://, from a store and a web server on loopback."""

import hashlib
import http.server
import os
import re
import threading
import time
from pathlib import Path

import polars as pl
import pytest

from weirflow.api import NodeError, SourceContext
from weirflow.cli import main
from weirflow.engines.base import engine
from weirflow_tabular.files import find_files
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.read_json import ReadJson, ReadNdjson
from weirflow_tabular.remote import _regex

FRAME = pl.DataFrame({"id": [1, 2, None], "name": ["x", None, "é"]})


@pytest.fixture
def read(tmp_path):
    def read(node):
        facts = node.inspect(SourceContext(tmp_path))
        frame = engine("polars").frame(node.scan(SourceContext(tmp_path, engine("polars")), facts.schema))
        return facts, frame

    return read


def put(bucket, **files):
    for key, body in files.items():
        bucket.put_object(Key=key, Body=body.encode() if isinstance(body, str) else body)


@pytest.fixture
def shelf(bucket):
    put(
        bucket,
        **{
            "in/b.csv": "id,name\n3,c\n",
            "in/a.csv": "id,name\n1,a\n2,b\n",
            "in/note.md": "no table",
            "in/deep/c.csv": "id,name\n4,d\n",
            "in/": "",
            "other/a.csv": "id,name\n9,z\n",
        },
    )
    return f"s3://{bucket.name}"


@pytest.mark.parametrize(
    ("path", "options", "ids"),
    [
        ("/in/a.csv", {}, [1, 2]),
        ("/in", {}, [1, 2, 3]),
        ("/in/", {}, [1, 2, 3]),
        ("/in/", {"nested": True}, [1, 2, 4, 3]),
        ("/in/*.csv", {}, [1, 2, 3]),
        ("/**/a.csv", {}, [1, 2, 9]),
        ("/in/**/*.csv", {}, [1, 2, 3, 4]),
        ("/*/[!b].csv", {}, [1, 2, 9]),
    ],
)
def test_objects_of_a_store(shelf, read, path, options, ids):
    frame = read(ReadCsv(path=shelf + path, **options))[1]
    assert sorted(frame["id"]) == sorted(ids)
    assert frame["id"].to_list()[:2] == [1, 2]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a/*.csv", ["a/x.csv", "a/.csv"], ["a/b/x.csv", "a/xcsv", "b/a/x.csv"]),
        ("**/x?.csv", ["x1.csv", "a/b/x2.csv"], ["x.csv", "x/y.csv"]),
        ("a.b/[0-9]", ["a.b/7"], ["a.b/x", "aXb/7", "a.b/77"]),
    ],
)
def test_patterns(pattern, yes, no):
    assert [k for k in (*yes, *no) if re.fullmatch(_regex(pattern), k)] == yes


def test_formats_that_hold_types(bucket, read, tmp_path):
    FRAME.write_parquet(tmp_path / "x.parquet")
    put(
        bucket,
        **{"x.parquet": (tmp_path / "x.parquet").read_bytes(), "x.json": '[{"a": 1}]', "l.jsonl": '{"a": 2}'},
    )
    facts, frame = read(ReadParquet(path=f"s3://{bucket.name}/x.parquet"))
    assert frame.equals(FRAME)
    assert facts.rows == 3
    assert read(ReadJson(path=f"s3://{bucket.name}/x.json"))[1].rows() == [(1,)]
    assert read(ReadNdjson(path=f"s3://{bucket.name}/*.jsonl"))[1].rows() == [(2,)]


def test_a_copy_is_kept_until_the_object_changes(bucket, read, tmp_path):
    put(bucket, **{"x.csv": "a\n1\n"})
    node = ReadCsv(path=f"s3://{bucket.name}/x.csv")
    (first,) = read(node)[0].files
    (again,) = read(node)[0].files
    assert again == first
    inode = find_files(SourceContext(tmp_path), node.path, (".csv",))[0].stat().st_ino
    assert find_files(SourceContext(tmp_path), node.path, (".csv",))[0].stat().st_ino == inode
    put(bucket, **{"x.csv": "a\n2\n"})
    facts, frame = read(node)
    assert frame["a"].to_list() == [2]
    assert facts.files[0].path != first.path
    assert Path(first.path).read_text() == "a\n1\n"  # another run may be reading it
    week = time.time() - 8 * 86_400
    os.utime(Path(first.path).parent, (week, week))
    read(node)
    assert [str(p) for p in (tmp_path / ".weirflow" / "remote").rglob("*.csv")] == [facts.files[0].path]
    assert (tmp_path / ".weirflow" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{b}/none.csv", "there is nothing at 's3://{b}/none.csv'"),
        ("{b}/in/*.tsv", r"no object matches 's3://{b}/in/\*.tsv'"),
        ("{b}/only/", "'s3://{b}/only/' holds no file that ends with .csv"),
        ("no-such-bucket/x.csv", "there is nothing|there is no such bucket"),
        ("/x.csv", "that is no location of an object"),
    ],
)
def test_objects_that_are_not_there(bucket, read, path, message):
    put(bucket, **{"only/readme.md": "x"})
    with pytest.raises(NodeError, match=message.replace("{b}", bucket.name)) as caught:
        read(ReadCsv(path="s3://" + path.replace("{b}", bucket.name)))
    assert caught.value.code == "WF602"
    assert "--source" in caught.value.hint


def test_a_store_that_does_not_answer_and_no_credentials(bucket, read, monkeypatch, tmp_path):
    node = ReadCsv(path=f"s3://{bucket.name}/x.csv")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(NodeError, match="nothing answers at the store"):
        read(node)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NodeError, match="the environment's settings for S3 are not valid"):
        read(node)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(NodeError, match="there are no credentials for S3 in the environment") as caught:
        read(node)
    assert "AWS_NO_SIGN_REQUEST" in caught.value.hint


def test_public_data_needs_no_credentials(bucket, read, monkeypatch):
    bucket.put_object(Key="x.csv", Body=b"a\n1\n", ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_NO_SIGN_REQUEST", "YES")
    assert read(ReadCsv(path=f"s3://{bucket.name}/x.csv"))[1]["a"].to_list() == [1]


def test_a_flow_reads_from_the_store_in_the_place_of_a_file(bucket, tmp_path, monkeypatch):
    put(bucket, **{"x.csv": "a;b\n1;x\n"})
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: a, operator: read.csv, parameters: {path: x.csv, delimiter: ';'}}\n"
        "  - {id: b, operator: write.csv, parameters: {path: out.csv}}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["run", "x.flow", "--source", f"s3://{bucket.name}/x.csv", "--report", "none"]) == 0
    assert next(tmp_path.rglob("out.csv")).read_text() == "a,b\n1,x\n"


@pytest.fixture
def remote_flow(bucket, tmp_path):
    """A flow in a folder of its own that reads from the store."""
    put(bucket, **{"x.csv": "a\n1\n"})
    flow = tmp_path / "there" / "x.flow"
    flow.parent.mkdir()
    flow.write_text(
        "flow: 1\nnodes:\n"
        f"  - {{id: a, operator: read.csv, parameters: {{path: 's3://{bucket.name}/x.csv'}}}}\n"
        "  - {id: b, operator: columns.drop, parameters: {columns: []}}\n"
    )
    return flow


@pytest.mark.parametrize("verb", [["run", "--report", "none"], ["plan"], ["preview"]])
def test_copies_lie_in_the_store_that_is_named(remote_flow, tmp_path, verb):
    assert main([*verb, str(remote_flow), "--store", str(tmp_path / "else")]) == 0
    assert [f.read_text() for f in (tmp_path / "else" / "remote").rglob("x.csv")] == ["a\n1\n"]
    assert [f.name for f in remote_flow.parent.iterdir() if f.name == ".weirflow"] == []


def test_a_preview_keeps_its_copies_beside_the_flow(remote_flow):
    assert main(["preview", str(remote_flow)]) == 0
    assert len(list((remote_flow.parent / ".weirflow" / "remote").rglob("x.csv"))) == 1


# ---------------------------------------------------------------------- names of files


def test_the_names_of_files_as_a_column(tmp_path, read):
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "b.csv").write_text("id\n1\n2\n")
    (tmp_path / "d" / "e" / "c.csv").write_text("id\n3\n")
    facts, frame = read(ReadCsv(path="d", file_column="file"))
    assert facts.schema.names == ("id", "file")
    assert frame.rows() == [(1, "b.csv"), (2, "b.csv")]
    assert read(ReadCsv(path="d", nested=True, file_column="f"))[1].rows()[2:] == [(3, "c.csv")]
    with pytest.raises(NodeError, match="there is a column 'id' already"):
        read(ReadCsv(path="d", file_column="id"))
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n')
    assert read(ReadNdjson(path="x.jsonl", file_column="f"))[1].rows() == [(1, "x.jsonl")]
    FRAME.write_parquet(tmp_path / "x.parquet")
    assert read(ReadParquet(path="x.parquet", file_column="f"))[1].columns == ["id", "name", "f"]


# ---------------------------------------------------------------------- web servers


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


def test_a_file_of_a_web_server(web, read):
    web.files["/x.csv"] = b"a\n1\n"
    node = ReadCsv(path=f"{web.url}/x.csv?token=sesame")
    assert read(node)[1]["a"].to_list() == [1]
    assert web.asked[0][1] is None
    assert web.asked[1][1] is not None
    web.files["/x.csv"] = b"a\n2\n"
    assert read(node)[1]["a"].to_list() == [2]
    web.files["/x.csv"] = b"a\n1\n"
    assert read(node)[1]["a"].to_list() == [1]


def test_files_of_a_web_server_that_cannot_be_read(web, read, tmp_path):
    web.files["/short.csv"] = b"a\n1\n"
    for path, message in [
        ("/none.csv?t=sesame", "the server answers 404"),
        ("/short.csv", "cut short|nothing answers"),
    ]:
        with pytest.raises(NodeError, match=message) as caught:
            read(ReadCsv(path=web.url + path))
        assert "sesame" not in caught.value.message
    assert not list(tmp_path.rglob("short.csv"))
    assert not list(tmp_path.rglob(".part-*"))


def test_the_format_is_told_by_the_path_of_a_url():
    made = ReadCsv(path="x.csv").at("https://host/a/x.parquet?version=1.csv")
    assert isinstance(made, ReadParquet)
    assert made.path == "https://host/a/x.parquet?version=1.csv"
    assert ReadCsv(path="x.csv").at("s3://b/x.tsv").delimiter == "\t"
    assert isinstance(ReadNdjson(path="x.jsonl").at("s3://b/x.json"), ReadNdjson)
