"""Carry out what is a deed of its own: sinks, tasks and jobs."""

from __future__ import annotations

import contextlib
import errno
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import FULL, Diagnostic, NodeError, Severity, make_room
from weirflow.graph.faults import WrongResultError, expect, expect_all, fault
from weirflow.graph.schemas import pointed
from weirflow.node.contexts import Receipt
from weirflow.node.model import Job, Sink, Task
from weirflow.node.payloads import File, Files, Inputs
from weirflow.plan.destinations import destination
from weirflow.run.blame import attribute
from weirflow.run.events import NodeDone, Warned
from weirflow.run.folders import publish_folder, refuse_foreign
from weirflow.run.items import located, run_items
from weirflow.run.job import run_job
from weirflow.run.store import publish, unfit
from weirflow.run.tables import NodeFailedError, blame, say

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode
    from weirflow.node.contexts import TableEngine
    from weirflow.run.state import State
    from weirflow.run.store import Store


LITTLE = 1 << 20  # bytes of free space below which a failed write is put down to a full disk


class FileTarget:
    """Where a sink writes: paths relative to the flow's folder, or to the one that `-o` names."""

    def __init__(
        self,
        base: Path,
        output: Path | None,
        tables: TableEngine,
        warn: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.base = base
        self.output = output
        self.tables = tables
        self.warn = warn

    def path(self, location: str) -> Path:
        """The final path of a location; with `-o`, the location's name in that folder."""
        return destination(location, self.base, self.output)

    def origin(self, location: str) -> str:
        """Where something lies that the sink reads."""
        return location if "://" in location else str(self.base / Path(location).expanduser())

    @contextlib.contextmanager
    def file(self, location: str) -> Iterator[Path]:
        """A temporary path that becomes the final one when the block ends well."""
        path = self.path(location)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory", str(path))
        with publish(path) as temporary:
            yield temporary

    @contextlib.contextmanager
    def folder(self, location: str) -> Iterator[Path]:
        """A temporary folder that takes the final one's place when the block ends well."""
        with publish_folder(self.path(location)) as temporary:
            yield temporary


def refuse_unfit(state: State) -> None:
    """Let the sinks fail that cannot write where they should, before anything is computed for them."""
    for node in state.graph:
        if node.kind != "sink" or not state.plan.wanted(node.id) or node.id in state.failed:
            continue
        target = FileTarget(node.spec.base, state.plan.options.output, state.engine)
        for name in sorted(node.node.written_fields()):
            location = getattr(node.node, name)
            if not isinstance(location, str) or "://" in location:
                continue
            folder = isinstance(node.node, Sink) and node.node.writes_folder
            try:
                if folder:
                    refuse_foreign(target.path(location))
            except NodeError as error:
                state.fail(NodeFailedError(node.id, say(error, node)))
                break
            reason = unfit(target.path(location), folder=folder)
            if reason is not None:
                state.fail(NodeFailedError(node.id, _unwritable(node, reason)))
                break


def run_step(state: State, store: Store, node: GraphNode) -> None:
    """Carry out one step; a failure takes only what depends on it along."""
    state.begin("step", (node.id,))
    started = time.perf_counter()
    try:
        if isinstance(node.node, Sink):
            _write(state, node, started)
        else:
            outputs = _work(state, store, node)
            _keep(state, node, outputs)
            state.emit(NodeDone(node.id, time.perf_counter() - started))
        state.done.add(node.id)
    except NodeFailedError as failed:
        state.fail(failed)


def _write(state: State, node: GraphNode, started: float) -> None:
    sink = node.node
    assert isinstance(sink, Sink)
    state.reflow()
    edge = node.inputs[0] if node.inputs else None
    table = edge.place if edge is not None and edge.type == "table" else None
    payload = None
    if edge is not None:
        payload = state.payloads[edge.place] if table is None else state.tables.get(table)
    target = FileTarget(node.spec.base, state.plan.options.output, state.engine, partial(_warn, state, node))
    try:
        given: Any = sink.write(payload, target)
        receipt = expect(given, Receipt, "write()")
        expect_all(receipt.paths, Path, "Receipt.paths")
    except NodeError as error:
        raise NodeFailedError(node.id, say(error, node)) from error
    except WrongResultError as error:
        raise NodeFailedError(node.id, fault(error, node)) from error
    except Exception as error:
        said = say(error, node)
        if said.code == "WF605" or _is_full(sink, target):
            raise NodeFailedError(node.id, _full(node, said)) from error
        if isinstance(error, OSError):
            raise NodeFailedError(node.id, _os_error(node, error)) from error
        if table is None:
            raise NodeFailedError(node.id, said) from error
        raise attribute(state, table, error) from error
    _keep(state, node, {node.output_ports[0].name: _files(receipt)})
    files = tuple(str(p) for p in receipt.paths)
    if sink.writes_folder:  # there may be very many files in it
        files = tuple(str(target.path(getattr(sink, f))) for f in sorted(sink.written_fields()))
    rows = None
    if table is not None:
        if receipt.rows is not None:
            state.count(table, receipt.rows)
        rows = state.rows(table)
    state.emit(NodeDone(node.id, time.perf_counter() - started, files, rows))


def _warn(state: State, node: GraphNode, text: str) -> None:
    state.emit(Warned(node.id, Diagnostic("WF618", text, node=node.id, severity=Severity.WARNING)))


def _files(receipt: Receipt) -> Files:
    return Files(tuple(File(p, p.stat().st_size if p.is_file() else 0) for p in receipt.paths))


def _full(node: GraphNode, said: Diagnostic) -> Diagnostic:
    # without the name of the file, which is a temporary one
    what = said.message.partition(": ")[0] if said.code == "WF605" else "the disk is full"
    limited = what == FULL[errno.EFBIG]
    return Diagnostic(
        "WF605",
        f"{what}; what was begun has been removed",
        pointed(node, what),
        node=node.id,
        hint=f"{make_room(errno.EFBIG if limited else None)}, or write elsewhere with -o",
    )


def _is_full(sink: Sink, target: FileTarget) -> bool:
    """Whether there is no room where a sink writes: an engine may not say that this is why it failed."""
    for name in sink.written_fields():
        folders = target.path(getattr(sink, name)).absolute().parents
        if shutil.disk_usage(next(f for f in folders if f.is_dir())).free < LITTLE:
            return True
    return False


def _os_error(node: GraphNode, error: OSError) -> Diagnostic:
    return _unwritable(node, (error.strerror or type(error).__name__).lower())


def _unwritable(node: GraphNode, text: str) -> Diagnostic:
    places = [str(getattr(node.node, name)) for name in sorted(node.node.written_fields())]
    message = f"cannot write {' and '.join(repr(p) for p in places) or 'its output'}: {text}"
    return Diagnostic("WF601", message, pointed(node, message), node=node.id, hint="name another place")


def _work(state: State, store: Store, node: GraphNode) -> Mapping[str, Any]:
    state.reflow()
    inputs = Inputs(
        [
            (e.input, state.tables.get(e.place) if e.type == "table" else state.payloads[e.place])
            for e in node.inputs
        ]
    )
    instance = located(node.node, node.spec.base)
    with blame(node):
        if isinstance(instance, Task):
            made: object = run_items(state, store, node, instance, inputs)
            what = "finish()"
        else:
            assert isinstance(instance, Job)
            made, what = run_job(state, store, node, instance, inputs), "run()"
        outputs = expect(made, Mapping, what)  # type: ignore[type-abstract]
        missing = [p.name for p in node.output_ports if p.name not in outputs]
        if missing:
            raise WrongResultError(f"{what} gave no output '{missing[0]}'")
        return outputs


def _keep(state: State, node: GraphNode, outputs: Mapping[str, Any]) -> None:
    """Hand outputs on: tables to the engine, the rest as they are."""
    for port in node.output_ports:
        if port.name not in outputs:
            continue
        payload = outputs[port.name]
        if port.type == "table":
            table = state.engine.from_frame(payload) if not hasattr(payload, "collect") else payload
            state.give(node.id, port.name, table)
        else:
            state.payloads[node.id, port.name] = payload
            if port.type == "report":
                state.reports[node.id] = payload
