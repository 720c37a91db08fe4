"""A layered layout: each node below what feeds it, few crossings, straight long paths, narrow on purpose.

Nodes are scheduled into rows of a bounded number (list scheduling, the longest remaining path first), so that
many leaves of one node hang beside the chain that goes on instead of making one very wide row. An edge over
several rows runs through waypoints, and all edges that leave one node share them.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.graph.draw.model import Drawing

_NARROW = 3  # nodes in a row of a small graph: what a phone can show
_WAYPOINT = 10.0  # the width kept for an edge that passes a row, pixels
_GAP = 18.0  # between neighbours in a row, pixels
_EFFORT = 120_000  # slots visited while ordering, so that a graph of any size is quick


@dataclass(eq=False)
class Slot:
    """A place in a row: a node, or a waypoint of the edges that leave `source`."""

    source: str
    row: int
    width: float
    weight: int  # the longest path still to come: what is placed first
    waypoint: bool = False
    x: float = 0.0  # the centre, pixels
    up: list[Slot] = field(default_factory=list, repr=False)
    down: list[Slot] = field(default_factory=list, repr=False)
    place: int = 0

    @cached_property
    def heavy_down(self) -> Slot | None:
        """The slot below on the longest path from here; among leaves, the lane to those further down."""
        return max(self.down, key=lambda s: (s.weight, s.waypoint), default=None)

    @cached_property
    def heavy_up(self) -> Slot | None:
        """The slot above whose longest path leads through here, if there is one."""
        through = (s for s in self.up if s.heavy_down is self)
        return max(through, key=lambda s: s.weight, default=None)


@dataclass(frozen=True)
class Layout:
    """Rows of slots from top to bottom with their centres set, and the width of all, in pixels."""

    rows: tuple[tuple[Slot, ...], ...]
    width: float


def lay_out(drawing: Drawing, node_width: float) -> Layout:
    """Place every node of a width in pixels."""
    rows = _slots(drawing, _schedule(drawing), node_width)
    _order(rows)
    _set_centres(rows)
    left = min((s.x - s.width / 2 for row in rows for s in row), default=0.0)
    for row in rows:
        for slot in row:
            slot.x -= left
    right = max((s.x + s.width / 2 for row in rows for s in row), default=0.0)
    return Layout(tuple(tuple(row) for row in rows), right)


def _schedule(drawing: Drawing) -> dict[str, int]:
    """The row of each node: below all its parents, no more than a bound in one row."""
    bound = max(_NARROW, math.ceil(math.sqrt(len(drawing.nodes)) / 3))
    waiting = {n: len(p) for n, p in drawing.parents.items()}
    place = {n.id: i for i, n in enumerate(drawing.nodes)}
    row_of: dict[str, int] = {}
    ready = [(-drawing.height[n], 0, place[n], n) for n, count in waiting.items() if not count]
    heapq.heapify(ready)
    row = 0
    while ready:
        room = bound
        if len(ready) + len(row_of) == len(waiting):  # only leaves are left: rows of one length
            room = math.ceil(len(ready) / math.ceil(len(ready) / bound))
        chosen = [heapq.heappop(ready)[-1] for _ in range(min(room, len(ready)))]
        for node in chosen:
            row_of[node] = row
            for child in drawing.children[node]:
                waiting[child] -= 1
                if not waiting[child]:
                    heapq.heappush(ready, (-drawing.height[child], row, place[child], child))
        row += 1
    for node in reversed(drawing.order):  # a source stands near what it feeds
        if not drawing.parents[node] and drawing.children[node]:
            row_of[node] = max(row_of[node], min(row_of[c] for c in drawing.children[node]) - 1)
    return row_of


def _slots(drawing: Drawing, row_of: dict[str, int], node_width: float) -> list[list[Slot]]:
    rows: list[list[Slot]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    slots: dict[str, Slot] = {}
    for node in drawing.order:
        slots[node] = Slot(node, row_of[node], node_width, drawing.height[node])
        rows[row_of[node]].append(slots[node])
    for node, slot in slots.items():
        children = [slots[c] for c in drawing.children[node]]
        above = slot
        for row in range(slot.row + 1, max((c.row for c in children), default=0) + 1):
            for child in (c for c in children if c.row == row):
                _join(above, child)
            further = [c for c in children if c.row > row]
            if further:
                weight = max(c.weight for c in further)
                waypoint = Slot(node, row, _WAYPOINT, weight, waypoint=True)
                rows[row].append(waypoint)
                _join(above, waypoint)
                above = waypoint
    return [sorted(row, key=lambda s: (-s.weight, not s.waypoint)) for row in rows]


def _join(above: Slot, below: Slot) -> None:
    above.down.append(below)
    below.up.append(above)


def _order(rows: list[list[Slot]]) -> None:
    """Barycentre sweeps, down and up, then swaps of neighbours that lessen crossings; the best order stays."""
    size = sum(len(s.up) + 1 for row in rows for s in row) + 1
    sweeps = max(2, min(12, _EFFORT // size))
    _number(rows)
    best, best_rows = _crossings(rows), [list(row) for row in rows]
    for sweep in range(sweeps):
        if not best:
            break
        downward = sweep % 2 == 0
        for row in rows if downward else reversed(rows):
            row.sort(key=lambda s: _barycentre(s, s.up if downward else s.down))
            _number([row])
        if (crossings := _crossings(rows)) < best:
            best, best_rows = crossings, [list(row) for row in rows]
    rows[:] = best_rows
    _number(rows)
    for _ in range(min(sweeps, 4) if best else 0):
        if not sum(_swap(row) for row in rows):
            break


def _number(rows: Sequence[Sequence[Slot]]) -> None:
    for row in rows:
        for place, slot in enumerate(row):
            slot.place = place


def _barycentre(slot: Slot, neighbours: Sequence[Slot]) -> float:
    if not neighbours:
        return float(slot.place)
    return sum(n.place for n in neighbours) / len(neighbours)


def _crossings(rows: Sequence[Sequence[Slot]]) -> int:
    """How many pairs of edges cross: inversions of the lower ends, counted in a Fenwick tree."""
    total = 0
    for above, below in pairwise(rows):
        tree = [0] * (len(below) + 1)
        seen = 0
        for slot in above:
            ends = sorted(s.place for s in slot.down)
            for end in ends:
                at, before = end + 1, 0
                while at:
                    before += tree[at]
                    at &= at - 1
                total += seen - before
            for end in ends:
                at = end + 1
                while at <= len(below):
                    tree[at] += 1
                    at += at & -at
            seen += len(ends)
    return total


def _swap(row: list[Slot]) -> bool:
    better = False
    for i in range(len(row) - 1):
        left, right = row[i], row[i + 1]
        now = _pairs(left.up, right.up) + _pairs(left.down, right.down)
        then = _pairs(right.up, left.up) + _pairs(right.down, left.down)
        if then < now:
            row[i], row[i + 1] = right, left
            left.place, right.place = right.place, left.place
            better = True
    return better


def _pairs(left: Sequence[Slot], right: Sequence[Slot]) -> int:
    """Crossings between the edges of two neighbours on one side."""
    return sum(a.place > b.place for a in left for b in right)


def _set_centres(rows: list[list[Slot]]) -> None:
    """Centres near those of the neighbours, straight paths first, no two slots overlapping."""
    for row in rows:
        x = 0.0
        for slot in row:
            slot.x = x + slot.width / 2
            x += slot.width + _GAP
    size = sum(len(row) for row in rows) + 1
    sweeps = max(3, min(41, _EFFORT // size)) | 1  # odd: the last one goes down
    for sweep in range(sweeps):
        upward = sweep % 2 == 1
        for row in reversed(rows) if upward else rows:
            _settle(row, [s.down if upward else s.up for s in row])


def _settle(row: Sequence[Slot], neighbours: Sequence[Sequence[Slot]]) -> None:
    """Least squares under the order of the row: pool adjacent violators on centres less their offsets."""
    offset = 0.0
    pools: list[tuple[float, float, int]] = []  # (weighted sum, weight, slots)
    offsets: list[float] = []
    for i, (slot, near) in enumerate(zip(row, neighbours, strict=True)):
        if i:
            offset += (row[i - 1].width + slot.width) / 2 + _GAP
        offsets.append(offset)
        pull = [(_strength(slot, n), n.x) for n in near]
        weight = sum(p for p, _ in pull) or 0.01
        wanted = sum(p * x for p, x in pull) / weight if pull else slot.x
        pools.append((weight * (wanted - offset), weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            a, b = pools.pop(), pools.pop()
            pools.append((a[0] + b[0], a[1] + b[1], a[2] + b[2]))
    i = 0
    for total, weight, count in pools:
        for _ in range(count):
            row[i].x = total / weight + offsets[i]
            i += 1


def _strength(a: Slot, b: Slot) -> float:
    """How much an edge wants to be upright: where a path goes on, the more the longer it still is."""
    upper, lower = (a, b) if a.row < b.row else (b, a)
    return 50.0 * lower.weight**4 if upper.heavy_down is lower and lower.heavy_up is upper else 1.0
