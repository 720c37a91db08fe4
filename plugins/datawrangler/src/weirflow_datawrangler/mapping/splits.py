"""Splits of a table into parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.step import Mapper, Parameters, Step, UnmappedError, chosen

_PARTS = {2: ("train", "test"), 3: ("train", "validation", "test")}
_SEED = 838257247
_CLUSTER = "Other rows go into each part than in the service, where that depends on its cluster; shares are the same."
_NEAR = "The service approximates where parts end, by 0.05 % of the rows if `error` says no more; here it is exact."


def _shares(given: Parameters) -> tuple[dict[str, float], dict[str, str]]:
    """The share of each of our parts, and our names of theirs."""
    splits = given.found.get("splits")
    parts = [Parameters(s if isinstance(s, Mapping) else {}, given.node) for s in splits or ()]
    if not isinstance(splits, list) or len(parts) not in _PARTS:
        raise UnmappedError(f"it has {len(parts)} parts")
    names = _PARTS[len(parts)]
    ports = {p.text("name"): ours for p, ours in zip(parts, names, strict=True)}
    if "default" in ports or len(ports) < len(parts):
        raise UnmappedError("its parts are called alike, or one of them 'default', which the service refuses")
    shares = {ours: p.number("percentage") for p, ours in zip(parts, names, strict=True)}
    whole = sum(shares.values())
    if min(shares.values()) <= 0 or abs(whole - 1) > 1e-3:  # noqa: PLR2004 - the service's own limit
        raise UnmappedError("one of its parts is empty, or the parts do not add up to 1")
    given.number("error", 0.0)
    return shares, {**ports, "default": names[0]}


def _split(given: Parameters, operator: str, made: dict[str, Any], note: str) -> Step:
    shares, ports = _shares(given)
    return Step(operator, {"shares": shares, **made}, (note,) if note else (), ports=ports)


def _randomly(node: VendorNode) -> Step:
    given = chosen(node)
    return _split(given, "split.random", {"seed": given.integer("seed", _SEED)}, _CLUSTER)


def _by_strata(node: VendorNode) -> Step:
    given = chosen(node)
    made = {"by": given.text("input_column"), "seed": given.integer("seed", _SEED)}
    return _split(given, "split.stratified", made, _CLUSTER)


def _in_order(node: VendorNode) -> Step:
    given = chosen(node)
    made: dict[str, Any] = {}
    if any(given.found.get("input_column") or ()):
        made["by"] = given.text("input_column")
    if not given.flag("handle_duplicates", default=False) or not made:
        return _split(given, "split.ordered", made, _NEAR)
    made |= {"ties": "apart", "seed": given.integer("seed", _SEED)}
    return _split(
        given,
        "split.ordered",
        made,
        "Rows of equal values are told apart in another way than in the service.",
    )


def _by_key(node: VendorNode) -> Step:
    given = chosen(node)
    key = next((k for k in ("key_columns", "input_column") if given.found.get(k)), "key_columns")
    return _split(given, "split.by_key", {"by": given.columns(key)}, _NEAR)


MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.split", "Randomized split"): _randomly,
    ("spark.split", "Stratified split"): _by_strata,
    ("spark.split", "Ordered split"): _in_order,
    **{("spark.split", f"Split by {word}"): _by_key for word in ("key", "keys")},
}
