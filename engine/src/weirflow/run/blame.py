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

    An engine runs many nodes as one query and does not say which of them raised. The prefixes are replayed by
    halves: if the table of a node fails, the culprit is at or before it.
    """
    if isinstance(error, NodeFailedError):
        return error
    above = state.graph.ancestors([place[0]])
    chain = [n.id for n in state.graph if n.id in above and any(p.type == "table" for p in n.output_ports)]
    culprit = place[0]
    low, high = 0, len(chain) - 1
    while low <= high:
        middle = (low + high) // 2
        if _fails(state, chain[middle]):
            culprit, high = chain[middle], middle - 1
        else:
            low = middle + 1
    return NodeFailedError(culprit, say(error, state.graph[culprit]))


def _fails(state: Built, node: str) -> bool:
    port = next(p.name for p in state.graph[node].output_ports if p.type == "table")
    try:
        state.engine.touch(state.tables.get((node, port)))
    except Exception:  # noqa: BLE001 - any failure of the prefix is the answer
        return True
    return False
