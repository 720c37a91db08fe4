"""Carry out one case: only what its expectations need, in this process, in a folder that is then removed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.engines.base import engine
from weirflow.errors import Diagnostic, ExitCode, FlowError, Severity, WeirflowError
from weirflow.flowtests.compare import Failure, compare, missed
from weirflow.flowtests.mocks import frame_of, put_in
from weirflow.graph.schemas import flow_schemas
from weirflow.plan.make import make_plan
from weirflow.plan.model import Options
from weirflow.plan.recipe import recipes
from weirflow.plan.trained import entry_of
from weirflow.run.blame import attribute
from weirflow.run.coordinate import refuse_code
from weirflow.run.events import Event, NodeFailed
from weirflow.run.execute import execute
from weirflow.run.look import look
from weirflow.run.store import Store
from weirflow.run.tables import NodeFailedError

if TYPE_CHECKING:
    import polars as pl

    from weirflow.flow.cases import Case, Expectation
    from weirflow.graph.cases import Resolved, Target
    from weirflow.graph.model import Graph, Place
    from weirflow.plan.model import Plan
    from weirflow.run.state import State


@dataclass(frozen=True)
class Found:
    """What came of one expectation: the table, or why there is none, and what is not as expected."""

    expectation: Expectation
    failures: tuple[Failure, ...]
    frame: pl.DataFrame | None = None
    personal: frozenset[str] = frozenset()
    telling: frozenset[str] = frozenset()  # columns whose names are values of personal ones
    error: Diagnostic | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a case. `invalid` holds why it could not be carried out, which `exit_code` classes."""

    case: Case
    found: tuple[Found, ...] = ()
    seconds: float = 0.0
    invalid: tuple[Diagnostic, ...] = ()
    exit_code: ExitCode = ExitCode.INVALID_FLOW

    @property
    def ok(self) -> bool:
        """Whether all is as expected."""
        return not self.invalid and not any(f.failures for f in self.found)


@dataclass(frozen=True)
class Permissions:
    """What the user allows, and the command that would allow the rest."""

    allow_code: bool = False
    command: str = "weirflow test --allow-code"


def carry_out(graph: Graph, resolved: Resolved, environ: Mapping[str, str], may: Permissions) -> Outcome:
    """Carry out a case on the graph of its flow and hold what comes of it against what is expected."""
    started = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="weirflow-test-") as folder:
            run = compute(graph, resolved, environ, may, Path(folder))
            found = tuple(_look(run, target, e) for target, e in resolved.expected)
    except WeirflowError as error:
        seconds = time.perf_counter() - started
        return Outcome(resolved.case, (), seconds, error.diagnostics, error.exit_code)
    return Outcome(resolved.case, found, time.perf_counter() - started)


@dataclass
class Run:
    """The run of a case: the state it ended in, and which nodes failed."""

    state: State
    failed: Mapping[str, Diagnostic] = field(default_factory=dict)

    def failure(self, node: str) -> Diagnostic | None:
        """Why a node has nothing to show: its own failure, or the first of those above it."""
        graph = self.state.graph
        above = graph.ancestors([node])
        if node in self.failed:
            return self.failed[node]
        return next((self.failed[n.id] for n in graph if n.id in above and n.id in self.failed), None)

    def table(self, place: Place) -> pl.DataFrame:
        """The table of an output. Raises NodeFailedError."""
        try:
            return self.state.engine.frame(self.state.tables.get(place))
        except Exception as error:
            raise attribute(self.state, place, error) from error


def compute(
    graph: Graph, resolved: Resolved, environ: Mapping[str, str], may: Permissions, folder: Path
) -> Run:
    """Run what a case needs. Raises FlowError for mocks that are no tables, UsageError for code not allowed.

    Nothing is written but below `folder`, by whatever keeps to the folders that it is given.
    """
    flowed = flow_schemas(graph)
    frames: dict[Place, pl.DataFrame] = {}
    problems: list[Diagnostic] = []
    for place, mock in resolved.mocks.items():
        try:
            frames[place] = frame_of(mock, flowed.schemas[place])
        except FlowError as error:
            problems += error.diagnostics
    if problems:
        raise FlowError(problems)
    small = put_in(graph, resolved, frames, folder / "output")
    store = Store(folder / "store", "test")
    plan = _plan(small, resolved, environ, Options(report="none"), may, store.copies)
    failed = {d.node: d for d in plan.diagnostics if d.node is not None and d.severity is Severity.ERROR}

    def hear(event: Event) -> None:
        if isinstance(event, NodeFailed):
            failed[event.node] = event.diagnostic

    store.open()
    state = execute(plan, engine(), store, store.temporary(), hear)
    return Run(state, failed)


def _plan(
    graph: Graph,
    resolved: Resolved,
    environ: Mapping[str, str],
    options: Options,
    may: Permissions,
    copies: Path,
) -> Plan:
    facts = look(graph, environ, store=copies).check()
    recipe = recipes(graph)
    learned = {n: entry_of(graph[n], recipe, k) for n, k in resolved.learned.items() if n in graph.nodes}
    plan = make_plan(graph, facts, learned, replace(options, allow_code=may.allow_code))
    refuse_code(plan, may.command)
    return plan


def _look(run: Run, target: Target, expectation: Expectation) -> Found:
    """Hold one node against what is expected of it."""
    node, port = target
    error = run.failure(node)
    place: Place | None = (node, port) if port is not None else None
    if place is None and run.state.graph[node].kind == "sink" and run.state.graph[node].inputs:
        edge = run.state.graph[node].inputs[0]
        place = edge.place if edge.type == "table" else None
    frame: pl.DataFrame | None = None
    if error is None and place is not None:
        try:
            frame = run.table(place)
        except NodeFailedError as failed:
            error = failed.diagnostic
    if error is not None:
        met = expectation.error == error.code and error.node == node
        return Found(expectation, () if met else _failed(expectation, error), error=error)
    if expectation.error is not None:
        text = f"'{expectation.node}' should fail with {expectation.error}, and does not fail"
        return Found(expectation, (Failure(missed(expectation, text, "error")),), frame)
    if frame is None or place is None:
        return Found(expectation, ())
    schema = run.state.flowed.schemas[place]
    personal = frozenset(n for n in frame.columns if schema.is_personal(n))
    failures = compare(expectation, frame, personal, run.state.names)
    return Found(expectation, failures, frame, personal, frozenset(run.state.names))


def _failed(expectation: Expectation, error: Diagnostic) -> tuple[Failure, ...]:
    """A node that has failed where that was not expected: what is said of it, and the expectation."""
    text = f"'{expectation.node}' has no table, since '{error.node}' failed"
    if expectation.error is not None:
        text = f"'{expectation.node}' should fail with {expectation.error}; '{error.node}' failed with {error.code}"
    path = ("error",) if expectation.error is not None else ()
    return Failure(missed(expectation, text, *path)), Failure(error)
