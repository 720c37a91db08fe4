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
        _add(names, Parameters(pair if isinstance(pair, Mapping) else {}, node))
    if not names or given.optional("input_column"):
        _add(names, given)
    return Step("columns.rename", {"columns": names})


def _add(names: dict[str, str], pair: Parameters) -> None:
    """One more new name: the service gives them one after the other, so that a new one may be renamed again."""
    old = pair.text("input_column")
    names[next((first for first, new in names.items() if new == old), old)] = pair.text("new_name")


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
    to = _PLACES[kind]
    made: dict[str, Any] = {"columns": columns, "to": to}
    if to in {"before", "after"}:
        made["target"] = place.text("target_column")
    if to == "index":
        made["index"] = place.integer("index")
        if made["index"] < 0:
            raise UnmappedError(f"index is {made['index']}")
    if len(columns) > 1:
        made["keep_order"] = True
    return Step("columns.move", made)


_PLACES = {
    "Move to start": "start",
    "Move to end": "end",
    "Move before": "before",
    "Move after": "after",
    "Move to index": "index",
}


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_columns", "Drop column"): _drop,
    ("spark.manage_columns", "Rename column"): _rename,
    ("spark.manage_columns", "Duplicate column"): _duplicate,
    ("spark.manage_columns", "Move column"): _move,
}
