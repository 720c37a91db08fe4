"""Lineage: which fits a column's values wait for, and where a statistic of it is best answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, Place
    from weirflow.graph.schemas import Flowed
    from weirflow.node.effect import Effect


class Lineage:
    """Follows columns back through a graph whose schemas are known.

    `pending` names the nodes that have not done their part: estimators not fitted, tasks and jobs not run.
    """

    def __init__(self, graph: Graph, flowed: Flowed, pending: Collection[str]) -> None:
        self.graph = graph
        self.flowed = flowed
        self.pending = frozenset(pending)
        self._rows: dict[Place, frozenset[str]] = {}
        self._columns: dict[tuple[Place, str], frozenset[str]] = {}
        self._all: dict[Place, frozenset[str]] = {}
        for node in graph:  # in order, so that what follows never recurses deeper than one node
            for port in node.output_ports:
                self._all_blockers((node.id, port.name))
                if port.type == "table":
                    self._rows_blockers((node.id, port.name))

    def blockers(self, place: Place, columns: Iterable[str] | None) -> frozenset[str]:
        """The pending nodes that must be done before these columns of a table (None: all) are final."""
        found = self._rows_blockers(place)
        if columns is None:
            return found | self._all_blockers(place)
        for column in columns:
            found |= self._column_blockers(place, column)
        return found

    def site(
        self, place: Place, columns: tuple[str, ...], stops: Collection[Place] = ()
    ) -> tuple[Place, Mapping[str, str]]:
        """Where a statistic of these columns can be answered with the least work, and their names there.

        Followed back while the rows stay and none of the columns is made; through renames, which change names;
        never past one of the `stops`.
        """
        names = {c: c for c in columns}
        while place not in stops:
            effect = self.flowed.effects.get(place)
            feeding = self._feeding(place)
            if effect is None or feeding is None or effect.opaque or not effect.rows.kept:
                return place, names
            back: dict[str, str] = {}
            for column, name in names.items():
                made = effect.makes.get(name)
                if made is None and name in self.flowed.schemas[feeding]:
                    back[column] = name
                elif made is not None and made.alias and made.port is None:
                    back[column] = made.of[0]
                else:
                    return place, names
            place, names = feeding, back
        return place, names

    def _feeding(self, place: Place) -> Place | None:
        """The table that an output is about."""
        node = self.graph[place[0]]
        effect = self.flowed.effects.get(place)
        tables = [e for e in node.inputs if e.type == "table"]
        if effect is None or not tables:
            return None
        if effect.port is not None:
            tables = [e for e in tables if e.input == effect.port]
        return tables[0].place

    def _inputs(self, node: str) -> list[Place]:
        return [e.place for e in self.graph[node].inputs if e.type == "table"]

    def _rows_blockers(self, place: Place) -> frozenset[str]:
        """What the choice and order of rows waits for."""
        if place not in self._rows:
            node, effect = self.graph[place[0]], self.flowed.effects.get(place)
            found: frozenset[str] = frozenset()
            if node.kind in {"task", "job"}:
                found = self._own(node.id)
            elif effect is not None:
                feeding = self._feeding(place)
                for other in self._inputs(node.id) if not effect.rows.kept else [feeding] if feeding else []:
                    found |= self._rows_blockers(other)
                if not effect.rows.kept and feeding is not None:
                    found |= self._read_blockers(effect, feeding, node.id)
                    found |= self._own(node.id)
            self._rows[place] = found
        return self._rows[place]

    def _read_blockers(self, effect: Effect, feeding: Place, node: str) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        if effect.reads_all():
            for place in self._inputs(node):
                found |= self._all_blockers(place)
        for column in effect.rows.by or ():
            found |= self._column_blockers(feeding, column)
        return found

    def _own(self, node: str) -> frozenset[str]:
        """The node itself if it is pending."""
        return frozenset({node}) & self.pending

    def _all_blockers(self, place: Place) -> frozenset[str]:
        """What any value of a table waits for."""
        if place not in self._all:
            node = self.graph[place[0]]
            found = self._own(node.id)
            for feeding in self._inputs(node.id):
                found |= self._all_blockers(feeding)
            self._all[place] = found
        return self._all[place]

    def _column_blockers(self, place: Place, column: str) -> frozenset[str]:
        """What a column's values wait for: what is found on all ways back to the sources."""
        key = (place, column)
        if key not in self._columns:
            found: frozenset[str] = frozenset()
            seen, stack = {key}, [key]
            while stack:  # a loop, since flows may be long
                top = stack.pop()
                waits, origins = (self._columns[top], ()) if top in self._columns else self._back(*top)
                found |= waits
                stack += [o for o in origins if o not in seen]
                seen.update(origins)
            self._columns[key] = found
        return self._columns[key]

    def _back(self, place: Place, column: str) -> tuple[frozenset[str], Collection[tuple[Place, str]]]:
        """What a column waits for at one node, and the columns of its inputs that it comes from."""
        node, effect, feeding = self.graph[place[0]], self.flowed.effects.get(place), self._feeding(place)
        if effect is None or feeding is None:
            return self._own(node.id), ()
        if effect.opaque:
            return self._all_blockers(place), ()
        made = effect.makes.get(column)
        if made is not None:
            origin = self._input_of(node.id, made.port) or feeding
            own = frozenset[str]() if made.alias else self._own(node.id)
            return own, tuple((origin, name) for name in made.of)
        if column not in self.flowed.schemas[feeding]:
            return self._all_blockers(place), ()  # it will appear under an open slot
        return frozenset(), ((feeding, column),)

    def _input_of(self, node: str, port: str | None) -> Place | None:
        return next((e.place for e in self.graph[node].inputs if e.input == port), None) if port else None
