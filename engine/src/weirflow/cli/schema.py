"""`weirflow schema`: JSON Schemas for editors."""

from __future__ import annotations

from pathlib import Path

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import ExitCode

_OPERATORS = "operators"


@click.command(cls=Verb, context_settings=HELP)
@click.argument("operator", required=False)
@click.option(
    "--all", "all_", is_flag=True, help="The schema of flows and that of each operator, into the folder -o."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; with --all a folder.")
@click.option(
    "--check", is_flag=True, help="Write nothing: say what would change, and end with code 1 if anything."
)
@click.pass_obj
def schema(
    terminal: Terminal,
    operator: str | None,
    all_: bool,  # noqa: FBT001 - click's signature
    output: Path | None,
    check: bool,  # noqa: FBT001
) -> int:
    """Write the JSON Schema of flow files, or of an OPERATOR's parameters.

    It knows the operators of the plugins that are installed; WEIRFLOW_PLUGINS= leaves those shipped with weirflow.
    An editor follows the first line of a flow: `# yaml-language-server: $schema=flow.schema.json`.
    """
    from weirflow.cli import json_schema
    from weirflow.cli.nodes import find
    from weirflow.plugins.registry import Registry

    if all_ and (output is None or operator is not None):
        raise click.UsageError("--all needs -o and a folder, and takes no OPERATOR")
    if check and output is None:
        raise click.UsageError("--check needs -o: what to compare with")
    registry = Registry.load()
    if all_:
        assert output is not None
        files = {output / name: text for name, text in json_schema.all_schemas(registry).items()}
        surplus = sorted(set((output / _OPERATORS).glob("*.schema.json")) - set(files))
        names = {p.name.removesuffix(".schema.json") for p in files}
        if unknown := [r.reference for r in registry.references() if r.reference not in names]:
            terminal.say(
                f"parameters not known, since the library is missing: {', '.join(unknown)}", always=True
            )
    else:
        made = (
            json_schema.operator_schema(registry, find(registry, operator))
            if operator
            else json_schema.flow_schema(registry)
        )
        if output is None:
            terminal.out(json_schema.text(made).rstrip("\n"))
            return ExitCode.DONE
        files, surplus = {output: json_schema.text(made)}, []
    stale = [path for path, text in files.items() if _read(path) != text]
    if check:
        return _compared(terminal, stale, surplus)
    _write(terminal, {p: files[p] for p in stale}, surplus)
    return ExitCode.DONE


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _compared(terminal: Terminal, stale: list[Path], surplus: list[Path]) -> int:
    for path in stale:
        terminal.say(f"{near(path)}: {'out of date' if path.exists() else 'missing'}", always=True)
    for path in surplus:
        terminal.say(f"{near(path)}: no installed plugin has this operator", always=True)
    if stale or surplus:
        command = terminal.command(without=["--check"])
        terminal.say(f"bring up to date: {command}", always=True)
        return ExitCode.FAILED
    terminal.say("up to date")
    return ExitCode.DONE


def _write(terminal: Terminal, files: dict[Path, str], surplus: list[Path]) -> None:
    from weirflow.run.store import write_text

    for path, text in files.items():
        write_text(path, text)
        terminal.say(f"wrote {near(path)}")
    for path in surplus:
        path.unlink()
        terminal.say(f"removed {near(path)}")
    if not files and not surplus:
        terminal.say("up to date")
