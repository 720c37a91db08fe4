"""Vectors: put together, and taken apart into columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.text import like
from weirflow_datawrangler.step import Mapper, Step, UnmappedError, chosen


def _assemble(node: VendorNode) -> Step:
    given = chosen(node)
    columns = given.columns(like(given, "input_column", "input_columns"))
    return Step("vectors.assemble", {"columns": columns, "output": given.text("output_column")})


def _flatten(node: VendorNode) -> Step:
    given = chosen(node)
    column = given.text("input_column")
    made: dict[str, Any] = {"column": column, "drop": False}
    prefix = given.optional(like(given, "prefix")) or given.optional("output_column")
    if prefix is not None:
        made["prefix"] = prefix
    length = like(given, *_LENGTHS)
    if "first" in str(given.found.get(like(given, "method", "detect")) or "").lower():
        return Step("vectors.unpack", made | {"as_many_as": "first"})
    if given.found.get(length) in {None, ""}:
        note = "How many columns there are is not said: as many as the first vector has."
        return Step("vectors.unpack", made | {"as_many_as": "first"}, (note,))
    count = given.integer(length)
    if not 1 <= count <= 10_000:  # noqa: PLR2004 - what vectors.flatten takes
        raise UnmappedError(f"it makes {count} columns")
    return Step("vectors.flatten", {**made, "length": count})


_LENGTHS = ("vector_length", "length", "number", "size", "num")


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_vectors", "Assemble"): _assemble,
    ("spark.manage_vectors", "Flatten"): _flatten,
}
