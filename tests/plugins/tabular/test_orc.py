"""ORC files, written and read by PyArrow as the peer."""

from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import orc

from weirflow.api import NodeError, SourceContext
from weirflow.engines.base import engine
from weirflow_tabular.read_orc import ReadOrc

TABLE = pa.table(
    {
        "i": pa.array([1, None, 3], pa.int64()),
        "small": pa.array([1, None, 3], pa.int32()),
        "f": pa.array([1.5, float("nan"), None], pa.float64()),
        "s": ["x", None, "é"],
        "b": [True, None, False],
        "d": [date(2020, 2, 29), None, date(1999, 1, 1)],
        "t": pa.array([datetime(2020, 1, 1, 12), None, datetime(1999, 1, 1)], pa.timestamp("us")),  # noqa: DTZ001
        "l": [["a"], None, []],
    }
)


@pytest.fixture
def read(tmp_path, run, same):
    def read(node, *, code=True):
        facts = node.inspect(SourceContext(tmp_path))
        table = node.scan(SourceContext(tmp_path, engine("polars")), facts.schema)
        frame = engine("polars").frame(table)
        if code:
            space = {}
            exec(run.code(node, facts.schema), space)
            same(frame, space["step"](None, str(tmp_path / node.path)))
        return facts, frame

    return read


def test_types_and_values(read, tmp_path):
    orc.write_table(TABLE, tmp_path / "x.orc")
    facts, frame = read(ReadOrc(path="x.orc"))
    assert [str(c.dtype) for c in facts.schema] == [
        "int64", "int32", "float64", "string", "boolean", "date", "datetime", "list[string]",
    ]  # fmt: skip
    assert facts.rows == 3
    wanted = TABLE.to_pydict()
    wanted["f"] = [1.5, None, None]  # NaN is null
    assert frame.to_dict(as_series=False) == wanted


@pytest.mark.parametrize("path", ["in", "in/*.orc"])
def test_several_files_by_stripes(read, tmp_path, path):
    (tmp_path / "in").mkdir()
    orc.write_table(pa.table({"n": range(40_000)}), tmp_path / "in" / "a.orc", stripe_size=8_192)
    orc.write_table(pa.table({"n": range(40_000, 40_005)}), tmp_path / "in" / "b.orc")
    facts, frame = read(ReadOrc(path=path))
    assert facts.rows == 40_005
    assert frame["n"].to_list() == list(range(40_005))
    table = ReadOrc(path=path).scan(SourceContext(tmp_path, engine("polars")), facts.schema).to_native()
    assert table.head(3).collect()["n"].to_list() == [0, 1, 2]
    assert table.filter(pl.col("n") > 40_002).collect()["n"].to_list() == [40_003, 40_004]


def test_what_cannot_be_read(read, tmp_path):
    with pytest.raises(NodeError, match=r"there is no file 'x\.orc'"):
        read(ReadOrc(path="x.orc"))
    (tmp_path / "x.orc").write_bytes(b"ORC but not quite")
    with pytest.raises(NodeError, match=r"x\.orc is not an ORC file, or is cut short"):
        read(ReadOrc(path="x.orc"))
    (tmp_path / "in").mkdir()
    orc.write_table(pa.table({"n": [1]}), tmp_path / "in" / "a.orc")
    orc.write_table(pa.table({"n": ["1"]}), tmp_path / "in" / "b.orc")
    with pytest.raises(NodeError, match=r"b\.orc has other columns or types than the first file"):
        read(ReadOrc(path="in"))
