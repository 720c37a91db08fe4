"""Search and edit: what is looked for in text, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from weirflow_datawrangler.mapping.patterns import checked, java_pattern
from weirflow_datawrangler.mapping.text import edit, like
from weirflow_datawrangler.step import Mapper, Parameters, UnmappedError

_REST = r"[^\n\r\x85\u2028\u2029]*"
"""As much as there is of a line, as Java reads `.*`."""


def _replace(given: Parameters) -> dict[str, Any]:
    return {"pattern": java_pattern(given.text("pattern")), "replacement": _replacement(given)}


def _replacement(given: Parameters) -> str:
    found = given.found.get(like(given, "replacement"))
    return "" if found is None else str(found)


def _find(*, last: bool) -> Mapper:
    def make(given: Parameters) -> dict[str, Any]:
        made: dict[str, Any] = {
            "substring": given.text(like(given, "needle", "substring", "pattern")),
            "type": "float64",
        }
        for ours, theirs in (("start", "start"), ("stop", "end")):
            key = like(given, theirs)
            if given.found.get(key) not in {None, ""}:
                made[ours] = given.integer(key)
        return made | ({"last": True} if last else {})

    return edit("text.find", make)


def _matches(given: Parameters) -> dict[str, Any]:
    key = like(given, "case")
    alike = given.flag(key, default="ignore" not in key) == ("ignore" in key)
    # the service takes what is null for a match
    made = {"pattern": checked(given.text("pattern")), "at": "start", "null_matches": True}
    return made | ({"ignore_case": True} if alike else {})


def _find_all(given: Parameters) -> dict[str, Any]:
    pattern = checked(given.text("pattern"), finding=True)
    groups = re.compile(pattern).groups
    if groups > 1:
        raise UnmappedError("its pattern has several groups, of which the service makes lists of lists")
    return {"pattern": pattern} | ({"group": 1} if groups else {})


def _extract(given: Parameters) -> dict[str, Any]:
    made = {"pattern": java_pattern(given.text("pattern")), "otherwise": ""}
    if given.found.get("index") in {None, ""}:
        return made
    group = given.integer("index")
    if not 0 <= group <= re.compile(made["pattern"]).groups:
        raise UnmappedError(f"its pattern has no group {group}")
    return {**made, "group": group}


def _delimiters(given: Parameters) -> tuple[str, str]:
    return given.text(like(given, "left", "start")), given.text(like(given, "right", "end"))


def _between(given: Parameters) -> dict[str, Any]:
    left, right = map(re.escape, _delimiters(given))
    return {"pattern": f"{left}({_REST}){right}", "otherwise": ""}


def _replace_between(given: Parameters) -> dict[str, Any]:
    """Of a line, what is between the last left delimiter that a right one follows, and the last right one."""
    left, right = map(re.escape, _delimiters(given))
    return {
        "pattern": f"({_REST}{left}){_REST}({right}{_REST})",
        "replacement": "$<1>" + _literal(given).replace("$", "$$") + "$<2>",
    }


def _literal(given: Parameters) -> str:
    if given.found.get(like(given, "replacement")) is None:
        raise UnmappedError("it has no replacement")
    return _replacement(given)


def _positions(given: Parameters) -> tuple[int, int]:
    return given.integer(like(given, "start", "position")), given.integer(like(given, "length"))


def _slice(given: Parameters) -> dict[str, Any]:
    """Characters by their places, which the service numbers from 1, and by negative numbers from the end."""
    start, length = _positions(given)
    first = start - 1 if start > 0 else start
    if length <= 0:
        return {"start": 0, "stop": 0}
    if first >= 0:
        return {"start": first, "stop": first + length}
    return {"start": first} | ({"stop": first + length} if first + length < 0 else {})


def _replace_slice(given: Parameters) -> dict[str, Any]:
    start, length = _positions(given)
    if length < 0:
        raise UnmappedError(f"its length is {length}")
    after = start + length
    stop = after - 1 if after > 0 else after
    return {"start": max(start - 1, 0), "stop": stop, "replacement": _literal(given)}


def _to_missing(where: str) -> Mapper:
    def make(given: Parameters) -> dict[str, Any]:
        pattern = java_pattern(given.text("pattern"))
        if _alternatives(pattern):  # of which `^a|b$` begins with the first, and ends with the last
            return {"pattern": f"^{pattern}$", "at": "anywhere", "where": where}
        return {"pattern": pattern, "where": where}

    return edit("text.to_missing", make)


def _alternatives(pattern: str) -> bool:
    """Whether a pattern is one of several, not within a group."""
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "", re.sub(r"\\.", "", pattern))
    depth = 0
    for sign in plain:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            return True
    return False


def _split(given: Parameters) -> dict[str, Any]:
    others = {k: v for k, v in given.found.items() if k != "delimiter"}  # in which there is a limit, too
    rest = Parameters(others, given.node)
    limit = rest.integer(like(rest, "limit", "max"), -1)
    delimiter = given.found.get("delimiter")
    made: dict[str, Any] = {"delimiter": delimiter}
    if not isinstance(delimiter, str) or not delimiter:
        made = {"delimiter": java_pattern(r"\s+"), "regex": True}
    return made | ({"limit": limit} if limit > 0 else {})


_EDITS: Mapping[str, Mapper] = {
    "Find and replace substring": edit("text.replace", _replace),
    "Find substring": _find(last=False),
    "Find substring from right": _find(last=True),
    "Find substring (from right)": _find(last=True),
    "Matches": edit("text.matches", _matches),
    "Find all occurrences": edit("text.find_all", _find_all),
    "Extract using regex": edit("text.extract", _extract),
    "Extract between delimiters": edit("text.extract", _between),
    "Extract from position": edit("text.slice", _slice),
    "Replace between delimiters": edit("text.replace", _replace_between),
    "Replace from position": edit("text.slice", _replace_slice),
    "Convert regex to missing": _to_missing("matches"),
    "Convert non-matches to missing": _to_missing("differs"),
    "Split string by delimiter": edit("text.split", _split, "column"),
}

MAPPERS: Mapping[tuple[str, str | None], Mapper] = {
    ("spark.search_and_edit", label): mapper for label, mapper in _EDITS.items()
}
