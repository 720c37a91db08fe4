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

_GROUPS = {
    "WF1": "Reading a flow",
    "WF2": "Keys and values",
    "WF3": "The graph",
    "WF4": "Columns and types",
    "WF5": "Plugins",
    "WF6": "Runs",
    "WF7": "The store",
    "WF8": "Export and import",
    "WF9": "Our own mistakes",
}


@click.command(cls=Verb, context_settings=HELP)
@click.argument("code", required=False)
@click.option("--all", "all_", is_flag=True, help="Explain them all, as a page of Markdown.")
@click.pass_obj
def explain(terminal: Terminal, code: str | None, all_: bool) -> None:  # noqa: FBT001 - click's signature
    """Explain the code of a message, such as WF203; without one, list them all."""
    if all_ and code is not None:
        raise click.UsageError("--all takes no CODE")
    if all_:
        terminal.out(page().rstrip("\n"))
        return
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


def page() -> str:
    """Every code with its explanation, as Markdown: `docs/reference/errors.md`."""
    head = (
        "# Errors\n\n"
        "Every message carries a code, which never changes its meaning. `weirflow explain WF203` shows one of these\n"
        "entries; this page is what `weirflow explain --all` writes.\n"
    )
    parts, shown = [head], ""
    for code, title in catalogue.TITLES.items():
        if code[:3] != shown:
            shown = code[:3]
            parts.append(f"## {_GROUPS[shown]}\n")
        text = textwrap.fill(
            catalogue.EXPLANATIONS[code], _WIDTH, break_on_hyphens=False, break_long_words=False
        )
        parts.append(f"### {code}: {title}\n\n{text}\n")
    return "\n".join(parts)
