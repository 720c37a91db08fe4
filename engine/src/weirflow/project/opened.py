"""Open a flow and do things with it: what `weirflow.open` returns, and what every verb stands on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import (
    Diagnostic,
    FlowError,
    MissingError,
    RunError,
    Severity,
    UsageError,
    WeirflowError,
)
from weirflow.flow.cases import Cases
from weirflow.flow.load import load
from weirflow.flow.positions import SourcePositions
from weirflow.flow.read_cases import read_cases
from weirflow.graph.build import Built, build
from weirflow.graph.cases import resolve
from weirflow.graph.schemas import flow_schemas
from weirflow.graph.sources import parted, rebound
from weirflow.plan.make import make_plan
from weirflow.plan.model import Options, Plan
from weirflow.plan.recipe import fingerprints
from weirflow.plan.trained import TrainedFile, bound, versions
from weirflow.plugins.registry import Registry
from weirflow.run.look import look
from weirflow.run.store import Store
from weirflow.run.trained import read_trained, trained_path

if TYPE_CHECKING:
    import polars as pl

    from weirflow.flow.load import Loaded
    from weirflow.graph.model import Graph
    from weirflow.node.contexts import Item, SourceFacts
    from weirflow.plan.trained import Entry
    from weirflow.project.frozen import FrozenFlow
    from weirflow.run.apart import Worker
    from weirflow.run.coordinate import Observer
    from weirflow.run.record import RunRecord


@dataclass(frozen=True)
class RunResult:
    """What came of a run: its record, and where the report lies if one was written."""

    record: RunRecord
    report: Path | None
    problems: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return self.record.status == "done"

    def check(self) -> RunResult:
        """Raise RunError if anything failed; else the result itself."""
        if not self.ok:
            raise RunError(self.problems)
        return self


class Project:
    """A flow file, opened. Nothing of it has been executed, and no data looked at."""

    def __init__(
        self,
        path: str | Path,
        *,
        parameters: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        sources: Mapping[str, str] | None = None,
        registry: Registry | None = None,
        store: Path | None = None,
        environ: Mapping[str, str] | None = None,
        to_read: bool = False,
    ) -> None:
        """With `to_read` nothing is to be run, and nodes that lack optional libraries are only warned of."""
        self.path = Path(path)
        self._to_read = to_read
        self.environ = os.environ if environ is None else environ
        self.registry = registry or Registry.load(self.environ)
        self._parameters = dict(parameters or {})
        self._overrides = dict(overrides or {})
        self._locations = dict(sources or {})
        self._store = store

    @cached_property
    def loaded(self) -> Loaded:
        """The flow as text says it, with what is wrong with the text."""
        return load(
            self.path,
            parameters=self._parameters,
            overrides=self._overrides,
            environ=self.environ,
            importing=self.registry.imported,
        )

    @property
    def trained_file(self) -> TrainedFile:
        """What was learned before, read anew since runs change it. Raises RunError where it cannot be read.

        Where the flow is another program's, what that has learned stands for what was not learned here.
        """
        file = read_trained(trained_path(self.path))
        if self.loaded.imported is None:
            return file
        nodes, _ = self._learned_elsewhere
        types = {n: dict(t) for n, t in self.loaded.imported.sources.items()}
        return file.model_copy(
            update={"nodes": {**nodes, **file.nodes}, "sources": {**types, **file.sources}}
        )

    @cached_property
    def _learned_elsewhere(self) -> tuple[Mapping[str, Entry], tuple[Diagnostic, ...]]:
        """What another program learned, bound to this graph, and what of it cannot be used.

        Nodes that `--set` gives another meaning have not learned it, nor those that they feed.
        """
        if self.loaded.imported is None or self.built is None:
            return {}, ()
        graph = self.built.graph
        places = (name.rpartition(".") for name in self._overrides)
        changed = {n for n, _, p in places if n in graph.nodes and p not in graph[n].node.location_fields()}
        return bound(graph, self.loaded.imported, graph.descendants(changed))

    @cached_property
    def built(self) -> Built | None:
        """The graph, with what is wrong with it; None where the text is no flow."""
        if self.loaded.flow is None:
            return None
        try:
            recorded = versions(read_trained(trained_path(self.path)))
        except RunError:
            recorded = {}  # `check` reads the flow alone; a run will say what is wrong with the file
        made = build(self.loaded.flow, self.registry, recorded, to_read=self._to_read)
        if not self._locations:
            return made
        names = {n.id: n.known_as for n in self.loaded.imported.nodes} if self.loaded.imported else {}
        parts = (parted(n, made.graph, names) if n == at else (n, at) for n, at in self._locations.items())
        graph, problems = rebound(made.graph, [(n, _absolute(at)) for n, at in parts], names)
        return Built(graph, (*made.diagnostics, *problems))

    @cached_property
    def cases(self) -> Cases:
        """The cases of `weirflow test`, with what is wrong with their text; none where the text is no flow."""
        if self.loaded.flow is None:
            return Cases((), (), {})
        return read_cases(self.loaded.flow, self.loaded.sources)

    def diagnose(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the flow and its tests, as far as can be told without data."""
        found = [*self.flow_problems(), *self.cases.diagnostics]
        if self.built is not None and not _errors(found):
            found += [d for r in resolve(self.built.graph, self.cases.cases) for d in r.diagnostics]
        return tuple(found)

    def flow_problems(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the flow itself: no run minds its tests."""
        found = [*self.loaded.diagnostics]
        if self.built is not None:
            wrong = self.loaded.wrong_nodes  # more about these would be consequences
            found += [d for d in self.built.diagnostics if d.node not in wrong]
            if not _errors(found):
                found += flow_schemas(self.built.graph).diagnostics
        return tuple(self._as_set(d) for d in found)

    def _as_set(self, found: Diagnostic) -> Diagnostic:
        """What is wrong with a value that `--set` gave is no fault of the line in the file."""
        path = found.where.path if found.where is not None else ()
        name = path[path.index("parameters") + 1 :][:1] if "parameters" in path else ()
        given = ".".join([found.node or "", *map(str, name)])
        if not name or not any(o == given or o.startswith(f"{given}.") for o in self._overrides):
            return found
        return replace(found, where=None, message=f"--set {given}: {found.message}")

    @property
    def graph(self) -> Graph:
        """The graph of a flow without errors. Raises FlowError."""
        found = _errors(self.flow_problems())
        if found or self.built is None:
            raise failure(found)
        return self.built.graph

    @cached_property
    def store(self) -> Store:
        """Where what is dear is kept."""
        root = self._store or self.path.parent / ".weirflow"
        return Store(root.absolute(), self.path.stem)

    def inspect(
        self, worker: Worker | None = None, *, frozen: bool = False, absent: bool = False
    ) -> Mapping[str, SourceFacts]:
        """Look at the sources, in a worker if one is there; `frozen` binds them to the types of the fit.

        With `absent` one that is not there counts as having the columns that were learned from, or any. Raises
        RunError naming all that cannot be looked at.
        """
        known = self.trained_file.types() if frozen or absent else {}
        types = known if frozen else {}
        if worker is None:
            return look(self.graph, self.environ, types, known if absent else None, self.store.copies).check()
        try:
            looked = worker.look(self.graph, types, self.store.copies)
        except (EOFError, OSError):
            hint = "most likely memory ran out: run again with more"
            raise RunError(
                Diagnostic("WF604", "the worker was killed while it looked at the sources", hint=hint)
            ) from None
        return looked.check()

    def plan(self, options: Options | None = None, *, facts: Mapping[str, SourceFacts] | None = None) -> Plan:
        """Look at the sources and plan a run. Raises FlowError where known facts contradict the flow."""
        options = options or Options()
        graph = self.graph
        entries = self.trained_file.nodes
        facts = self.inspect(frozen=options.frozen) if facts is None else facts
        prints: Mapping[str, str | None] = {}
        kept = self.store.kept()
        items: Mapping[str, Sequence[Item]] = {}
        if any(n.kind in {"task", "job"} for n in graph):  # only what is kept pays for a fingerprint
            from weirflow.run.items import awaited, listed

            items = listed(graph, self.environ)
            prints = fingerprints(graph, facts, entries, self._content, items)
            for node in items:
                if node in kept and kept[node].fingerprint == prints[node]:
                    kept[node] = awaited(self.store, node, kept[node], items[node])
        plan = make_plan(graph, facts, entries, options, prints, kept, items)
        from weirflow.run.mask import masked_diagnostic, telling_names

        names = telling_names(graph, plan.flowed)
        shown = [masked_diagnostic(d, names) for d in plan.diagnostics]
        used = {n for n, p in plan.nodes.items() if p.action == "fit"}
        elsewhere = [d for d in self._learned_elsewhere[1] if d.node in used]
        plan = replace(plan, diagnostics=(*shown, *elsewhere, *_warnings(graph, facts)))
        found = _errors(plan.diagnostics)
        if found:
            frozen = all(d.code == "WF612" for d in found)
            # warnings of the sources may be the reason: a wrong delimiter makes columns that are not there
            raise RunError(found) if frozen else failure(plan.diagnostics)
        return plan

    def _content(self, node: str, facts: SourceFacts) -> object:
        """What tells the content of a source; None of one that has no files, such as a database elsewhere."""
        del node
        return [f.etag or self.store.content(Path(f.path)) for f in facts.files] or None

    def run(
        self,
        options: Options | None = None,
        *,
        observers: Sequence[Observer] = (),
        apart: bool = True,
        plan: Plan | None = None,
        worker: Worker | None = None,
    ) -> RunResult:
        """Plan and run.

        `apart` runs in a child process, since an engine out of memory dies without an exception; `worker` is
        one that was started ahead. Raises what `plan` raises.
        """
        from weirflow.project.session import carry_out
        from weirflow.run.apart import Worker

        if not apart:
            plan = plan or self.plan(options)
            return RunResult(*carry_out(plan, self.path, self.store, observers, None, self._lines))
        with worker or Worker() as started:
            frozen = options is not None and options.frozen
            plan = plan or self.plan(options, facts=self.inspect(started, frozen=frozen))
            return RunResult(*carry_out(plan, self.path, self.store, observers, started, self._lines))

    def _lines(self) -> dict[str, int]:
        """The line of each node in its file."""
        positions = SourcePositions(self.loaded.sources)
        found = {n.id: positions.locate(n.spec.where) for n in self.graph}
        return {n: place[0] for n, place in found.items() if place is not None}

    def preview(self, node: str | None = None, *, rows: int = 10, limit: int | None = None) -> pl.DataFrame:
        """The first rows of a node's table (the last one's unless named), fitting in memory what must be.

        It is the table as it is: values of personal columns too, which the verb `preview` masks.
        """
        from weirflow.project.preview import preview

        return preview(self, node, rows, limit, show_personal=True)

    def frozen(self, output: str | None = None, without: str | Sequence[str] = ()) -> FrozenFlow:
        """The fitted flow as a transformer of frames. Raises RunError where something is not fitted."""
        from weirflow.project.frozen import FrozenFlow

        p, overrides = self._parameters or None, self._overrides or None
        return FrozenFlow(self.path, output, p=p, overrides=overrides, without=without, _project=self)

    def transform(self, frame: Any) -> Any:
        """Put a pandas or Polars frame through the fitted flow; the same kind of frame comes back."""
        return self.frozen().transform(frame)


def open_flow(path: str | Path, *, p: Mapping[str, Any] | None = None, **options: Any) -> Project:
    """Open a flow file. `p` sets the flow's parameters. Raises FlowError if the flow is not right."""
    project = Project(path, parameters=p, **options)
    _ = project.graph
    return project


def failure(errors: Sequence[Diagnostic]) -> WeirflowError:
    """The exception for a flow's errors.

    MissingError where all of them are that something is not installed, UsageError where all of them are in what
    was given with `-p` and `--set`.
    """
    codes = {d.code for d in _errors(errors)}
    if codes <= {"WF208", "WF209"}:
        return UsageError(errors)
    return MissingError(errors) if codes <= {"WF501", "WF503", "WF504"} else FlowError(errors)


_IN_FILES = frozenset({"duckdb", "sqlite"})  # databases that are one file


def _absolute(location: str) -> str:
    """A path as seen from the current folder, which is where it was typed; a URL as it is.

    A URL such as `sqlite:///shop.db` has a path, by the rule of SQLAlchemy: with three slashes a relative one.
    """
    scheme, sign, path = location.rpartition("://")
    if sign and (scheme not in _IN_FILES or not path.startswith("/") or path.startswith("//")):
        return location
    head = f"{scheme}:///" if sign else ""
    return head + os.path.abspath(Path(path.removeprefix("/") if sign else path).expanduser())  # noqa: PTH100 - as display_name


def _errors(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [d for d in diagnostics if d.severity is Severity.ERROR]


def _warnings(graph: Graph, facts: Mapping[str, SourceFacts]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "WF602" if f.absent else "WF603", text, graph[n].spec.where, node=n, severity=Severity.WARNING
        )
        for n, f in facts.items()
        for text in f.warnings
    ]
