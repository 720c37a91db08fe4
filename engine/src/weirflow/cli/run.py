"""`weirflow run`: carry a flow out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import (
    HELP,
    Pairs,
    as_json,
    exclusive,
    flow_argument,
    open_project,
    selection,
    store,
    training,
    values,
)
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import ExitCode

if TYPE_CHECKING:
    from weirflow.plan.model import Plan
    from weirflow.project import Project, RunResult
    from weirflow.run.apart import Worker
    from weirflow.run.coordinate import Observer
    from weirflow.run.events import Event


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@values
@selection
@click.option("-n", "--dry-run", is_flag=True, help="Only show the plan, as `weirflow plan` does.")
@click.option("--force", is_flag=True, help="Do again what is kept in the store.")
@training
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Use only the first N rows of each source."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Worker processes for items; by default one a core.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write files whose destination is relative into this folder, by their names.",
)
@store
@click.option("--allow-code", is_flag=True, help="Run Python code that the flow brings.")
@click.option(
    "--report",
    type=click.Choice(["full", "basic", "none"]),
    default="full",
    show_default=True,
    help="The page about the run: with sample rows, without, or not at all.",
)
@as_json("Each event as a JSON object on a line.")
@click.pass_obj
def run(
    terminal: Terminal,
    flow: Path,
    parameters: Pairs,
    overrides: Pairs,
    select: tuple[str, ...],
    dry_run: bool,  # noqa: FBT001 - click's signature
    force: bool,  # noqa: FBT001
    refit: bool,  # noqa: FBT001
    frozen: bool,  # noqa: FBT001
    limit: int | None,
    jobs: int | None,
    output: Path | None,
    store: Path | None,
    allow_code: bool,  # noqa: FBT001
    report: str,
) -> int:
    """Run a flow: fit what is not fitted, write its outputs, and a report about it.

    Paths in the flow, and those given with -p, are relative to the flow's folder.
    """
    import weirflow.run.execute  # noqa: F401 - what both processes need is loaded before they part
    from weirflow.cli.plan import make, show_plan
    from weirflow.plan.model import Options
    from weirflow.project import Project  # noqa: F401
    from weirflow.run.apart import Worker
    from weirflow.run.coordinate import refuse_code

    exclusive(refit=refit, frozen=frozen)
    # now, so that it loads the table engine while this process reads the flow
    worker = None if dry_run else click.get_current_context().with_resource(Worker())

    project = open_project(terminal, flow, parameters, overrides, store)
    options = Options(
        select=select,
        force=force,
        refit=refit,
        frozen=frozen,
        allow_code=allow_code,
        limit=limit,
        jobs=jobs or 0,
        output=output.absolute() if output is not None else None,
        report=cast("Literal['full', 'basic', 'none']", report),
    )
    plan = make(terminal, project, options, worker, absent=dry_run)
    if dry_run:
        show_plan(terminal, plan)
        return ExitCode.DONE
    refuse_code(plan, terminal.command(add=["--allow-code"]))
    return _carry_out(terminal, project, plan, worker)


def _carry_out(terminal: Terminal, project: Project, plan: Plan, worker: Worker | None) -> int:
    from weirflow.cli.progress import ProgressLines

    progress = ProgressLines(terminal, plan)
    observers: list[Observer] = [progress]
    if terminal.json:
        from weirflow.cli.lines import JsonLines
        from weirflow.cli.plan import facts

        terminal.line({"event": "planned", **facts(plan)})
        observers.append(JsonLines(terminal))

    def begun(_: Event) -> None:
        terminal.resume = terminal.command()

    try:
        result = project.run(plan=plan, observers=[begun, *observers], worker=worker)
    except BaseException:
        progress.live.end()
        terminal.show(progress.failures)  # there will be no result to tell of them
        raise
    progress.live.end()
    terminal.resume = None
    progress.finish(result.record)
    terminal.show(result.problems)
    if terminal.json:
        _last_line(terminal, project, result)
    if result.report is not None:
        terminal.say(f"report: {near(result.report)}")
    if result.ok:
        return ExitCode.DONE
    if terminal.terminated:
        terminal.say("terminated by a signal (SIGTERM)", always=True)
    # what was fitted or done is kept, so that the same command goes on where this one ended
    terminal.say(f"resume: {terminal.command(without=_begun_anew(plan, result))}", always=True)
    return ExitCode.INTERRUPTED if result.record.status == "interrupted" else ExitCode.FAILED


def _begun_anew(plan: Plan, result: RunResult) -> list[str]:
    """The options that have had their effect: again they would undo it, and earlier they must not be left out."""
    status = {n.id: n.status for n in result.record.nodes}
    fitted = all(status[n] == "done" for n, p in plan.nodes.items() if p.action == "fit")
    worked = all(status[n] in {"done", "failed"} for n, p in plan.nodes.items() if p.action == "work")
    return [o for o, over in (("--refit", fitted), ("--force", worked)) if over]


def _last_line(terminal: Terminal, project: Project, result: RunResult) -> None:
    record = result.record
    terminal.line(
        {
            "event": "finished",
            "run": record.run,
            "status": record.status,
            "seconds": record.seconds,
            "scans": record.scans,
            "peak_bytes": record.peak_bytes,
            "nodes": {n.id: n.status for n in record.nodes},
            "files": {n.id: list(n.files) for n in record.nodes if n.files},
            "record": str(project.store.run_folder(record.run) / "record.json"),
            "report": str(result.report) if result.report is not None else None,
        }
    )
