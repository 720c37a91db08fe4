"""`weirflow plugins`: which plugins there are, and why some are not."""

from __future__ import annotations

from dataclasses import asdict

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, as_json
from weirflow.cli.tables import columns
from weirflow.cli.terminal import Terminal
from weirflow.errors import Severity

_STYLES = {"loaded": "green", "failed": "red", "blocked": "yellow"}


@click.command(cls=Verb, context_settings=HELP)
@as_json("The list as JSON.")
@click.pass_obj
def plugins(terminal: Terminal) -> None:
    """List the plugins that are installed, those that could not be loaded too, with the reason."""
    from weirflow.plugins.registry import Registry

    registry = Registry.load()
    if terminal.json:
        terminal.document([asdict(p) for p in registry.plugins])
        return
    rows = [("PLUGIN", "DISTRIBUTION", "VERSION", "OPERATORS", "STATUS")]
    rows += [
        (p.name, p.distribution, p.version, str(len(p.operators)) if p.operators else "", p.status)
        for p in registry.plugins
    ]
    head, *lines = columns(rows, right=frozenset({3}))
    terminal.out(terminal.paint(head, "bold", stream="stdout"))
    for plugin, line in zip(registry.plugins, lines, strict=True):
        state = terminal.paint(plugin.status, _STYLES[plugin.status], stream="stdout")
        terminal.out(line.removesuffix(plugin.status) + state)
        if plugin.error:
            terminal.out(f"  {plugin.error}")
            terminal.out(f"  found at {plugin.location}")
    failed = {f for p in registry.plugins if p.status == "failed" for f in (str(p),)}
    terminal.show(
        [
            d
            for d in registry.problems  # what failed stands in the table already
            if d.severity is Severity.WARNING and not any(d.message.startswith(f) for f in failed)
        ]
    )
