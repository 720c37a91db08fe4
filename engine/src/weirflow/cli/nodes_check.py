"""`weirflow nodes check`: hold a node class to the node specification."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, as_json, pairs
from weirflow.errors import Diagnostic, ExitCode, MissingError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from weirflow.cli.terminal import Terminal
    from weirflow.node.model import Node


@click.command("check", cls=Verb, context_settings=HELP)
@click.argument("target", metavar="PACKAGE:CLASS")
@click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="A parameter of the node; the value as JSON, or as text. Repeatable.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An example of its input: a Parquet or CSV file. By default a table with a column of each common type.",
)
@as_json("The findings as JSON.")
@click.pass_obj
def check(terminal: Terminal, target: str, parameters: Pairs, data: Path | None) -> int:
    """Check that a node class keeps what docs/reference/node.md says.

    Required parameters that are not given are guessed. A node that reads files is checked with a case of its own,
    from Python: see weirflow.testing.
    """
    node_class = _node_class(target)
    given = {name: _value(text) for name, text in parameters}
    try:
        from weirflow.testing.guess import guess
        from weirflow.testing.kit import check_node, checks_for
    except ImportError as error:
        raise MissingError(
            Diagnostic("WF504", f"the conformance kit needs {error.name}", hint=f"pip install {error.name}")
        ) from error
    case = guess(node_class, given, _frame(data))
    if case is None:
        raise UsageError(
            Diagnostic(
                "WF205",
                f"no parameters were found that {node_class.__name__} accepts on this table",
                hint="give them with -p name=value, and a table with --data; or check it from Python with a Case",
            )
        )
    findings = check_node(node_class, case)
    failed = {f.check for f in findings}
    checks = checks_for(node_class)
    if terminal.json:
        facts = {"node": target, "parameters": dict(case.parameters), "checks": [c.id for c in checks]}
        terminal.document({**facts, "findings": [asdict(f) for f in findings]})
        return ExitCode.FAILED if findings else ExitCode.DONE
    terminal.say(f"{node_class.__name__} with {json.dumps(dict(case.parameters), ensure_ascii=False)}")
    for c in checks:
        if c.id not in failed:
            continue
        terminal.out(terminal.paint(f"{c.clause}  {c.id}: {c.title}", "bold", stream="stdout"))
        for finding in (f for f in findings if f.check == c.id):
            terminal.out(f"    {finding.seen}")
        terminal.out(f"    to mend it: {c.mend}")
    kept = f"{len(checks) - len(failed)} of {len(checks)} checks find nothing"
    terminal.out(f"all {len(checks)} checks pass" if not findings else kept)
    return ExitCode.FAILED if findings else ExitCode.DONE


def _node_class(target: str) -> type[Node]:
    """The class that `package.module:Class` names. Raises UsageError."""
    from importlib import import_module

    from weirflow.node.model import Node

    module, colon, name = target.partition(":")
    if not colon or not module or not name:
        raise click.UsageError(f"'{target}' names no class; expected package.module:Class")
    sys.path.insert(0, str(Path.cwd()))  # a module that is being written is not installed yet
    try:
        found: Any = getattr(import_module(module), name, None)
    except ImportError as error:
        raise click.UsageError(f"'{module}' cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Node)):
        raise click.UsageError(f"'{target}' is no node class")
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _frame(path: Path | None) -> pl.DataFrame | None:
    import polars as pl

    if path is None:
        return None
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
