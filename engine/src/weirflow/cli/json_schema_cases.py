"""The JSON Schema of the cases of `weirflow test`."""

from __future__ import annotations

from typing import Any, TypeAlias

from weirflow.catalogue import TITLES
from weirflow.flow.cases import TOLERANCE

Json: TypeAlias = dict[str, Any]

_ROWS: Json = {
    "type": "array",
    "description": "rows, each a mapping from column to value",
    "items": {"type": "object"},
}
_COLUMNS: Json = {
    "type": "object",
    "description": "columns, each with a list of values, all equally long",
    "additionalProperties": {"type": "array"},
}
_NAMES: Json = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_SCHEMA: Json = {
    "type": "object",
    "description": "types by column, such as int64, string, date",
    "additionalProperties": {"type": "string"},
}


def cases() -> Json:
    """The value of `tests`."""
    return {
        "type": "array",
        "description": "cases for `weirflow test`",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "what the case is about; no two share one"},
                "mock": {
                    "type": "object",
                    "description": "the tables that stand in for those of nodes, by node or node.port",
                    "additionalProperties": _mock(),
                },
                "expect": {
                    "type": "object",
                    "description": "what has to come of it, by node or node.port",
                    "minProperties": 1,
                    "additionalProperties": _expectation(),
                },
                "parameters": {
                    "type": "object",
                    "description": "values of the flow's own parameters, in this case",
                },
                "trained_parameters": {
                    "type": "object",
                    "description": "what nodes have learned; the others are fitted on the mocks",
                    "additionalProperties": {"type": "object"},
                },
                "sources": {**_NAMES, "description": "sources whose data is really read"},
            },
            "required": ["name", "expect"],
            "additionalProperties": False,
        },
    }


def _mock() -> Json:
    written = {
        "type": "object",
        "properties": {"rows": _ROWS, "columns": _COLUMNS, "schema": _SCHEMA},
        "oneOf": [{"required": ["rows"]}, {"required": ["columns"]}],
        "additionalProperties": False,
    }
    file = {
        "type": "string",
        "pattern": r"\.([Cc][Ss][Vv]|[Jj][Ss][Oo][Nn]|[Pp][Aa][Rr][Qq][Uu][Ee][Tt])$",
        "description": "a file of rows, relative to the flow's folder",
    }
    return {"anyOf": [_ROWS, written, file]}


def _expectation() -> Json:
    bound = {"type": ["number", "string", "null"]}
    properties: Json = {
        "rows": {
            "description": "how many rows, or the rows themselves",
            "anyOf": [{"type": "integer", "minimum": 0}, _ROWS],
        },
        "columns": {
            "description": "the names of all columns in order, or columns with their values",
            "anyOf": [*_NAMES["anyOf"], _COLUMNS],
        },
        "schema": _SCHEMA,
        "contains": {**_ROWS, "description": "rows that have to be among others"},
        "unique": {
            "description": "columns without a value that stands twice; a list in the list counts together",
            "anyOf": [{"type": "string"}, {"type": "array", "items": _NAMES}],
        },
        "not_null": {**_NAMES, "description": "columns without a null"},
        "between": {
            "type": "object",
            "description": "the least and the greatest value by column; null for no bound",
            "additionalProperties": {"type": "array", "items": bound, "minItems": 2, "maxItems": 2},
        },
        "unordered": {"type": "boolean", "description": "whether the rows may stand in any order"},
        "tolerance": {
            "type": "number",
            "minimum": 0,
            "default": TOLERANCE,
            "description": "how far numbers may be off, as a share of their size, or of 1 where it is smaller",
        },
        "error": {"enum": list(TITLES), "description": "the code that the node fails with"},
    }
    return {"anyOf": [_ROWS, {"type": "object", "properties": properties, "additionalProperties": False}]}
