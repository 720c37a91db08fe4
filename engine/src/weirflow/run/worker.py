"""The worker process: looks at sources, carries out a plan, streams events, dies with its parent.

The work runs apart because an engine that runs out of memory ends its process without an exception.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.run.events import Broke, Event

if TYPE_CHECKING:
    from weirflow.graph.model import Graph
    from weirflow.plan.model import Plan
    from weirflow.run.look import Types


@dataclass(frozen=True)
class Work:
    """What a worker is told."""

    plan: Plan
    store: Path
    flow: str
    scratch: Path


def main(events: int, work: int) -> None:
    """Entry of the child: descriptors of the pipe for events and of the socket that brings what it is asked.

    Graphs come first, if any: it answers what it sees of their sources. Then comes the work.

    The latter stays open in the parent for as long as it lives; when it closes, this process ends.
    """
    outgoing, incoming = Connection(events, readable=False), Connection(work)

    def emit(event: Event) -> None:
        outgoing.send_bytes(pickle.dumps(event))

    secrets: dict[str, str] = {}
    try:
        # before the work is there: the parent is still reading the flow
        import weirflow.engines.polars  # noqa: F401 - the engine that most runs use
        from weirflow.engines.base import engine
        from weirflow.graph.secrets import concealed, references
        from weirflow.run.execute import execute
        from weirflow.run.look import look
        from weirflow.run.store import Store

        told: tuple[Graph, Types, Path] | Work = pickle.loads(incoming.recv_bytes())  # noqa: S301 - from our own parent
        while isinstance(told, tuple):
            graph, types, store_folder = told
            outgoing.send_bytes(pickle.dumps(look(graph, os.environ, types, store=store_folder)))
            told = pickle.loads(incoming.recv_bytes())  # noqa: S301
        secrets = references(told.plan.graph, os.environ)
        lock = recv_handle(incoming)  # held for as long as this process lives
        threading.Thread(target=_die_with_parent, args=(incoming,), daemon=True).start()
        # standard output belongs to results: what a library prints goes where people read
        with redirect_stdout(sys.stderr):
            store = Store(told.store, told.flow)
            execute(told.plan, engine(told.plan.options.engine), store, told.scratch, emit)
        os.close(lock)
    except EOFError:  # the parent has no work after all
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
        emit(Broke(concealed(traceback.format_exc(), secrets) if secrets else traceback.format_exc()))
    outgoing.close()
    sys.stdout.flush()
    os._exit(0)  # threads of engines may linger; all that counts is published


def _die_with_parent(incoming: Connection) -> None:
    """End this process and all that it started: they are a process group of their own."""
    try:
        incoming.recv_bytes()
    except (EOFError, OSError):
        os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
