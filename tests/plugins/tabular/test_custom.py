from __future__ import annotations

from datetime import date, datetime

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from weirflow.api import Inputs, NodeError, PandasCode, Schema
from weirflow_tabular.custom import CustomPandas


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "s": ["B", None, "c"],
            "i": [1, None, 3],
            "k": [1, 2, 3],
            "f": [0.5, None, 2.0],
            "b": [True, None, False],
            "d": [date(2024, 1, 1), None, date(2024, 1, 3)],
            "t": [datetime(2024, 1, 1, 12), None, datetime(2024, 1, 3)],  # noqa: DTZ001
            "v": [["x"], None, []],
        },
        schema_overrides={"i": pl.Int32, "d": pl.Date},
    )


def after(code, frame):
    table = CustomPandas(code=code).transform(Inputs([("default", nw.from_native(frame.lazy()))]))
    return table.collect(backend="polars").to_native()


def test_columns_left_alone_keep_their_types(frame):
    for code in ("", "# nothing", "df = df", "df['s'] = df['s']"):
        assert after(code, frame).equals(frame)
        assert after(code, frame).schema == frame.schema


def test_types_are_those_of_older_pandas(frame, capsys):
    after(
        "print([str(t) for t in df.dtypes])\nprint(df['s'].str.lower().dtype, pd.Series(['x']).dtype)", frame
    )
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == str(
        ["object", "float64", "int64", "float64", "object", "object", "datetime64[ns]", "object"]
    )
    assert printed[1] == "object object"


def test_the_commonest_snippet_of_all(frame):
    code = "some = df[['s', 'k']]\nfor c in some.dtypes[some.dtypes == object].index:\n    df[c] = df[c].str.lower()"
    assert after(code, frame)["s"].to_list() == ["b", None, "c"]


def test_the_walk_throughs_snippet():
    frame = pl.DataFrame({"savings": ["unknown", "little", "very high"], "other": ["a", "b", "c"]})
    code = (
        "# 'Savings' custom transform pandas code\n"
        "savings_map = {'unknown': 0, 'little': 1,'moderate': 2,'high': 3,'very high': 4}\n"
        "df['savings'] = df['savings'].map(savings_map).fillna(df['savings'])\n"
    )
    done = after(code, frame)
    assert done.rows() == [(0, "a"), (1, "b"), (4, "c")]
    assert done["savings"].dtype == pl.Int64


def test_what_comes_back(frame):
    code = """
df = pd.DataFrame({
    "text": ["a", None, np.nan],
    "mixed": [1, "x", None],
    "ints": pd.Series([1, None, 3], dtype=object),
    "nullable": pd.array([1, None, 3], dtype="Int64"),
    "flags": pd.Series([True, None, False], dtype=object),
    "floats": [0.5, np.nan, np.inf],
    "days": [pd.NaT, pd.Timestamp("2024-01-01").date(), None],
    "moments": pd.to_datetime(["2024-01-01 10:00", None, "2024-01-02 00:00"]),
    "zoned": pd.to_datetime(["2024-01-01 10:00", None, "2024-01-02 00:00"], utc=True),
    "cats": pd.Categorical(["u", "v", None]),
    "lists": [["a"], None, ["b", "c"]],
    "none": [None, None, None],
    "small": np.array([1, 2, 3], dtype="int8"),
})
df.index = [5, 5, 7]
df[0] = ["p", "q", "r"]
"""
    done = after(code, frame)
    assert dict(done.schema) == {
        "text": pl.String, "mixed": pl.String, "ints": pl.Int64, "nullable": pl.Int64, "flags": pl.Boolean,
        "floats": pl.Float64, "days": pl.Date, "moments": pl.Datetime("us"), "zoned": pl.Datetime("us", "UTC"),
        "cats": pl.String, "lists": pl.List(pl.String), "none": pl.String, "small": pl.Int8, "0": pl.String,
    }  # fmt: skip
    assert done["text"].to_list() == ["a", None, None]
    assert done["mixed"].to_list() == ["1", "x", None]
    assert done["ints"].to_list() == done["nullable"].to_list() == [1, None, 3]
    assert done["floats"].to_list() == [0.5, None, np.inf]
    assert done["days"].to_list() == [None, date(2024, 1, 1), None]


def test_no_rows(frame):
    done = after("df['new'] = df['s'].str.len()", frame.clear())
    assert done.columns == [*frame.columns, "new"]
    assert done.drop("new").schema == frame.schema


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "x = 1\ndf['a'] = undefined",
            "line 2 of the snippet raised NameError: name 'undefined' is not defined",
            None,
        ),
        ("df['kk']", "line 1 of the snippet raised KeyError: 'kk'", "for that column, did you mean 'k'?"),
        ("\nraise ValueError('secret')", "line 2 of the snippet raised ValueError", None),
        ("{}['secret']", "line 1 of the snippet raised KeyError", None),
        (
            "def f():\n    return df.nothing\n\nf()",
            "line 2 of the snippet raised AttributeError: 'DataFrame' object has no",
            None,
        ),
        ("import no_such_thing", "line 1 of the snippet raised ModuleNotFoundError: No module named", None),
        ("df['k'].map(lambda v: 1 // 0)", "line 1 of the snippet raised ZeroDivisionError", None),
        ("exit()", "line 1 of the snippet raised", None),
        ("a = 1\nif a\n  b", "line 2 of the snippet is not Python: expected ':'", None),
    ],
)
def test_a_snippet_that_raises(frame, code, message, hint):
    with pytest.raises(NodeError) as caught:
        after(code, frame)
    assert caught.value.message.startswith(message)
    assert "secret" not in caught.value.message
    assert caught.value.code == "WF608"
    assert caught.value.hint == hint


def test_a_snippet_that_is_not_python_is_told_without_running_it():
    with pytest.raises(NodeError, match="line 1 of the snippet is not Python"):
        CustomPandas(code="def").effect(Schema.unknown())


@pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 still assigns to the column itself"
)
@pytest.mark.parametrize("rules", ["pandas", "data_wrangler"])
@pytest.mark.parametrize(
    "code",
    [
        "df['k'][df['k'] > 1] = 0",
        "df['k'].loc[df['k'] > 1] = 0",
        "df['k'].iloc[0] = 5",
        "df[df['k'] > 1]['k'] = 0",
        "df['f'].fillna(0, inplace=True)",
        "df['s'].replace('B', 'b', inplace=True)",
        "for c in ['f', 'i']: df[c].fillna(0, inplace=True)",
    ],
)
def test_chained_assignment_is_an_error(frame, code, rules):
    node = CustomPandas(code=code, rules=rules)
    with pytest.raises(NodeError, match="line 1 of the snippet assigns to a copy") as caught:
        node.transform(Inputs([("default", nw.from_native(frame.lazy()))]))
    assert "df.loc" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("df = df['k']", "left no frame: `df` is of type Series"),
        ("del df", "`df` is gone"),
        ("df = None", "NoneType"),
    ],
)
def test_no_frame(frame, code, message):
    with pytest.raises(NodeError, match=message) as caught:
        after(code, frame)
    assert caught.value.code == "WF609"


def test_two_columns_of_one_name(frame):
    with pytest.raises(NodeError, match="left two columns called 'k'") as caught:
        after("df = pd.concat([df[['k']], df[['k']]], axis=1)", frame)
    assert caught.value.code == "WF403"


@pytest.mark.parametrize(
    "code",
    [
        "df['s'] = df['s'].str.lower()\ndf['i'] = df['i'].fillna(0)",
        "cols = df.dtypes[df.dtypes == object].index\ndf = df[[c for c in df.columns if c in cols or c == 'k']]",
        "text = '''a\n  b'''\ndf['s'] = text",
        "df['new'] = np.where(df['k'] > 1, 'x', 'y')",
        "def double(v):\n    return v * 2\n\ndf['k'] = df['k'].map(double)",
    ],
)
def test_the_export_is_the_snippet(run, same, frame, code):
    frame = frame.select("s", "i", "k", "f", "b")
    same(after(code, frame), run.export(CustomPandas(code=code), frame))


def test_what_a_function_cannot_hold_is_refused():
    code = PandasCode(name="x", schema=Schema.unknown())
    CustomPandas(code="from math import *\ndf['x'] = pi").to_pandas(code)
    assert code.status == "refused"
