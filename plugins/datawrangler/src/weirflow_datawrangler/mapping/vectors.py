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
    length = like(given, "length", "number", "size", "num")
    try:
        count = given.integer(length)
    except UnmappedError:
        raise UnmappedError("it makes as many columns as the first vector is long") from None
    if not 1 <= count <= 10_000:  # noqa: PLR2004 - what vectors.flatten takes
        raise UnmappedError(f"it makes {count} columns")
    made: dict[str, Any] = {"column": column, "length": count, "drop": False}
    prefix = given.optional(like(given, "prefix")) or given.optional("output_column")
    return Step("vectors.flatten", made | ({} if prefix is None else {"prefix": prefix}))


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.manage_vectors", "Assemble"): _assemble,
    ("spark.manage_vectors", "Flatten"): _flatten,
}
