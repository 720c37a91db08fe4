"""Jobs: one long stateful work, with ordered checkpoints and children that die with it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.run.children import Children
from weirflow.run.events import Progress
from weirflow.run.store import publish, write_about

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode
    from weirflow.node.model import Job
    from weirflow.node.payloads import Inputs
    from weirflow.run.events import Emit
    from weirflow.run.state import State
    from weirflow.run.store import Store


class Working:
    """The context of one job."""

    def __init__(
        self,
        folder: Path,
        node: str,
        emit: Emit,
        spawn: Callable[..., subprocess.Popen[Any]],
        deadline: float | None = None,
    ) -> None:
        self.folder = folder / "work"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.deadline = deadline
        self._checkpoints = folder / "checkpoints"
        self._node = node
        self._emit = emit
        self.spawn = spawn

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

    def progress(self, done: float, total: float | None, note: str = "") -> None:
        """Tell observers how far it is."""
        self._emit(Progress(self._node, done, total, note=note))


def run_job(state: State, store: Store, node: GraphNode, job: Job, inputs: Inputs[Any]) -> Mapping[str, Any]:
    """Run a job from its last checkpoint on."""
    fingerprint = state.plan.fingerprints.get(node.id) or "unkept"
    folder = store.checkpoints(node.id, fingerprint)
    if fingerprint == "unkept" or state.plan.options.force:
        shutil.rmtree(folder, ignore_errors=True)
    covers = state.plan.covers.get(node.id, {})
    write_about(folder, covers)
    with Children() as children:
        outputs = job.run(inputs, Working(folder, node.id, state.emit, children.spawn))
    write_about(folder, covers, 1, 1)
    return outputs
