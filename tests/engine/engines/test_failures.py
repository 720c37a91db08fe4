from __future__ import annotations

import errno

import duckdb
import narwhals as nw
import polars as pl
import pytest

from weirflow.api import portable
from weirflow.engines.failures import explain_error
from weirflow.errors import NodeError
from weirflow.graph.faults import is_fault
from weirflow.node.schema import DType

MESSAGE = "column 's' holds a category that was not \"seen\" when it's fitted \\ over there"
SECRET = "patient Zero"
STRING = DType("string")


def failing(condition):
    return portable.fail_when(condition, "WF610", MESSAGE, STRING)


@pytest.fixture(params=["memory", "parquet", "csv"])
def table(request, tmp_path):
    frame = pl.DataFrame({"a": [1, 2, 3, None] * 500, "s": ["x", "y", SECRET, None] * 500})
    if request.param == "parquet":
        frame.write_parquet(tmp_path / "t.parquet", row_group_size=100)
        return nw.from_native(pl.scan_parquet(tmp_path / "t.parquet"))
    if request.param == "csv":
        frame.write_csv(tmp_path / "t.csv")
        return nw.from_native(pl.scan_csv(tmp_path / "t.csv"))
    return nw.from_native(frame.lazy())


RUNS = {
    "streaming": lambda lazy, folder: lazy.collect(engine="streaming"),
    "in-memory": lambda lazy, folder: lazy.collect(engine="in-memory"),
    "sink": lambda lazy, folder: lazy.sink_parquet(folder / "out.parquet"),
    "aggregate": lambda lazy, folder: lazy.select(pl.col("out").count()).collect(engine="streaming"),
    "filtered": lambda lazy, folder: lazy.filter(pl.col("out") != "y").collect(engine="streaming"),
    "sorted": lambda lazy, folder: lazy.sort("out").collect(engine="streaming"),
    "grouped": lambda lazy, folder: lazy.group_by("out").len().collect(engine="streaming"),
    "joined": lambda lazy, folder: lazy.join(pl.LazyFrame({"out": ["x"]}), on="out").collect(
        engine="streaming"
    ),
}


@pytest.mark.parametrize("how", RUNS)
def test_it_fails_with_our_words_wherever_it_is_computed(table, how, tmp_path):
    made = table.with_columns(out=nw.coalesce(failing(nw.col("a") == 3), nw.col("s")))
    with pytest.raises(pl.exceptions.PolarsError, match="WF610") as caught:
        RUNS[how](made.to_native(), tmp_path)
    assert portable.raised(caught.value) == ("WF610", MESSAGE)
    assert portable.explain_error(caught.value) == ("WF610", MESSAGE)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("how", RUNS)
@pytest.mark.parametrize(
    "condition",
    [
        nw.col("a") == 9,
        nw.lit(value=False),
        nw.lit(None, dtype=nw.Boolean),
        nw.col("a").is_null() & (nw.col("a") > 0),
    ],
    ids=["never", "false", "null", "null or false"],
)
def test_it_is_null_where_the_condition_is_false_or_null(table, how, condition, tmp_path):
    made = table.with_columns(out=nw.coalesce(failing(condition), nw.col("s")))
    RUNS[how](made.to_native(), tmp_path)
    assert made.collect_schema()["out"] == nw.String
    out = made.to_native().collect(engine="streaming")
    assert out["out"].equals(out["s"].alias("out"), null_equal=True)


def test_it_fails_in_a_branch_that_is_taken(table):
    branch = nw.when(nw.col("s") != "x").then(failing(nw.col("a") == 3)).otherwise(nw.col("s"))
    with pytest.raises(pl.exceptions.PolarsError, match="WF610"):
        table.with_columns(out=branch).to_native().collect(engine="streaming")


def test_it_works_as_a_filter(table):
    with pytest.raises(pl.exceptions.PolarsError, match="WF610") as caught:
        table.filter(failing(nw.col("a") == 3).is_null()).to_native().collect(engine="streaming")
    assert portable.raised(caught.value) == ("WF610", MESSAGE)
    kept = table.filter(failing(nw.col("a") == 9).is_null()).to_native().collect(engine="streaming")
    assert kept.height == 2000


@pytest.mark.parametrize(
    "dtype", ["string", "int64", "float64", "boolean", "categorical", "date", "datetime"]
)
def test_it_has_the_type_asked_for(dtype):
    wanted = DType.parse(dtype)
    table = nw.from_native(pl.LazyFrame({"a": [1]}))
    made = table.select(out=portable.fail_when(nw.col("a") == 9, "WF613", "no", wanted))
    assert portable.schema_of(made)["out"].dtype == wanted
    assert made.to_native().collect(engine="streaming")["out"].to_list() == [None]


def test_it_fails_on_duckdb_and_only_there():
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.execute("set threads to 1")
        connection.register("t", pl.DataFrame({"a": [1, 3], "s": ["x", SECRET]}).to_arrow())
        table = nw.from_native(connection.sql("select * from t"))
        fine = table.select(out=nw.coalesce(failing(nw.col("a") == 9), nw.col("s")))
        assert fine.collect("polars").to_native()["out"].to_list() == ["x", SECRET]
        with pytest.raises(duckdb.Error, match="WF610") as caught:
            table.select(out=failing(nw.col("a") == 3)).collect("polars")
        assert portable.raised(caught.value) == ("WF610", MESSAGE)
        other = table.select(
            out=nw.coalesce(nw.col("s").cast(nw.Int8), failing(nw.col("a") == 9).cast(nw.Int8))
        )
        with pytest.raises(duckdb.Error, match="Conversion") as caught:
            other.collect("polars")
        assert portable.raised(caught.value) is None
        code, sentence = portable.explain_error(caught.value)
        assert (code, SECRET in sentence) == ("WF613", False)


def test_a_code_is_a_code():
    with pytest.raises(ValueError, match="not a code"):
        portable.fail_when(nw.col("a") == 3, "oops", "no", STRING)


def test_a_cast_beside_it_is_not_taken_for_it():
    table = nw.from_native(pl.LazyFrame({"a": [1], "s": [SECRET]}))
    both = nw.coalesce(
        nw.col("s").cast(nw.Int64), portable.fail_when(nw.col("a") == 9, "WF610", "no", DType("int64"))
    )
    with pytest.raises(pl.exceptions.PolarsError, match="conversion") as caught:
        table.select(both).to_native().collect(engine="streaming")
    assert portable.raised(caught.value) is None
    assert portable.explain_error(caught.value) == (
        "WF613",
        "column 's' holds a value that cannot be cast from string to int64",
    )


# ------------------------------------------------------------------ ordinary errors


def error_of(function):
    with pytest.raises(Exception, match=r".") as caught:
        function()
    return caught.value


def csv(tmp_path, content: bytes, **schema):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    return pl.scan_csv(path, schema=schema or {"a": pl.Int64, "b": pl.Int64})


def test_errors_of_polars_are_told_without_values(tmp_path):
    frame = pl.LazyFrame({"a": [SECRET]})
    for make, code, part in [
        (lambda: frame.select("zz").collect(), "WF401", "column 'zz' is not there"),
        (lambda: frame.select(pl.col("a").cast(pl.Int8)).collect(), "WF613", "column 'a'"),
        (lambda: frame.select(pl.col("a").str.to_date("%Y")).collect(), "WF613", "column 'a'"),
        (lambda: pl.scan_parquet(tmp_path / "no.parquet").collect(), "WF602", "no.parquet"),
        (lambda: pl.scan_csv(tmp_path / "no.csv", schema={"a": pl.Int8}).collect(), "WF602", "no.csv"),
        (lambda: csv(tmp_path, f"a,b\n1,2\n{SECRET},3\n".encode()).collect(), "WF603", "column 'a'"),
        (lambda: csv(tmp_path, b"a,b\n1,2\n3,4,5\n").collect(), "WF603", "more fields"),
        (lambda: csv(tmp_path, b"a\n\xfc\n", a=pl.String).collect(), "WF603", "not valid UTF-8"),
        (lambda: csv(tmp_path, b"").collect(), "WF603", "empty"),
        (lambda: pl.scan_parquet(tmp_path / "t.csv").collect(), "WF603", "not a Parquet file"),
        (lambda: frame.select(pl.col("a").str.to_integer()).collect(), "WF6", ""),
    ]:
        if part == "not a Parquet file":
            (tmp_path / "t.csv").write_text("a,b\n" * 20)
        found, sentence = portable.explain_error(error_of(make))
        assert found.startswith(code), sentence
        assert part in sentence
        assert SECRET not in sentence
        assert "\n" not in sentence


def test_errors_of_the_system_and_our_own():
    assert portable.explain_error(OSError(errno.ENOSPC, "No space left on device", "/out"))[0] == "WF605"
    assert portable.explain_error(FileNotFoundError(errno.ENOENT, "gone", "a.csv")) == (
        "WF602",
        "there is no such file: a.csv",
    )
    assert portable.explain_error(PermissionError(errno.EACCES, "no", "a.csv")) == (
        "WF601",
        "Permission denied: a.csv",
    )
    assert portable.explain_error(NodeError("no rows", code="WF614")) == ("WF614", "no rows")
    assert portable.explain_error(MemoryError())[0] == "WF604"
    assert portable.explain_error(duckdb.OutOfMemoryException("failed to allocate"))[0] == "WF604"
    full = duckdb.IOException('Could not write file "/out/x": File too large')
    assert portable.explain_error(full) == ("WF605", "the file grew larger than is allowed here")
    assert not is_fault(full)
    assert portable.explain_error(ValueError(SECRET)) == (
        "WF601",
        "the table engine could not compute this (ValueError)",
    )


def test_what_python_raised_within_an_expression():
    def fail(series):
        raise NodeError("on purpose", code="WF603")

    lazy = pl.LazyFrame({"a": [1]}).with_columns(pl.col("a").map_batches(fail, return_dtype=pl.Int64))
    with pytest.raises(Exception, match="on purpose") as caught:
        lazy.collect()
    assert explain_error(caught.value)[1] == "on purpose"
