"""`example.winsorise`."""

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Answers, PandasCode, Quantile, Schema
from weirflow_example.winsorise import Bounds, Winsorise

SCHEMA = Schema.of({"pay": "int64", "name": "string"})
# the quarters of 0, 10, ... 40 are 10 and 30: counted by hand
PAY = [0, 10, 20, 30, 40, None]
LIMITED = [10.0, 10.0, 20.0, 30.0, 30.0, None]


def node(**parameters):
    return Winsorise.model_validate({"columns": ["pay"], "lower": 0.25, "upper": 0.75, **parameters})


def trained():
    return node().fit(Answers({Quantile("pay", 0.25): 10.0, Quantile("pay", 0.75): 30.0}))


def test_it_asks_for_two_quantiles_and_learns_them():
    assert set(node().ask(SCHEMA, Answers())) == {Quantile("pay", 0.25), Quantile("pay", 0.75)}
    assert trained() == Bounds(bounds={"pay": (10.0, 30.0)})
    assert trained().canonical() == trained()


def test_values_are_held_to_the_bounds():
    table = nw.from_native(pl.LazyFrame({"pay": PAY}))
    assert node().transform(table, trained()).collect().to_native()["pay"].to_list() == LIMITED


def test_the_same_on_duckdb():
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute("create table t(pay bigint)")
    connection.executemany("insert into t values (?)", [[value] for value in PAY])
    out = node().transform(nw.from_native(connection.table("t")), trained())
    assert out.collect("polars").to_native()["pay"].to_list() == LIMITED


def test_a_column_without_values_has_no_bounds():
    nothing = node().fit(Answers({Quantile("pay", 0.25): None, Quantile("pay", 0.75): None}))
    assert nothing == Bounds(bounds={})
    table = nw.from_native(pl.LazyFrame({"pay": [None, 7]}))
    assert node().transform(table, nothing).collect().to_native()["pay"].to_list() == [None, 7.0]


def test_the_schema_says_what_comes_out():
    after = node().effect(SCHEMA).apply(SCHEMA)
    assert after == Schema.of({"pay": "float64", "name": "string"})


def test_wrong_parameters_and_columns_are_refused():
    with pytest.raises(ValueError, match="lower must be less than upper"):
        node(lower=0.9)
    with pytest.raises(Exception, match="'name' is of type string, and a number was expected"):
        node(columns=["name"]).effect(SCHEMA)


@pytest.mark.parametrize("learn", [False, True])
def test_the_pandas_code_does_the_same(learn):
    code = PandasCode(name="limited", schema=SCHEMA, learn=learn)
    node().to_pandas(code, trained())
    scope = {"df": pd.DataFrame({"pay": PAY}), **dict(code.constants)}
    assert bool(code.constants) is not learn
    exec("\n".join(code.lines), scope)
    assert [None if pd.isna(v) else v for v in scope["df"]["pay"]] == LIMITED
