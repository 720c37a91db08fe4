"""The plan: one object that `plan` prints and `run` carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from weirflow.errors import Diagnostic
    from weirflow.graph.model import Graph
    from weirflow.graph.schemas import Flowed, Learned
    from weirflow.node.contexts import SourceFacts
    from weirflow.plan.trained import Entry

Action: TypeAlias = Literal["read", "apply", "fit", "use", "analyse", "work", "write", "serve", "skip"]


@dataclass(frozen=True)
class Options:
    """What a run may be asked for."""

    select: tuple[str, ...] = ()
    force: bool = False
    refit: bool = False
    frozen: bool = False
    allow_code: bool = False
    limit: int | None = None
    jobs: int = 0  # worker processes for items; 0: one a core
    engine: str = "polars"
    output: Path | None = None  # where relative destinations lie, instead of the flow's folder
    report: Literal["full", "basic", "none"] = "full"


@dataclass(frozen=True)
class PlannedNode:
    """What will happen to one node, and why. `wave` is the round in which it is answered, from 1."""

    id: str
    action: Action
    reason: str
    wave: int | None = None
    holds_table: bool = False


@dataclass(frozen=True)
class Scan:
    """How often a source's data is gone through, at least where that is not `exact`.

    Each of `reads` is a scan of the source, unless it is `decoded_once`: that one scan makes a copy, and all
    reads are of the copy.
    """

    source: str
    reads: int
    decoded_once: bool
    exact: bool = True

    @property
    def scans(self) -> int:
        """How many scans of the source a run counts; at least, where it is neither decoded once nor exact."""
        return 1 if self.decoded_once else self.reads


@dataclass(frozen=True)
class Copy:
    """A table that is computed once, into the run's scratch folder, before the first of its readers.

    Because its node says `cache: true` where it is `asked` for, else because its readers would compute it again.
    """

    node: str
    output: str
    readers: tuple[str, ...]
    asked: bool = False


@dataclass(frozen=True)
class Plan:
    """What would run, and why. Waves, reads and copies are a lower bound: a fit may bring new questions.

    `entries` are the trained parameters that stay: those that are used, and those of nodes that take no part.
    """

    graph: Graph
    flowed: Flowed
    facts: Mapping[str, SourceFacts]
    options: Options
    nodes: Mapping[str, PlannedNode]
    recipes: Mapping[str, str]
    learned: Mapping[str, Learned]
    entries: Mapping[str, Entry]
    waves: tuple[tuple[str, ...], ...] = ()
    scans: tuple[Scan, ...] = ()
    copies: tuple[Copy, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    fingerprints: Mapping[str, str | None] = field(default_factory=dict)
    covers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # of tasks and jobs: see `kept`

    def wanted(self, node: str) -> bool:
        """Whether the node takes part."""
        return self.nodes[node].action != "skip"
