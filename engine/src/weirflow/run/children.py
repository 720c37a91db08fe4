"""Child processes that nodes start, which end when the work does that they were started for."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any, Self

GRACE = 5.0  # seconds that a child is given to end after SIGTERM


class Children:
    """The child processes of one piece of work; on leaving the block they are ended."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what is still running: politely, then not."""
        running = [c for c in self._started if c.poll() is None]
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(GRACE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def spawn(self, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a child; it is of the worker's process group, and ends with it."""
        child = subprocess.Popen(command, **options)  # noqa: S603 - the node's own command
        self._started.append(child)
        return child
