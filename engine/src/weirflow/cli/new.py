"""`weirflow new`: a flow, a plugin or a node to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP
from weirflow.cli.terminal import Terminal, near

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.plugins.registry import Registry

KINDS = ("transform", "estimator", "source", "sink", "analysis", "task")


@click.group(context_settings=HELP)
def new() -> None:
    """Begin a flow, a plugin or a node with one that works. Nothing is written over."""


@new.command(cls=Verb, context_settings=HELP)
@click.argument("name")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The CSV file that it reads; its columns are looked at. By default an example is written beside it.",
)
@click.pass_obj
def flow(terminal: Terminal, name: str, data: Path | None) -> None:
    """Write NAME.flow here, over a CSV file.

    It summarises, scales and encodes columns that it finds in the file, and writes the table.
    """
    from weirflow.new.flow import new_flow

    written = new_flow(name, Path.cwd(), data, _registry())
    _tell(terminal, written)
    terminal.say(f"run it: weirflow run {name}.flow")


@new.command(cls=Verb, context_settings=HELP)
@click.argument("name")
@click.pass_obj
def plugin(terminal: Terminal, name: str) -> None:
    """Write a plugin with one node.

    It goes into the folder weirflow-NAME here, and its operators are called NAME.verb.
    """
    from weirflow.new.plugin import new_plugin

    written = new_plugin(name, Path.cwd(), _registry())
    _tell(terminal, written)
    terminal.say(f"install it: cd {near(written[0].parent)} && pip install -e '.[dev]'")


@new.command(cls=Verb, context_settings=HELP)
@click.argument("operator", metavar="FAMILY.VERB")
@click.option("--kind", type=click.Choice(KINDS), default="transform", show_default=True, help="What it is.")
@click.pass_obj
def node(terminal: Terminal, operator: str, kind: str) -> None:
    """Add a node to the plugin in this folder.

    Its module and its test are written, and it is put among the plugin's nodes.
    """
    from weirflow.new.plugin import new_node

    written, hooks = new_node(operator, kind, Path.cwd(), _registry())
    _tell(terminal, written)
    terminal.say(f"added to {near(hooks)}")
    terminal.say(f"check it: python -m pytest {near(written[-1])}")


def _registry() -> Registry:
    from weirflow.plugins.registry import Registry

    return Registry.load()


def _tell(terminal: Terminal, written: Iterable[Path]) -> None:
    for path in written:
        terminal.out(near(path))
