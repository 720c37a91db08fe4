"""The verbs and what they have in common. Listing them imports none of them."""

from __future__ import annotations

from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click

from weirflow.errors import did_you_mean

if TYPE_CHECKING:
    from weirflow.cli.terminal import Terminal

VERBS: dict[str, str] = {
    "run": "Run a flow.",
    "check": "Check flows for mistakes, without their data.",
    "plan": "Show what a run would do, and why.",
    "graph": "Draw a flow.",
    "preview": "Show the first rows of a node's table.",
    "test": "Run the tests of flows.",
    "serve": "Start a service of a flow, and let it answer.",
    "nodes": "List the operators, or document one.",
    "plugins": "List the plugins, those that failed too.",
    "schema": "Write JSON Schemas of flows and operators, for editors.",
    "export": "Write a flow as code that needs no weirflow.",
    "import": "Write another program's flow as a flow file.",
    "diff": "Show what a change of a flow means, node by node.",
    "fmt": "Lay flows out in one way, comments kept.",
    "new": "Begin a flow, a plugin or a node with one that works.",
    "explain": "Explain a code such as WF203.",
}
"""Each verb is the command of that name in the module of that name, `import_` for one that Python has a use for."""


class LazyGroup(click.Group):
    """A group that knows its verbs' names and one-line helps, and imports a verb when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which they are usually met."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb; None where there is none of that name."""
        del ctx
        if cmd_name not in VERBS:
            return None
        return _imported(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb. Raises UsageError with a suggestion."""
        name = args[0]
        if not name.startswith("-") and name not in VERBS:
            hint = did_you_mean(name, VERBS) or f"there are {', '.join(VERBS)}"
            ctx.fail(f"no verb '{name}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from their one-line helps."""
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


class Verb(click.Command):
    """A verb: a command with the options that all of them have."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params += [
            _switch("-q", "--quiet", help="Say nothing but what is wrong."),
            _switch("-v", "--verbose", help="Say more; show tracebacks."),
            _switch("--no-color", help="No colours, as with NO_COLOR set."),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. An option that other verbs have is told apart from a slip."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            having = [v for v in VERBS if error.option_name in _options(v)]
            if not having:
                raise
            raise click.UsageError(
                f"No such option '{error.option_name}'. Verbs that have it: {', '.join(having)}.", ctx
            ) from None


def _options(verb: str) -> set[str]:
    return {o for p in _imported(verb).params for o in p.opts}


def _imported(verb: str) -> click.Command:
    name = f"{verb}_" if iskeyword(verb) else verb
    command = getattr(import_module(f"weirflow.cli.{name}"), name)
    assert isinstance(command, click.Command)
    return command


def _switch(*names: str, help: str) -> click.Option:  # noqa: A002 - click's own word
    return click.Option(names, is_flag=True, expose_value=False, callback=_set, help=help)


def _set(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    terminal: Terminal | None = ctx.obj
    if value and terminal is not None and parameter.name is not None:
        setattr(terminal, parameter.name, True)


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"weirflow {version('weirflow')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    subcommand_metavar="VERB ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 ran and failed, 2 usage, 3 invalid flow, 4 missing plugin or extra, "
    "5 nothing selected, 70 a bug in weirflow, 130 interrupted, 143 terminated.",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version."
)
def app() -> None:
    """Load, check, plan, run and export .flow graphs, without a screen."""
