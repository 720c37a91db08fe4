"""A graph in the terminal: one node a line, lanes to its left that show what feeds what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow.graph.draw.model import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.graph.draw.model import Drawing, DrawnNode
    from weirflow.graph.model import Kind

GLYPHS: dict[Kind, str] = {
    "source": "○",
    "transform": "●",
    "estimator": "◆",
    "analysis": "◇",
    "task": "▣",
    "job": "▶",
    "service": "◎",
    "sink": "■",
}
_WIDEST = 40  # a name longer than this pushes its operator to the right alone


def as_text(drawing: Drawing) -> str:
    """Draw the graph with box characters, a line a node, sources first.

    A lane leads from each node down to all that it feeds; the longest path keeps its lane, so that a long chain
    stays one character wide.
    """
    lanes = _Lanes(drawing)
    rows = [(lanes.draw(node), drawing.by_id[node]) for node in _walk(drawing)]
    names = [f"{picture} {printable(node.id)}" for picture, node in rows]
    width = max((len(n) for n in names if len(n) <= _WIDEST), default=0)
    labels = _port_labels(drawing)
    lines = [
        "  ".join([f"{name:<{width}}", *_words(node, labels.get(node.id, ""))]).rstrip()
        for name, (_, node) in zip(names, rows, strict=True)
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _words(node: DrawnNode, ports: str) -> list[str]:
    words = [node.operator, node.note, f"[{node.status}]" if node.status else "", ports, node.label]
    return [printable(w) for w in words if w]


def _port_labels(drawing: Drawing) -> dict[str, str]:
    said: dict[str, list[str]] = {}
    for edge in drawing.edges:
        if edge.label:
            said.setdefault(edge.target, []).append(f"{edge.label}: {edge.source}")
    return {node: f"({', '.join(words)})" for node, words in said.items()}


def _walk(drawing: Drawing) -> list[str]:
    """Depth first and short branches first: leaves stand under their parent, the longest path goes on last."""
    waiting = {n: len(p) for n, p in drawing.parents.items()}
    place = {n.id: i for i, n in enumerate(drawing.nodes)}

    def last_first(nodes: Sequence[str]) -> list[str]:
        return sorted(nodes, key=lambda n: (-drawing.height[n], -place[n]))

    # Roots keep the flow's order; each is followed down as far as its other inputs allow.
    stack = [n.id for n in reversed(drawing.nodes) if not waiting[n.id]]
    found: list[str] = []
    while stack:
        node = stack.pop()
        found.append(node)
        for child in drawing.children[node]:
            waiting[child] -= 1
        stack += last_first([c for c in drawing.children[node] if not waiting[c]])
    return found


@dataclass
class _Lanes:
    """The lanes beside the nodes: each belongs to a node that still feeds one below, or to none."""

    drawing: Drawing
    lanes: list[str | None] = field(default_factory=list)
    left: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.left = {n: len(c) for n, c in self.drawing.children.items()}

    def draw(self, node: str) -> str:
        """The picture to the left of a node; moves the lanes on to the next line."""
        parents = self.drawing.parents[node]
        joined = sorted(self.lanes.index(p) for p in parents)
        for parent in parents:
            self.left[parent] -= 1
        ended = [i for i in joined if not self.left[self.lanes[i] or ""]]
        # A leaf beside brothers and sisters stands off the lane, the last of them too.
        leaf = not self.left[node] and any(len(self.drawing.children[p]) > 1 for p in parents)
        here = ended[0] if ended and not leaf else self._free(after=joined[-1] if joined else -1)
        cells = self._cells(node, here, joined, ended)
        for lane in ended:
            self.lanes[lane] = None
        self.lanes[here] = node if self.left[node] else None
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()
        return cells

    def _free(self, *, after: int) -> int:
        for lane in range(after + 1, len(self.lanes)):
            if self.lanes[lane] is None:
                return lane
        self.lanes.append(None)
        return len(self.lanes) - 1

    def _cells(self, node: str, here: int, joined: list[int], ended: list[int]) -> str:
        first, last = min([here, *joined]), max([here, *joined])
        picture = ""
        for lane, owner in enumerate(self.lanes):
            inside = first <= lane <= last
            if lane == here:
                cell = GLYPHS[self.drawing.by_id[node].kind]
            elif lane in joined:
                inner = first < lane < last
                if lane in ended:
                    cell = "┴" if inner else "╰" if lane == first else "╯"
                else:
                    cell = "┼" if inner else "├" if lane == first else "┤"
            elif owner is not None:
                cell = "│"
            else:
                cell = "─" if inside else " "
            picture += cell + ("─" if first <= lane < last else " ")
        return picture.rstrip()
