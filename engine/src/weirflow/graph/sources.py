"""Put other data in the place of a flow's sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, NodeError, did_you_mean
from weirflow.graph.model import Graph
from weirflow.node.model import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from weirflow.graph.model import GraphNode


def rebound(
    graph: Graph, given: Iterable[tuple[str, str]], names: Mapping[str, Collection[str]]
) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph with sources that read other locations, each given with a name; and what is wrong with the names.

    A name is that of a node, its title, the file or the location that it reads, or one of its other `names`. Without
    one the only source is meant, or the one that is called as the file is. Where several are called so, and read the
    same, all of them are meant.
    """
    sources = {n.id: n for n in graph if isinstance(n.node, Source)}
    called = {i: {*_names(n), *names.get(i, ())} for i, n in sources.items()}
    nodes = dict(graph.nodes)
    found: list[Diagnostic] = []
    placed: set[str] = set()
    for name, location in given:
        meant = _meant(sources, called, name, location)
        if isinstance(meant, Diagnostic):
            found.append(meant)
            continue
        for node in meant:
            assert isinstance(node.node, Source)
            if node.id in placed:
                found.append(Diagnostic("WF209", f"--source: two locations are given for '{node.id}'"))
                continue
            placed.add(node.id)
            try:
                nodes[node.id] = replace(node, node=node.node.at(location), declared=node.node)
            except NodeError as error:
                text = f"--source {name}: {error.message}" if name else f"--source: {error.message}"
                found.append(Diagnostic(error.code or "WF209", text, node=node.id, hint=error.hint))
    return Graph(graph.flow, nodes), tuple(found)


def parted(text: str, graph: Graph, names: Mapping[str, Collection[str]]) -> tuple[str, str]:
    """The name and the location in a text that may be a URL alone, or a URL as a name with a location behind it."""
    urls = {
        n for node in graph if isinstance(node.node, Source) for n in (*_names(node), *names.get(node.id, ()))
    }
    name = next((u for u in sorted(urls, key=len, reverse=True) if text.startswith(f"{u}=")), None)
    return ("", text) if name is None else (name, text.removeprefix(f"{name}="))


def _names(node: GraphNode) -> tuple[str, ...]:
    """What a source may be called, besides its id."""
    assert isinstance(node.node, Source)
    location = node.node.location() or ""
    file = PurePosixPath(location).name
    return tuple(n for n in (node.spec.title, location, file, file.partition(".")[0]) if n)


def _meant(
    sources: Mapping[str, GraphNode], called: Mapping[str, Collection[str]], name: str, location: str
) -> list[GraphNode] | Diagnostic:
    if name in sources:
        return [sources[name]]
    found = [n for i, n in sources.items() if not name or name in called[i]]
    if not name and not _same(found):
        file = PurePosixPath(location).name
        found = [n for i, n in sources.items() if {file, file.partition(".")[0]} & {i, *called[i]}]
    if _same(found):
        return found
    listed = f"its sources: {', '.join(map(_shown, sources.values())) or 'none'}"
    if not name:
        message = f"--source needs a name: the flow has {len(sources)} sources"
        return Diagnostic("WF209", message, hint=f"NAME=LOCATION; {listed}")
    if found:
        message = f"--source {name}: several sources are meant: {', '.join(n.id for n in found)}"
        return Diagnostic("WF209", message, hint="name the node")
    near = did_you_mean(name, sources)
    message = f"--source {name}: there is no such source"
    return Diagnostic("WF209", message, hint=f"{near} {listed}" if near else listed)


def _same(found: list[GraphNode]) -> bool:
    """Whether there is one source, or several that read the same."""
    return len({_location(n) for n in found}) == 1


def _location(node: GraphNode) -> str:
    assert isinstance(node.node, Source)
    return node.node.location() or node.id


def _shown(node: GraphNode) -> str:
    """A source by its id, with the file that it reads where that is called otherwise."""
    file = PurePosixPath(_location(node)).name
    return node.id if file.partition(".")[0] == node.id else f"{node.id} ({file})"
