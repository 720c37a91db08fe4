"""`weirflow check`: what is wrong with flows, as far as can be told without running them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, as_json, open_project, values
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import (
    Diagnostic,
    ExitCode,
    SelectionError,
    Severity,
    WeirflowError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from weirflow.project import Project


@click.command(cls=Verb, context_settings=HELP)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--with-data", is_flag=True, help="Look at the sources too: their columns and types.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    help="text for people, or github for annotations of a workflow.",
)
@as_json("What was found as JSON.")
@values
@click.pass_obj
def check(
    terminal: Terminal,
    paths: tuple[Path, ...],
    with_data: bool,  # noqa: FBT001 - click's signature
    form: str,
    parameters: Pairs,
    overrides: Pairs,
) -> int:
    """Check flows for mistakes. A PATH is a flow, or a folder with flows somewhere below it.

    Nothing of a flow is executed, and no data is read unless --with-data is given.
    """
    from weirflow.plugins.registry import Registry

    registry = Registry.load()
    files = list(flows_below(paths))
    found: list[Diagnostic] = list(registry.problems)
    for file in files:
        project = open_project(terminal, file, parameters, overrides, registry=registry, to_read=True)
        found += _diagnose(project, with_data=with_data)
    found = list(dict.fromkeys(found))  # a subflow stands below a folder, and in the flow that includes it
    from weirflow.flow.show import as_json as plain

    match form:
        case _ if terminal.json:
            terminal.document({"files": len(files), "diagnostics": plain(found, terminal.sources)})
        case "github":
            for facts in plain(found, terminal.sources):
                terminal.out(_annotation(facts))
        case _:
            terminal.show(found, result=True)
            if not found:
                what = near(files[0]) if len(files) == 1 else f"{len(files)} flows"
                more = "" if with_data else " (--with-data looks at the columns of the data too)"
                terminal.say(f"{what}: nothing wrong{more}")
    return exit_code(found)


def exit_code(diagnostics: Sequence[Diagnostic]) -> ExitCode:
    """What a verb that reports these ends with."""
    from weirflow.project.opened import failure

    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    return failure(errors).exit_code if errors else ExitCode.DONE


def flows_below(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that are named, and the flows in the folders that are. Raises SelectionError."""
    for path in paths:
        if not path.is_dir():
            yield path  # whether it is there, reading it will tell
            continue
        below = sorted(p for p in path.rglob("*.flow") if p.is_file() and not _hidden(p.relative_to(path)))
        if not below:
            raise SelectionError(Diagnostic("WF101", f"there is no flow below {near(path)}"))
        yield from below


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _diagnose(project: Project, *, with_data: bool) -> list[Diagnostic]:
    from weirflow.plan.destinations import clashes

    found = list(project.diagnose())
    if any(d.severity is Severity.ERROR for d in found) or project.built is None:
        return found
    found += clashes(project.built.graph)
    if with_data and not any(n.is_entrance for n in project.built.graph):
        try:
            found += project.plan().diagnostics
        except WeirflowError as error:
            found += error.diagnostics
    return found


def _annotation(facts: dict[str, Any]) -> str:
    """A workflow command of GitHub Actions, which marks the line in a pull request."""
    level = "error" if facts["severity"] == "error" else "warning"
    places = (
        ("file", "file"),
        ("line", "line"),
        ("col", "col"),
        ("endLine", "end_line"),
        ("endColumn", "end_col"),
    )
    properties = [f"{name}={_escaped(str(facts[key]), ':,')}" for name, key in places if facts.get(key)]
    properties.append(f"title={facts['code']}")
    text = f"{facts['message']}; {facts['hint']}" if facts.get("hint") else str(facts["message"])
    return f"::{level} {','.join(properties)}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """What would end a command or a property is escaped, as the runner expects."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
