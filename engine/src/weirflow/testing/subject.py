"""Carries a node out as the engine would, on the Polars engine and in this process."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl

from weirflow.engines import compat
from weirflow.engines.base import engine
from weirflow.errors import NodeError
from weirflow.node.contexts import ItemOutput, SourceContext
from weirflow.node.model import Analysis, Estimator, Node, Sink, Source, Task, Transform
from weirflow.node.payloads import File, Files, Graph, Inputs
from weirflow.node.schema import Schema
from weirflow.node.statistics import Answers
from weirflow.run.children import Children
from weirflow.run.folders import LIST
from weirflow.run.items import located
from weirflow.run.steps import FileTarget
from weirflow.testing.case import Case

ROUNDS = 10  # of questions: more than any node needs

Frames = Mapping[str, pl.DataFrame]


class BrokenPromiseError(Exception):
    """The node did something that the contract rules out; the message says what."""


@dataclass
class Outcome:
    """What a node did: its outputs by port, or why it refused its input."""

    outputs: dict[str, Any] = field(default_factory=dict)
    refused: str | None = None
    trained: Any = None
    node: Any = None  # with its selectors resolved
    asked: tuple[Any, ...] = ()

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """The outputs that are tables."""
        return {p: f for p, f in self.outputs.items() if isinstance(f, pl.DataFrame)}


class Subject:
    """A node class with a case, and what the checks have in common."""

    def __init__(self, node_class: type[Node], case: Case) -> None:
        self.node_class = node_class
        self.case = case
        self.engine = engine("polars")
        self.failed: set[str] = set()  # checks that found something
        self.kept: dict[str, Any] = {}  # what several checks look at
        self.spawning = False  # whether a child is started by the context
        self._count = itertools.count()

    @property
    def name(self) -> str:
        """The class's name."""
        return self.node_class.__name__

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="weirflow-kit-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def new_folder(self) -> Path:
        """An empty folder."""
        folder = self._folder / str(next(self._count))
        folder.mkdir()
        return folder

    @cached_property
    def base(self) -> Path:
        """The flow's folder, with the case's files."""
        folder = self.new_folder()
        self.put_files(folder)
        return folder

    def put_files(self, folder: Path) -> None:
        """Write the case's files."""
        for name, content in self.case.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    @cached_property
    def node(self) -> Node:
        """The node of the case."""
        return self.node_class.model_validate(dict(self.case.parameters))

    def make(self, parameters: Mapping[str, Any]) -> Node:
        """The node with other parameters."""
        return self.node_class.model_validate(dict(parameters))

    @cached_property
    def example(self) -> Frames:
        """The case's input tables by port, in the order of the ports."""
        found: dict[str, pl.DataFrame] = {}
        for port in self.node_class.inputs:
            if port.type != "table":
                continue
            if port.name in self.case.others:
                found[port.name] = self.case.others[port.name]
            elif not found and self.case.frame is not None:
                found[port.name] = self.case.frame
            elif not port.optional and not port.many:
                raise BrokenPromiseError(f"the case gives no table for input '{port.name}'")
        return found

    @cached_property
    def files(self) -> Files:
        """The case's files, as an input of that type gives them."""
        return Files(tuple(file_of(self.base / n, n) for n in sorted(self.case.files)))

    @cached_property
    def graphs(self) -> tuple[Graph, ...]:
        """The graph of the case, where an input takes one."""
        if not any(p.type == "graph" for p in self.node_class.inputs):
            return ()
        return (graph_of(self.case.quads, self.new_folder() / "graph"),)

    def given(self, tables: Mapping[str, Any] | None = None) -> Inputs[Any]:
        """All inputs: the tables by port, and the case's files and graph for each port that takes such."""
        kinds = {p.name: p.type for p in self.node_class.inputs}
        bound: list[tuple[str, Any]] = [(n, self.files) for n, kind in kinds.items() if kind == "files"]
        bound += [(n, self.graphs[0]) for n, kind in kinds.items() if kind == "graph"]
        bound += list((tables or {}).items())
        return Inputs(sorted(bound, key=lambda pair: list(kinds).index(pair[0])))

    @cached_property
    def drawn(self) -> tuple[Frames, ...]:
        """The example, then drawn frames in place of its first input."""
        if not self.example:
            return ({},)
        first = next(iter(self.example))
        from weirflow.testing.draw import drawn

        others = drawn(self.case, self.example[first])
        return (self.example, *({**self.example, first: f} for f in others))

    @cached_property
    def first(self) -> Outcome:
        """What the node does with the example. Raises what the node raises, and where it refuses."""
        outcome = self.done(self.example)
        if outcome.refused is not None:
            raise BrokenPromiseError(f"it refuses the case's own example: {outcome.refused}")
        return outcome

    def schemas(self, frames: Frames) -> Inputs[Schema]:
        """The schemas of input tables."""
        return Inputs([(p, self.engine.schema(self.engine.from_frame(f))) for p, f in frames.items()])

    def resolved(self, node: Node, frames: Frames) -> Node:
        """The node with its selectors resolved against its first input."""
        if not node.selectors():
            return node
        schema = self.schemas(frames).table
        return node.resolve({f: getattr(node, f).selector.choose(schema) for f in node.selectors()})

    def effects(self, outcome: Outcome, frames: Frames) -> Mapping[str, Any]:
        """The effects once everything is known, by port."""
        inputs = self.schemas(frames)
        if isinstance(outcome.node, Estimator):
            effect = outcome.node.trained_effect(inputs.table, outcome.trained)
            return {p.name: effect for p in outcome.node.outputs if p.type == "table"}
        effects: Mapping[str, Any] = outcome.node.effects(inputs)
        return effects

    def done(self, frames: Frames) -> Outcome:
        """What the node does with one of the tables that all checks look at; it is done once."""
        done: dict[int, tuple[Frames, Outcome]] = self.kept.setdefault("done", {})
        if id(frames) not in done:
            # with the tables, so that no others are taken for them
            done[id(frames)] = (frames, self.run(frames))
        return done[id(frames)][1]

    def run(
        self,
        frames: Frames,
        node: Node | None = None,
        trained: Any = None,
        *,
        loud: bool = False,
        as_is: bool = False,
    ) -> Outcome:
        """Carry the node out. A refusal in the node's own words is an outcome; anything else is raised.

        What the node prints is lost, unless `loud`. It gets a copy of what was learned, unless `as_is`.
        """
        outcome = Outcome(node=node or self.node)
        try:
            outcome.node = self.resolved(outcome.node, frames)
            with contextlib.nullcontext() if loud else contextlib.redirect_stdout(io.StringIO()):
                self._carry_out(outcome, frames, trained, as_is=as_is)
        except NodeError as error:
            outcome.refused = error.message
        except pl.exceptions.PolarsError as error:
            ours = compat.raised(error)
            if ours is None:
                raise
            outcome.refused = ours[1]
        return outcome

    def _carry_out(self, outcome: Outcome, frames: Frames, trained: Any, *, as_is: bool) -> None:
        node = outcome.node
        tables = [(p, self.engine.from_frame(f)) for p, f in frames.items()]
        schemas = self.schemas(frames)
        match node:
            case Estimator():
                node.effects(schemas)  # refuses what it knows to be wrong, as `check` does
                outcome.trained = (
                    self.fit(outcome, tables[0][1], schemas.table) if trained is None else trained
                )
                node.trained_effect(schemas.table, outcome.trained)
                given = outcome.trained if as_is else copy.deepcopy(outcome.trained)
                table = node.transform(tables[0][1], given)
                outcome.outputs = {node.outputs[0].name: self._frame(table)}
            case Transform():
                node.effects(schemas)
                made = node.transform(Inputs(tables))
                by_port = made if isinstance(made, Mapping) else {node.outputs[0].name: made}
                outcome.outputs = {p: self._frame(t) for p, t in by_port.items()}
            case Analysis():
                node.effects(schemas)
                answers = self.answers(outcome, tables[0][1], schemas.table)
                outcome.outputs = {node.outputs[0].name: node.report(schemas.table, answers)}
            case Source():
                facts = node.inspect(SourceContext(self.base))
                table = node.scan(SourceContext(self.base, self.engine), facts.schema)
                outcome.outputs = {node.outputs[0].name: self._frame(table)}
            case Sink():
                folder = self.new_folder()
                payload = self.given(dict(tables))[0] if node.inputs else None
                receipt = node.write(payload, FileTarget(self.base, folder, self.engine))
                outcome.trained = receipt
                outcome.outputs = {node.outputs[0].name: contents(folder)}
            case Task():
                task: Any = located(node, self.base)
                outcome.outputs = self.task(task, self.given(dict(tables)))
            case _:
                raise BrokenPromiseError(f"a {type(node).__name__} is no node that the kit carries out")

    def _frame(self, table: Any) -> pl.DataFrame:
        if not hasattr(table, "collect"):
            raise BrokenPromiseError(f"an output is a {type(table).__name__}, not a lazy table")
        return self.engine.frame(table)

    def fit(self, outcome: Outcome, table: Any, schema: Schema) -> Any:
        """What an estimator learns from a table."""
        return outcome.node.fit(self.answers(outcome, table, schema))

    def answers(self, outcome: Outcome, table: Any, schema: Schema) -> Answers:
        """Answer a node's questions until it has no more."""
        known = Answers()
        for _ in range(ROUNDS):
            new = [s for s in dict.fromkeys(outcome.node.ask(schema, known)) if s not in known]
            if not new:
                return known
            outcome.asked += tuple(new)
            known = Answers({**known, **self.engine.answer(table, new)})
        raise BrokenPromiseError(f"it is asked {ROUNDS} times and still wants more answers")

    def task(self, task: Task, inputs: Inputs[Any], *, backwards: bool = False) -> dict[str, Any]:
        """Work through the items of a task, perhaps the last one first. Files are given by name, with their bytes."""
        items = list(task.items(inputs))
        results = {}
        for item in reversed(items) if backwards else items:
            folder = self.new_folder()
            with Children() as children:
                spawn = partial(self._spawn, children)
                result = task.process(item, ItemOutput(folder, spawn=spawn))
            made = folder if any(folder.iterdir()) else None
            results[item.key] = replace(result, folder=made, payload=item.payload)
        outputs = dict(task.finish(results[i.key] for i in items))
        return {p: self._plain(o) for p, o in outputs.items()}

    def _spawn(self, children: Children, command: Sequence[str], **options: Any) -> Any:
        self.spawning = True
        try:
            return children.spawn(command, **options)
        finally:
            self.spawning = False

    def _plain(self, output: Any) -> Any:
        if isinstance(output, Files):
            return {f.name: f.path.read_bytes() for f in output}
        if isinstance(output, Graph):
            return quads_of(output)
        return self.engine.frame(output) if hasattr(output, "collect") else output


def file_of(path: Path, name: str) -> File:
    """A file as a node gives it that knows all of it."""
    content = path.read_bytes()
    return File(path, len(content), hashlib.sha256(content).hexdigest(), name)


def graph_of(quads: str, path: Path) -> Graph:
    """A graph of N-Quads."""
    from pyoxigraph import RdfFormat, Store, parse

    store = Store(str(path))
    store.bulk_extend(parse(quads.encode(), RdfFormat.N_QUADS))  # which keeps the names of blank nodes
    store.flush()
    return Graph(path)


def quads_of(graph: Graph) -> list[bytes]:
    """The statements of a graph as sorted N-Quads."""
    from pyoxigraph import RdfFormat, Store

    dumped = Store.read_only(str(graph.path)).dump(format=RdfFormat.N_QUADS)
    return sorted((dumped or b"").splitlines())


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by relative path, without the list that the engine keeps of them."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != LIST)
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def shown(frames: Frames) -> str:
    """Input tables as a person would write them, not too long."""
    text = "; ".join(str(f.to_dict(as_series=False)) for f in frames.values())
    return text if len(text) <= 240 else f"{text[:240]}…"  # noqa: PLR2004 - some lines of a terminal
