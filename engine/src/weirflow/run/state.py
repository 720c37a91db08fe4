"""The state of a run: what is learned, answered, failed; and the tables as they stand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.graph.lineage import Lineage
from weirflow.graph.schemas import flow_schemas
from weirflow.node.contexts import SourceContext
from weirflow.node.model import Estimator, Source
from weirflow.node.schema import Column, Schema
from weirflow.node.statistics import RowCount, Statistic
from weirflow.plan.trained import digest_of
from weirflow.run.blame import attribute
from weirflow.run.events import Computed, NodeFailed, Printed, StageStarted
from weirflow.run.mask import masked, telling_names
from weirflow.run.tables import NodeFailedError, Tables, Watch, a_table, blame

if TYPE_CHECKING:
    from weirflow.engines.base import Engine
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.graph.schemas import Flowed, Learned
    from weirflow.node.payloads import Table
    from weirflow.node.report import Report
    from weirflow.plan.model import Plan
    from weirflow.run.events import Emit


class State(Watch):
    """What is known in the middle of a run."""

    def __init__(self, plan: Plan, engine: Engine, store: Path, scratch: Path, emit: Emit) -> None:
        self.plan = plan
        self.graph: Graph = plan.graph
        self.engine = engine
        self.store = store  # where sources keep their copies
        self.scratch = scratch
        self.emit: Emit = lambda event: emit(masked(event, self.names))
        self.names: Mapping[str, str] = {}  # of columns, that are values of personal ones: shown otherwise
        self.stage: StageStarted | None = None
        self.learned: dict[str, Learned] = dict(plan.learned)
        self.failed: set[str] = set()  # and those that cannot run because of them
        self.done: set[str] = set()  # tasks, jobs and sinks carried out
        self.payloads: dict[Place, Any] = {}  # what they gave
        self.reports: dict[str, Report] = {}
        self.answers: dict[tuple[Place, Statistic[Any]], Any] = {}
        self.held: dict[Place, Table] = {}
        self.copied: set[Place] = set()  # computed once, as the plan says
        self.given: dict[Place, Table] = {}  # sources' tables, and those that tasks made
        self.schemas: dict[str, Schema] = {n: f.schema for n, f in plan.facts.items()}
        self.known: dict[Place, Schema] = {}  # what tables turned out to be
        self._opened: set[str] = set()
        self.reflow()

    def reflow(self) -> None:
        """Carry schemas along the edges again, with what has been learned since."""
        self.flowed: Flowed = flow_schemas(self.graph, self.schemas, self.learned, self.known)
        self.names = telling_names(self.graph, self.flowed)
        self.lineage = Lineage(self.graph, self.flowed, self.pending())
        self._fits: Lineage | None = None
        self.tables = Tables(self.graph, self.flowed, self.learned, self.engine, self.given, self.held, self)
        for diagnostic in self.flowed.diagnostics:  # found only now that more is known
            if diagnostic.node is not None and self.plan.wanted(diagnostic.node):
                self.fail(NodeFailedError(diagnostic.node, diagnostic))

    def materialise(self) -> None:
        """Compute the tables that the plan copies, once, as soon as they are final."""
        for copy in self.plan.copies:
            place = (copy.node, copy.output)
            if place in self.copied or copy.node in self.failed or self.lineage.blockers(place, None):
                continue
            self.copied.add(place)
            self.begin("copy", (copy.node,))
            try:
                path = self.scratch / f"table-{len(self.copied)}.parquet"
                with self._timed(copy.node):
                    self.held[place] = self.engine.cache(self.tables.get(place), path)
            except NodeFailedError as failed:
                self.fail(failed)
            except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
                self.fail(attribute(self, place, error))
            self.reflow()

    def pending(self) -> set[str]:
        """Nodes that have not done their part."""
        return {
            n.id
            for n in self.graph
            if (n.kind == "estimator" and n.id not in self.learned)
            or (n.kind in {"task", "job"} and n.id not in self.done)
        }

    def give(self, source: str, port: str, table: Table) -> None:
        """Put a table in a source's (or a task's) place."""
        self.given[source, port] = table

    def asks(self, node: GraphNode) -> bool:
        """Whether a node still has questions."""
        if node.id in self.failed or not self.plan.wanted(node.id) or not node.asks:
            return False
        return node.id not in (self.learned if node.kind == "estimator" else self.reports)

    def may_ask(self, node: GraphNode) -> bool:
        """Whether its questions can be known: its columns are chosen and their types are final."""
        place = next(e for e in node.inputs if e.type == "table").place
        if self.lineage.blockers(place, ()):
            return False
        if node.id in self.flowed.waiting or not self._typed(node, place):
            self._look(place)
        return node.id not in self.flowed.waiting | self.failed and self._typed(node, place)

    def _typed(self, node: GraphNode, place: Place) -> bool:
        schema = self.flowed.schemas[place]
        if node.id in self.flowed.waiting:
            return False
        columns = [c for _, c in self.flowed.nodes[node.id].columns_read()]
        if not columns:
            return not schema.is_open and all(c.dtype is not None for c in schema)
        return all(schema.dtype(c) is not None for c in columns)

    def _look(self, place: Place) -> None:
        """Where effects left names or types open that are final by now, see what the engine has."""
        if place in self.known:
            return
        schema = self.flowed.schemas[place]
        try:
            if not self.lineage.blockers(place, None):
                self.known[place] = self.engine.schema(self.tables.get(place))
            else:  # some columns are ghosts still: take the types of those that are not
                names = [
                    c.name for c in schema if c.dtype is None and not self.lineage.blockers(place, [c.name])
                ]
                if not names:
                    return
                found = self.engine.schema(self.tables.get(place).select(names))
                self.flowed.schemas[place] = Schema(
                    tuple(
                        replace(i, dtype=found.dtype(i.name))
                        if isinstance(i, Column) and i.name in found
                        else i
                        for i in schema.items
                    )
                )
                return
        except NodeFailedError as failed:
            self.fail(failed)
            return
        except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
            self.fail(attribute(self, place, error))
            return
        self.reflow()

    def upon(self, node: GraphNode, columns: Iterable[str]) -> dict[str, str]:
        """What a fit stands upon: digests of what the nodes had learned that these columns depend on.

        A selector also depends on those that decide which columns there are.
        """
        if self._fits is None:
            self._fits = Lineage(self.graph, self.flowed, {n.id for n in self.graph if n.kind == "estimator"})
        place = next(e for e in node.inputs if e.type == "table").place
        found = set(self._fits.blockers(place, columns))
        if node.node.selectors():
            found |= {n for n in self.graph.ancestors([node.id]) - {node.id} if self._opens(n)}
        return {n: digest_of(self.learned[n]) for n in self.graph.nodes if n in found}

    def _opens(self, node: str) -> bool:
        instance = self.flowed.nodes[node]
        if not isinstance(instance, Estimator):
            return False
        effect = instance.effect(self.flowed.input_schema(self.graph[node]))
        return effect.opaque or bool(effect.opens)

    def learn(self, node: str, learned: Learned) -> None:
        """Keep what a node learned; tables are built anew from the next wave on."""
        self.learned[node] = learned

    def scans(self) -> int:
        """How many scans of sources the engine has made; a decoded copy is none."""
        return sum(n for kind, n in self.engine.scans.items() if kind != "copy")

    def open_source(self, node: str) -> None:
        """Make the lazy table of a source; where several passes are to come, decode it once first."""
        if node in self._opened:
            return
        self._opened.add(node)
        graph_node = self.graph[node]
        source = graph_node.node
        assert isinstance(source, Source)
        facts = self.plan.facts[node]
        with blame(graph_node):
            context = SourceContext(graph_node.spec.base, self.engine, store=self.store)
            table = a_table(source.scan(context, facts.schema), "scan()")
            if self.plan.options.limit is not None:
                table = table.head(self.plan.options.limit)
            scan = next((s for s in self.plan.scans if s.source == node), None)
            if scan is not None and scan.decoded_once:
                with self._timed(node):
                    table = self.engine.cache(table, self.scratch / f"source-{len(self._opened)}.parquet")
        for port in graph_node.output_ports:
            self.give(node, port.name, table)

    def answer(self, place: Place, statistics: Sequence[Statistic[Any]]) -> Mapping[Statistic[Any], Any]:
        """Answer questions at a place; an engine's error is put down to the node that causes it."""
        table = self.tables.get(place)
        try:
            return self.engine.answer(table, statistics)
        except Exception as error:
            raise attribute(self, place, error) from error

    def rows(self, place: Place) -> int | None:
        """How many rows a table has, if that is known without another pass."""
        site, _ = self.lineage.site(place, ())
        nearest, _ = self.lineage.site(place, (), self.copied)
        counted = self.answers.get((site, RowCount()), self.answers.get((nearest, RowCount())))
        if counted is not None:
            return int(counted)
        facts = self.plan.facts.get(site[0])
        if facts is not None and self.plan.options.limit is None:
            return facts.rows
        return None

    def count(self, place: Place, rows: int) -> None:
        """Note how many rows a table turned out to have, for all that have the same ones."""
        site, _ = self.lineage.site(place, ())
        self.answers.setdefault((site, RowCount()), rows)

    def fail(self, error: NodeFailedError) -> None:
        """A node failed: it and all that needs it are out; the rest goes on."""
        if error.node in self.failed:
            return
        self.failed.add(error.node)
        self.emit(NodeFailed(error.node, error.diagnostic))
        for node in self.graph.descendants([error.node]) - self.failed:
            self.failed.add(node)

    def begin(self, stage: str, nodes: tuple[str, ...]) -> None:
        """A stage begins: what dies now dies in it."""
        self.stage = StageStarted(stage, nodes)
        self.emit(self.stage)

    def printed(self, node: str, text: str) -> None:
        """Hand on what custom code printed, unless it may be of personal columns."""
        tables = [e.place for e in self.graph[node].inputs if e.type == "table"]
        if any(self.flowed.schemas[p].has_personal for p in tables):
            text = "(withheld: columns of the table are personal)\n"
        self.emit(Printed(node, text))

    @contextlib.contextmanager
    def holding(self, node: str) -> Iterator[None]:
        """A stage within the stage."""
        around = self.stage
        self.begin("hold", (node,))
        with self._timed(node):
            yield
        for place in [p for p in self.held if p[0] == node]:
            self.count(place, self.engine.answer(self.held[place], [RowCount()])[RowCount()])
        if around is not None:
            self.begin(around.stage, around.nodes)

    @contextlib.contextmanager
    def _timed(self, node: str) -> Iterator[None]:
        """Tell how long the block took."""
        started = time.perf_counter()
        yield
        self.emit(Computed(node, time.perf_counter() - started))

    def attribute(self, node: GraphNode, place: Place, error: Exception) -> NodeFailedError:
        """By replaying prefixes."""
        del node
        return attribute(self, place, error)
