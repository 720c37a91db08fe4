"""`weirflow graph`: a flow as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, flow_argument, open_project, values
from weirflow.cli.terminal import Terminal, near
from weirflow.errors import Severity

if TYPE_CHECKING:
    from weirflow.graph.draw import Drawing
    from weirflow.graph.model import Edge, Graph

_ENDINGS = {".svg": "svg", ".html": "html", ".htm": "html", ".mmd": "mermaid", ".mermaid": "mermaid"}


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
@values
@click.pass_obj
def graph(
    terminal: Terminal,
    flow: Path,
    form: str | None,
    output: Path | None,
    parameters: Pairs,
    overrides: Pairs,
) -> None:
    """Draw a flow: in the terminal, as Mermaid source, as an SVG picture or as a page.

    Its data need not be there, and nothing of it is executed.
    """
    from weirflow.graph import draw

    form = form or (_ENDINGS.get(output.suffix.lower()) if output is not None else None) or "text"
    project = open_project(terminal, flow, parameters, overrides)
    drawing, title = drawn(project.graph), project.graph.flow.name
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


def drawn(graph: Graph) -> Drawing:
    """The picture of a graph, without any run."""
    from weirflow.graph.draw import Drawing, DrawnEdge, DrawnNode

    nodes = tuple(DrawnNode(n.id, n.spec.operator, n.kind, label=n.spec.title) for n in graph)
    edges = tuple(DrawnEdge(e.source, e.target, _ports(graph, e)) for n in graph for e in n.inputs)
    return Drawing(nodes, edges)


def _ports(graph: Graph, edge: Edge) -> str:
    """The ports of an edge, where there are several to tell apart."""
    leaves = edge.output if len(graph[edge.source].output_ports) > 1 else ""
    enters = edge.input if len(graph[edge.target].input_ports) > 1 else ""
    return " → ".join(p for p in (leaves, enters) if p)
