"""A graph as a list: a node below another in the flow's order, and the edges in lanes to the left of them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.graph.draw.model import Drawing


@dataclass(frozen=True)
class Lanes:
    """The nodes from top to bottom, and the lane that the edges of a node run in, 0 nearest to the nodes.

    A node whose edges all lead to the one below it needs no lane.
    """

    order: tuple[str, ...]
    lane_of: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many lanes there are."""
        return max(self.lane_of.values(), default=-1) + 1


def in_lanes(drawing: Drawing) -> Lanes:
    """Put every node below all that feed it, else in the flow's order, and edges in as few lanes as can be."""
    order = _listed(drawing)
    row_of = {n: i for i, n in enumerate(order)}
    lane_of: dict[str, int] = {}
    ends: list[int] = []  # of each lane, the last row that it is taken for
    for node in order:
        last = max((row_of[c] for c in drawing.children[node]), default=row_of[node])
        if last <= row_of[node] + 1:
            continue
        lane = next((i for i, end in enumerate(ends) if end < row_of[node]), len(ends))
        ends[lane : lane + 1] = [last]
        lane_of[node] = lane
    return Lanes(order, lane_of)


def _listed(drawing: Drawing) -> tuple[str, ...]:
    place = {n.id: i for i, n in enumerate(drawing.nodes)}
    waiting = {n: len(p) for n, p in drawing.parents.items()}
    ready = [(place[n], n) for n, count in waiting.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, node = heapq.heappop(ready)
        order.append(node)
        for child in drawing.children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, (place[child], child))
    return tuple(order)
