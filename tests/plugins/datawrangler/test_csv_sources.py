"""Delimited text as the service reads it, held against Spark reading the same files with the service's options."""

import gzip
import warnings

import polars as pl
import pytest

from weirflow.api import SourceContext
from weirflow.engines.base import engine
from weirflow_datawrangler.convert import convert
from weirflow_tabular.read import ReadCsv

PLAIN = b"id,name\n1,a\n2,b\n"
FILES = {
    "plain": (PLAIN, {}),
    "no header": (PLAIN, {"s3HasHeader": False}),
    "skip": (b"made by hand\n\nid,name\n1,a\n", {"s3SkipLines": 2}),
    "semicolon": (b"id;name\n1;a,b\n", {"s3FieldDelimiter": ";"}),
    "bar": (b"id|name\n1|a\n|\n", {"s3FieldDelimiter": "|"}),
    "tab": (b"id\tname\n1\ta\n\t\n2\t\n", {"s3FieldDelimiter": "\t"}),
    "windows": (b"id,name\r\n1,a\r\n2,\r\n", {}),
    "mark": (b"\xef\xbb\xbfid,name\n1,a\n", {}),
    "short": (b"id,name,x\n1\n2,b\n3,c,d\n", {}),
    "long": (b"id,name\n1,a,surplus\n2,b\n", {}),
    "short without a header": (b"1,a,b\n2\n3,c,d,e\n", {"s3HasHeader": False}),
    "blank lines": (b"\n  \nid,name\n\n1,a\n   \n\n2,b\n\n\n", {}),
    "a blank end": (b"id,name\n1,a\n  ", {}),
    "one column": (b'id\n1\n\n2\n \n""\n3', {}),
    "empty": (b'id,name\n,""\n"",\n,\n" ", \n', {}),
    "quotes": (b'id,name\n1,"a ""b"" c"\n2,"x,y"\n"3","z"\n', {}),
    "twice": (b"a,b,A,b,c\n1,2,3,4,5\n", {}),
    "unnamed": (b'id,,x,""\n1,2,3,4\n', {}),
    "latin": ("id,name\n1,São Tomé\n".encode("latin-1"), {"s3Encoding": "ISO-8859-1"}),
    "underscore": ("id,name\n1,São Tomé\n".encode(), {"s3Encoding": "UTF_8"}),
    "words": (b"id,name\nNA,null\nnan,NaN\n", {}),
    "spaces": (b" id , name\n 1 , a\n", {}),
    "header alone": (b"id,name\n", {}),
    "gzip": (gzip.compress(b"id,name\n\n1\n2,b,c\n"), {}),
    "a single column with bars": (b"id\n1|2\n3|4\n", {}),
}


def without_the_lines(data, options):
    """The service leaves the first lines out itself before Spark reads."""
    lines = data.split(b"\n")
    return b"\n".join(lines[options.get("s3SkipLines", 0) :])


@pytest.fixture(scope="module")
def theirs(spark, tmp_path_factory):
    """Names and rows that Spark reads of each file."""
    folder = tmp_path_factory.mktemp("theirs")
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, (name, (data, options)) in enumerate(FILES.items()):
            path = folder / f"{number}.csv{'.gz' if name == 'gzip' else ''}"
            path.write_bytes(without_the_lines(data, options))
            table = spark.read.csv(
                str(path),
                header=options.get("s3HasHeader", True),
                sep=options.get("s3FieldDelimiter", ","),
                quote='"',
                escape='"',
                mode="PERMISSIVE",
                encoding=options.get("s3Encoding", "utf-8").replace("_", "-"),
            )
            found[name] = table.columns, [tuple(row) for row in table.collect()]
    return found


@pytest.mark.parametrize("name", list(FILES))
def test_a_file_is_read_as_spark_reads_it(theirs, file_of, source, tmp_path, name):
    data, options = FILES[name]
    path = f"x.csv{'.gz' if name == 'gzip' else ''}"
    (tmp_path / path).write_bytes(data)
    made = convert(file_of(source(uri=path, **options))).nodes[0]
    node = ReadCsv(**{**made.parameters, "path": path})
    facts = node.inspect(SourceContext(tmp_path))
    tables = engine("polars")
    frame = tables.frame(node.scan(SourceContext(tmp_path, tables), facts.schema))
    assert (frame.columns, frame.rows()) == theirs[name]


def test_a_folder_of_files_of_other_shapes(file_of, source, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").write_text("id,name\n1\n")
    (tmp_path / "d" / "b.csv").write_text("id,name\n\n2,b,c\n")
    node = ReadCsv(path="d", rules="spark", infer=False, file_column="file")
    facts = node.inspect(SourceContext(tmp_path))
    tables = engine("polars")
    frame = tables.frame(node.scan(SourceContext(tmp_path, tables), facts.schema))
    assert frame.equals(pl.DataFrame({"id": ["1", "2"], "name": [None, "b"], "file": ["a.csv", "b.csv"]}))


def test_types_are_inferred_of_lines_that_are_too_short_too(tmp_path):
    (tmp_path / "x.csv").write_text("id,n\n1\n2,3,4\n,\n")
    node = ReadCsv(path="x.csv", rules="spark")
    facts = node.inspect(SourceContext(tmp_path))
    assert [str(c.dtype) for c in facts.schema] == ["int64", "int64"]
    tables = engine("polars")
    frame = tables.frame(node.scan(SourceContext(tmp_path, tables), facts.schema))
    assert frame.rows() == [(1, None), (2, 3), (None, None)]
