"""`weirflow graph`: a flow as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, flow_argument, open_project, selection, values
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import Severity

if TYPE_CHECKING:
    from weirflow.graph.draw import Drawing
    from weirflow.graph.model import Edge, Graph

_ENDINGS = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".txt": "text",
    "": "text",
}


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg", "html"]),
    help="What to draw; by default what the ending of -o says, else text.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@selection
@values
@click.pass_obj
def graph(
    terminal: Terminal,
    flow: Path,
    form: str | None,
    output: Path | None,
    select: tuple[str, ...],
    parameters: Pairs,
    overrides: Pairs,
) -> None:
    """Draw a flow: in the terminal, as Mermaid source, as an SVG picture or as a page.

    Its data need not be there, and nothing of it is executed.
    """
    from weirflow.graph import draw

    form = form or _form(output)
    project = open_project(terminal, flow, parameters, overrides, to_read=True)
    drawing, title = drawn(project.graph, select), project.graph.flow.name
    terminal.show([d for d in project.diagnose() if d.severity is Severity.WARNING])
    match form:
        case "mermaid":
            text = draw.as_mermaid(drawing)
        case "svg":
            text = draw.as_svg(drawing, title=title)
        case "html":
            text = draw.as_html(drawing, title)
        case _:
            text = draw.as_text(drawing)
    if output is None:
        terminal.out(text.rstrip("\n"))
        return
    from weirflow.run.store import write_text

    write_text(output, text)
    terminal.say(f"wrote {near(output)}")


def _form(output: Path | None) -> str:
    """What the ending of a file asks for; text for the terminal. Raises UsageError on one that nothing is drawn for."""
    ending = output.suffix if output is not None else ""
    if ending.lower() not in _ENDINGS:
        endings = ", ".join(e for e in _ENDINGS if e)
        raise click.UsageError(
            f"nothing is drawn as '{ending}'; end the file's name in one of {endings}, or give --format"
        )
    return _ENDINGS[ending.lower()]


def drawn(graph: Graph, select: tuple[str, ...] = ()) -> Drawing:
    """The picture of a graph, or of the selected nodes, without any run. Raises SelectionError."""
    from weirflow.graph.draw import Drawing, DrawnEdge, DrawnNode
    from weirflow.plan.make import targets

    ids = targets(graph, select)
    found = [n for n in graph if n.id in ids]
    nodes = tuple(DrawnNode(n.id, n.spec.operator, n.kind, label=n.spec.title) for n in found)
    edges = tuple(
        DrawnEdge(e.source, e.target, _ports(graph, e)) for n in found for e in n.inputs if e.source in ids
    )
    return Drawing(nodes, edges)


def _ports(graph: Graph, edge: Edge) -> str:
    """The ports of an edge, where there are several to tell apart."""
    leaves = edge.output if len(graph[edge.source].output_ports) > 1 else ""
    enters = edge.input if len(graph[edge.target].input_ports) > 1 else ""
    return " → ".join(p for p in (leaves, enters) if p)
