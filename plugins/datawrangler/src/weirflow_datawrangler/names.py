"""Short ids for nodes that have UUIDs: from the user's name, from what they read, or from their operator."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

_LONGEST = 40
_WORDS = re.compile(r"[^0-9a-z]+")


def short(text: str) -> str:
    """A text as an id: lower case, words joined by underscores; empty where no letter or digit is in it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = _WORDS.sub("_", plain.lower()).strip("_")
    return words[:_LONGEST].rstrip("_")


def stem(location: str) -> str:
    """The name of a file, without its folder and its ending: what a source is called by."""
    return short(PurePosixPath(location.rstrip("/")).name.partition(".")[0])


def unique(wanted: Iterable[str], taken: set[str]) -> str:
    """The first of the names that is one, with a number behind it where it is taken."""
    name = next((w for w in wanted if w), "node")
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found
