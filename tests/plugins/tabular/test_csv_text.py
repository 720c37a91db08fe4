"""UTF-16 in either order of bytes, and line breaks within quotes."""

import codecs

import pytest

from weirflow.api import NodeError, SourceContext
from weirflow.engines.base import engine
from weirflow_tabular.read import ReadCsv

TEXT = 'name,note\nÄnne,"two\nlines"\n🌊,x\n'
ROWS = [("Änne", "two\nlines"), ("🌊", "x")]
LITTLE = TEXT.encode("utf-16-le")
BIG = TEXT.encode("utf-16-be")


@pytest.fixture
def rows(tmp_path):
    def rows(content, **options):
        (tmp_path / "x.csv").write_bytes(content)
        node = ReadCsv(path="x.csv", **options)
        facts = node.inspect(SourceContext(tmp_path))
        tables = engine("polars")
        return tables.frame(node.scan(SourceContext(tmp_path, tables), facts.schema)).rows()

    return rows


@pytest.mark.parametrize("rules", ["strict", "spark"])
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (codecs.BOM_UTF16_LE + LITTLE, "utf-16"),
        (codecs.BOM_UTF16_BE + BIG, "UTF_16"),
        (codecs.BOM_UTF16_LE + LITTLE, "utf-16-le"),
        (codecs.BOM_UTF16_BE + BIG, "UTF-16BE"),
        (LITTLE, "utf-16le"),
        (BIG, "utf-16-be"),
    ],
)
def test_utf_16(rows, content, encoding, rules):
    assert rows(content, encoding=encoding, rules=rules) == ROWS


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize(
    ("content", "order", "said", "right"),
    [
        (LITTLE, codecs.BOM_UTF16_LE, "utf-16-be", "utf-16-le"),
        (BIG, codecs.BOM_UTF16_BE, "utf-16-le", "utf-16-be"),
    ],
)
def test_utf_16_in_the_other_order_of_bytes_is_refused(rows, mark, content, order, said, right):
    with pytest.raises(
        NodeError, match=rf"^x\.csv is UTF-16 text in the other order of bytes than {said}$"
    ) as told:
        rows((order if mark else b"") + content, encoding=said)
    assert told.value.hint == f"say so: `encoding: {right}`"
    assert told.value.code == "WF603"


@pytest.mark.parametrize(("content", "right"), [(LITTLE, "utf-16-le"), (BIG, "utf-16-be")])
def test_utf_16_without_a_mark_needs_its_order(rows, content, right):
    with pytest.raises(NodeError, match="UTF-16 text without a mark") as told:
        rows(content, encoding="utf-16")
    assert told.value.hint == f"say it: `encoding: {right}`"


@pytest.mark.parametrize("rules", ["strict", "spark"])
def test_line_breaks_within_quotes_belong_to_the_value(rows, rules):
    text = 'id,note\n1,"a\n\nb"\n2,"\r\n"\n3,"say ""x\ny"""\n'
    assert rows(text.encode(), rules=rules) == [(1, "a\n\nb"), (2, "\r\n"), (3, 'say "x\ny"')]


def test_lines_within_quotes_are_as_spark_reads_them_when_told_to(rows, spark, tmp_path):
    text = 'id,note,z\n1,"a\nb",c\n"2\n",x\n3,"\n",y,surplus\n'
    made = rows(text.encode(), rules="spark", infer=False)
    theirs = spark.read.csv(str(tmp_path / "x.csv"), header=True, multiLine=True, escape='"').collect()
    assert made == [tuple(r) for r in theirs]
