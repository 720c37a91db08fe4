"""Files by s3:// and http://, from a store and a web server on loopback."""

import polars as pl
import pytest

from weirflow.api import NodeError, SourceContext
from weirflow.cli import main
from weirflow.engines.base import engine
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.read_json import ReadJson, ReadNdjson

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


def test_the_format_is_told_by_the_path_of_a_url():
    made = ReadCsv(path="x.csv").at("https://host/a/x.parquet?version=1.csv")
    assert isinstance(made, ReadParquet)
    assert made.path == "https://host/a/x.parquet?version=1.csv"
    assert ReadCsv(path="x.csv").at("s3://b/x.tsv").delimiter == "\t"
    assert isinstance(ReadNdjson(path="x.jsonl").at("s3://b/x.json"), ReadNdjson)
