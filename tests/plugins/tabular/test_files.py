from __future__ import annotations

import gzip
import io
import math
import os
import zipfile
from contextlib import contextmanager
from datetime import date, datetime

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from pydantic import ValidationError

from weirflow.api import NodeError, Schema, SourceContext
from weirflow.engines.base import engine
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.write import WriteCsv, WriteParquet


def zipped(name):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "a\n1\n")
    return made.getvalue()


def parquet():
    made = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(made)
    return made.getvalue()


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
    assert facts.warnings == (
        "column 'empty' holds no value, so it is read as text; give its type in `types`",
    )
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
        ({}, "a,b\n1,\n2,x\n\n\r\n\n", [(1, None), (2, "x")]),
        ({}, '"q""z",b\n1,x\n', [(1, "x")]),
        ({}, '"two\nlines",b\n1,\n', [(1, None)]),
        ({}, "f,n\nNaN,1\n2.5,nan\n-Infinity,\n", [(None, 1), (2.5, None), (-math.inf, None)]),
        ({"types": {"f": "string"}}, "f,n\nNaN,1\n2.5,2\n", [("NaN", 1), ("2.5", 2)]),
        ({}, "name,n\nNan,1\ninf,2\n", [("Nan", 1), ("inf", 2)]),
        ({"types": {"a;b": "string"}, "infer": False}, "a;b\n1;2\n", [("1;2",)]),
        ({"encoding": "utf-16"}, "a,b\n1,\n", [(1, None)]),
    ],
)
def test_options(read, options, text, rows):
    encoding = options.get("encoding", "utf-8")
    assert read(ReadCsv(path="x.csv", **options), text, encoding=encoding)[1].rows() == rows


def test_another_encoding(read):
    _, frame = read(ReadCsv(path="x.csv", encoding="cp1252"), "a,b\né,€\n", encoding="cp1252")
    assert frame.rows() == [("é", "€")]
    with pytest.raises(NodeError, match=r"line 2 of x\.csv is not utf-8 text") as caught:
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


def test_columns_without_a_value_are_told_once(read):
    facts, _ = read(ReadCsv(path="x.csv"), "a,b,c\n1,,\n2,,\n")
    assert facts.warnings == (
        "columns 'b' and 'c' hold no value, so they are read as text; give their types in `types`",
    )
    facts, _ = read(ReadCsv(path="x.csv", types={"b": "int64", "c": "date"}))
    assert facts.warnings == ()
    facts, _ = read(ReadCsv(path="x.csv"), ",".join("abcdefgh") + "\n")
    (warning,) = facts.warnings
    assert warning.startswith(
        "columns 'a', 'b', 'c', 'd', 'e' and 3 more hold no value, so they are read as text"
    )


def test_whole_numbers_that_nan_makes_floats_are_told(read):
    facts, frame = read(ReadCsv(path="x.csv"), "a,b\n1,x\nNaN,y\n")
    assert frame["a"].dtype == pl.Float64
    assert facts.warnings == (
        'column \'a\' would be int64 but for words for missing values: set `null_values: ["", "NaN"]`',
    )


@pytest.mark.parametrize(
    ("text", "sign", "name"),
    [
        ("a;b\n1;2\n", ";", "a semicolon"),
        ("a\tb\n1\t2\n", "\\t", "a tab"),
        ("a|b|c\nx|y|z\n", "|", "a bar"),
        ("a;b\n", ";", "a semicolon"),
    ],
)
def test_a_wrong_delimiter_is_refused(read, text, sign, name):
    with pytest.raises(NodeError, match=f"a single column, with {name} in each line") as caught:
        read(ReadCsv(path="x.csv"), text)
    assert caught.value.code == "WF603"
    assert f'`delimiter: "{sign}"`' in caught.value.hint


def test_lines_that_differ_are_one_column(read):
    assert read(ReadCsv(path="x.csv"), "a\nx;y\nz;w\n")[1].height == 2
    assert read(ReadCsv(path="x.csv"), "a;b\n1;2\n3\n")[1].height == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.csv is empty"),
        ("a,b,a,c,b\n", "x.csv has columns more than once: 'a', 'b'"),
        ("a,b\n1,2\n1,2,3\n", "line 3 of x.csv has 3 fields, where the first line has 2"),
        ("a,b\n1\n", "line 2 of x.csv has 1 field, where"),
        ('a,b\n"x\ny",2\n1,2,3\n', "line 4 of x.csv has 3 fields"),
        ("a,b\n\n1,2\n", "line 2 of x.csv is blank, where the first line has 2 fields"),
        ("\na,b\n", "x.csv starts with a blank line"),
        ("a,,\n1,2,3\n", "x.csv has 2 columns without a name: columns 2 and 3"),
        ("a,b\r1,2\r", "x.csv ends its lines with carriage returns"),
        ('a,b\n1,"x\n2,y\n', "line 2 of x.csv opens a quotation that is not closed"),
        ('a,b\n1,5" x\n2,6" x\n', "line 2 of x.csv holds quotation marks that do not match"),
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
    with pytest.raises(NodeError, match="files by gs:// cannot be read, only by s3:// and https://"):
        read(ReadCsv(path="gs://bucket/x.csv"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NodeError, match=r"folder 'empty' holds no file that ends with \.csv"):
        read(ReadCsv(path="empty"))


def test_what_is_there_and_is_no_file(read, tmp_path):
    (tmp_path / "l.csv").symlink_to("gone.csv")
    with pytest.raises(NodeError, match=r"there is a link 'l\.csv' to a file that is not there") as caught:
        read(ReadCsv(path="l.csv"))
    assert caught.value.code == "WF602"
    assert "did you mean" not in caught.value.hint
    with pytest.raises(NodeError, match=r"there is a link 'l\.csv'"):
        read(ReadCsv(path="*.csv"))
    os.mkfifo(tmp_path / "p.csv")
    with pytest.raises(NodeError, match=r"'p\.csv' is a pipe or a device, not a file") as caught:
        read(ReadCsv(path="p.csv"))
    assert caught.value.code == "WF602"
    (tmp_path / "f.csv").write_text("a\n1\n")
    with pytest.raises(NodeError, match=r"'f\.csv/x\.csv' cannot be read: not a directory"):
        read(ReadCsv(path="f.csv/x.csv"))


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        ("a,b\n".encode("utf-16"), "is UTF-16 text", "`encoding: utf-16`"),
        ("a,b\n".encode("utf-32"), "is UTF-32 text", "`encoding: utf-32`"),
        ("a,b\n1,2\n".encode("utf-16-le"), "looks like UTF-16 text", "`encoding: utf-16-le`"),
        (gzip.compress(b"a\n1\n"), "is compressed with gzip", "name it x.csv.gz"),
        (zipped("a.csv"), "is a zip archive", "unpack it"),
        (zipped("[Content_Types].xml"), "is an Excel workbook", "save the sheet as CSV"),
        (parquet(), "is a Parquet file", "read.parquet"),
        (bytes(range(256)) * 4, "is not text", "name a file of delimited text"),
    ],
    ids=["utf-16", "utf-32", "utf-16-le", "gzip", "zip", "xlsx", "parquet", "binary"],
)
def test_a_file_of_another_kind_is_named(read, tmp_path, content, what, hint):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(NodeError, match=rf"x\.csv {what}") as caught:
        read(ReadCsv(path="x.csv"))
    assert caught.value.code == "WF603"
    assert hint in caught.value.hint


def test_compression_that_is_cut_short_or_is_none(read, tmp_path):
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
    for content, message in (
        (whole[:-12], r"x\.csv\.gz ends in the middle of its compressed data"),
        (b"a,b\n1,2\n", r"x\.csv\.gz is not compressed with gzip"),
        (whole[:12] + b"\xff" * 30, r"x\.csv\.gz is not compressed with gzip, or is damaged"),
    ):
        (tmp_path / "x.csv.gz").write_bytes(content)
        with pytest.raises(NodeError, match=message) as caught:
            read(ReadCsv(path="x.csv.gz"))
        assert caught.value.code == "WF603"


def test_types_by_other_names_are_told():
    for word, ours in (("text", "string"), ("int", "int64"), ("Bool", "boolean"), ("timestamp", "datetime")):
        with pytest.raises(ValidationError, match=f"'{word}' is no type to cast to: did you mean '{ours}'?"):
            ReadCsv(path="x.csv", types={"a": word})


def test_a_delimiter_beyond_ascii_is_refused():
    with pytest.raises(ValidationError, match="`delimiter` should be an ASCII character"):
        ReadCsv(path="x.csv", delimiter="§")


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
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress("a,b\né,\n".encode("cp1252")))
    assert read(ReadCsv(path="y.csv.gz", encoding="cp1252"))[1].rows() == [("é", None)]


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
        '    return df.astype({"since": "datetime64[us]"})',
    ]
