"""Jobs: one long stateful work, with ordered checkpoints and children that die with it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.run.events import Progress
from weirflow.run.store import publish, write_about

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode
    from weirflow.node.model import Job
    from weirflow.node.payloads import Inputs
    from weirflow.run.events import Emit
    from weirflow.run.state import State
    from weirflow.run.store import Store

GRACE = 5.0  # seconds that a child is given to end after SIGTERM


class Working:
    """The context of one job."""

    def __init__(self, folder: Path, node: str, emit: Emit, deadline: float | None = None) -> None:
        self.folder = folder / "work"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.deadline = deadline
        self._checkpoints = folder / "checkpoints"
        self._node = node
        self._emit = emit
        self._children: list[subprocess.Popen[Any]] = []

    @property
    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that was published whole."""
        found = sorted(p for p in self._checkpoints.glob("*") if not p.name.startswith("."))
        return found[-1] if found else None

    @contextlib.contextmanager
    def checkpoint(self, name: str) -> Iterator[Path]:
        """A folder to fill; its number keeps the order."""
        last = self.last_checkpoint
        number = int(last.name.split("-")[0]) + 1 if last is not None else 1
        with publish(self._checkpoints / f"{number:06d}-{name}") as temporary:
            temporary.mkdir()
            yield temporary

    def spawn(self, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a child; it is of the worker's process group, and ends with it."""
        child = subprocess.Popen(command, **options)  # noqa: S603 - the node's own command
        self._children.append(child)
        return child

    def progress(self, done: float, total: float | None, note: str = "") -> None:
        """Tell observers how far it is."""
        self._emit(Progress(self._node, done, total, note=note))

    def end_children(self) -> None:
        """End what is still running: politely, then not."""
        running = [c for c in self._children if c.poll() is None]
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(GRACE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def run_job(state: State, store: Store, node: GraphNode, job: Job, inputs: Inputs[Any]) -> Mapping[str, Any]:
    """Run a job from its last checkpoint on."""
    fingerprint = state.plan.fingerprints.get(node.id) or "unkept"
    folder = store.checkpoints(node.id, fingerprint)
    if fingerprint == "unkept" or state.plan.options.force:
        shutil.rmtree(folder, ignore_errors=True)
    working = Working(folder, node.id, state.emit)
    write_about(folder, state.plan.covers.get(node.id, {}))
    try:
        return job.run(inputs, working)
    finally:
        working.end_children()
