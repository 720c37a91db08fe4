# ruff: noqa: DTZ001
from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import narwhals as nw
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weirflow.engines.base import engine
from weirflow.engines.failures import explain_error
from weirflow.engines.polars_dtypes import from_polars, to_polars
from weirflow.errors import NodeError, UsageError
from weirflow.node import statistics as s
from weirflow.node.contexts import CsvFormat
from weirflow.node.schema import Column, DType, Schema

CSV = CsvFormat()


@pytest.fixture
def made():
    return engine("polars")


def table(frame):
    return nw.from_native(frame.lazy())


@pytest.fixture
def read(tmp_path, made):
    def read(content, schema, fmt=CSV):
        path = tmp_path / "in.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return made.frame(made.scan_csv([str(path)], Schema.of(schema), fmt))

    return read


def test_the_factory_names_what_there_is():
    assert engine().name == engine("polars").name == "polars"
    with pytest.raises(UsageError, match="no table engine 'polar': it can be polars"):
        engine("polar")


# ------------------------------------------------------------------ reading CSV


def test_quotes_newlines_and_delimiters(read):
    text = 'a;b\n"x;y";1\n"say ""hi""";2\n"two\nlines";3\n  kept ;4\nünï😀;5\n'
    frame = read(text, {"a": "string", "b": "int64"}, CsvFormat(delimiter=";"))
    expected = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
    assert frame.rows() == [(a, int(b)) for a, b in expected]


def test_empty_and_null_words(read, tmp_path):
    text = 'a,b\n"",1\n,\n"NA",2\nNA,NA\nx,3\n'
    schema = {"a": "string", "b": "int64"}
    words = CsvFormat(null_values=("", "NA"))
    frame = read(text, schema, words)
    peer = pd.read_csv(tmp_path / "in.csv", keep_default_na=False, na_values=["", "NA"])
    assert frame["a"].to_list() == [None if pd.isna(v) else v for v in peer["a"]]
    assert frame["b"].to_list() == [None if pd.isna(v) else int(v) for v in peer["b"]]
    # without the empty text among them, it is a value of its own
    assert read('a\n""\nNA\n', {"a": "string"}, CsvFormat(null_values=("NA",)))["a"].to_list() == ["", None]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_mark_and_line_ends(read, newline):
    text = newline.join(["\ufeffa,b", "1,x", "2,y"])
    assert read(text, {"a": "int64", "b": "string"}).rows() == [(1, "x"), (2, "y")]


def test_columns_are_found_by_name_and_others_left_out(read):
    frame = read("c,a,b\n1,2,3\n", {"b": "int8", "c": "string"})
    assert frame.schema == {"b": pl.Int8, "c": pl.String}
    assert frame.rows() == [(3, "1")]


def test_a_line_of_another_length_is_an_error(read):
    with pytest.raises(pl.exceptions.PolarsError, match="more fields") as caught:
        read("a,b\n1,2\n3,4,5\n", {"a": "int64", "b": "int64"})
    assert explain_error(caught.value)[0] == "WF603"
    with pytest.raises(pl.exceptions.PolarsError, match="more fields"):
        read("1,2\n3,4,5\n", {"a": "int64", "b": "int64"}, CsvFormat(header=False))
    with pytest.raises(
        NodeError, match=r"line 3 of in\.csv has 1 field, where the first line has 2"
    ) as short:
        read("a,b\n1,2\n3\n", {"a": "int64", "b": "int64"})
    assert explain_error(short.value) == ("WF603", "line 3 of in.csv has 1 field, where the first line has 2")


def test_a_column_that_the_header_does_not_have(read):
    with pytest.raises(NodeError, match=r"column 'ages' is not in the header of in\.csv") as caught:
        read("age,b\n1,2\n", {"ages": "int64"})
    assert (caught.value.code, caught.value.hint) == ("WF401", "did you mean 'age'?")
    with pytest.raises(NodeError, match="column 'a'") as caught:
        read("a;b\n1;2\n", {"a": "int64"})
    assert caught.value.hint == "check the delimiter"


@pytest.mark.parametrize("text", ['a,b\n"secret,2\n', 'a,b\n"sec"ret,2\n'])
def test_quotes_that_do_not_match(read, text):
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        read(text, {"a": "string", "b": "int64"})
    code, sentence = explain_error(caught.value)
    assert code == "WF603"
    assert "quotes" in sentence
    assert "secret" not in sentence


def test_without_a_header(read):
    frame = read("1,x\n2,y\n", {"n": "int64", "t": "string"}, CsvFormat(header=False))
    assert frame.to_dict(as_series=False) == {"n": [1, 2], "t": ["x", "y"]}


def test_raw_lines_are_skipped(read):
    frame = read('made by "someone\n\na\n1\n', {"a": "int64"}, CsvFormat(skip=2))
    assert frame["a"].to_list() == [1]


def test_without_quotes(read):
    assert read('a,b\n"x,1\n', {"a": "string", "b": "int64"}, CsvFormat(quote=None)).rows() == [('"x', 1)]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "shift_jis", "utf-8-sig"])
def test_encodings(read, encoding):
    word = "テスト" if encoding == "shift_jis" else "Müller"
    frame = read(
        f"näme\n{word}\n".replace("ä", "a").encode(encoding), {"name": "string"}, CsvFormat(encoding=encoding)
    )
    assert frame["name"].to_list() == [word]


def test_a_wrong_encoding_is_named(read):
    with pytest.raises(NodeError, match=r"in\.csv is not utf-16 text"):
        read(b"abc", {"a": "string"}, CsvFormat(encoding="utf-16"))
    with pytest.raises(NodeError, match="no text encoding 'klingon'"):
        read(b"abc", {"a": "string"}, CsvFormat(encoding="klingon"))


def test_types(read):
    text = (
        "i,f,b,d,t,z,c,k\n"
        "1,1.5,true,2024-02-29,2024-02-29 12:30:00,2024-02-29T12:30:00Z,12:30:00,u\n"
        "-2,NaN,no,1999-12-31,1999-12-31T23:59:59.25,1999-12-31 23:59:59+02:00,12:30:00.5,v\n"
        ",,,,,,,\n"
    )
    schema = {
        "i": "int16",
        "f": "float64",
        "b": "boolean",
        "d": "date",
        "t": "datetime",
        "z": "datetime[UTC]",
        "c": "time",
        "k": "categorical",
    }
    frame = read(text, schema)
    assert {n: str(from_polars(t)) for n, t in frame.schema.items()} == schema
    assert frame.rows() == [
        (
            1,
            1.5,
            True,
            date(2024, 2, 29),
            datetime(2024, 2, 29, 12, 30),
            datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
            time(12, 30),
            "u",
        ),
        (
            -2,
            None,
            False,
            date(1999, 12, 31),
            datetime(1999, 12, 31, 23, 59, 59, 250_000),
            datetime(1999, 12, 31, 21, 59, 59, tzinfo=UTC),
            time(12, 30, 0, 500_000),
            "v",
        ),
        (None,) * 8,
    ]


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", "secret"),
        ("int8", "300"),
        ("float64", "1,5x"),
        ("boolean", "2"),
        ("date", "2024-02-30"),
        ("datetime", "noon"),
    ],
)
def test_a_value_of_another_type_fails_without_being_told(read, dtype, value):
    with pytest.raises(pl.exceptions.PolarsError) as caught:
        read(f'a\n"{value}"\n', {"a": dtype})
    code, sentence = explain_error(caught.value)
    assert code == "WF603"
    assert "column 'a'" in sentence
    assert value not in sentence.replace("int64", "")


def test_a_type_that_text_cannot_hold_is_refused(read):
    with pytest.raises(NodeError, match=r"column 'a' of type list\[string\]"):
        read("a\n1\n", {"a": "list[string]"})


def test_several_files_whose_columns_differ_in_order(tmp_path, made):
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,a\ny,2\n")
    files = [str(tmp_path / "1.csv"), str(tmp_path / "2.csv")]
    frame = made.frame(made.scan_csv(files, Schema.of(a="int64", b="string"), CSV))
    assert frame.rows() == [(1, "x"), (2, "y")]
    (tmp_path / "2.csv").write_text("b\ny\n")
    with pytest.raises(NodeError, match=r"column 'a' is not in the header of 2\.csv"):
        made.scan_csv(files, Schema.of(a="int64", b="string"), CSV)


def test_no_rows(read):
    frame = read("a,b\n", {"a": "int64", "b": "date"})
    assert frame.schema == {"a": pl.Int64, "b": pl.Date}
    assert frame.height == 0


def test_a_column_of_unknown_type_is_text(read, tmp_path, made):
    (tmp_path / "in.csv").write_text("a\n1\n")
    frame = made.frame(made.scan_csv([str(tmp_path / "in.csv")], Schema((Column("a"),)), CSV))
    assert frame["a"].to_list() == ["1"]


# ------------------------------------------------------------------ writing CSV


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text('ab,;"\n é', max_size=4)),
            st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        ),
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_is_written_is_what_pythons_reader_reads(tmp_path_factory, rows, delimiter):
    made = engine("polars")
    path = tmp_path_factory.mktemp("csv") / "out.csv"
    frame = pl.DataFrame(rows, schema={"a,a": pl.String, "i": pl.Int64, "f": pl.Float64}, orient="row")
    fmt = CsvFormat(delimiter=delimiter, null_values=("NULL",))
    assert made.sink_csv(table(frame), path, fmt) is None
    with path.open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file, delimiter=delimiter)
    assert header == ["a,a", "i", "f"]
    assert [
        (None if a == "NULL" else a, None if i == "NULL" else int(i), None if f == "NULL" else float(f))
        for a, i, f in found
    ] == rows
    schema = Schema.of({"a,a": "string", "i": "int64", "f": "float64"})
    assert made.frame(made.scan_csv([str(path)], schema, fmt)).rows() == rows


def test_nested_and_awkward_columns_become_text(tmp_path, made):
    frame = pl.DataFrame(
        {
            "words": [['say "hi"', "é,;"], [], None, [None]],
            "numbers": [[1.5, None], None, [], [2.0]],
            "deep": [[[1], []], None, [], [None]],
            "both": [{"x": 1, "y": "q"}, None, {"x": None, "y": None}, {"x": 2, "y": "r"}],
            "took": [timedelta(seconds=90), None, timedelta(0), timedelta(days=1)],
            "raw": [b"\x00\xff", None, b"", b"abc"],
            "day": [date(2024, 1, 2), None, None, None],
            "at": [datetime(2024, 1, 2, 3, 4, 5, 600_000), None, None, None],
            "sure": [True, False, None, None],
        }
    )
    made.sink_csv(table(frame), tmp_path / "out.csv", CSV)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("words", "numbers", "deep", "both"):
        found = [json.loads(row[name]) if row[name] else None for row in rows]
        assert found == frame[name].to_list()
    assert [r["raw"] for r in rows] == ["AP8=", "", "", "YWJj"]
    assert [r["took"] for r in rows] == ["PT1M30S", "", "PT0S", "P1D"]
    assert rows[0]["day"] == "2024-01-02"
    assert datetime.fromisoformat(rows[0]["at"]) == datetime(2024, 1, 2, 3, 4, 5, 600_000)
    assert [r["sure"] for r in rows] == ["true", "false", "", ""]


def test_moments_come_back_as_they_were(tmp_path, made):
    frame = pl.DataFrame(
        {
            "at": [datetime(2024, 1, 2, 3, 4, 5, 600_000), datetime(1, 1, 1), None],
            "zoned": [datetime(2024, 1, 2, 3, 4, 5, 7, tzinfo=UTC), None, None],
            "clock": [time(23, 59, 59, 5), time(0), None],
        }
    )
    made.sink_csv(table(frame), tmp_path / "out.csv", CSV)
    schema = made.schema(table(frame))
    assert made.frame(made.scan_csv([str(tmp_path / "out.csv")], schema, CSV)).equals(frame)


def test_other_formats_of_text(tmp_path, made):
    frame = pl.DataFrame({"a": ["é", None, "x;y"]})
    out = tmp_path / "out.csv"
    made.sink_csv(table(frame), out, CsvFormat(encoding="latin-1", delimiter=";"))
    assert out.read_bytes() == 'a\né\n\n"x;y"\n'.encode("latin-1")
    made.sink_csv(table(frame), out, CsvFormat(encoding="utf-8-sig", header=False, null_values=("-",)))
    assert out.read_bytes() == b"\xef\xbb\xbf" + "é\n-\nx;y\n".encode()
    made.sink_csv(table(pl.DataFrame({"a": ["x,y"]})), out, CsvFormat(quote=None))
    assert out.read_text() == "a\nx,y\n"
    with pytest.raises(NodeError, match="a character that ascii does not have"):
        made.sink_csv(table(frame), out, CsvFormat(encoding="ascii"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv"]


# ------------------------------------------------------------------ Parquet


def test_parquet_has_the_schemas_columns_and_types(tmp_path, made):
    frame = pl.DataFrame(
        {
            "a": pl.Series([1, 2], dtype=pl.Int32),
            "f": [math.nan, 1.5],
            "g": pl.Series([math.nan, 2.5], dtype=pl.Float32),
            "s": ["x", None],
            "t": pl.Series([datetime(2024, 1, 1)] * 2, dtype=pl.Datetime("ns")),
        }
    )
    frame.write_parquet(tmp_path / "in.parquet")
    schema = Schema.of(t="datetime", f="float64", a="int64", g="float32")
    found = made.scan_parquet([str(tmp_path / "in.parquet")], schema)
    assert made.schema(found) == schema
    assert made.frame(found).select("f", "a", "g").rows() == [(None, 1, None), (1.5, 2, 2.5)]
    with pytest.raises(NodeError, match=r"column 'zz' is not in in\.parquet"):
        made.scan_parquet([str(tmp_path / "in.parquet")], Schema.of(zz="int64"))


def test_parquet_files_that_differ_a_little(tmp_path, made):
    pl.DataFrame({"a": pl.Series([1], dtype=pl.Int32), "f": [math.nan]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"extra": ["x"], "f": pl.Series([0.5], dtype=pl.Float32), "a": [2]}).write_parquet(
        tmp_path / "2.parquet"
    )
    files = [str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")]
    frame = made.frame(made.scan_parquet(files, Schema.of(a="int64", f="float64")))
    assert frame.rows() == [(1, None), (2, 0.5)]


def test_names_are_no_patterns(tmp_path, made):
    (tmp_path / "a[1].csv").write_text("a\n1\n")
    (tmp_path / "a1.csv").write_text("a\n2\n")
    assert made.frame(made.scan_csv([str(tmp_path / "a[1].csv")], Schema.of(a="int64"), CSV)).rows() == [(1,)]
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a[1].parquet")
    assert made.frame(made.scan_parquet([str(tmp_path / "a[1].parquet")], Schema.of(a="int64"))).rows() == [
        (1,)
    ]


def test_projections_and_predicates_reach_the_file(tmp_path, made):
    pl.DataFrame({"a": [1, 2], "f": [1.0, 2.0], "g": [1.0, 2.0]}).write_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("a,f,g\n1,1.0,1.0\n")
    schema = Schema.of(a="int64", f="float64", g="float64")
    for found in (
        made.scan_parquet([str(tmp_path / "t.parquet")], schema),
        made.scan_csv([str(tmp_path / "t.csv")], schema, CSV),
    ):
        plan = found.filter(nw.col("a") > 1).select("f").to_native().explain(engine="streaming")
        assert "PROJECT 2/3 COLUMNS" in plan
        assert ('SELECTION: col("a") > 1' in plan) == (
            "Parquet" in plan
        )  # text is decoded before it is judged
        assert "SLICE" in found.head(5).to_native().explain(engine="streaming")


def test_parquet_is_written_in_bounded_row_groups(tmp_path, made):
    import pyarrow.parquet as pq

    frame = pl.DataFrame({"a": range(600_000)})
    for compression, codec in (("zstd", "ZSTD"), ("snappy", "SNAPPY"), ("none", "UNCOMPRESSED")):
        assert made.sink_parquet(table(frame), tmp_path / "out.parquet", compression) == 600_000
        facts = pq.ParquetFile(tmp_path / "out.parquet").metadata
        assert max(facts.row_group(i).num_rows for i in range(facts.num_row_groups)) <= 250_000
        assert facts.row_group(0).column(0).compression == codec
    assert pl.read_parquet(tmp_path / "out.parquet")["a"].to_list() == list(range(600_000))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_told(made):
    for sink in (
        lambda: made.sink_csv(table(pl.DataFrame({"a": [1]})), Path("/dev/full"), CSV),
        lambda: made.sink_parquet(table(pl.DataFrame({"a": [1]})), Path("/dev/full"), "zstd"),
    ):
        with pytest.raises(Exception, match="No space left") as caught:
            sink()
        assert explain_error(caught.value)[0] == "WF605"


# ------------------------------------------------------------------ the rest


def test_scans_are_those_of_the_plans_carried_out(tmp_path, made):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    pl.DataFrame({"a": [1], "c": [3]}).write_parquet(tmp_path / "t.parquet")
    left = made.scan_csv([str(tmp_path / "t.csv")], Schema.of(a="int64", b="int64"), CSV)
    right = made.scan_parquet([str(tmp_path / "t.parquet")], Schema.of(a="int64", c="int64"))
    made.schema(left)
    assert made.scans == {}  # schemas read no rows
    made.frame(left.join(right, on="a"))
    assert made.scans == {"csv": 1, "parquet": 1}
    made.sink_parquet(left, tmp_path / "out.parquet", "zstd")
    made.sink_csv(left, tmp_path / "out.csv", CSV)
    assert made.scans == {"csv": 3, "parquet": 1}
    kept = made.cache(left, tmp_path / "cache.parquet")
    assert made.scans == {"csv": 4, "parquet": 1}
    made.frame(kept)
    made.frame(made.hold(kept))
    made.frame(made.from_frame(pl.DataFrame({"csv SCAN [": ["\nCsv SCAN [x]"]})))
    assert made.scans == {"csv": 4, "parquet": 1, "copy": 2}
    made.frame(nw.concat([left, left]))
    assert made.scans["csv"] == 5  # one plan that uses a source twice, alike, reads it once
    made.frame(left.join(left.select("a").unique(), on="a"))
    assert made.scans["csv"] == 6  # though it reads other columns the second time
    made.answer(left, [s.RowCount()])
    assert made.scans["csv"] == 7  # Polars counts lines without decoding them, but reads the file


def test_a_cache_holds_the_same_table(tmp_path, made):
    frame = pl.DataFrame(
        {
            "i": pl.Series([1, None], dtype=pl.UInt8),
            "k": pl.Series(["a", None], dtype=pl.Categorical),
            "e": pl.Series(["a", None], dtype=pl.Enum(["b", "a"])),
            "z": pl.Series([datetime(2024, 1, 1), None], dtype=pl.Datetime("ms", "Europe/Berlin")),
            "c": [time(1), None],
            "d": [timedelta(1), None],
            "l": [[1], None],
            "s": [{"x": 1}, None],
            "n": [None, None],
            "r": [b"x", None],
        }
    )
    kept = made.cache(table(frame), tmp_path / "cache.parquet")
    assert made.frame(kept).equals(frame)
    assert made.frame(kept).schema == frame.schema


def test_hold_keeps_the_order_and_reads_once(tmp_path, made):
    pl.DataFrame({"a": range(300_000)}).write_parquet(tmp_path / "t.parquet", row_group_size=1000)
    found = made.scan_parquet([str(tmp_path / "t.parquet")], Schema.of(a="int64")).filter(
        nw.col("a") % 2 == 1
    )
    held = made.hold(found)
    assert made.frame(held)["a"].to_list() == list(range(1, 300_000, 2))
    made.frame(held)
    assert made.scans == {"parquet": 1}


def test_frames_from_memory_have_no_nan(made):
    frame = pl.DataFrame({"f": [math.nan, 1.0], "s": ["x", "y"]})
    assert made.frame(made.from_frame(frame)).rows() == [(None, "x"), (1.0, "y")]


ALL = (
    "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 boolean string categorical binary "
    "decimal null object date time datetime datetime[UTC] duration list[string] list[list[int64]] struct"
)


def test_every_type_has_an_empty_table(made):
    schema = Schema.of({text: text for text in ALL.split()})
    assert made.schema(made.empty(schema)) == schema
    assert made.frame(made.empty(Schema((Column("a"),)))).schema == {"a": pl.String}
    assert [str(from_polars(to_polars(DType.parse(text)))) for text in ALL.split()] == ALL.split()


def test_a_ghost_is_made_of_nulls(made):
    ghost = made.ghost(table(pl.DataFrame({"a": [1, 2], "b": [3, 4]})), {"b": DType("float64"), "new": None})
    frame = made.frame(ghost)
    assert frame.schema == {"a": pl.Int64, "b": pl.Float64, "new": pl.String}
    assert frame.rows() == [(1, None, None), (2, None, None)]


def test_plans_stream(made, tmp_path):
    # What is not streamed falls back to the in-memory engine: it shows as `in-memory-map` in the physical plan.
    frame = pl.DataFrame({"s": ["a", "b"], "x": [1.0, 2.0], "at": ["2024-01-01"] * 2})
    frame.write_csv(tmp_path / "t.csv")
    schema = Schema.of(s="string", x="float64", at="datetime")
    found = made.scan_csv([str(tmp_path / "t.csv")], schema, CSV)
    plans = []
    collect = pl.LazyFrame.collect

    def spy(lazy, **options):
        plans.append(lazy.show_graph(engine="streaming", plan_stage="physical", raw_output=True))
        return collect(lazy, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pl.LazyFrame, "collect", spy)
        made.answer(
            found,
            [
                *(s.RowCount(), s.Mean("x"), s.Deviation("x"), s.Minimum("s"), s.Maximum("at"), s.Sum("x")),
                *(s.Frequencies("s"), s.Distinct("x"), s.CrossFrequencies(("s", "at")), s.Head(("s",), 1)),
                *(s.Binned("x", (0.0, 1.0, 2.0), ("s",)), s.Sample(("s",), 1)),
            ],
        )
    assert len(plans) == 7
    assert not [p for p in plans if "in-memory-map" in p]


def test_a_table_of_another_engine_is_refused(made):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection, pytest.raises(TypeError, match="another engine"):
        made.frame(nw.from_native(connection.sql("select 1 as a")))
