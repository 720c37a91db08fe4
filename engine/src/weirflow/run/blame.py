"""Find the node behind an engine's error by replaying the stage's prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from weirflow.run.tables import NodeFailedError, say

if TYPE_CHECKING:
    from weirflow.engines.base import Engine
    from weirflow.graph.model import Graph, Place
    from weirflow.run.tables import Tables


class Built(Protocol):
    """Tables over a graph: a run's state, or a frozen flow's frame on its way."""

    @property
    def graph(self) -> Graph:
        """The graph."""

    @property
    def engine(self) -> Engine:
        """What computes the tables."""

    @property
    def tables(self) -> Tables:
        """The tables as they stand."""


def attribute(state: Built, place: Place, error: BaseException) -> NodeFailedError:
    """The failure of the first node on the way to `place` whose table cannot be computed.

    An engine runs many nodes as one query and does not say which of them raised. Prefixes of the order in
    which the nodes stand are replayed by halves. A prefix fails if the table at any of its ends does: with
    several branches those of all, so that a healthy branch that comes later does not hide one that is not.
    """
    if isinstance(error, NodeFailedError):
        return error
    order = _order(state, place)
    failed: dict[Place, bool] = {}

    def fails(count: int) -> bool:
        fed = {p for o in order[:count] for p in _fed(state, o)}
        ends = [o for o in order[:count] if o not in fed]
        for end in reversed(ends):
            if end not in failed:
                failed[end] = _fails(state, end)
            if failed[end]:
                return True
        return False

    low, high = 1, len(order) + 1  # how long a prefix must be to fail; the whole may not fail twice
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(middle) else (middle + 1, high)
    culprit = order[low - 1] if low <= len(order) else place
    node = state.graph[culprit[0]]
    if node.kind == "source" and culprit not in state.tables.held:
        error = state.engine.located(state.tables.get(culprit), error)
    return NodeFailedError(node.id, say(error, node))


def _order(state: Built, place: Place) -> list[Place]:
    """The tables that a query of `place` computes, each after those it is made of."""
    seen, stack = {place}, [place]
    while stack:
        fed = [p for p in _fed(state, stack.pop()) if p not in seen]
        seen.update(fed)
        stack += fed
    return [(n.id, p.name) for n in state.graph for p in n.output_ports if (n.id, p.name) in seen]


def _fed(state: Built, place: Place) -> list[Place]:
    """The tables that a table is made of; none where it is in hand."""
    if place in state.tables.held or state.graph[place[0]].is_step:
        return []
    return [e.place for e in state.graph[place[0]].inputs if e.type == "table"]


def _fails(state: Built, place: Place) -> bool:
    try:
        state.engine.touch(state.tables.get(place))
    except Exception:  # noqa: BLE001 - any failure of the prefix is the answer
        return True
    return False
