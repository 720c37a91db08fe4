"""What happens during a run, as typed events. They are fired in the coordinating process only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from weirflow.errors import Diagnostic
    from weirflow.graph.schemas import Learned
    from weirflow.node.report import Report
    from weirflow.node.schema import Schema
    from weirflow.run.record import SampleRecord


@dataclass(frozen=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True)
class StageStarted(Event):
    """A wave, a copy, a held table, a sink, a task or a job begins. `nodes` are those that would fail with it."""

    stage: str
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class WaveDone(Event):
    """A wave's questions are answered."""

    nodes: tuple[str, ...]
    statistics: int
    scans: int
    seconds: float


@dataclass(frozen=True)
class Fitted(Event):
    """An estimator has learned; `personal` if from columns whose values are not to be shown."""

    node: str
    learned: Learned
    personal: bool = False

    def shown(self) -> tuple[dict[str, list[str]], dict[str, Any]]:
        """The columns that selectors found, and what was learned, as far as they may be shown."""
        if self.personal:
            return {}, {"withheld": "learned from personal columns"}
        chosen = {k: list(v) for k, v in self.learned.chosen.items()}
        return chosen, self.learned.trained.model_dump(mode="json")


@dataclass(frozen=True)
class Reported(Event):
    """An analysis has reported."""

    node: str
    report: Report


@dataclass(frozen=True)
class Printed(Event):
    """Custom code has printed something."""

    node: str
    text: str


@dataclass(frozen=True)
class Warned(Event):
    """Something a reader should know."""

    node: str
    diagnostic: Diagnostic


@dataclass(frozen=True)
class Progress(Event):
    """How far a task or job is: items done, of how many, how many were there already or are bad."""

    node: str
    done: float
    total: float | None
    cached: int = 0
    bad: int = 0
    note: str = ""


@dataclass(frozen=True)
class NodeDone(Event):
    """A node's own deed (a sink's, task's, job's, analysis's) is done."""

    node: str
    seconds: float | None = None
    files: tuple[str, ...] = ()
    rows: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    cached: bool = False


@dataclass(frozen=True)
class Computed(Event):
    """A table was computed ahead of what reads it: decoded, copied or held, with all above it that was not yet."""

    node: str
    seconds: float


@dataclass(frozen=True)
class NodeFailed(Event):
    """A node has failed."""

    node: str
    diagnostic: Diagnostic


@dataclass(frozen=True)
class Described(Event):
    """What a node's output looks like, once it is known: its schema, rows where counted, a few rows."""

    node: str
    schema: Schema
    rows: int | None = None
    sample: SampleRecord | None = None


@dataclass(frozen=True)
class Ended(Event):
    """The worker has done all it could."""

    scans: int
    peak_bytes: int


@dataclass(frozen=True)
class Broke(Event):
    """The worker met an error that no node caused: a bug of ours."""

    traceback: str


Emit: TypeAlias = Callable[[Event], None]
