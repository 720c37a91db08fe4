"""Schemas along the edges: what each node gets and gives, as far as can be known, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, NodeError, Where, did_you_mean
from weirflow.graph.faults import fault
from weirflow.node.effect import Effect, Rows
from weirflow.node.model import Estimator, Node
from weirflow.node.payloads import Inputs
from weirflow.node.schema import Schema

if TYPE_CHECKING:
    from weirflow.errors import DocumentPath
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.node.trained import TrainedParameters


@dataclass(frozen=True)
class Learned:
    """What a node has learned: its trained parameters and the columns its selectors found.

    `upon` holds a digest of what each node had learned that the columns it asked about depend on; None where
    that was not recorded.
    """

    trained: TrainedParameters
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    upon: Mapping[str, str] | None = None


@dataclass
class Flowed:
    """The schemas of a graph.

    `nodes` holds each node with its selectors resolved where that is possible; `waiting` the ids of those
    whose selectors must wait; `effects` what each table output does; `schemas` what it looks like then.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    chosen: dict[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    effects: dict[Place, Effect] = field(default_factory=dict)
    schemas: dict[Place, Schema] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def input_schema(self, node: GraphNode) -> Schema:
        """The schema of a node's first table input; unknown for a node without one."""
        edge = next((e for e in node.inputs if e.type == "table"), None)
        return self.schemas[edge.place] if edge else Schema.unknown()


def flow_schemas(
    graph: Graph,
    sources: Mapping[str, Schema] | None = None,
    learned: Mapping[str, Learned] | None = None,
    known: Mapping[Place, Schema] | None = None,
) -> Flowed:
    """Carry schemas along all edges.

    `sources` are the schemas of the sources that have been looked at (others are unknown), `learned` what
    estimators have learned, `known` what outputs have turned out to be. Problems are reported only from what is
    known for certain.
    """
    flowed = Flowed()
    for node in graph:
        _Step(node, flowed, sources or {}, (learned or {}).get(node.id)).take()
        for port in node.output_ports:
            if known and (node.id, port.name) in known:
                place = (node.id, port.name)
                flowed.schemas[place] = flowed.schemas[place].turned_out(known[place])
    return flowed


class _Step:
    def __init__(
        self,
        node: GraphNode,
        flowed: Flowed,
        sources: Mapping[str, Schema],
        learned: Learned | None,
    ) -> None:
        self.node = node
        self.flowed = flowed
        self.sources = sources
        self.learned = learned
        self.inputs: Inputs[Schema] = Inputs(
            [(e.input, flowed.schemas[e.place]) for e in node.inputs if e.type == "table"]
        )

    def take(self) -> None:
        node, flowed = self.node, self.flowed
        if node.is_entrance:
            flowed.effects[node.id, node.output_ports[0].name] = Effect.unknown()
        if node.kind == "source" or node.is_entrance:
            flowed.nodes[node.id] = node.node
            self._give(dict.fromkeys(self._tables(), self.sources.get(node.id, Schema.unknown())))
            return
        resolved = self._resolve()
        flowed.nodes[node.id] = resolved or node.node
        effects: Mapping[str, Effect] | None = None
        if resolved is None:
            flowed.waiting.add(node.id)
            effects = dict.fromkeys(self._tables(), Effect(opaque=True, rows=Rows()))
        elif self._columns_there(resolved):
            effects = self._effects(resolved)
        if effects is None:  # wrong: say so once, and let what comes after pass
            flowed.failed.add(node.id)
            effects = dict.fromkeys(self._tables(), Effect.unknown())
        given: dict[str, Schema] = {}
        for port in self._tables():
            effect = effects.get(port, Effect.unknown())
            flowed.effects[node.id, port] = effect
            base = Schema() if not len(self.inputs) else self.inputs[effect.port or 0]
            given[port] = effect.apply(base, self.inputs)
        self._give(given)

    def _tables(self) -> list[str]:
        return [p.name for p in self.node.output_ports if p.type == "table"]

    def _give(self, schemas: Mapping[str, Schema]) -> None:
        for port, schema in schemas.items():
            self.flowed.schemas[self.node.id, port] = schema

    def _resolve(self) -> Node | None:
        """The node with its columns by name, or None while a selector must wait."""
        node = self.node.node
        fields = node.selectors()
        if not fields:
            return node
        if self.learned is not None and set(fields) <= set(self.learned.chosen):
            chosen = {f: self.learned.chosen[f] for f in fields}
        else:
            chosen = {}
            for name in fields:
                names = getattr(node, name).selector.choose(self.inputs.table)
                if names is None:
                    return None
                chosen[name] = names
        self.flowed.chosen[self.node.id] = chosen
        return node.resolve(chosen)

    def _columns_there(self, node: Node) -> bool:
        """Report the columns that parameters name and the input certainly has not."""
        good = True
        ports = {m.port for m in node.column_fields().values() if m is not None} | {None}
        for port in ports:
            if not len(self.inputs) or (port is not None and port not in self.inputs):
                continue
            schema = self.inputs[port or 0]
            for name, column in node.columns_read(port):
                if not schema.may_have(column):
                    good = False
                    self._missing(name, column, schema)
        return good

    def _missing(self, name: str, column: str, schema: Schema) -> None:
        given: Any = self.node.spec.parameters.get(name)
        path = (*self.node.spec.where.path, "parameters", name)
        if isinstance(given, list) and column in given:
            path = (*path, given.index(column))
        elif isinstance(given, dict) and column in given:
            path = (*path, column)
        hint = did_you_mean(column, schema.names)
        self.flowed.diagnostics.append(
            Diagnostic(
                "WF401",
                f"{self.node.spec.operator}: there is no column '{column}'",
                Where(self.node.spec.where.file, path, key=isinstance(given, dict)),
                node=self.node.id,
                hint=hint,
                notes=() if hint else (f"columns here: {_listed(schema.names)}",),
            )
        )

    def _effects(self, node: Node) -> Mapping[str, Effect] | None:
        try:
            return self._told(node)
        except NodeError as error:
            spec = self.node.spec
            found = Diagnostic(
                error.code or "WF402",
                f"{spec.operator}: {error.message}",
                pointed(self.node, error.message),
                node=spec.id,
                hint=error.hint,
            )
        except ImportError as error:
            if self.node.lacking:  # of which the graph has warned
                return dict.fromkeys(self._tables(), Effect.unknown())
            found = fault(error, self.node)
        except Exception as error:  # noqa: BLE001 - a plugin's mistake is no reason to stop looking at the rest
            found = fault(error, self.node)
        self.flowed.diagnostics.append(found)
        return None

    def _told(self, node: Node) -> Mapping[str, Effect]:
        if self.learned is not None and isinstance(node, Estimator):
            effect = node.trained_effect(self.inputs.table, self.learned.trained)
            return dict.fromkeys(self._tables(), effect)
        effects = node.effects(self.inputs)
        if any(not isinstance(e, Effect) for e in effects.values()):
            raise TypeError("effect gave no Effect")
        return effects


def pointed(node: GraphNode, message: str) -> Where:
    """The place of what a node's message names in quotes: a parameter, or a value or key among them.

    The parameters as a whole where it names none of them, the node where it has none.
    """
    spec = node.spec
    base = (*spec.where.path, "parameters")
    if not spec.parameters:
        return spec.where
    named = [a or b for a, b in re.findall(r"'([^']*)'|`(\w+)", message)]
    for name in named:
        if name in spec.parameters:
            return Where(spec.where.file, (*base, name), key=True)
        for path, text, key in _leaves(spec.parameters):
            if text == name:
                return Where(spec.where.file, (*base, *path), key=key)
    if "code" in spec.parameters and node.node.runs_code:
        return Where(spec.where.file, (*base, "code"), key=True)
    place = next((f for f in spec.parameters if f in node.node.location_fields()), None)
    if place is not None:
        return Where(spec.where.file, (*base, place))
    return Where(spec.where.file, base, key=True)


def _leaves(value: object, path: DocumentPath = ()) -> Iterator[tuple[DocumentPath, object, bool]]:
    """Every key and value inside parameters, with its path and whether it is a key."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key), key, True
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    else:
        yield path, value, False


def _listed(names: tuple[str, ...], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown or "none"
