"""`example.squeeze_spaces`."""

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, PandasCode, Schema
from weirflow_example.squeeze_spaces import SqueezeSpaces

BEFORE = ["New York", " New \t York ", "two\nlines", "   ", "", None]
AFTER = ["New York", "New York", "two lines", "", "", None]


def node():
    return SqueezeSpaces.model_validate({"columns": "city"})


def test_white_space_is_squeezed_and_nulls_stay():
    table = nw.from_native(pl.LazyFrame({"city": BEFORE, "code": [" a "] * 6}))
    out = node().transform(Inputs([("default", table)])).collect().to_native()
    assert out["city"].to_list() == AFTER
    assert out["code"].to_list() == [" a "] * 6


def test_the_same_on_duckdb():
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute("create table t(city varchar)")
    connection.executemany("insert into t values (?)", [[value] for value in BEFORE])
    out = node().transform(Inputs([("default", nw.from_native(connection.table("t")))]))
    assert out.collect("polars").to_native()["city"].to_list() == AFTER


def test_the_schema_stays_and_other_types_are_refused():
    schema = Schema.of({"city": "string", "age": "int64"})
    assert node().effect(schema).apply(schema) == schema
    with pytest.raises(NodeError, match="'city' is of type int64, and text was expected"):
        node().effect(Schema.of({"city": "int64"}))


def test_the_pandas_code_does_the_same():
    code = PandasCode(name="tidy", schema=Schema.of({"city": "string"}))
    node().to_pandas(code)
    frame = {"df": pd.DataFrame({"city": pd.Series(BEFORE, dtype="str")})}
    exec("\n".join(code.lines), frame)
    assert [None if pd.isna(v) else v for v in frame["df"]["city"]] == AFTER
