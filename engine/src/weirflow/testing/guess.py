"""A case for a node class that comes without one: parameters that its schema allows and that work."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from pydantic import ValidationError

from weirflow.errors import NodeError
from weirflow.node.model import Node
from weirflow.plugins.describe import parameter_schema
from weirflow.testing.case import Case
from weirflow.testing.subject import BrokenPromiseError, Subject

TRIES = 500  # combinations of values

FRAME = pl.DataFrame(
    {
        "count": [3, 1, None, 4, 1, 5],
        "amount": [0.5, None, -2.25, 1e4, 0.0, 7.75],
        "label": ["yes", "no", None, "yes", "two words", "no"],
        "flag": [True, False, None, True, True, False],
        "day": [date(2024, 2, 29), None, *[date(1999, 12, d) for d in (28, 29, 30, 31)]],
        "moment": [datetime(2024, 1, 1, 12), None, *[datetime(2023, 5, d, 6, 30) for d in (1, 2, 3, 4)]],  # noqa: DTZ001 - local times
        "parts": [["a", "b"], [], None, ["c"], ["a"], ["b", "c"]],
    }
)
"""A table with a column of each common type, for nodes that are checked without one of their own."""


def guess(node_class: type[Node], given: Mapping[str, Any], frame: pl.DataFrame | None = None) -> Case | None:
    """The first case with these parameters, and values for the other required ones, that the node accepts.

    None where none of those that were tried is accepted.
    """
    frame = FRAME if frame is None else frame
    schema = parameter_schema(node_class)
    open_ = [n for n in schema.get("required", ()) if n not in given]
    choices = [list(itertools.islice(_values(schema["properties"][n], schema, frame), 40)) for n in open_]
    for values in itertools.islice(itertools.product(*choices), TRIES):
        case = Case({**given, **dict(zip(open_, values, strict=True))}, frame)
        try:
            _ = Subject(node_class, case).first
        except (ValidationError, NodeError, BrokenPromiseError):
            continue
        except Exception:  # noqa: BLE001 - the node is at fault, and the checks will say so
            return case
        return case
    return None


def _values(part: Mapping[str, Any], root: Mapping[str, Any], frame: pl.DataFrame) -> Iterator[Any]:
    """Values that a JSON Schema might allow."""
    if "$ref" in part:
        part = {**root["$defs"][part["$ref"].rpartition("/")[2]], **part}
    mark = part.get("x-weirflow")
    if mark == "column":
        yield from frame.columns
        return
    if mark == "new-column":
        yield "made"
        return
    yield from part.get("examples", ())
    yield from part.get("enum", [part["const"]] if "const" in part else ())
    for union in ("anyOf", "oneOf"):
        for one in part.get(union, ()):
            yield from _values(one, root, frame)
    match part.get("type"):
        case "boolean":
            yield from (False, True)
        case "integer" | "number":
            yield from dict.fromkeys((part.get("minimum", 1), 1, 0, 0.5))
        case "string":
            yield from ("a", " ", "yes", "string")
        case "array":
            yield from ([v] for v in _values(part.get("items", {"type": "string"}), root, frame))
        case "object" if isinstance(part.get("additionalProperties"), dict):
            keys = (
                frame.columns if part.get("propertyNames", {}).get("x-weirflow") else [*frame.columns, "yes"]
            )
            for key in keys:
                yield from ({key: v} for v in _values(part["additionalProperties"], root, frame))
