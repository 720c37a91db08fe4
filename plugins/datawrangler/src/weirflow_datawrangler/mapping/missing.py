"""Missing values. The service counts blank text among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.models import decode
from weirflow_datawrangler.step import Mapper, Parameters, Step, Trained, UnmappedError, chosen
from weirflow_datawrangler.trained import by_column

_NUMERIC = {"Mean": "mean", "Approximate Median": "median_low"}


def _fill(node: VendorNode) -> Step:
    given = chosen(node)
    if given.optional("output_column"):
        raise UnmappedError("it makes another column")
    value = given.found.get("fill_value")
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise UnmappedError("it has no fill_value")
    made = {"columns": given.columns("input_column"), "value": str(value), "parse": True, "blank": True}
    return Step("missing.fill", made)


def _drop(node: VendorNode) -> Step:
    given = chosen(node)
    if given.optional("dimension") not in {None, "Drop Rows"}:
        raise UnmappedError(f"dimension is '{given.optional('dimension')}'")
    inner = given.inner("drop_rows_parameters")
    of = inner if inner.found else given
    if not of.found.get("input_column"):
        return Step("missing.drop", {"blank": True})
    return Step("missing.drop", {"columns": of.columns("input_column"), "blank": True})


def _indicator(node: VendorNode) -> Step:
    given = chosen(node)
    made: dict[str, Any] = {"columns": given.columns("input_column"), "blank": True}
    if output := given.optional("output_column"):
        if len(made["columns"]) > 1:
            raise UnmappedError("it names the columns that it makes")
        made["output"] = output
    return Step("missing.indicator", made)


def _impute(node: VendorNode) -> Step:
    given = chosen(node)
    kind = given.choice("column_type", {"Numeric": "numeric", "Categorical": "categorical"}, "Numeric")
    of = given.inner(f"{kind}_parameters")
    if of.optional("output_column"):
        raise UnmappedError("it makes another column")
    columns = of.columns("input_column")
    made: dict[str, Any] = {"columns": columns, "blank": True, "strategy": "most_frequent"}
    if kind == "numeric":
        made = {"columns": columns, "strategy": of.choice("strategy", _NUMERIC, "Mean"), "keep_type": True}
    found = by_column(of, columns)
    if found is None:
        return Step("missing.impute", made)

    def read() -> Trained:
        return {"values": {c: _surrogate(entry, of) for c, entry in found.items()}}

    return Step("missing.impute", made, trained=read)


def _surrogate(entry: Mapping[str, Any], given: Parameters) -> Any:
    value = entry.get("impute_value")
    if value is None:
        row = decode(entry.get("imputer_model"), "ImputerModel").row
        value = next(iter(row.values()), None)
    if value is None or isinstance(value, (list, dict)):
        raise NodeError(f"its value for {given.node.title} is missing")
    return value


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.handle_missing", "Fill missing"): _fill,
    ("spark.handle_missing", "Drop missing"): _drop,
    ("spark.handle_missing", "Add indicator for missing"): _indicator,
    ("spark.handle_missing", "Impute"): _impute,
}
