"""A graph without some of a source's columns: what comes of them alone is left out, the rest stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, FlowError, NodeError
from weirflow.graph.boundary import FlowInput
from weirflow.graph.model import Graph
from weirflow.graph.schemas import Learned
from weirflow.node.columns import Columns
from weirflow.node.model import Estimator
from weirflow.node.payloads import Inputs
from weirflow.node.schema import Schema

if TYPE_CHECKING:
    from weirflow.graph.model import Edge, GraphNode, Place
    from weirflow.graph.schemas import Flowed
    from weirflow.node.effect import Effect, Made
    from weirflow.node.model import Node


@dataclass(frozen=True)
class Lesser:
    """What is left: the graph, what its nodes have learned, and the columns gone from each output."""

    graph: Graph
    learned: Mapping[str, Learned]
    gone: Mapping[Place, frozenset[str]]


def leave_out(
    graph: Graph,
    flowed: Flowed,
    learned: Mapping[str, Learned],
    source: str,
    columns: Collection[str],
    place: Place,
) -> Lesser:
    """Leave columns of a source out of all that leads to an output.

    `flowed` holds the schemas as if the columns were there. A column made of left-out ones alone is left out
    too; a node that only makes such columns is passed over; one that treats columns each by itself goes on with
    those that are there. Raises FlowError naming every node for which that cannot be: it chooses rows by such a
    column, mixes it with others, or may read it for all that is known.
    """
    work = _Work(graph, flowed, learned, frozenset(columns))
    return work.carry_out(source, place)


class _Needed(Exception):  # noqa: N818 - no error yet: it becomes one where the column is wanted
    """A node cannot do without a column."""

    def __init__(self, columns: Collection[str], why: str) -> None:
        super().__init__(why)
        self.columns = sorted(columns)
        self.why = why


@dataclass
class _Work:
    graph: Graph
    flowed: Flowed
    learned: Mapping[str, Learned]
    columns: frozenset[str]
    gone: dict[Place, frozenset[str]] = field(default_factory=dict)
    mixed: dict[tuple[Place, str], Diagnostic] = field(default_factory=dict)
    nodes: dict[str, GraphNode] = field(default_factory=dict)
    kept: dict[str, Learned] = field(default_factory=dict)

    def carry_out(self, source: str, place: Place) -> Lesser:
        needed = self.graph.ancestors([place[0]])
        found: list[Diagnostic] = []
        for node in self.graph:
            if node.id not in needed:
                continue
            outputs = [(node.id, p.name) for p in node.output_ports if p.type == "table"]
            self.gone |= dict.fromkeys(outputs, self.columns if node.id == source else frozenset())
            self.nodes[node.id] = node
            if node.id in self.learned:
                self.kept[node.id] = self.learned[node.id]
            if node.kind == "source" or not any(self.gone[e.place] for e in self._tables(node)):
                continue
            try:
                self._take(node, outputs)
            except _Needed as error:
                found.append(self._refusal(node, error))
                fed = self.gone[self._tables(node)[0].place]
                for output in outputs:  # what follows from the refusal itself is not said again
                    self.gone[output] = fed & set(self.flowed.schemas[output].names)
        found += [d for (where, _), d in self.mixed.items() if where == place]
        if found:
            raise FlowError(list(dict.fromkeys(found)))
        return Lesser(Graph(self.graph.flow, self.nodes), self.kept, self.gone)

    def _tables(self, node: GraphNode) -> list[Edge]:
        return [e for e in node.inputs if e.type == "table"]

    def _refusal(self, node: GraphNode, error: _Needed) -> Diagnostic:
        named = ", ".join(f"'{c}'" for c in error.columns)
        return Diagnostic(
            "WF401",
            f"'{node.id}' ({node.spec.operator}) {error.why} {named}, which new data does not have",
            node.spec.where,
            node=node.id,
            hint="name an `output` before this node, or give the column",
        )

    def _take(self, node: GraphNode, outputs: list[Place]) -> None:
        """What one node does to the columns that are gone, and how it does without them."""
        lost: dict[str, frozenset[str]] = {}
        for edge in self._tables(node):  # two inputs may have one name
            lost[edge.input] = lost.get(edge.input, frozenset()) | self.gone[edge.place]
        everything = frozenset[str]().union(*lost.values())
        if node.id in self.flowed.waiting:
            raise _Needed(everything, "chooses columns by their type, and cannot tell that of")
        effects = {place: self.flowed.effects[place] for place in outputs}
        mixed: dict[tuple[Place, str], Diagnostic] = {}
        for place, effect in effects.items():
            feeding = effect.port or _first(node)
            self.gone[place] = self._gone(node, place, effect, feeding, lost, mixed)
        named = {
            c for port, c in _named(node, self.flowed.nodes[node.id]) if c in lost.get(port, frozenset())
        }
        if named:
            lesser = self._restricted(node, effects, lost)
            if lesser is None and not self._idle(node, effects):
                raise _Needed(named, "cannot do the rest of its work without")
            if lesser is None:
                lesser = replace(node, node=FlowInput())
                self.kept.pop(node.id, None)
            self.nodes[node.id] = lesser
        self.mixed |= mixed | self._inherit(node, effects)

    def _gone(
        self,
        node: GraphNode,
        place: Place,
        effect: Effect,
        feeding: str,
        lost: Mapping[str, frozenset[str]],
        mixed: dict[tuple[Place, str], Diagnostic],
    ) -> frozenset[str]:
        """The columns that an output lacks, for want of those that its inputs lack."""
        fed = lost[feeding]
        if effect.opaque:
            raise _Needed(frozenset[str]().union(*lost.values()), "may read any column, so also")
        if not effect.rows.kept:
            by = fed if effect.rows.by is None else fed & set(effect.rows.by)
            if by:
                raise _Needed(by, "chooses or orders rows by")
        if read := fed & set(effect.reads):
            raise _Needed(read, "reads")
        for of in effect.opens.values():
            if fed & set(of) and not set(of) <= fed:
                raise _Needed(fed & set(of), "makes columns of others and of")
        found = set(fed)
        for name, made in effect.makes.items():
            missing = set(made.of) & lost.get(made.port or feeding, frozenset())
            found.discard(name)
            if missing:
                found.add(name)
            if missing and missing != set(made.of):
                error = _Needed(missing, f"makes '{name}' of other columns and of")
                mixed[place, name] = self._refusal(node, error)
        schema = self.flowed.schemas[place]
        return frozenset(c for c in found if c in schema)

    def _inherit(
        self, node: GraphNode, effects: Mapping[Place, Effect]
    ) -> dict[tuple[Place, str], Diagnostic]:
        """What comes of a column that is gone for being mixed is gone for the same reason."""
        found: dict[tuple[Place, str], Diagnostic] = {}
        places = {e.input: e.place for e in self._tables(node)}
        for place, effect in effects.items():
            feeding = effect.port or _first(node)
            for name in self.gone[place]:
                made = effect.makes.get(name)
                origin = places[(made.port if made else None) or feeding]
                causes = (self.mixed.get((origin, c)) for c in (made.of if made else (name,)))
                cause = next((c for c in causes if c is not None), None)
                if cause is not None:
                    found[place, name] = cause
        return found

    def _idle(self, node: GraphNode, effects: Mapping[Place, Effect]) -> bool:
        """Whether a node does nothing to the columns that are there, the order of columns aside."""
        if len(effects) != 1 or len(self._tables(node)) != 1:
            return False
        ((place, effect),) = effects.items()
        gone, schema = self.gone[place], self.flowed.input_schema(node)
        lost = self.gone[self._tables(node)[0].place]
        return (
            effect.rows.kept
            and effect.keep is None
            and all(name in gone for name in effect.makes)
            and all(d in lost or d in effect.makes for d in effect.drops if d in schema)
            and all(set(of) <= lost for of in effect.opens.values())
        )

    def _restricted(
        self, node: GraphNode, effects: Mapping[Place, Effect], lost: Mapping[str, frozenset[str]]
    ) -> GraphNode | None:
        """The node with the columns that are there; None where it then would not do the same to them."""
        resolved = self.flowed.nodes[node.id]
        lesser = _restrict(node, resolved, lost)
        learned = self.learned.get(node.id)
        if lesser is None:
            return None
        if learned is not None:
            learned = _restrict_learned(learned, resolved, lost[_first(node)])
            if learned is None:
                return None
        inputs: Inputs[Schema] = Inputs(
            [
                (e.input, _without(self.flowed.schemas[e.place], self.gone[e.place]))
                for e in self._tables(node)
            ]
        )
        try:
            if isinstance(lesser, Estimator):
                if learned is None:
                    return None
                again = dict.fromkeys(effects, lesser.trained_effect(inputs.table, learned.trained))
            else:
                again = {(node.id, port): e for port, e in lesser.effects(inputs).items()}
        except NodeError:
            return None
        if any(not _same(effects[p], again[p], self.gone[p], inputs) for p in effects):
            return None
        if learned is not None:
            self.kept[node.id] = learned
        return replace(node, node=lesser)


def _first(node: GraphNode) -> str:
    """The name of the first table input."""
    return next(e.input for e in node.inputs if e.type == "table")


def _named(node: GraphNode, resolved: Node) -> set[tuple[str, str]]:
    """(input, column) for every column that the parameters name."""
    ports = {m.port for m in resolved.column_fields().values() if m is not None} | {None}
    return {(port or _first(node), c) for port in ports for _, c in resolved.columns_read(port)}


def _restrict(node: GraphNode, resolved: Node, lost: Mapping[str, frozenset[str]]) -> Node | None:
    """The node without the lost columns in its parameters; None where one of them cannot do without."""
    update: dict[str, Any] = {}
    for name, mark in resolved.column_fields().items():
        value = getattr(resolved, name)
        if value is None or (mark is not None and mark.new):
            continue
        gone = lost.get((mark.port if mark else None) or _first(node), frozenset())
        if isinstance(value, str):
            if value in gone:
                return None
            continue
        left = [c for c in value if c not in gone]
        if len(left) == len(value):
            continue
        if not left or _parallel(resolved, name, len(value)):
            return None
        if isinstance(value, Columns):
            update[name] = Columns(left)
        elif isinstance(value, Mapping):
            update[name] = {c: value[c] for c in left}
        else:
            update[name] = type(value)(left)
    return resolved.model_copy(update=update) if update else None


def _parallel(node: Node, name: str, length: int) -> bool:
    """Whether another parameter may go along with this list entry by entry."""
    others = (getattr(node, f) for f in type(node).model_fields if f not in {name, *node.column_fields()})
    return any(isinstance(o, (list, tuple)) and len(o) == length for o in others)


def _restrict_learned(learned: Learned, node: Node, gone: frozenset[str]) -> Learned | None:
    """What was learned of the columns that are there; None where it is not kept column by column."""
    columns = {c for _, c in node.columns_read()}
    update: dict[str, Any] = {}
    for name in type(learned.trained).model_fields:
        value = getattr(learned.trained, name)
        if isinstance(value, Mapping) and set(value) <= columns:
            update[name] = {c: v for c, v in value.items() if c not in gone}
        elif not isinstance(value, (bool, int, float, str, type(None))):
            return None
    chosen = {f: tuple(c for c in names if c not in gone) for f, names in learned.chosen.items()}
    return Learned(learned.trained.model_copy(update=update), chosen)


def _without(schema: Schema, gone: frozenset[str]) -> Schema:
    return Schema(tuple(i for i in schema.items if getattr(i, "name", None) not in gone))


def _same(full: Effect, lesser: Effect, gone: frozenset[str], inputs: Inputs[Schema]) -> bool:
    """Whether two effects do the same, of what is not gone."""

    def made(effect: Effect) -> dict[str, Made]:
        return {n: m for n, m in effect.makes.items() if n not in gone}

    def there(names: Collection[str] | None) -> set[str] | None:
        return None if names is None else {n for n in names if n in inputs[full.port or 0]}

    return (
        made(full) == dict(lesser.makes)
        and there(full.drops) == there(lesser.drops)
        and there(full.keep) == there(lesser.keep)
        and full.rows == lesser.rows
        and not lesser.opaque
        and set(lesser.opens) <= set(full.opens)
    )
