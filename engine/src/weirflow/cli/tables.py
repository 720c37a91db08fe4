"""Plain tables for the terminal: left-aligned columns, two spaces apart."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def width(text: str) -> int:
    """How many cells of a terminal a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def pad(text: str, size: int, *, right: bool = False) -> str:
    """Text filled with spaces up to a width."""
    space = " " * max(size - width(text), 0)
    return space + text if right else text + space


def clip(text: str, size: int) -> str:
    """Text cut to a width, with an ellipsis where something is lost."""
    if width(text) <= size:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > size - 1:
            break
        kept += character
    return kept + "…"


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """The rows as lines, each column as wide as its widest cell; those in `right` are right-aligned."""
    if not rows:
        return []
    sizes = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(pad(cell, sizes[i], right=i in right) for i, cell in enumerate(row)).rstrip()
        for row in rows
    ]
