from __future__ import annotations

import gzip
from contextlib import contextmanager
from datetime import date, datetime

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from weirflow.api import NodeError, Schema, SourceContext
from weirflow.engines.base import engine
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.write import WriteCsv, WriteParquet


@pytest.fixture
def read(tmp_path, run, same):
    """Inspect and scan a source, and hold its exported code against it."""

    tables = engine("polars")

    def read_both(node, text=None, name="x.csv", encoding="utf-8"):
        if text is not None:
            (tmp_path / name).write_bytes(text.encode(encoding))
        facts = node.inspect(SourceContext(tmp_path))
        table = node.scan(SourceContext(tmp_path, tables), facts.schema)
        frame = table.collect(backend="polars").to_native()
        space = {}
        exec(run.code(node, facts.schema), space)
        same(frame, space["step"](None, str(tmp_path / node.path)))
        return facts, frame

    return read_both


def test_names_and_types(read):
    text = (
        "i,f,s,b,d,m,zip,yes,empty\n"
        "1,0.5,x,true,2024-01-01,2024-01-01 10:00:00,01,yes,\n"
        ",,,,,,,,\n"
        '-3,2,"a, ""b""",false,2024-02-29,2024-02-29 00:00:01,007,no,\n'
    )
    facts, frame = read(ReadCsv(path="x.csv"), text)
    assert [str(c.dtype) for c in facts.schema] == [
        "int64", "float64", "string", "boolean", "date", "datetime", "string", "string", "string",
    ]  # fmt: skip
    assert frame.row(0) == (1, 0.5, "x", True, date(2024, 1, 1), datetime(2024, 1, 1, 10), "01", "yes", None)  # noqa: DTZ001
    assert frame.row(1) == (None,) * 9
    assert frame["s"][2] == 'a, "b"'
    assert facts.dear
    assert facts.warnings == ()
    assert facts.files[0].bytes == len(text)
    assert facts.files[0].mtime_ns > 0


def test_the_credit_data(read, repository):
    data = repository / "flows" / "credit-risk" / "german_credit_data.csv"
    facts, frame = read(ReadCsv(path="credit.csv"), data.read_text(), "credit.csv")
    assert frame.shape == (1000, 21)
    numeric = [c.name for c in facts.schema if c.dtype.is_numeric]
    assert numeric == [
        "duration",
        "creditamount",
        "installmentrate",
        "residencesince",
        "age",
        "existingcredits",
        "peopleliable",
    ]
    assert frame["risk"].value_counts().sort("risk")["count"].to_list() == [300, 700]
    assert frame["existingchecking"].null_count() == 0  # "none" is a word here


@pytest.mark.parametrize(
    ("options", "text", "rows"),
    [
        ({"delimiter": ";"}, "a;b\n1;2,5\n", [(1, "2,5")]),
        ({"delimiter": "\t"}, "a\tb\n1\tx\n", [(1, "x")]),
        ({"header": False}, "1,x\n2,y\n", [(1, "x"), (2, "y")]),
        ({"skip": 2}, "made by\na machine\na,b\n1,2\n", [(1, 2)]),
        ({"null_values": ("", "NA")}, "a,b\n1,NA\nNA,2\n", [(1, None), (None, 2)]),
        ({"null_values": ("NA",)}, "a,b\nx,NA\n,y\n", [("x", None), ("", "y")]),
        ({"infer": False}, "a,b\n1,2\n", [("1", "2")]),
        ({"types": {"b": "string"}}, "a,b\n1,2\n", [(1, "2")]),
        ({"types": {"b": "boolean"}}, "a,b\n1,yes\n2,No\n", [(1, True), (2, False)]),
        ({"types": {"b": "float64"}}, "a,b\n1,2\n", [(1, 2.0)]),
        ({"quote": "'"}, "a,b\n1,'x,y'\n", [(1, "x,y")]),
        ({"quote": None}, 'a,b\n1,"x\n', [(1, '"x')]),
        ({}, "a\n1\n\n3\n", [(1,), (None,), (3,)]),
        ({}, "a b,é\nx,y\n", [("x", "y")]),
        ({}, "\ufeffa,b\n1,2\n", [(1, 2)]),
        ({}, 'a,b\n1,"x\ny"\n', [(1, "x\ny")]),
        ({}, "a,b\r\n1,2\r\n", [(1, 2)]),
        ({}, "a,b\n", []),
        ({}, ",b\n0,x\n", [(0, "x")]),
    ],
)
def test_options(read, options, text, rows):
    assert read(ReadCsv(path="x.csv", **options), text)[1].rows() == rows


def test_another_encoding(read):
    _, frame = read(ReadCsv(path="x.csv", encoding="cp1252"), "a,b\né,€\n", encoding="cp1252")
    assert frame.rows() == [("é", "€")]
    with pytest.raises(NodeError, match=r"x\.csv is not utf-8 text") as caught:
        read(ReadCsv(path="x.csv"))
    assert caught.value.code == "WF603"
    with pytest.raises(NodeError, match="no text encoding 'klingon'"):
        read(ReadCsv(path="x.csv", encoding="klingon"))


def test_an_index_without_a_name_is_told(read):
    facts, _ = read(ReadCsv(path="x.csv"), ",b\n0,x\n")
    assert facts.warnings == (
        "column 1 of x.csv has no name: it is known as '' (an index, perhaps; drop it)",
    )


def test_words_for_missing_values_are_told(read):
    facts, _ = read(ReadCsv(path="x.csv"), "a,b\n1,x\nN/A,y\n,z\n")
    assert facts.warnings == (
        'column \'a\' would be int64 but for words for missing values: set `null_values: ["", "N/A"]`',
    )
    assert read(ReadCsv(path="x.csv", null_values=("", "N/A")))[0].warnings == ()


@pytest.mark.parametrize(
    ("text", "sign"), [("a;b\n1;2\n", ";"), ("a\tb\n1\t2\n", "\\t"), ("a|b|c\nx|y|z\n", "|")]
)
def test_a_wrong_delimiter_is_told(read, text, sign):
    facts, _ = read(ReadCsv(path="x.csv"), text)
    assert facts.warnings[0].endswith(f'perhaps it needs `delimiter: "{sign}"`')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.csv is empty"),
        ("a,b,a,c,b\n", "x.csv has columns more than once: 'a', 'b'"),
        ("a,b\n1,2\n1,2,3\n", "line 3 of x.csv has 3 fields, where the first line has 2"),
        ("a,b\n1\n", "line 2 of x.csv has 1 field, where"),
        ('a,b\n"x\ny",2\n1,2,3\n', "line 4 of x.csv has 3 fields"),
        ("a,b\n\n1,2\n", "line 2 of x.csv is empty"),
        ("\na,b\n", "x.csv starts with an empty line"),
    ],
)
def test_what_cannot_be_read(read, text, message):
    with pytest.raises(NodeError, match=message) as caught:
        read(ReadCsv(path="x.csv"), text)
    assert caught.value.code == "WF603"


def test_a_missing_file(read, tmp_path):
    (tmp_path / "german_credit.csv").write_text("a\n1\n")
    with pytest.raises(NodeError, match=r"there is no file 'german_credits\.csv'") as caught:
        read(ReadCsv(path="german_credits.csv"))
    assert (caught.value.code, caught.value.hint) == ("WF602", "did you mean 'german_credit.csv'?")
    with pytest.raises(NodeError, match="nor the folder"):
        read(ReadCsv(path="no/x.csv"))
    with pytest.raises(NodeError, match=r"no file matches '\*.tsv'"):
        read(ReadCsv(path="*.tsv"))
    with pytest.raises(NodeError, match="is not a local file"):
        read(ReadCsv(path="s3://bucket/x.csv"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NodeError, match=r"folder 'empty' holds no file that ends with \.csv"):
        read(ReadCsv(path="empty"))


def test_types_for_a_column_that_is_not_there(read):
    with pytest.raises(NodeError, match=r"column 'agee', which x\.csv does not have") as caught:
        read(ReadCsv(path="x.csv", types={"agee": "int64"}), "age\n1\n")
    assert caught.value.hint == "did you mean 'age'?"


@pytest.mark.parametrize("path", ["parts", "parts/", "parts/*.csv", "parts/**/*.csv"])
def test_several_files(read, tmp_path, path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.csv").write_text("a,b\n3,0.5\n")
    (tmp_path / "parts" / "a.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "parts" / "notes.md").write_text("no table")
    facts, frame = read(ReadCsv(path=path))
    assert frame.rows() == [(1, "x"), (2, "y"), (3, "0.5")]
    assert len(facts.files) == 2
    (tmp_path / "parts" / "c.csv").write_text("b,a\n3,0.5\n")
    with pytest.raises(NodeError, match=r"c\.csv has other columns than the first file"):
        read(ReadCsv(path=path))


def test_compressed(read, tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    assert read(ReadCsv(path="x.csv.gz"))[1].rows() == [(1,)]


def test_parquet(read, tmp_path):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"], "f": [0.5, float("nan")]})
    frame.write_parquet(tmp_path / "x.parquet")
    facts, found = read(ReadParquet(path="x.parquet"))
    assert facts.rows == 2
    assert not facts.dear
    assert found.rows() == [(1, "x", 0.5), (None, "y", None)]
    frame.write_parquet(tmp_path / "y.parquet")
    facts, found = read(ReadParquet(path="*.parquet"))
    assert (facts.rows, found.height) == (4, 4)
    frame.drop("b").write_parquet(tmp_path / "z.parquet")
    with pytest.raises(NodeError, match=r"z\.parquet has other columns or types"):
        read(ReadParquet(path="*.parquet"))
    (tmp_path / "no.parquet").write_text("text")
    with pytest.raises(NodeError, match=r"no\.parquet is not a Parquet file") as caught:
        read(ReadParquet(path="no.parquet"))
    assert caught.value.code == "WF603"


class Folder:
    """A target that writes where it is told."""

    def __init__(self, base):
        self.base = base
        self.tables = engine("polars")

    @contextmanager
    def file(self, location):
        temporary = self.base / f".{location}.part"
        yield temporary
        temporary.rename(self.base / location)

    def path(self, location):
        return self.base / location


@pytest.fixture
def written():
    return pl.DataFrame(
        {
            "i": [1, None], "f": [0.5, None], "s": ['a,"b"', None], "b": [True, None],
            "d": [date(2024, 1, 1), None], "v": [["x", "é"], None],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "node", [WriteCsv(path="o.csv"), WriteCsv(path="o.csv", delimiter=";", header=False)]
)
def test_write_csv(run, tmp_path, written, node):
    receipt = node.write(nw.from_native(written.lazy()), Folder(tmp_path))
    assert receipt.paths == (tmp_path / "o.csv",)
    assert receipt.bytes == (tmp_path / "o.csv").stat().st_size
    theirs = tmp_path / "theirs.csv"
    schema = Schema.of(
        {"i": "int64", "f": "float64", "s": "string", "b": "boolean", "d": "date", "v": "list[string]"}
    )
    space = {}
    exec(run.code(node, schema), space)
    space["step"](run.to_pandas(written), str(theirs))
    assert theirs.read_text() == (tmp_path / "o.csv").read_text()
    assert "true" in theirs.read_text()


def test_write_parquet(run, same, tmp_path, written):
    node = WriteParquet(path="o.parquet")
    receipt = node.write(nw.from_native(written.lazy()), Folder(tmp_path))
    assert (receipt.rows, receipt.paths) == (2, (tmp_path / "o.parquet",))
    assert pl.read_parquet(tmp_path / "o.parquet").equals(written)
    space = {}
    exec(run.code(node, Schema.unknown()), space)
    space["step"](run.to_pandas(written.drop("v")), str(tmp_path / "theirs.parquet"))
    theirs = pl.read_parquet(tmp_path / "theirs.parquet")
    assert theirs.drop("d").rows() == written.drop("v", "d").rows()
    assert isinstance(pd.read_parquet(tmp_path / "theirs.parquet"), pd.DataFrame)


def test_exported_code_reads_like_code(run):
    schema = Schema.of({"age": "int64", "name": "string", "since": "date"})
    assert run.code(ReadCsv(path="x.csv"), schema).splitlines()[2:] == [
        "def step(df, path=None):",
        "    df = pd.read_csv(",
        "        path,",
        '        dtype={"age": "Int64", "name": "str"},',
        '        parse_dates=["since"],',
        '        date_format="ISO8601",',
        "        keep_default_na=False,",
        '        na_values=[""],',
        "    )",
        "    return df",
    ]
