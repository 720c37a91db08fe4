"""The arguments and options that several verbs share, and how they open a flow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow.cli.terminal import Terminal
    from weirflow.plugins.registry import Registry
    from weirflow.project import Project

F = TypeVar("F", bound="Callable[..., Any]")

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Settings of every verb's context."""


Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""What `-p name=value` and `--set node.parameter=value` give."""


def pairs(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Pairs:
    """Split each at its first `=`; the value is all that follows. Raises BadParameter."""
    found = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise click.BadParameter(f"expected name=value, found '{text}'", ctx, parameter)
        found.append((name.strip(), value))
    return tuple(found)


def flow_argument(function: F) -> F:
    """The flow's file."""
    return click.argument("flow", type=click.Path(path_type=Path))(function)


def _located(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> None:
    """Keep what `--source [NAME=]LOCATION` gives for the flow that will be opened."""
    for text in given:
        name, sign, location = text.partition("=")
        if not sign or "/" in name or "://" in name:  # what is what, the flow's sources tell
            name, location = text, text
        if not location or name in ctx.obj.locations:
            raise click.BadParameter(
                f"'{text}' has no location" if not location else f"two locations for '{name}'", ctx, parameter
            )
        ctx.obj.locations[name.strip()] = location


def _sampled(ctx: click.Context, _: click.Parameter, given: str | None) -> None:
    """`--sample` is a short way of setting the parameter that imported flows have."""
    if given is not None:
        ctx.obj.parameters["sample"] = given


def values(function: F) -> F:
    """What a run puts in place of what the file says."""
    function = click.option(
        "--sample",
        type=click.Choice(["none", "as-saved"]),
        expose_value=False,
        callback=_sampled,
        help="For imported flows: whether sources are sampled as the file says. Sets the parameter 'sample'.",
    )(function)
    function = click.option(
        "--source",
        multiple=True,
        metavar="[NAME=]LOCATION",
        expose_value=False,
        callback=_located,
        help="Read a source from another file, folder or URL. The name may go where there is one. Repeatable.",
    )(function)
    function = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NODE.PARAM=VALUE",
        callback=pairs,
        help="Put a value in place of a node's parameter. Repeatable.",
    )(function)
    return click.option(
        "-p",
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME=VALUE",
        callback=pairs,
        help="Set a parameter of the flow. Repeatable.",
    )(function)


def store(function: F) -> F:
    """Where what is dear is kept."""
    return click.option(
        "--store",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep results, records and reports there instead of in .weirflow beside the flow.",
    )(function)


def selection(function: F) -> F:
    """Which nodes take part."""
    return click.option(
        "-s",
        "--select",
        multiple=True,
        metavar="NODES",
        help="Only these: id, +id (with what feeds it), id+, tag:x, operator:encode.*. Repeatable.",
    )(function)


def training(function: F) -> F:
    """Whether to fit."""
    function = click.option("--frozen", is_flag=True, help="Refuse to fit: use what was learned before.")(
        function
    )
    return click.option("--refit", is_flag=True, help="Fit anew what was learned before.")(function)


def as_json(help: str) -> Callable[[F], F]:  # noqa: A002 - click's own word
    """`--json`, which is the terminal's to know: errors heed it too."""

    def heed(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
        ctx.obj.json = value

    return click.option("--json", is_flag=True, expose_value=False, callback=heed, help=help)


def open_project(
    terminal: Terminal,
    flow: Path,
    parameters: Pairs = (),
    overrides: Pairs = (),
    store: Path | None = None,
    registry: Registry | None = None,
    *,
    to_read: bool = False,
) -> Project:
    """Open a flow for a verb; what is wrong with it is shown with its text.

    A verb that executes nothing says `to_read`: it needs none of the libraries that nodes run with.
    """
    from weirflow.project import Project

    project = Project(
        flow,
        parameters={**terminal.parameters, **dict(parameters)},
        overrides=dict(overrides),
        sources=terminal.locations,
        store=store,
        registry=registry,
        to_read=to_read,
    )
    terminal.projects.append(project)
    return project


def exclusive(**flags: bool) -> None:
    """Refuse options that contradict each other. Raises UsageError."""
    given = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} cannot be given together")
