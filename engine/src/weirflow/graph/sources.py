"""Put other data in the place of a flow's sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, NodeError, did_you_mean
from weirflow.graph.model import Graph
from weirflow.node.model import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.graph.model import GraphNode


def rebound(graph: Graph, locations: Mapping[str, str]) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph with sources that read other locations, and what is wrong with their names.

    A name is that of a node or of the file that it reads; the empty name is the only source.
    """
    sources = {n.id: n for n in graph if isinstance(n.node, Source)}
    nodes = dict(graph.nodes)
    found: list[Diagnostic] = []
    for name, location in locations.items():
        node = _named(sources, name)
        if isinstance(node, Diagnostic):
            found.append(node)
            continue
        assert isinstance(node.node, Source)
        try:
            nodes[node.id] = replace(node, node=node.node.at(location), declared=node.node)
        except NodeError as error:
            text = f"--source {name}: {error.message}" if name else f"--source: {error.message}"
            found.append(Diagnostic(error.code or "WF209", text, node=node.id, hint=error.hint))
    return Graph(graph.flow, nodes), tuple(found)


def _named(sources: Mapping[str, GraphNode], name: str) -> GraphNode | Diagnostic:
    listed = f"its sources: {', '.join(sources) or 'none'}"
    if not name:
        if len(sources) == 1:
            return next(iter(sources.values()))
        return Diagnostic(
            "WF209",
            f"--source needs a name: the flow has {len(sources)} sources",
            hint=f"NAME=LOCATION; {listed}",
        )
    if name in sources:
        return sources[name]
    files = {
        n.id: PurePosixPath(n.node.location() or "").name
        for n in sources.values()
        if isinstance(n.node, Source)
    }
    same = [
        n
        for n, file in files.items()
        if name in {file, file.partition(".")[0]} or name == sources[n].spec.title
    ]
    if len(same) == 1:
        return sources[same[0]]
    if same:
        return Diagnostic(
            "WF209", f"--source {name}: several sources are meant: {', '.join(same)}", hint="name the node"
        )
    return Diagnostic(
        "WF209", f"--source {name}: there is no such source", hint=did_you_mean(name, sources) or listed
    )
