"""The types of a source's columns, which the service infers once and keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.date_patterns import check_format, moment
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_OPERATOR = "spark.infer_and_cast_type"
_TYPES = {
    "long": "int64",
    "float": "float64",
    "string": "string",
    "bool": "boolean",
    "date": "date",
    "datetime": "datetime",
}
"""Ours by theirs. Columns of the others (object, array, struct, image) are left as they are read."""


def learned(node: VendorNode) -> dict[str, str]:
    """The types that a node has found, in the order of its columns; empty text where there is no cast."""
    found = node.trained.get("schema") if node.operator == _OPERATOR else None
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(t, str) for t in found.values()):
        raise NodeError(
            f"the schema of {node.title} ({node.id}) is no mapping of columns to types", code="WF205"
        )
    return {str(c): _TYPES.get(t, "") for c, t in found.items()}


def _infer(node: VendorNode) -> Step:
    types = learned(node)
    parameters = {"rules": "spark"}
    if not types:
        return Step("columns.infer_types", parameters)
    trained = {"types": {c: t for c, t in types.items() if t}, "order": list(types)}
    return Step("columns.infer_types", parameters, trained=lambda: trained)


_CASTS = {**_TYPES, "integer": "int64", "int": "int64", "double": "float64", "boolean": "boolean"}
_CASTS |= {"bigint": "int64", "text": "string", "timestamp": "datetime"}
_METHODS = {
    theirs: ours
    for ours, names in {
        "null": ("replace_null", "replace_with_null"),
        "null new": ("replace_null_with_new_col", "replace_with_null_and_new_col"),
        "value": ("replace_value", "replace_with_fixed_value"),
        "value new": ("replace_value_with_new_col", "replace_with_fixed_value_and_new_col"),
        "drop": ("drop", "drop_non_castable_row"),
    }.items()
    for theirs in names
}
_FORMATS = {"date": ("date_formatting", "dd-MM-yyyy"), "datetime": ("datetime_formatting", None)}
"""The parameter that says how text is written, and the service's default; without one it is read as Spark casts."""


def _cast(node: VendorNode) -> Step:
    """A cast, and what becomes of rows that are null then: the service does not ask whether they were before."""
    given = chosen(node)
    column = given.text("column")
    to = given.choice("data_type", _CASTS, "")
    method = given.choice("non_castable_data_handling_method", _METHODS, "replace_null")
    made: dict[str, Any] = {"types": {column: to}, "invalid": "null", "rules": "spark"}
    fmt = None
    if to in _FORMATS:
        key, usual = _FORMATS[to]
        fmt = given.optional(key) or usual
        if fmt is not None:
            check_format(fmt)
            made["formats"] = {column: fmt}
    if str(given.found.get("original_data_type") or "").lower() in _same(to):
        return Step("columns.cast", made)  # which changes nothing
    then: list[Step] = []
    if method.endswith("new"):
        errors = f"{column}_typecast_error"
        made["errors_to"] = {column: errors}
        then.append(Step("columns.move", {"columns": [errors], "to": "after", "target": column}))
    if method == "drop":
        then.append(Step("missing.drop", {"columns": [column]}))
    elif method.startswith("value"):
        then.append(Step("missing.fill", {"columns": [column], "value": _replacement(given, to, fmt)}))
    return Step("columns.cast", made, then=tuple(then))


def _same(to: str) -> set[str]:
    """The service's names of a type of ours."""
    return {theirs for theirs, ours in _CASTS.items() if ours == to}


def _replacement(given: Parameters, to: str, fmt: str | None) -> Any:
    """The value that is put in place of what is null, of the column's type."""
    value = given.found.get("replace_value")
    if value is None or isinstance(value, (Mapping, list)):
        raise UnmappedError("it has no replace_value")
    text = str(value)
    try:
        match to:
            case "string":
                return text
            case "int64":
                return int(text)
            case "float64" if isfinite(float(text)):
                return float(text)
            case "boolean" if text.strip().lower() in {"true", "false"}:
                return text.strip().lower() == "true"
            case "date" | "datetime":
                found = moment(text, fmt) if fmt else datetime.fromisoformat(text)
                return found.date().isoformat() if to == "date" else found.isoformat(" ")
    except ValueError:
        pass
    raise UnmappedError(f"its replace_value is not of the type {to}")


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    (_OPERATOR, None): _infer,
    ("spark.cast_single_data_type", None): _cast,
}
