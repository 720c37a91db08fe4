"""`weirflow test`: carry out the cases of flows, and say what is not as expected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, as_json, open_project
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import Diagnostic, ExitCode, SelectionError, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.flowtests.carry_out import Outcome, Permissions
    from weirflow.flowtests.suite import Suite
    from weirflow.plugins.registry import Registry

_WORST = (ExitCode.INVALID_FLOW, ExitCode.MISSING, ExitCode.USAGE, ExitCode.FAILED)


@click.command(cls=Verb, context_settings=HELP)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "word", metavar="NAME", default="", help="Only cases whose names hold this.")
@click.option("--update", is_flag=True, help="Rewrite expectations that are not met, where they stand.")
@click.option(
    "--junit",
    "page",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the outcomes as JUnit XML too.",
)
@click.option("--record", metavar="NODE[,NODE]", help="Record a case that expects these nodes' tables.")
@click.option("--name", metavar="CASE", help="What the recorded case is called.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="How many rows of each source are recorded.",
)
@click.option("--allow-code", is_flag=True, help="Run Python code that the flows bring.")
@as_json("Each case as a JSON object on a line.")
@click.pass_obj
def test(
    terminal: Terminal,
    paths: tuple[Path, ...],
    word: str,
    update: bool,  # noqa: FBT001 - click's signature
    page: Path | None,
    record: str | None,
    name: str | None,
    rows: int,
    allow_code: bool,  # noqa: FBT001
) -> int:
    """Run the tests of flows: the cases under `tests:` in a flow, and in NAME.tests.yaml beside it.

    A PATH is a flow, or a folder with flows somewhere below it; without one it is the current folder. Only the
    nodes that a case needs run, on what it mocks. Nothing is written but below a temporary folder: neither the
    flow's outputs, nor what it has learned, nor its store.
    """
    from weirflow.flowtests.carry_out import Permissions
    from weirflow.plugins.registry import Registry

    command = terminal.command(add=["--allow-code"])
    may = Permissions(allow_code=allow_code, command=command)
    registry = Registry.load()
    if record is not None:
        return _record(terminal, paths, record, name, rows, may, registry)
    if name is not None:
        raise click.UsageError("--name goes with --record")
    suites = _suites(terminal, paths, word, registry)
    told = [_tell(terminal, suite, may) for suite in suites]
    if update:
        told = _update(terminal, told, may)
    if page is not None:
        _write_junit(page, told)
    return _finish(terminal, told)


class _Told:
    """What came of one flow's cases, each with what was said of it; `problems` kept them from being tried."""

    def __init__(self, suite: Suite, problems: Sequence[Diagnostic] = ()) -> None:
        self.suite = suite
        self.problems = list(problems)
        self.outcomes: list[tuple[Outcome, str]] = []


def _suites(terminal: Terminal, paths: Sequence[Path], word: str, registry: Registry) -> list[Suite]:
    """The flows that have tests to run. Raises SelectionError where there is no case."""
    from weirflow.cli.check import flows_below
    from weirflow.flowtests.suite import Suite

    found = []
    for file in flows_below(paths or (Path(),)):
        suite = Suite(open_project(terminal, file, registry=registry), registry, word)
        if suite.cases or _errors(suite.problems()):
            found.append(suite)
    if not found:
        if word:
            raise SelectionError(Diagnostic("WF210", f"no case's name holds '{word}'"))
        hint = "write them under 'tests:' in the flow, or in NAME.tests.yaml beside it"
        raise SelectionError(Diagnostic("WF210", "there is no test", hint=hint))
    return found


def _tell(terminal: Terminal, suite: Suite, may: Permissions) -> _Told:
    """Carry out the cases of a flow, and say what comes of each as soon as it is known."""
    told = _Told(suite, _errors(suite.problems()))
    if told.problems:
        if not terminal.json:
            terminal.show(told.problems, result=True)
        return told
    said: set[Diagnostic] = set()  # what is wrong with the flow itself is said once
    for outcome in suite.outcomes(may):
        told.outcomes.append((outcome, _details(terminal, suite, outcome, set())))
        if terminal.json:
            terminal.line({"event": "case", **_facts(terminal, suite, outcome)})
            continue
        _line(terminal, suite, outcome)
        details = _details(terminal, suite, outcome, said, color=terminal.colour("stdout"))
        if details:
            terminal.out(details)
        said |= set(outcome.invalid)
    return told


def _line(terminal: Terminal, suite: Suite, outcome: Outcome, word: str | None = None) -> None:
    word = word or ("error" if outcome.invalid else "ok" if outcome.ok else "FAILED")
    if outcome.ok and terminal.quiet and word == "ok":
        return
    style = "green" if outcome.ok else "red"
    start = terminal.paint(f"{word:<7}", style, stream="stdout")
    took = f" ({outcome.seconds:.2f} s)" if terminal.verbose else ""
    terminal.out(f"{start} {near(suite.path)}: {outcome.case.name}{took}")


def _details(
    terminal: Terminal, suite: Suite, outcome: Outcome, said: set[Diagnostic], *, color: bool = False
) -> str:
    """What is wrong with a case, with its lines, and the cells that differ."""
    from weirflow.cli.differences import table
    from weirflow.flow.show import render

    sources = {**terminal.sources, **suite.project.cases.sources}
    new = [d for d in outcome.invalid if d not in said]
    parts = [render(new, sources, color=color, counted=False).rstrip("\n")] if new else []
    for failure in (f for found in outcome.found for f in found.failures):
        parts.append(render([failure.diagnostic], sources, color=color, counted=False).rstrip("\n"))
        parts += table(failure.differences)
    return "\n".join(parts)


def _facts(terminal: Terminal, suite: Suite, outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain data."""
    from weirflow.flow.show import as_json

    sources = {**terminal.sources, **suite.project.cases.sources}
    failures = [
        {
            **as_json([failure.diagnostic], sources)[0],
            "expected_of": found.expectation.node,
            "differences": [vars(d) for d in failure.differences],
        }
        for found in outcome.found
        for failure in found.failures
    ]
    return {
        "flow": near(suite.path),
        "case": outcome.case.name,
        "status": "invalid" if outcome.invalid else "passed" if outcome.ok else "failed",
        "seconds": round(outcome.seconds, 3),
        "failures": failures,
        "diagnostics": as_json(outcome.invalid, sources),
    }


def _update(terminal: Terminal, told: Sequence[_Told], may: Permissions) -> list[_Told]:
    """Rewrite what is not met, and carry out again the cases of the flows whose files changed."""
    from weirflow.flow.cases import cases_path
    from weirflow.flowtests.suite import Suite
    from weirflow.flowtests.update import renewals, rewrite

    again: list[_Told] = []
    for one in told:
        suite = one.suite
        changes = renewals([o for o, _ in one.outcomes if not o.ok])
        loaded = suite.project.loaded
        for display, edits in changes.items():
            own = loaded.flow is not None and display == loaded.flow.display
            path = suite.path if own else cases_path(suite.path)
            refused = rewrite(path, edits)
            if refused:
                terminal.say(f"{near(path)}: {len(refused)} could not be rewritten, as behind an alias")
            terminal.say(f"rewritten: {near(path)}")
        if not changes:
            again.append(one)
            continue
        failed = {o.case.name for o, _ in one.outcomes if not o.ok}
        project = open_project(terminal, suite.path, registry=suite.registry)
        renewed = Suite(project, suite.registry, suite.word)
        new = _Told(renewed, _errors(renewed.problems()))
        for outcome in renewed.outcomes(may) if not new.problems else ():
            new.outcomes.append((outcome, _details(terminal, renewed, outcome, set())))
            if outcome.case.name not in failed:
                continue
            if terminal.json:
                terminal.line({"event": "updated", **_facts(terminal, renewed, outcome)})
            else:
                _line(terminal, renewed, outcome, "updated" if outcome.ok else None)
        again.append(new)
    return again


def _record(
    terminal: Terminal,
    paths: Sequence[Path],
    nodes: str,
    name: str | None,
    rows: int,
    may: Permissions,
    registry: Registry,
) -> int:
    from weirflow.flowtests.record import record

    if name is None:
        raise click.UsageError("--record needs --name, which says what the case is about")
    if len(paths) != 1 or paths[0].is_dir():
        raise click.UsageError("--record needs one flow")
    project = open_project(terminal, paths[0], registry=registry)
    wanted = [n.strip() for n in nodes.split(",") if n.strip()]
    path = record(project, wanted, name, rows, may)
    if terminal.json:
        terminal.line({"event": "recorded", "case": name, "file": str(path)})
    terminal.say(f"recorded: '{name}' in {near(path)}")
    return ExitCode.DONE


def _write_junit(page: Path, told: Sequence[_Told]) -> None:
    from weirflow.flowtests.junit import junit
    from weirflow.run.store import write_text

    write_text(page, junit([(near(t.suite.path), t.outcomes, t.problems) for t in told]))


def _finish(terminal: Terminal, told: Sequence[_Told]) -> int:
    """Sum up, and choose what to end with."""
    from weirflow.project.opened import failure

    outcomes = [o for t in told for o, _ in t.outcomes]
    invalid = sum(bool(o.invalid) for o in outcomes)
    failed = sum(not o.ok for o in outcomes) - invalid
    unread = sum(bool(t.problems) for t in told)
    passed = len(outcomes) - failed - invalid
    if terminal.json:
        facts = {"passed": passed, "failed": failed, "invalid": invalid, "flows_not_read": unread}
        terminal.line({"event": "tested", **facts})
    parts = [
        f"{count} {word}"
        for count, word in ((passed, "passed"), (failed, "failed"), (invalid, "not carried out"))
        if count
    ]
    if unread:
        parts.append(f"the tests of {unread} flow{'s' if unread > 1 else ''} cannot be read")
    terminal.say(", ".join(parts), always=bool(failed or invalid or unread))
    codes = {o.exit_code if o.invalid else ExitCode.FAILED for o in outcomes if not o.ok}
    codes |= {failure(t.problems).exit_code for t in told if t.problems}
    return next((code for code in _WORST if code in codes), ExitCode.DONE)


def _errors(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    return [d for d in diagnostics if d.severity is Severity.ERROR]
