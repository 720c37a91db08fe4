# ruff: noqa: DTZ001
from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from pydantic import ValidationError

from weirflow.api import NodeError, Schema
from weirflow_tabular.sniff import fitting, type_of
from weirflow_tabular.types import CastColumns, InferTypes


def one(values, dtype=None):
    return pl.DataFrame({"x": values}, schema={"x": dtype} if dtype else None)


def cast(to, invalid="error"):
    return CastColumns(types={"x": to}, invalid=invalid)


@pytest.mark.parametrize(
    ("values", "to", "wanted"),
    [
        (["1", "+2", "-3", None], "int64", [1, 2, -3, None]),
        (["9007199254740993", None], "int64", [9007199254740993, None]),
        (["1.5", "2", "-1e3", ".5"], "float64", [1.5, 2.0, -1000.0, 0.5]),
        (["true", "No", "1", None], "boolean", [True, False, True, None]),
        (["2024-02-29", None], "date", [date(2024, 2, 29), None]),
        (
            ["2024-02-29 10:30", "2024-02-29"],
            "datetime",
            [datetime(2024, 2, 29, 10, 30), datetime(2024, 2, 29)],
        ),
        ([1, None, 0], "boolean", [True, None, False]),
        ([1, None], "string", ["1", None]),
        ([1, None], "float64", [1.0, None]),
        ([1.9, -1.9, None], "int64", [1, -1, None]),
        ([True, None, False], "int64", [1, None, 0]),
        ([True, None], "string", ["true", None]),
        ([1, None], "int64", [1, None]),
    ],
)
def test_cast(both, values, to, wanted):
    for invalid in ("error", "null"):
        if isinstance(values[0], float) and invalid == "null":
            continue  # has no pandas form
        assert both(cast(to, invalid), one(values)).frame["x"].to_list() == wanted


@pytest.mark.parametrize(
    ("values", "to"),
    [
        (["1", "2.5"], "int64"),
        ([" 1"], "int64"),
        (["x"], "float64"),
        (["maybe"], "boolean"),
        (["2023-02-29"], "date"),
        (["noon"], "datetime"),
    ],
)
def test_cast_of_what_does_not_fit(run, both, values, to):
    with pytest.raises(Exception, match=f"column 'x' holds a value that cannot be cast from string to {to}"):
        run(cast(to), one(values))
    with pytest.raises(ValueError, match="column 'x' holds a value that cannot be cast"):
        run.export(cast(to), one(values))
    assert both(cast(to, "null"), one(values)).frame["x"].to_list()[-1] is None


def test_cast_several_in_place(both):
    frame = pl.DataFrame({"a b": ["1"], "c": [2], "d": ["x"]})
    done = both(CastColumns(types={"c": "string", "a b": "int64"}), frame)
    assert done.frame.rows() == [(1, "2", "x")]


def test_cast_refuses(run):
    with pytest.raises(
        NodeError, match=r"column 'x': a column of type list\[string\] cannot be cast to int64"
    ):
        run(cast("int64"), one([["a"]]))
    with pytest.raises(ValidationError, match="'struct' is no type to cast to"):
        cast("struct")
    with pytest.raises(ValidationError, match="'integer' is no type to cast to"):
        cast("integer")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", "int64"), ("-12", "int64"), ("01", "string"), ("+49", "string"), ("1_000", "string"), (" 1", "string"),
        ("9223372036854775807", "int64"), ("9223372036854775808", "string"), ("1" * 400, "string"), ("٣", "string"),
        ("1.5", "float64"), ("-0.5e-3", "float64"), ("01.5", "string"), ("1e999", "string"), ("nan", "string"),
        ("true", "boolean"), ("FALSE", "boolean"), ("yes", "string"), ("2024-02-29", "date"), ("2023-02-29", "string"),
        ("2024-02-29T10:00", "datetime"), ("2024-02-29 10:00:00.5", "datetime"), ("2024-02-29 25:00", "string"),
        ("", "string"), ("20240229", "int64"), ("2024-W01-1", "string"),
    ],
)  # fmt: skip
def test_the_type_of_a_text(text, kind):
    assert type_of(text) == kind


def test_the_type_that_fits():
    assert fitting([]) == "string"
    assert fitting(["1", "2.5"]) == "float64"
    assert fitting(["1"] * 8 + ["x"] * 2, 0.8) == "int64"
    assert fitting(["1"] * 7 + ["x"] * 3, 0.8) == "string"
    assert fitting(["2024-01-01", "2024-01-01 10:00"]) == "string"
    assert fitting(["2024-01-01", "1"]) == "string"


def test_infer_types(both):
    frame = pl.DataFrame(
        {
            "n": ["1", "2", "NA", "x", "5", "6", "7"],
            "f": ["1", "2.5", None, "", "5", "6", "7"],
            "b": ["true", "False", None, None, None, None, "none"],
            "d": ["2024-01-01"] * 7,
            "zip": ["01", "02", "03", "04", "05", "06", "07"],
            "none": [None] * 7,
            "k": [1] * 7,
        },
        schema_overrides={"none": pl.String},
    )
    done = both(InferTypes(), frame)
    assert done.trained.types == {
        "n": "int64", "f": "float64", "b": "boolean", "d": "date", "zip": "string", "none": "string",
    }  # fmt: skip
    assert done.frame["n"].to_list() == [1, 2, None, None, 5, 6, 7]
    assert done.frame["b"].to_list() == [True, False, None, None, None, None, None]
    assert done.before.apply(Schema.of({"n": "string"})).dtype("n") is None


def test_infer_types_looks_at_the_first_rows(both):
    frame = one(["1"] * 3 + ["x"] * 30)
    assert both(InferTypes(rows=3), frame).frame["x"].to_list() == [1] * 3 + [None] * 30
    assert both(InferTypes(), frame).frame["x"].dtype == pl.String


def test_infer_types_takes_text_alone(run):
    with pytest.raises(NodeError, match="column 'x' is of type int64, not text"):
        run(InferTypes(columns=["x"]), one([1]))
