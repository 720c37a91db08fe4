"""One side of a comparison: every node of a flow as facts, those of missing plugins as they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weirflow.plan.recipe import digest, parameters, recipes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.flow.model import Flow, NodeSpec
    from weirflow.flow.written import Written
    from weirflow.graph.model import Graph, GraphNode


@dataclass(frozen=True)
class Input:
    """What feeds a port: an output of a node. It is `bound` unless the plugin of one of the two is missing.

    Then the names are as written: empty where only the plugin knows them.
    """

    port: str
    source: str
    output: str
    bound: bool = False

    def __str__(self) -> str:
        return self.source if self.output in {"", "default"} else f"{self.source}.{self.output}"


@dataclass(frozen=True)
class Facts:
    """A node as it is compared.

    `values` are its parameters, defaults included; `meaning` those of them that what it learns is bound to. Both
    are as written where the plugin is missing (`raw`). `said` are the values that differ from their defaults.
    """

    spec: NodeSpec
    operator: str
    inputs: tuple[Input, ...]
    values: Mapping[str, Any]
    meaning: Mapping[str, Any]
    said: Mapping[str, Any]
    raw: bool
    trains: bool
    seed: int

    @property
    def id(self) -> str:
        """Its id."""
        return self.spec.id


def same(old: Any, new: Any) -> bool:
    """Whether two plain values are the same; the order of keys is none of their meaning."""
    return canonical(old) == canonical(new)


def canonical(value: Any) -> str:
    """A value as text that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Side:
    """A flow, with its graph as far as its plugins are installed."""

    flow: Flow
    graph: Graph
    written: Written
    _found: dict[str, Facts] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def nodes(self) -> Mapping[str, Facts]:
        """The facts of every node, in the flow's order."""
        return {spec.id: self._facts(i, spec) for i, spec in enumerate(self.flow.nodes)}

    @cached_property
    def recipes(self) -> Mapping[str, str]:
        """The recipe of every node; below a missing plugin it covers what is written there."""
        known = recipes(self.graph)
        found: dict[str, str] = {}
        blurred: set[str] = set()
        for facts in self.ordered:
            above = [i.source for i in facts.inputs]
            if facts.raw or blurred.intersection(above):
                blurred.add(facts.id)
                fed = [(i.port, i.output, found.get(i.source, "")) for i in facts.inputs]
                found[facts.id] = digest(
                    {"operator": facts.operator, "inputs": fed, "parameters": facts.meaning}
                )
            else:
                found[facts.id] = known[facts.id]
        return found

    @cached_property
    def ordered(self) -> tuple[Facts, ...]:
        """The nodes, each after those that feed it."""
        done: dict[str, Facts] = {}
        for start in self.nodes:
            stack = [(start, False)]
            entered: set[str] = set()
            while stack:
                node, fed = stack.pop()
                if node in done or node not in self.nodes or (not fed and node in entered):
                    continue
                if fed:
                    done[node] = self.nodes[node]
                    continue
                entered.add(node)
                stack.append((node, True))
                stack += [(i.source, False) for i in self.nodes[node].inputs]
        return tuple(done.values())

    def _facts(self, place: int, spec: NodeSpec) -> Facts:
        node = self.graph.nodes.get(spec.id)
        seed = self.flow.seed if spec.seed is None else spec.seed
        if node is None:
            operator = spec.operator if spec.version is None else f"{spec.operator}@{spec.version}"
            given = dict(spec.parameters)
            inputs = self._written_inputs(place, spec)
            return Facts(spec, operator, inputs, given, given, given, raw=True, trains=False, seed=seed)
        dump = node.node.model_dump
        return Facts(
            spec,
            node.reference,
            self._inputs(place, node),
            dump(mode="json", by_alias=True),
            parameters(node.node),
            dump(mode="json", by_alias=True, exclude_defaults=True),
            raw=False,
            trains=node.kind == "estimator",
            seed=seed,
        )

    def _inputs(self, place: int, node: GraphNode) -> tuple[Input, ...]:
        """What feeds a node; the graph leaves out edges from nodes that it does not have."""
        found = [Input(e.input, e.source, e.output, bound=True) for e in node.inputs]
        if node.spec.inputs is not None:
            lost = [i for i in node.spec.inputs if i.node not in self.graph.nodes]
            found += [Input(i.port or "", i.node, i.output or "") for i in lost]
        elif not found and any(not p.optional and not p.many for p in node.input_ports):
            found += self._above(place, node.spec, missing=True)
        return tuple(found)

    def _written_inputs(self, place: int, spec: NodeSpec) -> tuple[Input, ...]:
        if spec.inputs is None:
            return self._above(place, spec, missing=False)
        return tuple(Input(i.port or "", i.node, i.output or "") for i in spec.inputs)

    def _above(self, place: int, spec: NodeSpec, *, missing: bool) -> tuple[Input, ...]:
        """The nearest node above in the same flow that may give a table; that is `missing` too, if so asked."""
        scope = spec.scope[:-1] if spec.operator == "flow.input" else spec.scope
        for candidate in reversed(self.flow.nodes[:place]):
            known = self.graph.nodes.get(candidate.id)
            fits = known is None or (not missing and any(p.type == "table" for p in known.output_ports))
            if candidate.scope == scope and fits:
                return (Input("", candidate.id, ""),)
        return ()
