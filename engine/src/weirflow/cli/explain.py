"""`weirflow explain`: what a code means, offline."""

from __future__ import annotations

import re
import textwrap

import click

from weirflow import catalogue
from weirflow.cli.app import Verb
from weirflow.cli.options import HELP
from weirflow.cli.terminal import Terminal
from weirflow.errors import did_you_mean

_WIDTH = 100


@click.command(cls=Verb, context_settings=HELP)
@click.argument("code", required=False)
@click.pass_obj
def explain(terminal: Terminal, code: str | None) -> None:
    """Explain the code of a message, such as WF203; without one, list them all."""
    if code is None:
        for known, title in catalogue.TITLES.items():
            terminal.out(f"{terminal.paint(known, 'bold', stream='stdout')}  {title}")
        return
    wanted = re.sub(r"^(wf)?(?=\d)", "WF", code.strip().strip("[]"), flags=re.IGNORECASE).upper()
    if wanted not in catalogue.TITLES:
        hint = did_you_mean(wanted, catalogue.TITLES) or "`weirflow explain` lists them all"
        raise click.UsageError(f"there is no code '{code}'; {hint}")
    terminal.out(terminal.paint(f"{wanted}: {catalogue.TITLES[wanted]}", "bold", stream="stdout"))
    terminal.out("\n" + textwrap.fill(catalogue.EXPLANATIONS[wanted], _WIDTH, break_on_hyphens=False))
