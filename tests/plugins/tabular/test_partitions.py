# ruff: noqa: DTZ001
"""Tables in several files and folders, held against what others read of them."""

from __future__ import annotations

import gzip
import warnings
from datetime import date, datetime

import narwhals as nw
import polars as pl
import pyarrow.dataset as ds
import pytest
from pydantic import ValidationError

from weirflow.api import NodeError, SourceContext
from weirflow.cli import main
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.write import WriteCsv, WriteParquet

FRAME = pl.DataFrame(
    {
        "n": [1, 2, 3, 4, 5, 6],
        "city": ["São Tomé", "a/b", "x=y", None, 'q"%3A#', "São Tomé"],
        "day": [date(2020, 1, 31), None, *[date(2020, 1, 31)] * 4],
        "at": [datetime(2020, 1, 31, 10, 11, 12), datetime(2020, 1, 31, 10, 11, 12, 500000)] * 3,
        "ok": [True, False, None, True, True, False],
        "x": [0.5, None, 1.0, -2.0, 3.0, 4.0],
    }
)


@pytest.fixture
def write(tmp_path):
    def write(node, frame=FRAME):
        return node.write(nw.from_native(frame.lazy()), FileTarget(tmp_path, None, engine("polars")))

    return write


@pytest.fixture
def read(tmp_path):
    def read(node):
        facts = node.inspect(SourceContext(tmp_path))
        tables = engine("polars")
        return tables.frame(node.scan(SourceContext(tmp_path, tables), facts.schema))

    return read


BY = [("city",), ("day", "ok"), ("ok", "city", "at")]


@pytest.mark.parametrize("by", BY, ids="-".join)
@pytest.mark.parametrize("files", [1, 2])
def test_partitions_are_read_by_others(write, read, tmp_path, by, files):
    receipt = write(WriteParquet(path="out", partition_by=by, files=files))
    assert receipt.rows == FRAME.height
    assert receipt.bytes == sum(p.stat().st_size for p in receipt.paths)
    assert set(receipt.paths) == set((tmp_path / "out").rglob("*.parquet"))
    wanted = FRAME.sort("n").rows()
    theirs = pl.read_parquet(
        tmp_path / "out" / "**" / "*.parquet", hive_partitioning=True, try_parse_hive_dates=True
    )
    assert theirs.select(FRAME.columns).sort("n").rows() == wanted
    names = ds.dataset(tmp_path / "out", format="parquet", partitioning="hive").to_table().to_pylist()
    text = FRAME.with_columns(pl.col("day", "at").cast(pl.String), pl.col("ok").cast(pl.String))
    assert {r["n"]: r["city"] for r in names} == dict(text.select("n", "city").rows())
    ours = read(ReadParquet(path="out", partitions=True))
    assert set(ours.columns) == set(FRAME.columns)
    assert ours.columns[-len(by) :] == list(by)
    assert ours.select(FRAME.columns).sort("n").rows() == wanted


def test_partitions_are_read_by_spark(write, spark, tmp_path):
    write(WriteParquet(path="p", partition_by=["city", "day"], files=2))
    write(WriteCsv(path="c", partition_by=["ok", "city"], files=2, compression="gzip"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parquet = spark.read.parquet(str(tmp_path / "p")).select(*FRAME.columns).orderBy("n").collect()
        text = spark.read.csv(str(tmp_path / "c"), header=True, inferSchema=True).select(
            "n", "ok", "city", "x"
        )
        rows = text.orderBy("n").collect()
    assert [tuple(r) for r in parquet] == FRAME.sort("n").rows()
    words = pl.col("ok").cast(pl.String)  # of folders Spark tells numbers and dates alone
    assert [tuple(r) for r in rows] == FRAME.select("n", words, "city", "x").sort("n").rows()


def test_what_spark_writes_is_read(spark, read, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = spark.createDataFrame(
            FRAME.select("n", "city", "day", "x").rows(), "n long, city string, day date, x double"
        )
        table.write.partitionBy("city", "day").csv(str(tmp_path / "out"), header=True)
    made = read(ReadCsv(path="out", partitions=True))
    assert made.columns == ["n", "x", "city", "day"]
    assert (
        made.select("n", "city", "day", "x").sort("n").rows() == FRAME.select("n", "city", "day", "x").rows()
    )


def test_rows_are_dealt_out(write, read, tmp_path):
    receipt = write(WriteCsv(path="out", files=4))
    assert [p.name for p in receipt.paths] == [f"part-0000{n}.csv" for n in range(4)]
    assert [read(ReadCsv(path=f"out/{p.name}"))["n"].to_list() for p in receipt.paths] == [
        [1, 5],
        [2, 6],
        [3],
        [4],
    ]
    write(WriteCsv(path="out", files=2, compression="gzip"))
    assert sorted(p.name for p in (tmp_path / "out").glob("[!.]*")) == [
        "part-00000.csv.gz",
        "part-00001.csv.gz",
    ]
    write(WriteCsv(path="one.csv.gz"))
    assert gzip.decompress((tmp_path / "one.csv.gz").read_bytes()).startswith(b"n,city,")


def test_a_table_without_rows_still_has_its_columns(write, read):
    for node in (WriteCsv(path="c", files=3), WriteParquet(path="p", partition_by=["city"])):
        assert len(write(node, FRAME.head(0)).paths) == 1
    assert read(ReadCsv(path="c")).columns == FRAME.columns
    assert read(ReadParquet(path="p")).columns == FRAME.columns  # there is no folder to tell of one


def test_text_in_another_encoding(write, read):
    write(WriteCsv(path="out", partition_by=["ok"], encoding="latin-1"))
    made = read(ReadCsv(path="out", partitions=True, encoding="latin-1"))
    assert made.sort("n")["city"].to_list() == FRAME["city"].to_list()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"compression": "gzip"}, "`compression` is for several files"),
        ({"path": "x.csv.gz", "encoding": "latin-1"}, "compressed text is written as utf-8 alone"),
        ({"files": 0}, "greater than or equal to 1"),
    ],
)
def test_parameters_that_do_not_go_together(given, message):
    with pytest.raises(ValidationError, match=message):
        WriteCsv(**{"path": "x", **given})


def test_columns_that_name_no_folder(run):
    frame = pl.DataFrame({"a": [[1]], "b": [1]})
    schema = engine("polars").schema(nw.from_native(frame.lazy()))
    for by, message in (["a"], "type list"), (["b", "b"], "twice"), (["a", "b"], "type list"):
        with pytest.raises(NodeError, match=message):
            WriteCsv(path="x", partition_by=by).effect(schema)
    with pytest.raises(NodeError, match="leaves no column for the files"):
        WriteCsv(path="x", partition_by=["b"]).effect(schema.select(["b"]))


def test_folders_that_differ_are_told(tmp_path, read):
    for name in ("a=1", "b=2"):
        (tmp_path / "d" / name).mkdir(parents=True)
        (tmp_path / "d" / name / "x.csv").write_text("n\n1\n")
    with pytest.raises(NodeError, match=r"x.csv lies in other folders than the first file"):
        read(ReadCsv(path="d", partitions=True))
    (tmp_path / "e" / "n=1").mkdir(parents=True)
    (tmp_path / "e" / "n=1" / "x.csv").write_text("n\n1\n")
    with pytest.raises(NodeError, match="a folder and the files in it both have a column 'n'"):
        read(ReadCsv(path="e", partitions=True))


def test_a_folder_of_something_else_is_not_replaced(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "x.flow").write_text(
        "flow: 1\nnodes:\n"
        "  - {id: a, operator: read.csv, parameters: {path: in.csv}}\n"
        "  - {id: b, operator: write.csv, parameters: {path: out, partition_by: [b]}}\n"
    )
    for _ in range(2):
        assert main(["run", "x.flow", "--report", "none", "-q"]) == 0
    assert sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "out").rglob("*.csv")) == [
        "out/b=x/part-00000.csv",
        "out/b=y/part-00000.csv",
    ]
    (tmp_path / "out" / "mine.txt").write_text("x")
    capsys.readouterr()
    assert main(["run", "x.flow", "--report", "none", "-q"]) == 1
    assert "holds 'mine.txt', which no run of a flow has put there" in capsys.readouterr().err
    assert (tmp_path / "out" / "mine.txt").exists()
    assert not list(tmp_path.rglob("*.partial"))
