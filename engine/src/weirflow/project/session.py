"""One run from the lock to the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, RunError
from weirflow.run.coordinate import Coordinator, Interrupted, run_apart, run_here
from weirflow.run.recorder import Recorder, new_run
from weirflow.run.store import write_text
from weirflow.run.trained import refuse_unsaved, trained_path

if TYPE_CHECKING:
    from weirflow.plan.model import Plan
    from weirflow.run.apart import Worker
    from weirflow.run.coordinate import Observer
    from weirflow.run.record import RunRecord
    from weirflow.run.store import Store


def carry_out(
    plan: Plan,
    path: Path,
    store: Store,
    observers: Sequence[Observer],
    worker: Worker | None,
    lines: Callable[[], Mapping[str, int]],
) -> tuple[RunRecord, Path | None, tuple[Diagnostic, ...]]:
    """Carry out a plan under the flow's lock and keep its record; with the report's path and what failed.

    Without a worker it is carried out in this process. `lines` tells where each node stands in its file.
    """
    check_facts(plan)
    recorder = Recorder(plan, new_run())
    coordinator = Coordinator(plan, trained_path(path), [recorder, *observers])
    interrupted = False
    with store.lock() as lock:
        if any(n.action == "fit" for n in plan.nodes.values()):
            refuse_unsaved(trained_path(path))
        try:
            if worker is not None:
                run_apart(coordinator, store, worker, lock)
            else:
                run_here(coordinator, store)
        except Interrupted:
            interrupted = True
        record = recorder.record(str(path), lines(), interrupted=interrupted)
        folder = store.run_folder(record.run)
        write_text(folder / "record.json", record.model_dump_json(indent=1))
        page: Path | None = None
        if plan.options.report != "none" and not interrupted:
            from weirflow.report import render

            page = folder / "report.html"
            write_text(page, render(record))
    return record, page, (*recorder.warnings, *(d for _, d in recorder.failures))


def check_facts(plan: Plan) -> None:
    """What was announced is what happens: refuse to run if a source's file changed since it was looked at."""
    changed = [
        node
        for node, facts in plan.facts.items()
        for file in facts.files
        if file.mtime_ns and not _same(Path(file.path), file.bytes, file.mtime_ns)
    ]
    if changed:
        raise RunError(
            [
                Diagnostic(
                    "WF611",
                    f"the data of '{node}' changed after the plan was made",
                    plan.graph[node].spec.where,
                    node=node,
                    hint="plan again",
                )
                for node in dict.fromkeys(changed)
            ]
        )


def _same(path: Path, size: int, mtime_ns: int) -> bool:
    try:
        facts = path.stat()
    except OSError:
        return False
    return (facts.st_size, facts.st_mtime_ns) == (size, mtime_ns)
