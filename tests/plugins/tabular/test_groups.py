"""Groups and windows against DuckDB's SQL."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from weirflow.api import NodeError, Rows
from weirflow_tabular.groups import AggregateGroups
from weirflow_tabular.windows import Window

SCHEMA = {
    "k": pl.String,
    "h": pl.Int64,
    "v": pl.Int64,
    "f": pl.Float64,
    "b": pl.Boolean,
    "d": pl.Date,
    "i": pl.Int64,
}
KEYS = [("a", 1), ("a", 2), (None, 1), ("b", 1), ("a", 1), ("a", None), ("b", 1), ("c", 3)]
VALUES = [
    (3, 0.5, True, "2024-02-29"),
    (None, 1.5, False, None),
    (7, None, None, "2020-01-01"),
    (None, None, True, "2021-05-05"),
    (1, -2.25, True, "2019-12-31"),
    (3, 4.0, False, "2024-02-29"),
    (None, 2.0, None, None),
    (9, None, True, "2000-01-01"),
]
FRAME = pl.DataFrame(
    [(*k, *v, i) for i, (k, v) in enumerate(zip(KEYS, VALUES, strict=True))],
    schema={**SCHEMA, "d": pl.String},
    orient="row",
).with_columns(pl.col("d").str.to_date())
SQL = {
    "sum": "sum({0})::bigint",
    "mean": "avg({0})",
    "std": "stddev_samp({0})",
    "var": "var_samp({0})",
    "n_distinct": "count(distinct {0})",
    "first": "first({0} order by i)",
    "last": "last({0} order by i)",
    "list": "list({0} order by i)",
}


def asked(query: str, frame: pl.DataFrame = FRAME) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.register("df", frame.to_arrow())
        return connection.sql(query).fetchall()


def close(rows: list[tuple]) -> list[tuple]:
    return [tuple(pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for v in row) for row in rows]


def sql_of(function: str, column: str) -> str:
    if function == "sum" and column == "f":
        return "sum(f)"
    return SQL.get(function, function + "({0})").format(
        column if column != "b" or function != "sum" else "b::int"
    )


ASKED = {
    "v": [
        "count",
        "sum",
        "mean",
        "min",
        "max",
        "std",
        "var",
        "median",
        "first",
        "last",
        "n_distinct",
        "list",
    ],
    "f": ["count", "sum", "mean", "min", "max", "std", "var", "median"],
    "b": ["count", "sum", "mean", "min", "max", "first", "n_distinct"],
    "d": ["count", "min", "max", "first", "last", "n_distinct"],
    "k": ["count", "min", "max", "n_distinct", "last"],
}


@pytest.mark.parametrize("by", [("h",), ("k", "h"), ()])
def test_groups_are_those_of_sql(both, by):
    given = {c: tuple(f) for c, f in ASKED.items() if c not in by}
    done = both(AggregateGroups(by=by, aggregations=given, rows="n"), FRAME)
    each = [
        f"avg({c}::int)" if (c, f) == ("b", "mean") else sql_of(f, c)
        for c, functions in given.items()
        for f in functions
    ]
    keys = ", ".join([*by, "count(*)"])
    grouped = f"group by {', '.join(by)}" if by else ""
    wanted = asked(f"select {', '.join([keys, *each])} from df {grouped} order by min(i)")
    assert done.frame.rows() == close(wanted)
    assert done.frame.columns == [
        *by,
        "n",
        *(f"{c}_{f}" for c, functions in given.items() for f in functions),
    ]
    assert done.after.rows == Rows(kept=False, by=by)


def test_names_of_what_is_made(both):
    node = AggregateGroups(by=["k"], aggregations={"v": {"mean": "average", "max": "top"}, "i": "count"})
    assert both(node, FRAME).frame.columns == ["k", "average", "top", "i_count"]


def test_keys_alone_are_the_groups(both):
    assert both(AggregateGroups(by=["k"]), FRAME).frame["k"].to_list() == ["a", None, "b", "c"]


def test_no_rows(both):
    assert both(AggregateGroups(by=["k"], aggregations={"v": "sum"}), FRAME.clear()).frame.rows() == []
    node = AggregateGroups(aggregations={"v": ("sum", "count", "first", "list")}, rows="n")
    assert both(node, FRAME.clear()).frame.rows() == [(0, None, 0, None, [])]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to make"),
        ({"by": ["k"], "aggregations": {"v": {"max": "k"}}}, "two columns would be called 'k'"),
        ({"aggregations": {"v": ["max", "max"]}}, "two columns would be called 'v_max'"),
        ({"aggregations": {"v": "mode"}}, "mode|literal"),
    ],
)
def test_parameters_that_make_no_sense(given, message):
    with pytest.raises(ValidationError, match=message):
        AggregateGroups.model_validate(given)


def test_what_has_no_mean_is_refused(run):
    with pytest.raises(NodeError, match="column 'k' is of type string, which has no mean"):
        run(AggregateGroups(aggregations={"k": "mean"}), FRAME)
    with pytest.raises(NodeError, match="column 'l' is of type list"):
        run(AggregateGroups(by=["l"], rows="n"), pl.DataFrame({"l": [[1]]}))


@pytest.mark.parametrize("column", ["v", "f", "b", "d"])
@pytest.mark.parametrize("by", [("k",), ()])
def test_aggregates_beside_rows_are_those_of_sql(both, column, by):
    for function in ASKED[column]:
        if function in {"list", "n_distinct"}:
            continue
        done = both(Window(function=function, column=column, by=by, output="o"), FRAME)
        value = {"first": f"first_value({column})", "last": f"last_value({column})"}.get(function)
        frame = "rows between unbounded preceding and unbounded following"
        order = f"order by i {frame}" if value else ""
        if value is None:
            value = f"avg({column}::int)" if (column, function) == ("b", "mean") else sql_of(function, column)
        kind = value.removesuffix("::bigint")
        over = f"over ({'partition by k' if by else ''} {order})"
        wanted = asked(f"select {kind} {over} from df order by i")
        assert [(v,) for v in done.frame["o"]] == close(wanted), function
        assert done.frame.drop("o").equals(FRAME)


def test_counts_beside_rows(both):
    assert both(Window(function="count", by=["k"], output="n"), FRAME).frame["n"].to_list() == [
        4,
        4,
        1,
        2,
        4,
        4,
        2,
        1,
    ]
    assert both(Window(function="count", output="n"), FRAME).frame["n"].to_list() == [8] * 8
    distinct = both(Window(function="n_distinct", column="v", by=["k"], output="n"), FRAME)
    assert distinct.frame["n"].to_list() == [2, 2, 1, 0, 2, 2, 0, 1]


ORDERED = {
    "row_number": ("row_number()", {}),
    "rank": ("rank()", {}),
    "dense_rank": ("dense_rank()", {}),
    "lag": ("lag(f, 2)", {"column": "f", "offset": 2}),
    "lead": ("lead(d)", {"column": "d"}),
    "cumulative_sum": ("sum(v)", {"column": "v"}),
    "cumulative_min": ("min(f)", {"column": "f"}),
    "cumulative_max": ("max(v)", {"column": "v"}),
    "first": ("first_value(v)", {"column": "v"}),
}


def check_ordered(both, frame, function, by, down, nulls):
    value, given = ORDERED[function]
    node = Window(
        function=function, by=by, order=("h", "v"), descending=down, nulls=nulls, output="o", **given
    )
    done = both(node, frame)
    sides = [
        f"{c} {'desc' if d else 'asc'} nulls {'last' if (d if nulls == 'least' else nulls == 'last') else 'first'}"
        for c, d in zip(("h", "v"), down, strict=True)
    ]
    # equal rows keep their order, which SQL leaves open; ranks alone see that they are equal
    order = ", ".join(sides if "rank" in function else [*sides, "i"])
    part = f"partition by {', '.join(by)}" if by else ""
    rows = (
        "" if "rank" in function or function in {"lag", "lead", "row_number"} else "rows unbounded preceding"
    )
    wanted = asked(f"select {value} over ({part} order by {order} {rows}) from df order by i", frame)
    assert [(v,) for v in done.frame["o"]] == close(wanted)


@pytest.mark.parametrize("function", ORDERED)
@pytest.mark.parametrize("by", [("k",), ()])
@pytest.mark.parametrize("nulls", ["last", "least"])
def test_windows_in_an_order_are_those_of_sql(both, function, by, nulls):
    check_ordered(both, FRAME, function, by, (False, True), nulls)


some = st.one_of(st.none(), st.integers(0, 2))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", None]), some, some), min_size=1, max_size=9),
    st.sampled_from(sorted(ORDERED)),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_windows_are_those_of_sql(both, rows, function, down):
    frame = pl.DataFrame(
        [(k, h, v, None if v is None else v / 2, None, None, i) for i, (k, h, v) in enumerate(rows)],
        schema=SCHEMA,
        orient="row",
    )
    check_ordered(both, frame, function, ("k",), (down, False), "first")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"function": "rank"}, "`rank` needs an `order`"),
        ({"function": "row_number", "column": "v"}, "not of a `column`"),
        ({"function": "lag"}, "`lag` needs a `column`"),
        ({"function": "mean", "column": "v", "order": ["i"]}, "of the whole window"),
        ({"function": "rank", "order": ["i"], "descending": [True, False]}, "2 entries for 1"),
    ],
)
def test_windows_that_make_no_sense(given, message):
    with pytest.raises(ValidationError, match=message):
        Window.model_validate({"output": "o", **given})


def test_a_name_that_is_taken_is_refused(run):
    with pytest.raises(NodeError, match="'v', which is there already"):
        run(Window(function="count", output="v"), FRAME)
