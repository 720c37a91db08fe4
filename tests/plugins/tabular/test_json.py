"""JSON and JSON lines, held against Python's own reader and against hand-made expectations."""

import gzip
import json
from datetime import date

import pandas as pd
import polars as pl
import pytest

from weirflow.api import DType, NodeError, SourceContext
from weirflow.engines.base import engine
from weirflow_tabular.read_json import ReadJson, ReadNdjson

ROWS = [
    {"id": 1, "name": "Ann", "pay": 2.5, "tags": ["a", "b"], "home": {"city": "Rome", "zip": "01"}},
    {"id": None, "name": "Bo\u00e9\n", "pay": 3, "tags": [], "home": {"city": None}, "member": True},
    {"name": None, "tags": None, "home": None, "nothing": None},
]


@pytest.fixture
def read(tmp_path):
    def read(node, types=()):
        facts = node.inspect(SourceContext(tmp_path, types=dict(types)))
        table = node.scan(SourceContext(tmp_path, engine("polars")), facts.schema)
        return facts, engine("polars").frame(table)

    return read


@pytest.fixture
def exported(read, run, same, tmp_path):
    """The frame, held against that of the exported code."""

    def read_both(node):
        facts, frame = read(node)
        space = {}
        exec(run.code(node, facts.schema), space)
        same(frame, space["step"](None, str(tmp_path / node.path)))
        return facts, frame

    return read_both


def lines(rows):
    return "".join(json.dumps(r) + "\n" for r in rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", json.dumps(ROWS)),
        ("x.json", json.dumps(ROWS, indent=2).replace("\n", "\r\n")),
        ("x.json", "\ufeff" + json.dumps(ROWS)),
        ("x.ndjson", lines(ROWS)),
        ("x.ndjson", lines(ROWS).replace("\n", "\r\n\r\n").rstrip()),
    ],
)
def test_rows_are_as_python_reads_them(read, tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode())
    facts, frame = read((ReadJson if name == "x.json" else ReadNdjson)(path=name))
    assert [str(c) for c in facts.schema] == [
        "id: int64", "name: string", "pay: float64", "tags: list[string]", "home: struct", "member: boolean",
        "nothing: string",
    ]  # fmt: skip
    wanted = [{n: row.get(n) for n in facts.schema.names} for row in ROWS]
    wanted[1]["home"]["zip"] = None  # a struct has all its fields
    assert frame.to_dicts() == wanted
    assert facts.dear
    assert facts.files[0].bytes == (tmp_path / name).stat().st_size


def test_one_object_is_a_row(read, tmp_path):
    (tmp_path / "x.json").write_text('{\n "a": 1,\n "b": [1, 2.5]\n}\n')
    assert read(ReadJson(path="x.json"))[1].to_dicts() == [{"a": 1, "b": [1.0, 2.5]}]


@pytest.mark.parametrize("path", ["in", "in/*"])
@pytest.mark.parametrize("node", [ReadJson, ReadNdjson])
def test_several_files_have_the_keys_of_all(read, exported, tmp_path, node, path):
    (tmp_path / "in").mkdir()
    for name, rows in {"b.json": [{"a": "x", "c": 2}], "a.json": [{"a": 1, "b": 1.5}, {"a": 2}]}.items():
        (tmp_path / "in" / name).write_text(json.dumps(rows) if node is ReadJson else lines(rows))
    _, frame = exported(node(path=path))
    assert frame.rows() == [("1", 1.5, None), ("2", None, None), ("x", None, 2)]


@pytest.mark.parametrize("node", [ReadJson, ReadNdjson])
def test_compressed(exported, tmp_path, node):
    rows = [{"a": i} for i in range(3)]
    text = json.dumps(rows) if node is ReadJson else lines(rows)
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(text.encode()))
    assert exported(node(path="x.json.gz"))[1]["a"].to_list() == [0, 1, 2]
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(text.encode())[:-9])
    damaged = node(path="x.json.gz")
    with pytest.raises(NodeError, match=r"x\.json\.gz cannot be unpacked as gzip"):
        damaged.inspect(SourceContext(tmp_path))


@pytest.mark.parametrize("node", [ReadJson, ReadNdjson])
def test_exported_code_gives_the_same(exported, tmp_path, node):
    rows = [
        {"i": 2**60 + 1, "f": 1, "s": "01", "b": True, "l": ["x"], "day": "2020-01-01"},
        {"i": None, "f": 0.5, "s": None, "b": None, "l": None},
        {"i": -1},
    ]
    (tmp_path / "x.json").write_text(json.dumps(rows) if node is ReadJson else lines(rows))
    _, frame = exported(node(path="x.json"))
    assert frame["i"].to_list() == [2**60 + 1, None, -1]
    assert frame["s"].to_list() == ["01", None, None]


def test_a_name_with_signs_of_a_pattern(read, tmp_path):
    (tmp_path / "a[1]*.ndjson").write_text('{"a": 1}\n')
    assert read(ReadNdjson(path="a[1]*.ndjson"))[1].rows() == [(1,)]


def test_values_of_several_types_are_text(read, tmp_path):
    (tmp_path / "x.ndjson").write_text('{"a": 1}\n{"a": "x"}\n{"a": {"b": 2}}\n')
    assert read(ReadNdjson(path="x.ndjson"))[1]["a"].to_list() == ["1", "x", '{"b": 2}']


def test_a_fit_binds_types(read, tmp_path):
    (tmp_path / "x.ndjson").write_text('{"a": 1, "b": null, "d": "2020-02-29", "f": 1.5}\n')
    types = {"a": "float64", "b": "int64", "d": "date", "f": "int64"}
    facts, frame = read(ReadNdjson(path="x.ndjson"), {k: DType.parse(v) for k, v in types.items()})
    assert [str(c.dtype) for c in facts.schema] == ["float64", "int64", "date", "float64"]
    assert frame.rows() == [(1.0, None, date(2020, 2, 29), 1.5)]


BAD_LINES = [
    ('{"a": 1}\n{"a": 2', "line 2 of x.ndjson: no JSON"),
    ('{"a": 1}\n\n[1, 2]\n', "line 3 of x.ndjson: an object is wanted, and this is an array"),
    ('{"a": 1}\n12\n', "line 2 of x.ndjson: an object is wanted, and this is a number"),
    ('{"a": 1} {"a": 2}\n', "line 1 of x.ndjson: more follows the object"),
    ('[{"a": 1},\n{"a": 2}]\n', "line 1 of x.ndjson: no whole object"),
    ('{"a": 1}\n{"a": NaN}\n', "line 2 of x.ndjson: NaN is no JSON"),
    ('\ufeff{"a": 1}\n', "x.ndjson begins with a byte order mark"),
    ("", "x.ndjson holds no object"),
]


@pytest.mark.parametrize(("text", "message"), BAD_LINES)
def test_a_line_that_is_no_object_is_named(read, tmp_path, text, message):
    (tmp_path / "x.ndjson").write_text(text)
    with pytest.raises(NodeError) as caught:
        read(ReadNdjson(path="x.ndjson"))
    assert caught.value.message.startswith(message)
    assert caught.value.code == "WF603"


BAD_FILES = [
    ('[{"a": 1},\n {"a":', "line 2 of x.json: the file is cut short"),
    ('[{"a": 1},\n {"a": "b', "line 2 of x.json: the file is cut short"),
    ('[{"a": 1}', "line 1 of x.json: the file is cut short"),
    ('[{"a": 1},\n{"a": 2},\n]', "line 3 of x.json: a comma before the array's end"),
    ('[{"a": 1}\n{"a": 2}]', "line 2 of x.json: a comma is missing"),
    ('[{"a": 1},\n\n 4]', "line 3 of x.json: an object is wanted, and this is a number"),
    ('{"a": 1}\n{"a": 2}\n', "line 1 of x.json: more follows the object"),
    ('[{"a": 1}] []', "line 1 of x.json: more follows the array"),
    ('"text"', "line 1 of x.json: an object is wanted, and this is a text"),
    ("{'a': 1}", "line 1 of x.json: this is no JSON"),
    ("[]", "x.json holds no object"),
    ("", "line 1 of x.json: the file is empty"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_file_that_is_no_array_of_objects_is_told(read, tmp_path, text, message):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(NodeError) as caught:
        read(ReadJson(path="x.json"))
    assert caught.value.message.startswith(message)
    assert caught.value.code == "WF603"


def test_text_that_is_no_utf8(read, tmp_path):
    (tmp_path / "x.ndjson").write_bytes(b'{"a": "b"}\n{"a": "\xe9"}\n')
    with pytest.raises(NodeError, match=r"line 2 of x\.ndjson is not UTF-8 text"):
        read(ReadNdjson(path="x.ndjson"))


def test_a_value_beyond_the_rows_that_were_looked_at(read, tmp_path):
    rows = [{"a": i, "b": "x"} for i in range(2500)]
    (tmp_path / "x.ndjson").write_text(lines([*rows, {"a": 0.5}]))
    node = ReadNdjson(path="x.ndjson", infer_rows=10)
    with pytest.raises(NodeError, match=r"^line 2501 of x\.ndjson: a value in column 'a' is of another type"):
        read(node)
    assert read(ReadNdjson(path="x.ndjson"))[1]["a"][-1] == 0.5


def test_a_file_that_is_not_there(tmp_path):
    for node in (ReadJson, ReadNdjson):
        with pytest.raises(NodeError, match=r"there is no file 'x\.json'") as caught:
            node(path="x.json").inspect(SourceContext(tmp_path))
        assert caught.value.code == "WF602"


def test_large_files_are_read_in_parts_and_in_order(read, tmp_path):
    frame = pl.DataFrame({"n": range(200_000), "t": ["some text"] * 200_000})
    frame.write_ndjson(tmp_path / "x.ndjson")
    facts, _ = read(ReadNdjson(path="x.ndjson"))
    table = ReadNdjson(path="x.ndjson").scan(SourceContext(tmp_path, engine("polars")), facts.schema)
    native = table.to_native()
    assert native.select("n").collect()["n"].to_list() == list(range(200_000))
    assert native.head(7).collect().equals(frame.head(7))
    assert native.filter(pl.col("n") % 50_000 == 3).collect()["n"].to_list() == [3, 50_003, 100_003, 150_003]
    peer = pd.read_json(tmp_path / "x.ndjson", lines=True)
    assert native.select(pl.col("n").sum()).collect().item() == peer["n"].sum()
