"""Pictures of a graph without any drawing program: text, Mermaid, SVG and a page around it. Pure."""

from __future__ import annotations

from weirflow.graph.draw.mermaid import as_mermaid
from weirflow.graph.draw.model import Drawing, DrawnEdge, DrawnNode, anchor
from weirflow.graph.draw.svg import as_html, as_pictures, as_svg
from weirflow.graph.draw.text import as_text

__all__ = [
    "Drawing",
    "DrawnEdge",
    "DrawnNode",
    "anchor",
    "as_html",
    "as_mermaid",
    "as_pictures",
    "as_svg",
    "as_text",
]
