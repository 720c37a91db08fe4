"""The worker process as its parent sees it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import send_handle
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

    from weirflow.graph.model import Graph
    from weirflow.run.events import Event
    from weirflow.run.look import Looked, Types
    from weirflow.run.worker import Work

_ENGINES = ("polars", "numpy", "pyarrow", "duckdb")  # they start threads, which a fork would lose


class Worker:
    """A child process that will look at a flow's sources and carry out one plan.

    It may be started before there is a plan: it loads the table engine while its parent reads the flow. It and
    all that it starts are a process group of their own, which ends with the block, or with this process.
    """

    def __init__(self) -> None:
        self._events, events = Pipe(duplex=False)
        self._work, work = Pipe()  # a socket, over which the lock's descriptor can travel
        # A fork has at once what this process has imported, where that is safe; elsewhere a new interpreter starts.
        forks = sys.platform == "linux" and threading.active_count() == 1 and not _loaded(_ENGINES)
        start = _fork if forks else _spawn
        self._child: subprocess.Popen[bytes] | None
        self._pid, self._child = start(events, work, (self._events, self._work))
        self._code: int | None = None
        events.close()
        work.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def look(self, graph: Graph, types: Types, store: Path) -> Looked:
        """Let it look at the sources (see `run.look`).

        Raises EOFError where it ended over that, BugError where it broke.
        """
        from weirflow.run.coordinate import BugError
        from weirflow.run.events import Broke

        self._work.send_bytes(pickle.dumps((graph, types, store)))
        looked: Looked | Broke = pickle.loads(self._events.recv_bytes())  # noqa: S301 - from our own child
        if isinstance(looked, Broke):
            raise BugError(looked.traceback)
        return looked

    def carry_out(self, work: Work, lock: int) -> Iterator[Event]:
        """Hand over the work and the lock; the events, until the worker has ended."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its exit code will tell
            self._work.send_bytes(pickle.dumps(work))
            send_handle(self._work, lock, self._pid)
        yield from _received(self._events)

    def wait(self) -> int:
        """Its exit code; negative for the signal that ended it."""
        if self._code is None:
            if self._child is not None:
                self._code = self._child.wait()
            else:
                self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def end(self) -> None:
        """End the whole group. What is published is whole: nothing needs a farewell."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # they have ended
            os.killpg(self._pid, signal.SIGKILL)
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):  # a child just forked does not lead a group yet
                os.kill(self._pid, signal.SIGKILL)
        self.wait()
        self._events.close()
        self._work.close()


def _loaded(modules: tuple[str, ...]) -> bool:
    return any(m in sys.modules for m in modules)


def _spawn(events: Connection, work: Connection, _: object) -> tuple[int, subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "weirflow.run.worker", str(events.fileno()), str(work.fileno())],
        pass_fds=(events.fileno(), work.fileno()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    return child.pid, child


def _fork(events: Connection, work: Connection, ours: tuple[Connection, ...]) -> tuple[int, None]:
    from weirflow.run import worker

    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid, None
    try:
        os.setsid()
        for end in ours:  # so that each side sees the other's end
            end.close()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        worker.main(events.fileno(), work.fileno())
    finally:
        os._exit(70)


def _received(events: Connection) -> Iterator[Event]:
    while True:
        try:
            received = events.recv_bytes()
        except (EOFError, OSError):
            return
        event: Event = pickle.loads(received)  # noqa: S301 - from our own child
        yield event
