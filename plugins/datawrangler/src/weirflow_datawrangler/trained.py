"""What the service learned, as the vendor's file keeps it beside the parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from weirflow_datawrangler.document import section
from weirflow_datawrangler.step import Parameters

_MOST = 12  # parameters of an operator that are tried
_CHOICES = ("operator", "scaler", "column_type")


def by_column(
    given: Parameters, columns: Sequence[str], hashed: Mapping[str, Any] | Sequence[Any] | None = None
) -> dict[str, Mapping[str, Any]] | None:
    """What a node has learned of each of its columns; None where that is not all there, or no longer holds.

    It lies under the same names as the parameters: a mapping for one column, for several a list of mappings that
    name theirs. The service gives it up where `_hash`, of the parameters that it was learned with, is another now;
    older files have a number there that nobody can compute again, and are trusted. `hashed` is what the service takes
    the hash of, where its defaults and the like make that another thing than the parameters.
    """
    found = learned_of(given)
    entries = found if isinstance(found, list) else [found]
    learned: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not holds(entry, given, hashed):
            return None
        name = entry.get("input_column") if len(columns) > 1 or "input_column" in entry else columns[0]
        if isinstance(name, list):
            name = name[0] if len(name) == 1 else None
        if isinstance(name, str):
            learned[name] = entry
    wanted = {c: learned[c] for c in columns if c in learned}
    return wanted if len(wanted) == len(columns) and all(wanted.values()) else None


def learned_of(given: Parameters) -> Any:
    """What lies in the node's learned things where the parameters lie in its own; None where nothing does."""
    found: Any = given.node.trained
    inside: Any = given.node.parameters
    while inside is not given.found:
        label = next((v for k, v in inside.items() if k in _CHOICES and isinstance(v, str)), None)
        if label is None or not isinstance(found, Mapping):
            return None
        found, inside = section(found, label) or _listed(found, label), section(inside, label)
    return found


def _listed(found: Mapping[str, Any], label: str) -> Any:
    """The same as `section`, of what several columns have learned: a list."""
    snake = "_".join(label.lower().replace("-", " ").split())
    return found.get(f"{snake}_parameters") or {}


def holds(
    entry: Mapping[str, Any], given: Parameters, hashed: Mapping[str, Any] | Sequence[Any] | None = None
) -> bool:
    """Whether the parameters are those that it was learned with.

    The hash covers those that the fit depends on, which each operator of the service chooses for itself: it holds if
    it is that of any of them.
    """
    kept = entry.get("_hash")
    if not isinstance(kept, str):
        return True
    parameters = dict(given.found)
    if "input_column" in entry:
        parameters["input_column"] = entry["input_column"]
        if isinstance(hashed, Mapping) and "input_column" in hashed:
            hashed = {**hashed, "input_column": entry["input_column"]}
    if hashed is not None and kept == _sha1(hashed):
        return True
    names = list(parameters)[:_MOST]
    for count in range(len(names) + 1):
        for chosen in combinations(names, count):
            if kept == _sha1({n: parameters[n] for n in chosen}):
                return True
    return False


def _sha1(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
