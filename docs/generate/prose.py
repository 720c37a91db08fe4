"""Docstrings and tables as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_ENTRY = re.compile(r"[`\w]\S*( [\w`]+)?: \S")


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: a paragraph whose lines are `name: meaning` becomes a list."""
    parts = inspect.cleandoc(docstring or "").split("\n\n")
    return "\n\n".join(_paragraph(p) for p in parts)


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    outer = [line for line in lines if not line.startswith(" ")]
    if outer[1:] == [] or not all(_ENTRY.match(line) for line in outer):
        return text
    return "\n".join(
        f"  {line.strip()}" if line.startswith(" ") else "- `{}`: {}".format(*line.split(": ", 1))
        for line in lines
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(c) for c in line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that keeps within a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text in the letters of code, whatever it holds; spaces at its ends are kept."""
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    text = " ".join(text.split())
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?:" else ".")
