"""`weirflow export`: a flow as code that needs no weirflow."""

from __future__ import annotations

from pathlib import Path

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, flow_argument, open_project, selection, values
from weirflow.cli.terminal import Terminal, near


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@click.option(
    "--to", type=click.Choice(["pandas"]), required=True, help="What to write: one module on pandas alone."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file; without it the code goes to standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--refit", is_flag=True, help="Write code that learns from its data, not what was learned.")
@values
@selection
@click.pass_obj
def export(
    terminal: Terminal,
    flow: Path,
    to: str,
    output: Path | None,
    force: bool,  # noqa: FBT001 - click's signature
    refit: bool,  # noqa: FBT001
    parameters: Pairs,
    overrides: Pairs,
    select: tuple[str, ...],
) -> None:
    """Write a flow as readable code: a function for each node, and the same sources and destinations.

    What was learned stands in it as constants, so the flow has to be fitted: run it once, or give --refit.
    Nothing of the flow is executed.
    """
    from weirflow.cli.plan import make
    from weirflow.export.pandas import export_pandas
    from weirflow.plan.model import Options

    del to  # there is one choice so far
    project = open_project(terminal, flow, parameters, overrides)
    text = export_pandas(make(terminal, project, Options(select=select)), learn=refit)
    if output is None:
        terminal.out(text.rstrip("\n"))
        return
    from weirflow.export.write import write_export

    write_export(text, output, force=force)
    terminal.say(f"wrote {near(output)}")
