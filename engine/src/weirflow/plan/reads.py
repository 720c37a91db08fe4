"""How often tables are gone through: which are computed once into a copy, and how often sources are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from weirflow.graph.lineage import Lineage
from weirflow.node.model import Analysis, Estimator
from weirflow.node.statistics import Answers
from weirflow.plan.model import Copy, Scan

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.graph.schemas import Flowed
    from weirflow.node.contexts import SourceFacts

NEVER = float("inf")


class Reads:
    """Who reads what in a run of the nodes in `needed`, when each is answered in the wave that `waves` says."""

    def __init__(
        self,
        graph: Graph,
        flowed: Flowed,
        lineage: Lineage,
        needed: frozenset[str],
        waves: Mapping[str, int],
    ) -> None:
        self.graph = graph
        self.flowed = flowed
        self.lineage = lineage
        self.needed = needed
        self.waves = waves

    # ------------------------------------------------------------------ copies

    @cached_property
    def copies(self) -> tuple[Copy, ...]:
        """The tables that are computed once: where the flow says so, and where that is cheaper than again.

        Computing one column of a table costs about what writing one does, and reading it back costs little
        (measured: docs/decisions/0008). So a table with N readers is worth a copy when N - 1 computations of
        what lies between it and the nearest copy or source are at least as many columns as it has. A lone
        reader never pays, and neither do several of a table that was only read, selected or renamed.
        """
        found: dict[Place, Copy] = {}
        for place in self._places():
            node = self.graph[place[0]]
            if node.spec.cache and (_is_lazy(node) or node.is_step):
                found[place] = Copy(*place, self._readers(place), asked=True)
            elif _is_lazy(node):
                again = len(self._ways[place]) - 1
                work, width = self._work(place, found), len(self.flowed.schemas[place].items)
                if again > 0 and work and width and again * work >= width:
                    found[place] = Copy(*place, self._readers(place))
        return tuple(found.values())

    def _places(self) -> Iterator[Place]:
        for node in self.graph:
            if node.id in self.needed:
                yield from ((node.id, p.name) for p in node.output_ports if p.type == "table")

    def _below(self, place: Place) -> list[GraphNode]:
        """The nodes that take a table."""
        targets = [e.target for e in self.graph.downstream[place[0]] if e.output == place[1]]
        return [self.graph[t] for t in dict.fromkeys(targets) if t in self.needed]

    def _fed(self, place: Place) -> list[Place]:
        """The tables that an output is made of: all inputs, unless it is certainly about some alone."""
        edges = [e for e in self.graph[place[0]].inputs if e.type == "table"]
        effect = self.flowed.effects.get(place)
        if effect is not None and effect.port is not None and effect.rows.kept and not effect.opaque:
            about = {effect.port, *(m.port for m in effect.makes.values())}
            edges = [e for e in edges if e.input in about]
        return [e.place for e in edges]

    def _made_of(self, place: Place, node: GraphNode) -> list[Place]:
        """The outputs of a node that are made of one of its inputs."""
        outputs = [(node.id, p.name) for p in node.output_ports if p.type == "table"]
        return [o for o in outputs if place in self._fed(o)]

    def _reads_whole(self, node: GraphNode, place: Place) -> bool:
        """Whether a node goes through the whole of a table once it is final.

        A fit does not: it asks of few columns, and where these were made. An analysis of most columns does.
        """
        if node.is_step or node.node.holds_table:
            return True
        if node.kind != "analysis" or self.waves.get(node.id, 0) <= self._final(place):
            return False
        asked = asked_columns(node, self.flowed)
        return asked is not None and 2 * len(set(asked)) >= len(self.flowed.schemas[place].items)

    def _final(self, place: Place) -> int:
        """The wave after which a table is final; 0 where it is from the start."""
        return max((self.waves.get(b, 0) for b in self.lineage.blockers(place, None)), default=0)

    @cached_property
    def _ways(self) -> Mapping[Place, tuple[Place, ...]]:
        """For each table the ways on which it is read as a whole: readers as (id, ""), and tables made of it."""
        found: dict[Place, tuple[Place, ...]] = {}
        for place in reversed([*self._places()]):
            ways: list[Place] = []
            for node in self._below(place):
                if self._reads_whole(node, place):
                    ways.append((node.id, ""))
                elif _is_lazy(node):
                    ways += [m for m in self._made_of(place, node) if found[m]]
            found[place] = tuple(ways)
        return found

    def _readers(self, place: Place) -> tuple[str, ...]:
        """The nodes that read a table as a whole, in the order of the graph."""
        seen: set[Place] = set()
        stack = [place]
        while stack:
            ways = [w for w in self._ways[stack.pop()] if w not in seen]
            seen.update(ways)
            stack += [w for w in ways if w[1]]
        readers = {n for n, port in seen if not port}
        return tuple(n for n in self.graph.nodes if n in readers)

    def _work(self, place: Place, copied: Mapping[Place, Copy]) -> int:
        """How many columns are computed between the nearest copies or sources and a table."""
        work, seen, stack = 0, {place[0]}, [place]
        while stack:
            top = stack.pop()
            node = self.graph[top[0]]
            if not _is_lazy(node) or (top in copied and top != place):
                continue
            work += self._computed(top)
            fed = [p for p in self._fed(top) if p[0] not in seen]
            seen.update(source for source, _ in fed)
            stack += fed
        return work

    def _computed(self, place: Place) -> int:
        """How many columns one node computes: those it makes, and where rows change, all of them."""
        effect = self.flowed.effects[place]
        every = max(1, sum(len(self.flowed.schemas[p]) for p in self._fed(place)))
        if effect.opaque:
            return every
        made = sum(not m.alias for m in effect.makes.values()) + len(effect.opens)
        return made if effect.rows.kept else made + every

    # ------------------------------------------------------------------ sources

    def scans(self, facts: Mapping[str, SourceFacts]) -> tuple[Scan, ...]:
        """How often each source's data is gone through, at least: see `Scan`."""
        found = []
        for source in self.graph:
            if source.kind != "source" or source.id not in self.needed:
                continue
            passes = self._passes(source)
            asked = any(isinstance(p, int) for p in passes)
            again = len(passes) > 1 or asked  # the questions of a wave may take more than one pass
            dear = source.spec.cache or (source.id in facts and facts[source.id].dear)
            found.append(Scan(source.id, len(passes), dear and again, exact=not asked))
        return tuple(found)

    def _passes(self, source: GraphNode) -> set[int | Place]:
        """What goes through a source's data: waves by number, and copies, steps and nodes that hold a table.

        Who is behind a copy reads that, unless it asks before the copy is there.
        """
        copied = {(c.node, c.output) for c in self.copies}
        passes: set[int | Place] = set()
        before = {(source.id, p.name): NEVER for p in source.output_ports if p.type == "table"}
        stack = [*before]
        while stack:
            place = stack.pop()
            bound = before[place]
            for node in self._below(place):
                wave = self.waves.get(node.id)
                if wave is not None and wave <= bound:
                    passes.add(wave)
                if node.is_step or node.node.holds_table:
                    if bound == NEVER:
                        passes.add((node.id, ""))
                    continue
                if not _is_lazy(node):
                    continue
                for made in self._made_of(place, node):
                    if made in copied and bound == NEVER:
                        passes.add(made)
                    limit = min(bound, self._final(made)) if made in copied else bound
                    if limit > before.get(made, 0):
                        before[made] = limit
                        stack.append(made)
        return passes


def _is_lazy(node: GraphNode) -> bool:
    """Whether a node's table is a part of whatever query takes it."""
    return node.kind in {"transform", "estimator"} and not node.node.holds_table


def asked_columns(node: GraphNode, flowed: Flowed) -> Iterable[str] | None:
    """The columns that a node will ask about; None while that cannot be told, which means any."""
    if node.id in flowed.waiting or node.id in flowed.failed:
        return None
    resolved = flowed.nodes[node.id]
    assert isinstance(resolved, (Estimator, Analysis))
    schema = flowed.input_schema(node)
    try:
        return {c for s in resolved.ask(schema, Answers()) for c in s.columns()}
    except Exception:  # noqa: BLE001 - the run will say what is wrong with it
        return None
