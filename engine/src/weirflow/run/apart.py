"""The worker process as its parent sees it."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import send_handle
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from weirflow.run.events import Event
    from weirflow.run.worker import Work


class Worker:
    """A child process that will carry out one plan.

    It may be started before there is a plan: it loads the table engine while its parent reads the flow. It and
    all that it starts are a process group of their own, which ends with the block, or with this process.
    """

    def __init__(self) -> None:
        self._events, events = Pipe(duplex=False)
        self._work, work = Pipe()  # a socket, over which the lock's descriptor can travel
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "weirflow.run.worker", str(events.fileno()), str(work.fileno())],
            pass_fds=(events.fileno(), work.fileno()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        events.close()
        work.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def carry_out(self, work: Work, lock: int) -> Iterator[Event]:
        """Hand over the work and the lock; the events, until the worker has ended."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its exit code will tell
            send_handle(self._work, lock, self._child.pid)
            self._work.send_bytes(pickle.dumps(work))
        yield from _received(self._events)

    def wait(self) -> int:
        """Its exit code; negative for the signal that ended it."""
        return self._child.wait()

    def end(self) -> None:
        """End the whole group. What is published is whole: nothing needs a farewell."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # they have ended
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._events.close()
        self._work.close()


def _received(events: Connection) -> Iterator[Event]:
    while True:
        try:
            received = events.recv_bytes()
        except (EOFError, OSError):
            return
        event: Event = pickle.loads(received)  # noqa: S301 - from our own child
        yield event
