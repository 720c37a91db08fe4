"""Groups and windows.

The service's pages speak of them, and no public flow has one: likely spellings are read, and what cannot be read is not
mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.rows import read_all
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_AGGREGATES = {
    **{word: word for word in ("count", "sum", "min", "max", "median", "first", "last")},
    **dict.fromkeys(("mean", "avg", "average"), "mean"),
    **dict.fromkeys(("std", "stddev", "stddev_samp", "standard_deviation"), "std"),
    **dict.fromkeys(("var", "variance", "var_samp"), "var"),
    **dict.fromkeys(("count_distinct", "countdistinct", "n_distinct", "nunique"), "n_distinct"),
    "minimum": "min",
    "maximum": "max",
}
"""Ours by theirs, and by Spark's. `collect_list` is none: it leaves missing values out."""
_WINDOWS = {w: w for w in ("row_number", "rank", "dense_rank", "lag", "lead")}
"""Running totals are none: Spark gives rows that are equal in the order one total, or each its own, by a frame."""
_BY = ("group_by_columns", "groupby_columns", "group_by", "group_by_column", "keys", "key_columns")
_PARTITION = ("partition_by", "partition_columns", "partition_by_columns", *_BY)
_ORDER = ("order_by", "order_by_columns", "order_by_column", "order_columns", "sort_by")
_EACH = ("aggregations", "aggregates", "aggregate_functions", "functions")
_FUNCTION = ("function", "aggregation", "aggregate_function", "aggregate", "window_function", "operation")
_COLUMN = ("input_column", "column", "column_name")
_OUTPUT = ("output_column", "new_name", "output_name", "alias")


def _key(given: Parameters, keys: Iterable[str]) -> str:
    """The first of the names that is there; the first one where none is."""
    return next((k for k in keys if given.found.get(k) not in (None, "", [])), next(iter(keys)))


def _word(text: str) -> str:
    return "_".join(text.lower().replace("-", " ").split())


def _aggregate(node: VendorNode) -> Step:
    given = chosen(node)
    by, each = _key(given, _BY), given.found.get(_key(given, _EACH))
    listed = each if isinstance(each, list) and each else [given.found]
    made: dict[str, dict[str, str]] = {}
    for one in listed:
        of = Parameters(one if isinstance(one, Mapping) else {}, node)
        column, function, output = (_key(of, keys) for keys in (_COLUMN, _FUNCTION, _OUTPUT))
        read_all(of, column, function, output, by, "operator")
        word = _AGGREGATES.get(_word(of.text(function)))
        if word is None:
            raise UnmappedError(f"{function} is '{of.text(function)}'")
        if word in made.setdefault(of.text(column), {}):
            raise UnmappedError(f"it makes the {word} of a column twice")
        made[of.text(column)][word] = of.text(output)  # what a column is called without one is not known
    if listed is each:
        read_all(given, by, _key(given, _EACH), "operator")
    return Step("group.aggregate", {"by": given.columns(by), "aggregations": made})


def _window(node: VendorNode) -> Step:
    given = chosen(node)
    column, function, output = (_key(given, keys) for keys in (_COLUMN, _FUNCTION, _OUTPUT))
    by, order = _key(given, _PARTITION), _key(given, _ORDER)
    read_all(given, column, function, output, by, order, "order", "ascending", "offset", "operator")
    word = (_AGGREGATES | _WINDOWS).get(_word(given.text(function)))
    if word is None:
        raise UnmappedError(f"{function} is '{given.text(function)}'")
    made: dict[str, Any] = {"function": word, "output": given.text(output)}
    if word not in {"row_number", "rank", "dense_rank"}:
        made["column"] = given.text(column)
    if given.found.get(by):
        made["by"] = given.columns(by)
    if given.found.get(order):
        if word in _AGGREGATES.values():
            raise UnmappedError("it aggregates in an order, up to each row or over all")
        made |= {"order": given.columns(order), "nulls": "least"}
        if _descends(given):
            made["descending"] = True
    elif word in _WINDOWS.values():
        raise UnmappedError(f"it has no {order}")
    if word in {"lag", "lead"} and given.found.get("offset"):
        made["offset"] = given.integer("offset")
    return Step("group.window", made)


def _descends(given: Parameters) -> bool:
    if "ascending" in given.found:
        return not given.flag("ascending", default=True)
    return given.choice("order", {"Ascending": "", "Descending": "down"}, "Ascending") == "down"


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    **{
        (f"spark.{name}", None): _aggregate
        for name in ("group_by", "groupby", "aggregate", "group_by_aggregate")
    },
    **{(f"spark.{name}", None): _window for name in ("window", "window_function", "window_functions")},
}
