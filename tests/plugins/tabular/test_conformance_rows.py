"""Nodes on rows, columns and groups keep the node specification."""

from __future__ import annotations

from datetime import date

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_tabular.columns import MoveColumns
from weirflow_tabular.columns_unnest import UnnestColumn
from weirflow_tabular.groups import AggregateGroups
from weirflow_tabular.missing import DropMissing
from weirflow_tabular.rows import ShuffleRows, SortRows
from weirflow_tabular.rows_explode import ExplodeRows
from weirflow_tabular.rows_filter import FilterRows
from weirflow_tabular.unions import JoinColumns, UnionTables
from weirflow_tabular.vectors_unpack import UnpackVector
from weirflow_tabular.windows import Window

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27, 31],
        "pay": [2.5, None, 0.0, -1.25, 1e4],
        "city": ["Rome", "Oslo", None, "Rome", "São Tomé"],
        "member": [True, False, None, True, True],
        "since": [date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 1, 1), date(2024, 1, 1)],
    }
)
TEXT = pl.DataFrame({"n": ["1", "2", None], "free": ["a", "", "b c"]})
CONDITIONS = {"age": {">=": 30, "!=": 42}, "city": {"in": ["Rome", "Oslo"]}, "pay": "not_null"}

ROWS = [
    (FilterRows, Case({"conditions": CONDITIONS}, FRAME, name="all")),
    (FilterRows, Case({"conditions": CONDITIONS, "match": "any"}, FRAME, name="any")),
    (
        FilterRows,
        Case({"column": "since", "is": ">", "value": "2020-01-01", "parse": True}, FRAME, name="parse"),
    ),
    (
        SortRows,
        Case({"by": ["city", "age"], "descending": [True, False], "nulls": "least"}, FRAME, name="least"),
    ),
    (SortRows, Case({"by": ["pay"], "nulls": "first"}, FRAME, name="first")),
    (ShuffleRows, Case({"seed": 3}, FRAME)),
    (DropMissing, Case({"columns": ["age", "city"], "how": "all"}, FRAME, name="how")),
    (DropMissing, Case({"how": "all", "blank": True}, TEXT, name="how_blank")),
]
COLUMNS = [
    (
        MoveColumns,
        Case({"columns": ["since", "city"], "to": "index", "index": 1, "keep_order": True}, FRAME),
    ),
]
GROUPS = [
    (
        AggregateGroups,
        Case(
            {
                "by": ["city", "member"],
                "aggregations": {
                    "age": ["sum", "mean", "std", "n_distinct", "list"],
                    "pay": {"median": "middle", "first": "begin"},
                    "since": "max",
                },
                "rows": "n",
            },
            FRAME,
        ),
    ),
    (AggregateGroups, Case({"aggregations": {"age": ["sum", "min"], "city": "count"}}, FRAME, name="whole")),
    (AggregateGroups, Case({"by": ["since"]}, FRAME, name="keys")),
    (Window, Case({"function": "mean", "column": "age", "by": ["city"], "output": "usual"}, FRAME)),
    (
        Window,
        Case(
            {
                "function": "rank",
                "by": ["member"],
                "order": ["city", "age"],
                "nulls": "least",
                "output": "place",
            },
            FRAME,
            name="rank",
        ),
    ),
    (
        Window,
        Case(
            {"function": "lag", "column": "since", "by": ["city"], "order": ["pay"], "output": "before"},
            FRAME,
            name="lag",
        ),
    ),
    (
        Window,
        Case({"function": "cumulative_sum", "column": "pay", "output": "so_far"}, FRAME, name="running"),
    ),
]
OTHER = pl.DataFrame(
    {"city": ["Rome", None, "Lima"], "age": [31.5, None, 2.0], "colour": ["red", "blue", None]},
)
ALL = {
    "right": FRAME.select("member", "city", "pay", "since", age=pl.col("age").cast(pl.Int32)).head(4),
}
UNIONS = [
    (UnionTables, Case({"distinct": True}, FRAME, others=ALL)),
    (
        UnionTables,
        Case(
            {"missing": "null", "indicator": "from", "words": ["here", "there"]},
            FRAME,
            others={"right": OTHER},
            name="null",
        ),
    ),
    (
        UnionTables,
        Case(
            {"mixed": "text", "missing": "null", "distinct": True},
            FRAME,
            others={"right": OTHER.select("city", age=pl.col("colour"))},
            name="mixed",
        ),
    ),
    (JoinColumns, Case({}, FRAME, others={"right": OTHER})),
    (JoinColumns, Case({"suffix": "2"}, OTHER, others={"right": FRAME}, name="longer")),
]
NESTED = pl.DataFrame(
    {
        "i": [1, 2, 3, None],
        "list": [["a", None], [], None, ["b"]],
        "json": ['["a", 1, {"b": null}]', "[]", None, "[null]"],
        "struct": [
            {"n": 1, "of": {"x": "y"}},
            None,
            {"n": None, "of": {"x": None}},
            {"n": 3, "of": {"x": "z"}},
        ],
        "object": ['{"n": 1, "t": "x", "of": {"x": [1]}}', '{"n": 2.5, "yes": true}', None, '{"t": "5"}'],
        "sparse": [
            {"size": 3, "indices": [1], "values": [4.0]},
            None,
            {"size": 2, "indices": [], "values": []},
            {"size": 3, "indices": [0], "values": [1.0]},
        ],
    }
)
NESTS = [
    (ExplodeRows, Case({"column": "list"}, NESTED.select("i", "list"))),
    (
        ExplodeRows,
        Case(
            {"column": "list", "output": "item", "empty": "drop", "drop": True},
            NESTED.select("i", "list"),
            name="output",
        ),
    ),
    (ExplodeRows, Case({"column": "json", "output": "item"}, NESTED.select("i", "json"), name="json")),
    (UnnestColumn, Case({"column": "struct"}, NESTED.select("i", "struct"))),
    (
        UnnestColumn,
        Case(
            {"column": "struct", "keys": ["n"], "drop": False, "prefix": "p"},
            NESTED.select("i", "struct"),
            name="keys",
        ),
    ),
    (UnnestColumn, Case({"column": "object"}, NESTED.select("i", "object"), name="json")),
    (
        UnnestColumn,
        Case(
            {
                "column": "object",
                "keys": ["t", "n"],
                "types": {"n": "float64"},
                "invalid": "null",
                "drop": False,
            },
            NESTED.select("i", "object"),
            name="types",
        ),
    ),
    (UnpackVector, Case({"column": "list"}, NESTED.select("i", "list"))),
    (
        UnpackVector,
        Case(
            {"column": "sparse", "as_many_as": "first", "drop": False},
            NESTED.select("i", "sparse"),
            name="sparse",
        ),
    ),
]

CASES = [*ROWS, *COLUMNS, *GROUPS, *UNIONS, *NESTS]

test_conformance = conformance(*CASES)
