"""Flow + registry -> Graph. All problems are found in one go, consequences left out."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from weirflow.errors import Diagnostic, MissingError, Severity, Where, did_you_mean
from weirflow.graph.boundary import FlowInput, FlowOutput, ports_of
from weirflow.graph.model import Edge, Graph, GraphNode
from weirflow.graph.values import make_node
from weirflow.node.deprecation import deprecated_parameters
from weirflow.node.model import Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from weirflow.flow.model import Flow, InputSpec, NodeSpec
    from weirflow.node.payloads import Port
    from weirflow.plugins.hookspecs import NodeReference


class Operators(Protocol):
    """What the graph needs of a registry."""

    def find(self, operator: str, version: int | None) -> NodeReference | Diagnostic:
        """The reference of an operator, or what is wrong with its name."""
        ...

    def node_class(self, reference: NodeReference, *, to_read: bool = False) -> type[Node]:
        """Import the class; `to_read`, also where it lacks libraries to run with. Raises MissingError."""
        ...

    def upgrade(
        self, operator: str, version: int, parameters: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any]]:
        """Bring parameters written for an old version to one that has a class."""
        ...


@dataclass(frozen=True)
class Built:
    """The graph, as far as it could be made, and what is wrong with the flow."""

    graph: Graph
    diagnostics: tuple[Diagnostic, ...]


def build(
    flow: Flow, operators: Operators, versions: Mapping[str, int] | None = None, *, to_read: bool = False
) -> Built:
    """Make the graph of a flow. `versions` are those recorded with trained parameters, by node id.

    Where nothing is to be run, `to_read`, nodes that lack optional libraries are warned of and stand in the graph.
    """
    return _Builder(flow, operators, versions or {}, to_read=to_read).build()


def with_article(port_type: str) -> str:
    """A type of port with its article: a table, an index, and files without one."""
    if port_type.endswith("s"):
        return port_type
    return f"{'an' if port_type[0] in 'aeiou' else 'a'} {port_type}"


_BOUNDARY: Mapping[str, type[Node]] = {c.operator: c for c in (FlowInput, FlowOutput)}


def _deprecations(spec: NodeSpec, reference: NodeReference, cls: type[Node]) -> Iterator[Diagnostic]:
    """Warnings of what a node uses that goes in a later version."""
    if reference.deprecated:
        yield Diagnostic(
            "WF506",
            f"operator '{reference.reference}' is deprecated: {reference.deprecated}",
            Where(spec.where.file, (*spec.where.path, "operator")),
            node=spec.id,
            severity=Severity.WARNING,
        )
    for name, text in deprecated_parameters(cls).items():
        if name in spec.parameters:
            yield Diagnostic(
                "WF506",
                f"'{name}' of {spec.operator} is deprecated: {text}",
                Where(spec.where.file, (*spec.where.path, "parameters", name), key=True),
                node=spec.id,
                severity=Severity.WARNING,
            )


class _Builder:
    def __init__(
        self, flow: Flow, operators: Operators, versions: Mapping[str, int], *, to_read: bool
    ) -> None:
        self.flow = flow
        self.to_read = to_read
        self.operators = operators
        self.versions = versions
        self.found: list[Diagnostic] = []
        self.nodes: dict[str, GraphNode] = {}
        self.places = {spec.id: i for i, spec in enumerate(flow.nodes)}
        self.lacking: set[str] = set()  # ids whose libraries are not installed
        self.broken: set[str] = set()  # ids that stand in the flow but could not be made

    def build(self) -> Built:
        if not self.flow.nodes:
            where = Where(self.flow.display, ("nodes",))
            self.found.append(
                Diagnostic("WF202", "the flow has no nodes", where, hint="write one under 'nodes:'")
            )
        for spec in self.flow.nodes:
            self._make(spec)
        bound = {id_: self._bind(node.spec) for id_, node in self.nodes.items()}
        ordered = self._order(bound)
        return Built(Graph(self.flow, ordered), tuple(self.found))

    def _make(self, spec: NodeSpec) -> None:
        boundary = _BOUNDARY.get(spec.operator)
        parameters: Mapping[str, Any] = spec.parameters
        cls: type[Node]
        if boundary is not None:
            cls = boundary
        else:
            version = spec.version or self.versions.get(spec.id)
            if version is not None:
                version, parameters = self.operators.upgrade(spec.operator, version, parameters)
            reference = self.operators.find(spec.operator, version)
            where = Where(spec.where.file, (*spec.where.path, "operator"))
            if isinstance(reference, Diagnostic):
                self._broken(spec, replace(reference, where=where, node=spec.id))
                return
            try:
                cls = self._class(reference, where, spec.id)
            except MissingError as error:
                self._broken(spec, *(replace(d, where=where, node=spec.id) for d in error.diagnostics))
                return
            self.found += _deprecations(spec, reference, cls)
        if "seed" in cls.model_fields and "seed" not in parameters:
            # randomness comes from the flow unless a node says otherwise
            parameters = {**parameters, "seed": self.flow.seed if spec.seed is None else spec.seed}
        node, problems = make_node(cls, spec, parameters)
        if node is None:
            self._broken(spec, *problems)
            return
        if (obstacle := node.obstacle()) is not None:
            self.found.append(
                Diagnostic("WF617", obstacle, spec.where, node=spec.id, severity=Severity.WARNING)
            )
        inputs, outputs = (
            ports_of(node) if isinstance(node, (FlowInput, FlowOutput)) else (cls.inputs, cls.outputs)
        )
        lacking = spec.id in self.lacking
        self.nodes[spec.id] = GraphNode(spec, node, (), inputs, outputs, lacking=lacking)

    def _class(self, reference: NodeReference, where: Where, node: str) -> type[Node]:
        try:
            return self.operators.node_class(reference)
        except MissingError as error:
            if not self.to_read:
                raise
            cls = self.operators.node_class(reference, to_read=True)
            self.lacking.add(node)
            self.found += (
                replace(d, where=where, node=node, severity=Severity.WARNING) for d in error.diagnostics
            )
            return cls

    def _broken(self, spec: NodeSpec, *problems: Diagnostic) -> None:
        self.broken.add(spec.id)
        self.found += problems

    def _bind(self, spec: NodeSpec) -> tuple[Edge, ...]:
        """Match what the flow says of a node's inputs with the ports it has."""
        ports = self.nodes[spec.id].input_ports
        wanted = spec.inputs
        if self.nodes[spec.id].is_entrance:
            return ()  # right by itself; a plan will say that nothing feeds it
        if wanted is None:
            return self._implied(spec, ports)
        edges: list[Edge] = []
        free = list(ports)
        for entry in wanted:
            port = self._port(spec, entry, ports, free)
            if port is not None:
                edge = self._edge(spec, entry, port, len(edges))
                edges += [edge] if edge else []
        unbound = [p for p in free if not p.optional and not p.many]
        if unbound and len(wanted) < len(ports):
            self._unconnected(spec, unbound)
        return tuple(edges)

    def _port(self, spec: NodeSpec, entry: InputSpec, ports: Sequence[Port], free: list[Port]) -> Port | None:
        if entry.port is None:
            port = next(iter(free), None)
        else:
            port = next((p for p in free if p.name == entry.port), None)
            if port is None and entry.port not in {p.name for p in ports}:
                names = [p.name for p in ports]
                self.found.append(
                    Diagnostic(
                        "WF304",
                        f"{spec.operator} has no input '{entry.port}'",
                        Where(entry.where.file, entry.where.path, key=True),
                        node=spec.id,
                        hint=did_you_mean(entry.port, names) or f"its inputs: {', '.join(names) or 'none'}",
                    )
                )
                return None
        if port is None:
            takes = f"{len(ports)} input{'s' if len(ports) != 1 else ''}" if ports else "no input"
            self.found.append(
                Diagnostic(
                    "WF307",
                    f"{spec.operator} takes {takes}, and is given '{entry.node}'{' too' if ports else ''}",
                    entry.where,
                    node=spec.id,
                    hint="take it away" if ports else "remove `inputs`: the node reads its own data",
                )
            )
            return None
        if not port.many:
            free.remove(port)
        return port

    def _edge(self, spec: NodeSpec, entry: InputSpec, port: Port, position: int) -> Edge | None:
        if entry.node in self.broken:
            return None
        source = self.nodes.get(entry.node)
        if source is None:
            self.found.append(
                Diagnostic(
                    "WF302",
                    f"there is no node '{entry.node}'",
                    entry.where,
                    node=spec.id,
                    hint=did_you_mean(entry.node, {*self.nodes, *self.broken} - {spec.id}),
                )
            )
            return None
        outputs = source.output_ports
        if entry.output is None:
            output = next((o for o in outputs if o.type == port.type), next(iter(outputs), None))
        else:
            output = next((o for o in outputs if o.name == entry.output), None)
        if output is None:
            names = [o.name for o in outputs]
            text = f"'{entry.node}' has no output" + (f" '{entry.output}'" if entry.output else "")
            hint = did_you_mean(entry.output or "", names) or f"its outputs: {', '.join(names) or 'none'}"
            if names == ["default"]:
                hint = f"it has one output: write '{entry.node}'"
            self.found.append(Diagnostic("WF304", text, entry.where, node=spec.id, hint=hint))
            return None
        if output.type != port.type:
            given, taken = with_article(output.type), with_article(port.type)
            self.found.append(
                Diagnostic(
                    "WF305",
                    f"'{entry.node}' gives {given}, and {spec.operator} takes {taken}",
                    entry.where,
                    node=spec.id,
                    hint=f"connect it to a node that gives {taken}",
                )
            )
            return None
        return Edge(entry.node, output.name, spec.id, port.name, position, port.type)

    def _implied(self, spec: NodeSpec, ports: Sequence[Port]) -> tuple[Edge, ...]:
        """No `inputs`: the nearest node above, in the same flow, with an output of the wanted type."""
        required = [p for p in ports if not p.optional and not p.many]
        if not required:
            return ()
        if len(required) > 1:
            self._unconnected(spec, required)
            return ()
        scope = spec.scope[:-1] if spec.operator == "flow.input" else spec.scope
        for candidate in reversed(self.flow.nodes[: self.places[spec.id]]):
            if candidate.scope != scope:
                continue
            if candidate.id in self.broken:
                return ()  # it may have been meant: its own error says enough
            output = next(
                (o for o in self.nodes[candidate.id].output_ports if o.type == required[0].type), None
            )
            if output is not None:
                return (Edge(candidate.id, output.name, spec.id, required[0].name, 0, output.type),)
        self._unconnected(spec, required)
        return ()

    def _unconnected(self, spec: NodeSpec, ports: Sequence[Port]) -> None:
        names = ", ".join(f"'{p.name}' ({p.type})" for p in ports)
        one = len(ports) == 1
        needs = f"its input{'' if one else 's'} {names}"
        if one and ports[0].name == "default":
            needs = f"an input of type {ports[0].type}, and nothing feeds it"
        self.found.append(
            Diagnostic(
                "WF306",
                f"{spec.operator} needs {needs}",
                spec.where,
                node=spec.id,
                hint="say which node feeds it: `inputs: node`"
                if one
                else "say which nodes feed it: `inputs: {" + ", ".join(f"{p.name}: …" for p in ports) + "}`",
            )
        )

    def _order(self, bound: Mapping[str, tuple[Edge, ...]]) -> dict[str, GraphNode]:
        """Sort topologically, keeping the flow's order where that is free; a circle is named whole."""
        waiting = {n: {e.source for e in edges} for n, edges in bound.items()}
        feeds: dict[str, list[str]] = {n: [] for n in bound}
        for target, sources in waiting.items():
            for source in sources:
                feeds[source].append(target)
        names = list(bound)
        place = {n: i for i, n in enumerate(names)}
        ready = [place[n] for n, sources in waiting.items() if not sources]
        ordered: dict[str, None] = {}
        while ready:
            node = names[heapq.heappop(ready)]
            ordered[node] = None
            for target in feeds[node]:
                if node in waiting[target]:
                    waiting[target].discard(node)
                    if not waiting[target]:
                        heapq.heappush(ready, place[target])
        left = [n for n in bound if n not in ordered]
        if left:
            self._circle(left, waiting)
        return {n: replace(self.nodes[n], inputs=bound[n]) for n in ordered}

    def _circle(self, left: Sequence[str], waiting: Mapping[str, set[str]]) -> None:
        node, chain = left[0], []
        while node not in chain:
            chain.append(node)
            node = min(waiting[node] & set(left), key=left.index)
        circle = [*reversed(chain[chain.index(node) :])]
        start = circle.index(min(circle, key=left.index))
        circle = circle[start:] + circle[:start]
        specs = {s.id: s for s in self.flow.nodes}
        text = " -> ".join([*circle, circle[0]])
        self.found.append(
            Diagnostic(
                "WF303",
                f"nodes feed one another in a circle: {text}",
                specs[circle[0]].where,
                node=circle[0],
                hint="take one of these inputs away",
                also=tuple((specs[n].where, "in the circle") for n in circle[1:4]),
            )
        )
