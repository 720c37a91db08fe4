"""Operators on columns as such: drop, rename, duplicate, move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen


def _drop(node: VendorNode) -> Step:
    return Step("columns.drop", {"columns": chosen(node).columns("column_to_drop")})


def _rename(node: VendorNode) -> Step:
    given = chosen(node)
    pairs = given.found.get("columns_to_rename") or []
    names: dict[str, str] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        one = Parameters(pair if isinstance(pair, Mapping) else {}, node)
        names[one.text("input_column")] = one.text("new_name")
    if not names or given.optional("input_column"):
        names[given.text("input_column")] = given.text("new_name")
    return Step("columns.rename", {"columns": names})


def _duplicate(node: VendorNode) -> Step:
    given = chosen(node)
    return Step("columns.duplicate", {"column": given.text("input_column"), "output": given.text("new_name")})


def _move(node: VendorNode) -> Step:
    given = chosen(node)
    kind = given.text("move_type")
    inner = given.found.get(f"{'_'.join(kind.lower().split())}_parameters")
    if kind not in _PLACES or not isinstance(inner, Mapping):
        raise UnmappedError(f"'{kind}' has no equal")
    place = Parameters(inner, node)
    columns = place.columns("column_to_move")
    if len(columns) > 1:
        raise UnmappedError(
            "several columns keep the order of the table, which columns.move changes to that of the list"
        )
    to = _PLACES[kind]
    made: dict[str, Any] = {"columns": columns, "to": to}
    if to in {"before", "after"}:
        made["target"] = place.text("target_column")
    return Step("columns.move", made)


_PLACES = {
    "Move to start": "start",
    "Move to end": "end",
    "Move before": "before",
    "Move after": "after",
}


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_columns", "Drop column"): _drop,
    ("spark.manage_columns", "Rename column"): _rename,
    ("spark.manage_columns", "Duplicate column"): _duplicate,
    ("spark.manage_columns", "Move column"): _move,
}
