"""Items of a task: a pool of processes, a ledger that lets a killed run resume, quarantine of bad items."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import FULL, Diagnostic, NodeError, Severity, make_room
from weirflow.flow.document import display_name
from weirflow.graph.faults import WrongResultError, expect, expect_all
from weirflow.graph.secrets import revealed
from weirflow.node.contexts import Item, ItemOutput, ItemResult
from weirflow.node.model import Task
from weirflow.node.payloads import Inputs
from weirflow.run.children import Children
from weirflow.run.events import Progress, Warned
from weirflow.run.store import publish, write_about, write_text
from weirflow.run.tables import NodeFailedError

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode
    from weirflow.node.model import Node
    from weirflow.plan.kept import Kept
    from weirflow.run.state import State
    from weirflow.run.store import Store

TRIES = 2  # a worker that dies takes its item with it; the item is tried once more


@dataclass(frozen=True)
class _Done:
    result: ItemResult
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _NoRoom:
    """Why an item's artifacts could not be kept, which is no fault of the item's."""

    errno: int


class Ledger:
    """What is known of each item, one small file each, so that it is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def place(self, item: Item) -> Path:
        """The item's own path: its readable key, and a digest that tells apart keys that look alike."""
        readable = "".join(c if c.isalnum() or c in "-_." else "-" for c in item.key)[-60:]
        return self.folder / f"{readable}.{hashlib.sha256(item.key.encode()).hexdigest()[:12]}"

    def result(self, item: Item) -> ItemResult | None:
        """What the item gave, if it was finished with the content that it has now."""
        place = self.place(item)
        try:
            entry = json.loads(place.with_name(place.name + ".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if entry["etag"] != item.etag:
            return None
        folder = place if entry["folder"] else None
        if folder is not None and not folder.is_dir():
            return None
        return ItemResult(item.key, entry["facts"], folder)

    def record(self, item: Item, result: ItemResult) -> None:
        """Record a finished item; its artifacts are in place already."""
        place = self.place(item)
        entry = {
            "key": item.key,
            "etag": item.etag,
            "facts": dict(result.facts),
            "folder": result.folder is not None,
        }
        write_text(place.with_name(place.name + ".json"), json.dumps(entry, sort_keys=True))


def listed(graph: Graph, environ: Mapping[str, str]) -> dict[str, list[Item]]:
    """The items of tasks that are fed by nothing and find them at places of their own, as in a folder.

    A task that cannot list them is left out: the run will say why.
    """
    found: dict[str, list[Item]] = {}
    for node in graph:
        if isinstance(node.node, Task) and not node.inputs and node.node.location_fields():
            with contextlib.suppress(Exception):
                alone = revealed(replace(graph, nodes={node.id: node}), environ)[node.id]
                task = located(alone.node, node.spec.base)
                assert isinstance(task, Task)
                found[node.id] = list(task.items(Inputs([])))
    return found


def awaited(store: Store, node: str, kept: Kept, items: Sequence[Item]) -> Kept:
    """What is kept of a task, with how many of the items that it has now are not."""
    ledger = Ledger(store.items(node, kept.fingerprint))
    return replace(kept, now=len(items), waiting=sum(ledger.result(i) is None for i in items))


def located(node: Node, base: Path) -> Node:
    """A node whose relative locations are made absolute against its flow's folder."""
    update = {
        name: str(base / value)
        for name in node.location_fields()
        if isinstance(value := getattr(node, name), str) and "://" not in value
    }
    return node.model_copy(update=update) if update else node


def run_items(
    state: State, store: Store, node: GraphNode, task: Task, inputs: Inputs[Any]
) -> Mapping[str, Any]:
    """Process a task's items and finish it."""
    fingerprint = state.plan.fingerprints.get(node.id) or "unkept"
    ledger = Ledger(store.items(node.id, fingerprint))
    if fingerprint == "unkept" or state.plan.options.force:
        shutil.rmtree(ledger.folder)
        ledger.folder.mkdir()
    items = expect_all(task.items(inputs), Item, "items()")
    _distinct(items)
    covers = state.plan.covers.get(node.id, {})
    with _kept(node, ledger):
        write_about(ledger.folder, covers)
    results = {i.key: r for i in items if (r := ledger.result(i)) is not None}
    cached, bad = len(results), 0
    left = [i for i in items if i.key not in results]
    state.emit(Progress(node.id, cached, len(items), cached))
    for item, outcome in _processed(task, left, ledger, state.plan.options.jobs):
        if isinstance(outcome, _NoRoom):
            raise _no_room(node, ledger, outcome.errno)
        if isinstance(outcome, _Done):
            with _kept(node, ledger):
                ledger.record(item, outcome.result)
            results[item.key] = outcome.result
            for warning in outcome.warnings:
                _warn(state, node, f"{item.key}: {warning}")
        else:
            bad += 1
            _warn(state, node, f"{item.key}: {outcome}")
        state.emit(Progress(node.id, len(results) + bad, len(items), cached, bad))
    with _kept(node, ledger):
        write_about(ledger.folder, covers, len(items), len(results))
    if bad > task.max_bad_items:
        raise NodeFailedError(
            node.id,
            Diagnostic(
                "WF606",
                f"{bad} of {len(items)} items {_are(bad)} bad, and max_bad_items is {task.max_bad_items}",
                node.spec.where,
                node=node.id,
                hint="mend or remove them, or raise max_bad_items; the good ones are kept",
            ),
        )
    return task.finish(replace(results[i.key], payload=i.payload) for i in items if i.key in results)


@contextlib.contextmanager
def _kept(node: GraphNode, ledger: Ledger) -> Iterator[None]:
    """Put down to the node, with the place, what cannot be written of its ledger."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise _no_room(node, ledger, error.errno) from error
        reason = (error.strerror or type(error).__name__).lower()
        text = f"cannot keep what was done in {display_name(ledger.folder)}: {reason}"
        hint = "keep it in another folder: --store DIR"
        raise NodeFailedError(
            node.id, Diagnostic("WF704", text, node.spec.where, node=node.id, hint=hint)
        ) from error


def _no_room(node: GraphNode, ledger: Ledger, number: int) -> NodeFailedError:
    text = f"cannot keep what was done in {display_name(ledger.folder)}: {FULL[number]}"
    hint = f"{make_room(number)}, or use another disk with --store; the items that were done are kept"
    return NodeFailedError(node.id, Diagnostic("WF605", text, node.spec.where, node=node.id, hint=hint))


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _warn(state: State, node: GraphNode, text: str) -> None:
    state.emit(Warned(node.id, Diagnostic("WF606", text, node=node.id, severity=Severity.WARNING)))


def _distinct(items: list[Item]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.key in seen:
            raise NodeError(f"two items have the key '{item.key}'", hint="keys of items must be distinct")
        seen.add(item.key)


def _processed(
    task: Task, items: list[Item], ledger: Ledger, jobs: int
) -> Iterator[tuple[Item, _Done | _NoRoom | str]]:
    """Each item with what became of it, as they finish: done, or the reason why it is bad."""
    workers = min(jobs or os.cpu_count() or 1, len(items))
    if workers == 1:
        for item in items:
            yield item, _process(task, item, ledger.place(item))
        return
    tries = dict.fromkeys((i.key for i in items), 0)
    waiting = list(items)
    while waiting:
        # after a worker died, one item at a time, so that only the guilty one is tried too often
        at_once = 1 if any(tries[i.key] for i in waiting) else workers
        broken: list[Item] = []
        with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn")) as pool:
            queue, running = iter(waiting), dict[Future[_Done | _NoRoom | str], Item]()
            waiting = []
            while True:
                for item in islice(queue, 2 * at_once - len(running)):
                    try:
                        running[pool.submit(_process, task, item, ledger.place(item))] = item
                    except BrokenProcessPool:
                        waiting.append(item)
                if not running:
                    waiting += queue
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    item = running.pop(future)
                    try:
                        yield item, future.result()
                    except BrokenProcessPool:
                        broken.append(item)
        alone = len(broken) == 1
        for item in broken:
            tries[item.key] += 1
            if alone and tries[item.key] >= TRIES:
                yield item, "its worker process died (out of memory, or a crash in a library)"
            else:
                waiting.append(item)


def _process(task: Task, item: Item, place: Path) -> _Done | _NoRoom | str:
    """Work on one item, in a worker process; its folder appears whole or not at all."""
    warnings: list[str] = []
    try:
        with publish(place) as folder, Children() as children:
            folder.mkdir()
            given: Any = task.process(item, ItemOutput(folder, warnings.append, children.spawn))
            result = expect(given, ItemResult, "process()")
            if not any(folder.iterdir()):
                folder.rmdir()
                raise _NothingMadeError(result)  # noqa: TRY301 - so that nothing is published
        return _Done(ItemResult(item.key, result.facts, place), tuple(warnings))
    except _NothingMadeError as nothing:
        return _Done(ItemResult(item.key, nothing.result.facts), tuple(warnings))
    except NodeError as error:
        return error.message
    except WrongResultError as error:
        return str(error)
    except OSError as error:
        if error.errno in FULL:
            return _NoRoom(error.errno)
        return error.strerror or type(error).__name__
    except Exception as error:  # noqa: BLE001 - one bad item never takes the rest along
        return f"{type(error).__name__} while it was processed"


class _NothingMadeError(Exception):
    """An item that made no files has no folder."""

    def __init__(self, result: ItemResult) -> None:
        super().__init__()
        self.result = result
