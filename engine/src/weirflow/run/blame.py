"""Find the node behind an engine's error by replaying the stage's prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.run.tables import NodeFailedError, say

if TYPE_CHECKING:
    from weirflow.graph.model import Place
    from weirflow.run.state import State


def attribute(state: State, place: Place, error: BaseException) -> NodeFailedError:
    """The failure of the first node on the way to `place` whose table cannot be computed.

    An engine runs many nodes as one query and does not say which of them raised. The prefixes are replayed by
    halves: if the table of a node fails, the culprit is at or before it.
    """
    if isinstance(error, NodeFailedError):
        return error
    order = [n.id for n in state.graph if n.id in state.graph.ancestors([place[0]])]
    chain = [n for n in order if any(p.type == "table" for p in state.graph[n].output_ports)]
    culprit = place[0]
    low, high = 0, len(chain) - 1
    while low <= high:
        middle = (low + high) // 2
        if _fails(state, chain[middle]):
            culprit, high = chain[middle], middle - 1
        else:
            low = middle + 1
    return NodeFailedError(culprit, say(error, state.graph[culprit]))


def _fails(state: State, node: str) -> bool:
    port = next(p.name for p in state.graph[node].output_ports if p.type == "table")
    try:
        state.engine.touch(state.tables.get((node, port)))
    except Exception:  # noqa: BLE001 - any failure of the prefix is the answer
        return True
    return False
