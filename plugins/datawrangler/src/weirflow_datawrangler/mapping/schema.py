"""The types of a source's columns, which the service infers once and keeps."""

from __future__ import annotations

from collections.abc import Mapping

from weirflow.api import NodeError
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Step, UnmappedError, chosen

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


def _cast(node: VendorNode) -> Step:
    given = chosen(node)
    method = given.optional("non_castable_data_handling_method") or "replace_null"
    if method != "replace_null":
        raise UnmappedError(f"what cannot be cast is handled by '{method}'")
    to = given.choice("data_type", _CASTS, "")
    if to in {"date", "datetime"} and (given.optional("original_data_type") or "string").lower() == "string":
        raise UnmappedError("dates are read by a format of its own")
    return Step("columns.cast", {"types": {given.text("column"): to}, "invalid": "null", "rules": "spark"})


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    (_OPERATOR, None): _infer,
    ("spark.cast_single_data_type", None): _cast,
}
