"""Services: what answers on loopback until it is stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import RunError
from weirflow.graph.secrets import shown_cause
from weirflow.node.contexts import ServiceContext
from weirflow.node.model import Service
from weirflow.node.payloads import Inputs
from weirflow.run.events import Event, NodeFailed
from weirflow.run.execute import execute
from weirflow.run.items import located
from weirflow.run.tables import NodeFailedError, blame

if TYPE_CHECKING:
    from weirflow.engines.base import Engine
    from weirflow.errors import Diagnostic
    from weirflow.plan.model import Plan
    from weirflow.run.store import Store


def serve(
    plan: Plan,
    node: str,
    engine: Engine,
    store: Store,
    scratch: Path,
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
    stopping: threading.Event,
) -> None:
    """Carry out what a service needs, then let it answer until `stopping` is set, or SIGINT or SIGTERM comes.

    Raises RunError where what it needs, or the service itself, fails.
    """
    failures: list[Diagnostic] = []

    def hear(event: Event) -> None:
        if isinstance(event, NodeFailed):
            failures.append(event.diagnostic)

    state = execute(plan, engine, store, scratch, hear)
    if failures:
        raise RunError(failures)
    graph_node = state.graph[node]  # with its secrets
    service = located(graph_node.node, graph_node.spec.base)
    assert isinstance(service, Service)
    inputs = Inputs(
        [
            (e.input, state.tables.get(e.place) if e.type == "table" else state.payloads[e.place])
            for e in graph_node.inputs
        ]
    )
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError):
                signal.signal(number, lambda *_: stopping.set())
    try:
        with blame(graph_node):
            service.serve(inputs, ServiceContext(host, port, ready, stopping))
    except NodeFailedError as failed:
        state.fail(failed)
        raise RunError(failures) from shown_cause(plan.graph, failed)
