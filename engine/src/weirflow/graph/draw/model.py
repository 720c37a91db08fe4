"""What is drawn: nodes and edges as plain words, and the few facts of order that every picture needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.graph.model import Kind


@dataclass(frozen=True)
class DrawnNode:
    """A node as it is shown.

    `label` is a title for people, `note` a few words beside the operator (`1,000 rows`), `status` one word on
    what became of it (`done`, `cached`, `failed`); each may be empty.
    """

    id: str
    operator: str
    kind: Kind
    label: str = ""
    note: str = ""
    status: str = ""

    @property
    def sentence(self) -> str:
        """All that is known of the node in one line, for tooltips and accessible names."""
        parts = (self.label, f"{self.kind} {self.operator}", self.note, self.status)
        return f"{self.id}: {', '.join(p for p in parts if p)}"


@dataclass(frozen=True)
class DrawnEdge:
    """An arrow between two nodes; `label` names its ports where that needs saying."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Drawing:
    """A directed acyclic graph to be drawn: nodes in the flow's order, and the edges between them.

    Raises ValueError where ids repeat, an edge names a node that is not there, or the edges form a circle.
    """

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]

    def __post_init__(self) -> None:
        ids = {n.id for n in self.nodes}
        if len(ids) < len(self.nodes):
            raise ValueError("two drawn nodes have one id")
        if strangers := {i for e in self.edges for i in (e.source, e.target)} - ids:
            raise ValueError(f"an edge names a node that is not drawn: {min(strangers)!r}")
        if len(self.order) < len(self.nodes):
            raise ValueError("the drawn edges form a circle")

    @cached_property
    def by_id(self) -> Mapping[str, DrawnNode]:
        """The nodes by their ids."""
        return {n.id: n for n in self.nodes}

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes that feed each node, each once, in the order of the edges."""
        found: dict[str, dict[str, None]] = {n.id: {} for n in self.nodes}
        for edge in self.edges:
            found[edge.target][edge.source] = None
        return {n: tuple(p) for n, p in found.items()}

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes that each node feeds, each once, in the order of the nodes."""
        found: dict[str, list[str]] = {n.id: [] for n in self.nodes}
        for node in self.nodes:
            for parent in self.parents[node.id]:
                found[parent].append(node.id)
        return {n: tuple(c) for n, c in found.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The ids so that each comes after what feeds it; incomplete where there is a circle."""
        waiting = {n: len(p) for n, p in self.parents.items()}
        found = [n.id for n in self.nodes if not waiting[n.id]]
        for node in found:  # grows while it is walked
            for child in self.children[node]:
                waiting[child] -= 1
                if not waiting[child]:
                    found.append(child)
        return tuple(found)

    @cached_property
    def height(self) -> Mapping[str, int]:
        """How many nodes the longest path from each node on holds, itself included."""
        found: dict[str, int] = {}
        for node in reversed(self.order):
            found[node] = 1 + max((found[c] for c in self.children[node]), default=0)
        return found


def anchor(node: str) -> str:
    """The fragment that a page gives a node's section: `node-` and the id, odd characters as `~hex.`."""
    return "node-" + re.sub(r"[^A-Za-z0-9_.-]", lambda m: f"~{ord(m[0]):x}.", node)


def printable(text: str, *, lines: bool = False) -> str:
    """The text without what a page or a terminal could stumble over, on one line unless `lines`.

    Control characters become their pictures; lone surrogates, bidirectional overrides and other characters
    that show nothing become the replacement character.
    """
    return "".join(c if lines and c in "\n\t" else _shown(c) for c in text)


def _shown(character: str) -> str:
    if character.isprintable() or character in "\u200c\u200d":  # the joiners spell words in many scripts
        return character
    if character in "\n\r\t" or (character.isspace() and character > "\x1f"):
        return " "
    code = ord(character)
    return chr(0x2400 + code) if character < " " else "\N{REPLACEMENT CHARACTER}"
