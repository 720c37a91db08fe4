"""Lines that are not whole, wherever they stand, and where an error of reading lies."""

from __future__ import annotations

import csv
import gzip
import io

import narwhals as nw
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from weirflow.engines import polars_csv
from weirflow.engines.base import engine
from weirflow.errors import NodeError
from weirflow.node.contexts import CsvFormat
from weirflow.node.delimited import csv_records
from weirflow.node.schema import Schema

LATE = 20_000  # rows before what is wrong: beyond those that types are told from
AB = {"a": "int64", "b": "string"}


@pytest.fixture
def scan(tmp_path):
    tables = engine("polars")

    def scan(content, schema=AB, fmt=None, name="x.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tables, tables.scan_csv([str(tmp_path / name)], Schema.of(schema), fmt or CsvFormat())

    return scan


def failure(tables, table):
    """What reading the table raises, as the user is told."""
    with pytest.raises((NodeError, pl.exceptions.PolarsError, OSError)) as caught:
        tables.touch(table)
    return tables.located(table, caught.value)


@pytest.mark.parametrize("row", ["7", "", "7,x,y", '"q"'], ids=["short", "blank", "long", "quoted"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_line_of_another_length_far_down_is_told(scan, row, quoted):
    value = '"x, ""y"""' if quoted else "x"
    text = "a,b\n" + f"1,{value}\n" * LATE + f"{row}\n" + f"2,{value}\n"
    error = failure(*scan(text, {"a": "string", "b": "string"}))
    assert isinstance(error, NodeError)
    assert error.code == "WF603"
    fields = {"": "is blank", "7,x,y": "has 3 fields"}.get(row, "has 1 field")
    assert error.message.startswith(f"line {LATE + 2} of x.csv {fields}, where the first line has 2")


def test_a_short_line_is_found_by_the_columns_that_it_lacks(scan):
    tables, table = scan("a,b,c\n" + "1,x,y\n" * LATE + "1\n", {**AB, "c": "string"})
    assert tables.frame(table.select("a")).height == LATE + 1
    assert tables.frame(table.head(LATE)).height == LATE
    for column in ("b", "c"):
        with pytest.raises(NodeError, match=f"line {LATE + 2} of x.csv has 1 field"):
            tables.frame(table.select(nw.col(column).is_null().sum()))


def test_nulls_are_no_fault(scan):
    rows = [("1", "x"), ("", ""), ("2", ""), ("", 'a "b", c'), ("", "two\nlines")] * 5000
    made = io.StringIO()
    csv.writer(made).writerows([("a", "b"), *rows])
    tables, table = scan(made.getvalue())
    expected = [(int(a) if a else None, b or None) for a, b in rows]
    assert tables.frame(table).rows() == expected
    assert tables.frame(scan(gzip.compress(made.getvalue().encode()), name="x.csv.gz")[1]).rows() == expected


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n\r\n", "\n" * 5000])
def test_blank_lines_at_the_end_are_left_out(scan, end):
    tables, table = scan("a,b\n1,x\n2," + end)
    assert tables.frame(table).rows() == [(1, "x"), (2, None)]
    assert tables.frame(table.select(nw.len())).item() == 2


def test_blank_lines_at_the_end_of_what_is_compressed_are_refused(scan):
    error = failure(*scan(gzip.compress(b"a,b\n1,x\n\n\n"), name="x.csv.gz"))
    assert (error.message, error.hint) == ("x.csv.gz ends in blank lines", "remove them")


def test_several_files_are_counted_on_their_own(tmp_path):
    for name, text in (("1", "a,b\n1,\n2,x"), ("2", 'b,a\n"u\nv",\n\n\n'), ("3", "a,b\n3,\n4,\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    files = [str(tmp_path / f"{n}.csv") for n in (1, 2, 3)]
    tables = engine("polars")
    frame = tables.frame(tables.scan_csv(files, Schema.of(AB), CsvFormat()))
    assert frame.rows() == [(1, None), (2, "x"), (None, "u\nv"), (3, None), (4, None)]
    (tmp_path / "3.csv").write_text("a,b\n3,\n4\n")
    error = failure(tables, tables.scan_csv(files, Schema.of(AB), CsvFormat()))
    assert error.message == "line 3 of 3.csv has 1 field, where the first line has 2"


def test_lines_are_those_of_the_file_that_was_recoded(scan):
    text = "né,b\n" + "1,é\n" * LATE + "2\n"
    error = failure(
        *scan(text.encode("utf-16"), {"né": "int64", "b": "string"}, CsvFormat(encoding="utf-16"))
    )
    assert error.message == f"line {LATE + 2} of x.csv has 1 field, where the first line has 2"


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [
        ("int64", "7", "secret"),
        ("int8", "-128", "128"),
        ("float64", " 1e5", "secret"),
        ("boolean", "yes", "secret"),
        ("date", "2024-02-29", "2023-02-29"),
        ("datetime", "2024-02-29T10:00", "secret"),
    ],
)
def test_the_line_of_a_value_of_another_type(scan, dtype, good, bad):
    text = "a,b\n" + f'"x\ny",{good}\n,\n' * (LATE // 2) + f"x,{bad}\n"
    error = failure(*scan(text, {"a": "string", "b": dtype}))
    # a row of the file has three lines, or with the quoted line end: two, and one of nulls
    line = 2 + 3 * (LATE // 2)
    assert error.message == f"line {line} of x.csv holds a value in column 'b' that is not of type {dtype}"
    assert error.hint == "give the column's type in `types`, or mend the value"


@pytest.mark.parametrize(
    ("row", "message", "hint"),
    [
        (b'1,"secret', "opens a quotation that is not closed", "quote: null"),
        (b'1,"sec"ret', "holds quotation marks that do not match", "quote: null"),
        (b"1,\xe9", "is not utf-8 text", "encoding: cp1252"),
        (b"1,secret,3", "has 3 fields, where the first line has 2", "`delimiter`"),
    ],
)
def test_the_line_of_malformed_text(scan, row, message, hint):
    error = failure(*scan(b"a,b\n" + b"1,x\n" * LATE + row + b"\n" + b"2,y\n" * 9))
    assert error.message == f"line {LATE + 2} of x.csv {message}"
    assert hint in error.hint
    assert "types" not in error.hint


def test_compressed_data_that_ends_far_down(scan):
    rows = b"".join(b"%d,%d\n" % (i, i * 7919 % 10007) for i in range(300_000))
    error = failure(*scan(gzip.compress(b"a,b\n" + rows)[:-100_000], name="x.csv.gz"))
    assert error.message == "x.csv.gz ends in the middle of its compressed data"


CELLS = st.text(st.sampled_from('ab",\n é'), max_size=4)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8)


@settings(deadline=None, max_examples=150)
@given(rows=ROWS, short=st.none() | st.integers(0, 7), everything=st.booleans())
@example(rows=[("", "", "")] * 3, short=1, everything=True)
def test_the_count_agrees_with_the_csv_module(tmp_path_factory, rows, short, everything):
    """Files as the standard library writes them read as it reads them; a shorter row is told, and where."""
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(("a", "b", "c"))
    line = None
    for number, row in enumerate(rows):
        if number == short:
            line = made.getvalue().count("\n") + 1
            row = ("x",)  # noqa: PLW2901 -- shorter
        writer.writerow(row)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(made.getvalue(), newline="")
    tables = engine("polars")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polars_csv, "_BLOCK", 7)  # so that quotations and lines go over many ends of blocks
        table = tables.scan_csv([str(path)], Schema.of(a="string", b="string", c="string"), CsvFormat())
        if line is None:
            assert tables.frame(table).rows() == [tuple(v or None for v in row) for row in rows]
            assert [r for _, r in csv_records(path, CsvFormat())][1:] == [list(r) for r in rows]
        else:
            error = failure(tables, table)
            assert error.message == f"line {line} of x.csv has 1 field, where the first line has 3"
