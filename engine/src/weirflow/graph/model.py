"""The graph: node instances joined by typed edges, in an order in which each comes after what feeds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from weirflow.node.model import Analysis, Estimator, Job, Node, Service, Sink, Source, Task

if TYPE_CHECKING:
    from weirflow.flow.model import Flow, NodeSpec
    from weirflow.node.payloads import Port

Kind: TypeAlias = Literal["source", "transform", "estimator", "analysis", "task", "job", "service", "sink"]
Place: TypeAlias = tuple[str, str]
"""An output: a node's id and the name of its port."""

_Step: TypeAlias = Callable[[str], Iterable[str]]

_KINDS: tuple[tuple[type[Node], Kind], ...] = (
    (Source, "source"),
    (Estimator, "estimator"),
    (Analysis, "analysis"),
    (Task, "task"),
    (Job, "job"),
    (Service, "service"),
    (Sink, "sink"),
)


def kind_of(node: Node | type[Node]) -> Kind:
    """Name the kind of a node or node class; whatever is none of the others is a transform."""
    cls = node if isinstance(node, type) else type(node)
    return next((name for base, name in _KINDS if issubclass(cls, base)), "transform")


@dataclass(frozen=True)
class Edge:
    """From an output of one node to an input of another. `position` counts the target's bound inputs."""

    source: str
    output: str
    target: str
    input: str
    position: int
    type: str

    @property
    def place(self) -> Place:
        """The output that it starts from."""
        return self.source, self.output


@dataclass(frozen=True)
class GraphNode:
    """A node of the graph: what the flow says, the instance made of it, and the edges that feed it.

    `declared` is the flow's own instance, where a run puts another source in its place. `lacking` says that libraries
    which it needs are not installed, so that it may be looked at and not run.
    """

    spec: NodeSpec
    node: Node
    inputs: tuple[Edge, ...] = ()
    input_ports: tuple[Port, ...] = ()
    output_ports: tuple[Port, ...] = ()
    declared: Node | None = None
    lacking: bool = False

    @property
    def written(self) -> Node:
        """The instance made of what the flow says: what was learned is bound to it, wherever the data lies."""
        return self.node if self.declared is None else self.declared

    @property
    def id(self) -> str:
        """Its id in the flow."""
        return self.spec.id

    @property
    def reference(self) -> str:
        """Operator and version."""
        return self.node.reference()

    @property
    def kind(self) -> Kind:
        """Which kind of node it is."""
        return kind_of(self.node)

    @property
    def is_step(self) -> bool:
        """Whether carrying it out is a deed of its own, and not a part of a lazy table."""
        return self.kind in {"task", "job", "sink"}

    @property
    def is_entrance(self) -> bool:
        """Whether it is a declared input of the flow itself, which only a flow that includes it can feed."""
        return self.spec.operator == "flow.input" and not self.spec.scope

    @property
    def asks(self) -> bool:
        """Whether it asks for statistics."""
        return self.kind in {"estimator", "analysis"}


@dataclass(frozen=True)
class Graph:
    """All nodes in topological order (the flow's own order where that is free)."""

    flow: Flow
    nodes: Mapping[str, GraphNode] = field(default_factory=dict)

    def __getitem__(self, node: str) -> GraphNode:
        return self.nodes[node]

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes.values())

    @cached_property
    def downstream(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges that leave each node."""
        leaving: dict[str, list[Edge]] = {n: [] for n in self.nodes}
        for node in self.nodes.values():
            for edge in node.inputs:
                leaving[edge.source].append(edge)
        return {n: tuple(e) for n, e in leaving.items()}

    def ancestors(self, nodes: Iterable[str]) -> frozenset[str]:
        """The nodes and all that feeds them."""
        return self._closure(nodes, lambda n: (e.source for e in self.nodes[n].inputs))

    def descendants(self, nodes: Iterable[str]) -> frozenset[str]:
        """The nodes and all that they feed."""
        return self._closure(nodes, lambda n: (e.target for e in self.downstream[n]))

    @staticmethod
    def _closure(nodes: Iterable[str], step: _Step) -> frozenset[str]:
        seen: set[str] = set()
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += step(node)
        return frozenset(seen)
