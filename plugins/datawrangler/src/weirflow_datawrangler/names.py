"""Short ids for nodes that have UUIDs: from the user's name, from what they read, or from their operator."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

_LONGEST = 40
_WORDS = re.compile(r"[^0-9a-z]+")
_SHORTER = {
    "infer_and_cast_type": "types",
    "cast_single_data_type": "cast",
    "standard_deviation_numeric_outliers": "outliers",
    "robust_standard_deviation_numeric_outliers": "robust_outliers",
    "quantile_numeric_outliers": "quantile_outliers",
    "min_max_numeric_outliers": "min_max_outliers",
}
"""For operators whose names leave no room for a column's."""


def short(*texts: str) -> str:
    """Texts as an id: lower case, words joined by underscores; empty where no letter or digit is in them."""
    plain = unicodedata.normalize("NFKD", " ".join(texts)).encode("ascii", "ignore").decode()
    words = _WORDS.sub("_", plain.lower()).strip("_")
    if len(words) <= _LONGEST:
        return words
    return words[: _LONGEST + 1].rpartition("_")[0] or words[:_LONGEST]  # no word is cut, but a very long one


def verb(label: str) -> str:
    """What an operator does, as an id."""
    plain = "_".join(_WORDS.split(label.lower())).strip("_")
    return _SHORTER.get(plain) or short(label)


def about(parameters: Mapping[str, Any]) -> str:
    """The one column that a node of ours is about, to tell it from others of its operator; else empty."""
    for key in ("column", "columns", "types", "output"):
        value = parameters.get(key)
        if isinstance(value, (list, tuple, dict)) and len(value) == 1:
            value = next(iter(value))
        if isinstance(value, str):
            return value
    return ""


def stem(location: str) -> str:
    """The name of a file, without its folder and its ending: what a source is called by."""
    return short(PurePosixPath(location.rstrip("/")).name.partition(".")[0])


def unique(wanted: str, taken: set[str]) -> str:
    """The id that is wanted, with a number behind it where it is taken."""
    name = wanted or "node"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found
