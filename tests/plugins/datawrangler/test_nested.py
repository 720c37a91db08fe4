"""Nested data, groups and windows: what likely spellings of the vendor's parameters become."""

import pytest

from weirflow_datawrangler.convert import convert


@pytest.fixture
def mapped(file_of, source, vendor):
    """The operator and parameters that a node becomes."""

    def make(operator, given):
        ((found, parameters),) = [
            (n.operator, n.parameters)
            for n in convert(file_of(source(), vendor("x", operator, given, "s"))).nodes[1:-1]
        ]
        return found, parameters

    return make


def test_arrays_become_rows(mapped):
    wanted = {"column": "v", "output": "v_flatten", "empty": "drop"}
    assert mapped("spark.explode_array", {"input_column": "v"}) == ("rows.explode", wanted)
    labelled = {
        "operator": "Explode array",
        "explode_array_parameters": {"input_column": ["v"], "output_column": "e"},
    }
    assert mapped("spark.flatten_column", labelled) == ("rows.explode", {**wanted, "output": "e"})


@pytest.mark.parametrize("keys", [["a", "b"], "a, b", [], None, ""])
def test_keys_become_columns(mapped, keys):
    given = {"operator": "Flatten structured", "flatten_structured_parameters": {"input_column": "p"}}
    given["flatten_structured_parameters"]["keys_to_flatten_on"] = keys
    wanted = {"column": "p", "invalid": "null", "drop": False} | ({"keys": ["a", "b"]} if keys else {})
    assert mapped("spark.flatten_structured", given) == ("columns.unnest", wanted)


def test_groups(mapped):
    each = [
        {"column": "pay", "function": "avg", "output_column": "usual"},
        {"column": "pay", "function": "Max", "output_column": "top"},
        {"column": "city", "function": "Count distinct", "output_column": "n"},
    ]
    made = {"pay": {"mean": "usual", "max": "top"}, "city": {"n_distinct": "n"}}
    assert mapped("spark.group_by", {"group_by_columns": "k", "aggregations": each}) == (
        "group.aggregate",
        {"by": ["k"], "aggregations": made},
    )
    one = {"group_by": ["k", "l"], "input_column": "pay", "function": "sum", "output_column": "total"}
    assert mapped("spark.group_by", one) == (
        "group.aggregate",
        {"by": ["k", "l"], "aggregations": {"pay": {"sum": "total"}}},
    )


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            {"function": "Row number", "partition_by": "k", "order_by": ["d"], "order": "Descending"},
            {"function": "row_number", "by": ["k"], "order": ["d"], "nulls": "least", "descending": True},
        ),
        (
            {"function": "lag", "input_column": "pay", "order_by": "d", "offset": "2"},
            {"function": "lag", "column": "pay", "order": ["d"], "nulls": "least", "offset": 2},
        ),
        (
            {"function": "avg", "input_column": "pay", "partition_by": ["k"]},
            {"function": "mean", "column": "pay", "by": ["k"]},
        ),
    ],
)
def test_windows(mapped, given, wanted):
    found = mapped("spark.window", {**given, "output_column": "o"})
    assert found == ("group.window", {**wanted, "output": "o"})


@pytest.mark.parametrize(
    ("operator", "given"),
    [
        ("spark.explode_array", {}),
        ("spark.explode_array", {"input_column": "v", "with_position": True}),
        ("spark.flatten_structured", {"input_column": "p", "keys": [1]}),
        ("spark.flatten_structured", {"input_column": "p", "depth": 2}),
        ("spark.group_by", {"group_by": "k", "input_column": "v", "function": "mode", "output_column": "o"}),
        ("spark.group_by", {"group_by": "k", "input_column": "v", "function": "sum"}),
        ("spark.group_by", {"input_column": "v", "function": "sum", "output_column": "o"}),
        ("spark.window", {"function": "rank", "output_column": "o"}),
        ("spark.window", {"function": "sum", "input_column": "v", "order_by": "d", "output_column": "o"}),
        (
            "spark.window",
            {"function": "lag", "input_column": "v", "order_by": "d", "frame": 3, "output_column": "o"},
        ),
    ],
)
def test_what_cannot_be_read_says_so(mapped, operator, given):
    assert mapped(operator, given)[0] == "datawrangler.unmapped"
