"""Nested data: structs and JSON as columns, arrays as rows.

No public flow has one of these, and the manual names neither the operators nor their parameters: likely spellings are
read, and what cannot be read is not mapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.rows import read_all
from weirflow_datawrangler.mapping.text import like
from weirflow_datawrangler.step import Mapper, Step, UnmappedError, chosen


def _nested(node: VendorNode) -> Step:
    """Which of the two it is, the label says, else the name of the operator."""
    for words in (node.label.lower(), node.operator):
        if "explode" in words:
            return _explode(node)
        if "flatten" in words or "unnest" in words:
            return _unnest(node)
    raise UnmappedError(f"'{node.label}' has no equal")


def _explode(node: VendorNode) -> Step:
    given = chosen(node)
    column = given.text(like(given, "input_column"))
    read_all(given, "input_column", "output_column", "operator")
    output = given.optional("output_column") or f"{column}_flatten"
    note = "Rows whose array is empty or missing go, as they do where Spark explodes arrays."
    return Step("rows.explode", {"column": column, "output": output, "empty": "drop"}, (note,))


def _unnest(node: VendorNode) -> Step:
    given = chosen(node)
    key = like(given, "keys", "key")
    found = given.found.get(key)
    keys = [k.strip() for k in found.split(",")] if isinstance(found, str) else found
    made: dict[str, Any] = {"column": given.text("input_column"), "invalid": "null", "drop": False}
    if keys and keys != [""]:
        if not isinstance(keys, list) or not all(isinstance(k, str) and k for k in keys):
            raise UnmappedError(f"{key} are no names")
        made["keys"] = list(dict.fromkeys(keys))
    read_all(given, "input_column", key, "operator")
    return Step("columns.unnest", made)


_OPERATORS = (
    "spark.explode_array",
    "spark.explode_array_column",
    "spark.explode_column",
    "spark.flatten_column",
    "spark.flatten_structured",
    "spark.flatten_structured_column",
    "spark.unnest_json",
    "spark.unnest_json_data",
)

MAPPERS: Mapping[tuple[str, str | None], Mapper] = {(operator, None): _nested for operator in _OPERATORS}
