"""The coordinating side of a run: starts the worker, hears its events, keeps what it learned."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, ExitCode, RunError, UsageError
from weirflow.plan.trained import entry_of
from weirflow.run.events import Broke, Ended, Event, Fitted, NodeFailed, StageStarted
from weirflow.run.trained import read_trained, write_trained
from weirflow.run.worker import Work

if TYPE_CHECKING:
    from weirflow.plan.model import Plan
    from weirflow.plan.trained import Entry
    from weirflow.run.apart import Worker
    from weirflow.run.store import Store

Observer = Callable[[Event], None]


class Interrupted(Exception):  # noqa: N818 - it is no error
    """The user stopped the run."""


class Coordinator:
    """Hears every event of a run, keeps trained parameters, and tells observers, which change nothing."""

    def __init__(self, plan: Plan, trained: Path, observers: Sequence[Observer]) -> None:
        self.plan = plan
        self.trained = trained
        self.observers = observers
        self.entries: dict[str, Entry] = dict(plan.entries)
        self._fitted: set[str] = set()
        self.stage = StageStarted("start", ())
        self.ended = False
        self._unsaved = False

    def hear(self, event: Event) -> None:
        """Take note of an event and hand it on."""
        match event:
            case StageStarted():
                self.save()
                self.stage = event
            case Fitted(node=node, learned=learned):
                self.entries[node] = entry_of(self.plan.graph[node], self.plan.recipes, learned)
                self._fitted.add(node)
                self._unsaved = True
            case Ended():
                self.ended = True
            case _:
                pass
        for observer in self.observers:
            observer(event)

    def save(self) -> None:
        """Publish what was learned, once a stage: a run that is killed later need not fit again."""
        if self._unsaved:
            write_trained(self.trained, self.plan.graph.flow.name, self.entries, self._sources())
            self._unsaved = False

    def _sources(self) -> dict[str, dict[str, str]]:
        """The types of the sources' columns: of those that were learned from now, and as they were of others."""
        graph, facts = self.plan.graph, self.plan.facts
        found = {n: t for n, t in read_trained(self.trained).sources.items() if n in graph.nodes}
        for name in graph.ancestors(self._fitted) & set(facts):
            found[name] = {c.name: str(c.dtype) for c in facts[name].schema.columns if c.dtype is not None}
        return found


def run_apart(coordinator: Coordinator, store: Store, worker: Worker, lock: int) -> None:
    """Carry the plan out in a child process. Raises Interrupted."""
    scratch = store.temporary()
    try:
        for event in worker.carry_out(Work(coordinator.plan, store.root, store.flow, scratch), lock):
            if isinstance(event, Broke):
                raise BugError(event.traceback)
            coordinator.hear(event)
        code = worker.wait()
        if not coordinator.ended:
            _died(coordinator, code)
    except KeyboardInterrupt:
        raise Interrupted from None
    finally:
        worker.end()
        coordinator.save()
        shutil.rmtree(scratch, ignore_errors=True)


def _died(coordinator: Coordinator, code: int) -> None:
    """Say which stage the worker died in, and what to try. Raises RunError where it had not begun any."""
    plan, stage = coordinator.plan, coordinator.stage
    crashes = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV}
    if code >= 0:
        what = f"the worker ended by itself (exit code {code})"
        hint = "code that a node runs must not end its process, as os._exit does"
    elif -code in crashes:
        what = f"the worker crashed ({signal.Signals(-code).name})"
        hint = "a library failed, perhaps for want of memory: try --limit, or fewer columns"
    else:
        what = f"the worker was killed ({signal.Signals(-code).name})"
        hint = "most likely memory ran out: try --limit, fewer columns, or a machine with more memory"
        if -code != signal.SIGKILL:
            hint = "another process ended it: run again"
    if not stage.nodes:
        raise RunError(
            Diagnostic(
                "WF604",
                f"{what} before it had begun",
                hint="run again; nothing was changed",
            )
        )
    nodes = sorted(stage.nodes, key=lambda n: not plan.nodes[n].holds_table)
    holders = [n for n in plan.graph.nodes if n in plan.graph.ancestors(nodes) and plan.nodes[n].holds_table]
    listed = ", ".join(f"'{n}'" for n in nodes[:6]) + (", …" if len(nodes) > 6 else "")  # noqa: PLR2004
    words = {"hold": "it had the whole table of {} in memory", "copy": "it computed the table of {}"}
    doing = words.get(stage.stage, f"it carried out {stage.stage} {{}}").format(listed)
    diagnostic = Diagnostic(
        "WF604",
        f"{what} while {doing}",
        plan.graph[nodes[0]].spec.where,
        node=nodes[0],
        hint=hint,
        notes=(f"these hold a whole table in memory: {', '.join(holders)}",) if holders else (),
    )
    for node in nodes:
        coordinator.hear(NodeFailed(node, diagnostic))


class BugError(Exception):
    """Something that no user can cause went wrong in the worker."""

    exit_code = ExitCode.BUG


def run_here(coordinator: Coordinator, store: Store) -> None:
    """Carry the plan out in this process, for callers from Python."""
    from weirflow.engines.base import engine
    from weirflow.run.execute import execute

    scratch = store.temporary()
    try:
        execute(coordinator.plan, engine(coordinator.plan.options.engine), store, scratch, coordinator.hear)
    except KeyboardInterrupt:
        raise Interrupted from None
    finally:
        coordinator.save()
        shutil.rmtree(scratch, ignore_errors=True)


def refuse_code(plan: Plan, command: str) -> None:
    """Refuse to run what the flow's author wrote in Python, unless the user allows it."""
    found = [n for n in plan.graph if n.node.runs_code and plan.wanted(n.id)]
    if found and not plan.options.allow_code:
        raise UsageError(
            [
                Diagnostic(
                    "WF607",
                    f"'{n.id}' runs Python code that this flow brings",
                    n.spec.where,
                    node=n.id,
                    hint=f"read it, and if you trust it: {command}" if n is found[-1] else None,
                )
                for n in found
            ]
        )
