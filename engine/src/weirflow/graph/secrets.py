"""Secrets put into nodes, just before they are used and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from weirflow.errors import FlowError
from weirflow.flow.interpolate import reveal, secret_names
from weirflow.graph.model import Graph, GraphNode


def revealed(graph: Graph, environ: Mapping[str, str]) -> Graph:
    """The graph with secrets in place of their references. Raises FlowError where one is not set.

    What is planned, recorded, kept or exported is the graph with references: this one never leaves a run.
    """
    return replace(graph, nodes={n.id: _revealed(n, environ) for n in graph})


def references(graph: Graph, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of the secrets that a graph uses, with the reference that stands for each in what people see."""
    names = set().union(*(secret_names(n.node.model_dump(by_alias=True, exclude_unset=True)) for n in graph))
    return {environ[n]: f"${{secret:{n}}}" for n in sorted(names) if environ.get(n)}


def concealed(text: str, values: Mapping[str, str]) -> str:
    """A text with references in place of secrets' values."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, values[value])
    return text


def _revealed(node: GraphNode, environ: Mapping[str, str]) -> GraphNode:
    given = node.node.model_dump(by_alias=True, exclude_unset=True)
    try:
        plain = reveal(given, environ)
    except FlowError as error:
        raise FlowError(
            [replace(d, where=node.spec.where, node=node.id) for d in error.diagnostics]
        ) from None
    return node if plain == given else replace(node, node=type(node.node).model_validate(plain))
