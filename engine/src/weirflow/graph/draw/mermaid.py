"""A graph as Mermaid source, which many sites and editors draw from Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from weirflow.graph.draw.model import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.graph.draw.model import Drawing, DrawnNode
    from weirflow.graph.model import Kind

_SHAPES: dict[Kind, tuple[str, str]] = {
    "source": ("([", "])"),
    "transform": ("(", ")"),
    "estimator": ("[[", "]]"),
    "analysis": ("{{", "}}"),
    "task": ("[/", "/]"),
    "job": ("[\\", "\\]"),
    "service": ("((", "))"),
    "sink": ("[(", ")]"),
}


def as_mermaid(drawing: Drawing) -> str:
    """Write the graph as a Mermaid `flowchart TD`, raw, without a code fence."""
    names = _names(n.id for n in drawing.nodes)
    lines = ["flowchart TD"]
    lines += [f"    {names[n.id]}{_box(n)}" for n in drawing.nodes]
    for edge in drawing.edges:
        arrow = f'-->|"{_escaped(edge.label)}"|' if edge.label else "-->"
        lines.append(f"    {names[edge.source]} {arrow} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _names(ids: Iterable[str]) -> dict[str, str]:
    """A name for each id that no Mermaid keyword (`end`, `graph`, `style`) or punctuation can spoil."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for node in ids:
        plain = name = "n_" + re.sub(r"[^A-Za-z0-9_]", "_", node)
        number = 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        names[node] = name
    return names


def _box(node: DrawnNode) -> str:
    left, right = _SHAPES[node.kind]
    small = " · ".join(p for p in (node.operator, node.note, node.status) if p)
    lines = [p for p in (node.id, node.label, small) if p]
    return f'{left}"{"<br/>".join(_escaped(line) for line in lines)}"{right}'


def _escaped(text: str) -> str:
    """Text inside quotes: whatever Mermaid or HTML could read as markup becomes an entity by number."""
    return re.sub(r"[^\w .,:/@·()+-]", lambda m: f"#{ord(m[0])};", printable(text))
