"""Many numbers as few. No public file has this operator: the names of its options are read as the guide has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.text import like
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_NOTES = (
    "A component may have the other sign than in the service, which leaves it to its library.",
    "The names of the new columns are weirflow's where the file has none.",
)


def _components(node: VendorNode) -> Step:
    given = chosen(node)
    keys = {
        "columns": next((k for k in ("input_column", "input_columns", "columns") if k in given.found), ""),
        "number": like(given, "component"),
        "share": like(given, "variance"),
        "center": like(given, "center"),
        "scale": like(given, "scale", "scaling"),
        "format": like(given, "output_format", "output_style", "output_mode"),
        "keep": like(given, "keep"),
        "prefix": like(given, "prefix"),
        "output": "output_column",
    }
    unread = sorted(k for k in given.found if k not in keys.values() and _is_set(given, k))
    if unread:
        raise UnmappedError(f"its option '{unread[0]}' is not known")
    if _is_set(given, keys["number"]) == _is_set(given, keys["share"]):
        raise UnmappedError("it gives both a number of components and a share of the variance, or neither")
    made: dict[str, Any] = {"columns": given.columns(keys["columns"])}
    if _is_set(given, keys["number"]):
        made["components"] = given.integer(keys["number"])
    else:
        share = given.number(keys["share"])
        made["variance"] = share / 100 if share > 1 else share
    for ours in ("center", "scale"):
        if not _is_set(given, keys[ours]):
            raise UnmappedError(f"it does not say whether to {ours}")
        made[ours] = given.flag(keys[ours], default=False)
    made["to"] = given.choice(keys["format"], {"Columns": "columns", "Vector": "vector"}, "")
    if not _is_set(given, keys["keep"]):
        raise UnmappedError("it does not say whether its input is kept")
    made["drop"] = not given.flag(keys["keep"], default=False)
    prefix = given.optional(keys["prefix"]) or given.optional(keys["output"])
    return Step("vectors.pca", made | ({} if prefix is None else {"prefix": prefix}), _NOTES)


def _is_set(given: Parameters, key: str) -> bool:
    return given.found.get(key) not in (None, "", [])


_OPERATORS = ("dimensionality_reduction", "reduce_dimensionality", "dimension_reduction", "pca")
MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    (f"spark.{name}", None): _components for name in _OPERATORS
}
