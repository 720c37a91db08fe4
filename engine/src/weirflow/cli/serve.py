"""`weirflow serve`: start a service of a flow."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, flow_argument, open_project, store, values
from weirflow.cli.terminal import Terminal


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@click.argument("node", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; a free one by default.")
@click.option("--allow-code", is_flag=True, help="Run Python code that the flow brings.")
@values
@store
@click.pass_obj
def serve(
    terminal: Terminal,
    flow: Path,
    node: str | None,
    host: str,
    port: int,
    allow_code: bool,  # noqa: FBT001 - click's signature
    parameters: Pairs,
    overrides: Pairs,
    store: Path | None,
) -> None:
    """Carry out what a service needs, and let it answer until Ctrl-C. NODE names one of several services."""
    from weirflow.engines.base import engine
    from weirflow.plan.model import Options
    from weirflow.project.preview import service_of
    from weirflow.run.coordinate import refuse_code
    from weirflow.run.serve import serve as answer

    project = open_project(terminal, flow, parameters, overrides, store)
    name = service_of(project.graph, node)
    plan = project.plan(Options(select=(name,), report="none", allow_code=allow_code))
    refuse_code(plan, terminal.command(add=["--allow-code"]))
    with project.store.lock():
        answer(
            plan,
            name,
            engine(plan.options.engine),
            project.store,
            project.store.temporary(),
            host=host,
            port=port,
            ready=lambda url: terminal.out(f"{name}: {url}"),
            stopping=threading.Event(),
        )
