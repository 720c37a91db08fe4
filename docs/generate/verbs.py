"""docs/reference/verbs.md: every verb with its usage, what it does, and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from prose import code, prose, table
from weirflow.cli.app import VERBS, Verb, app
from weirflow.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = """\
# Verbs

`weirflow VERB ...`. Results go to standard output, words for people to standard error; [exit codes](exit-codes.md) are
the same for all. `weirflow VERB --help` shows one of these entries.
"""


def page() -> str:
    """The page."""
    context = click.Context(app, info_name="weirflow", obj=Terminal(), **app.context_settings)
    shared = {o for p in Verb("any").params for o in p.opts} | {"-h", "--help"}
    common = [*Verb("any").params, _help_option(context)]
    parts = [
        _HEAD,
        "All of them take these, which are not repeated below; `weirflow --version` shows the version.\n",
        _options(context, common) + "\n",
    ]
    parts += [_verb(context, name, shared, 2) for name in VERBS]
    return "\n".join(parts).rstrip() + "\n"


def _help_option(context: click.Context) -> click.Parameter:
    option = app.get_help_option(context)
    assert option is not None
    return option


def _verb(above: click.Context, name: str, shared: set[str], level: int) -> str:
    group = above.command
    assert isinstance(group, click.Group)
    command = group.get_command(above, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=above, **command.context_settings)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    path = context.command_path.removeprefix("weirflow ")
    parts = [f"{'#' * level} {path}\n", f"```text\n{usage}\n```\n", f"{prose(command.help)}\n"]
    own = [p for p in command.params if isinstance(p, click.Option) and not shared & set(p.opts)]
    if own:
        parts.append(_options(context, own) + "\n")
    if isinstance(command, click.Group):
        parts += [_verb(context, c, shared, level + 1) for c in command.list_commands(context)]
    return "\n".join(parts)


def _options(context: click.Context, options: Sequence[click.Parameter]) -> str:
    records = [r for o in options if (r := o.get_help_record(context)) is not None]
    return table(("option", "meaning"), [(code(names), words) for names, words in records])
