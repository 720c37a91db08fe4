"""The state of a run: what is learned, answered, failed; and the tables as they stand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.graph.lineage import Lineage
from weirflow.graph.schemas import flow_schemas
from weirflow.node.contexts import SourceContext
from weirflow.node.model import Source
from weirflow.node.schema import Column, Schema
from weirflow.node.statistics import RowCount, Statistic
from weirflow.run.blame import attribute
from weirflow.run.events import NodeFailed, Printed, StageStarted
from weirflow.run.tables import NodeFailedError, Tables, Watch, blame

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

    def __init__(self, plan: Plan, engine: Engine, scratch: Path, emit: Emit) -> None:
        self.plan = plan
        self.graph: Graph = plan.graph
        self.engine = engine
        self.scratch = scratch
        self.emit: Emit = emit
        self.stage: StageStarted | None = None
        self.learned: dict[str, Learned] = dict(plan.learned)
        self.failed: set[str] = set()  # and those that cannot run because of them
        self.done: set[str] = set()  # tasks, jobs and sinks carried out
        self.payloads: dict[Place, Any] = {}  # what they gave
        self.reports: dict[str, Report] = {}
        self.answers: dict[tuple[Place, Statistic[Any]], Any] = {}
        self.held: dict[Place, Table] = {}
        self.given: dict[Place, Table] = {}  # sources' tables, and those that tasks made
        self.schemas: dict[str, Schema] = {n: f.schema for n, f in plan.facts.items()}
        self.known: dict[Place, Schema] = {}  # what tables turned out to be
        self._opened: set[str] = set()
        self.reflow()

    def reflow(self) -> None:
        """Carry schemas along the edges again, with what has been learned since."""
        self.flowed: Flowed = flow_schemas(self.graph, self.schemas, self.learned, self.known)
        self.lineage = Lineage(self.graph, self.flowed, self.pending())
        self.tables = Tables(self.graph, self.flowed, self.learned, self.engine, self.given, self.held, self)
        for diagnostic in self.flowed.diagnostics:  # found only now that more is known
            if diagnostic.node is not None and self.plan.wanted(diagnostic.node):
                self.fail(NodeFailedError(diagnostic.node, diagnostic))

    def materialise(self) -> None:
        """Compute the tables of nodes that say `cache: true`, once, as soon as they are final."""
        before = len(self.held)
        for node in self.graph:
            if not node.spec.cache or not self.plan.wanted(node.id) or node.id in self.failed:
                continue
            for port in node.output_ports:
                place = (node.id, port.name)
                if port.type != "table" or place in self.held or self.lineage.blockers(place, None):
                    continue
                try:
                    copy = self.scratch / f"cache-{len(self.held)}.parquet"
                    self.held[place] = self.engine.cache(self.tables.get(place), copy)
                except NodeFailedError as failed:
                    self.fail(failed)
                except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
                    self.fail(attribute(self, place, error))
        if len(self.held) > before:
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
                    tuple(found.get(i.name) or i if isinstance(i, Column) else i for i in schema.items)
                )
                return
        except NodeFailedError as failed:
            self.fail(failed)
            return
        except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
            self.fail(attribute(self, place, error))
            return
        self.reflow()

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
            context = SourceContext(graph_node.spec.base, self.engine)
            table = source.scan(context, facts.schema)
            if self.plan.options.limit is not None:
                table = table.head(self.plan.options.limit)
            scan = next((s for s in self.plan.scans if s.source == node), None)
            if scan is not None and scan.decoded_once:
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
        counted = self.answers.get((site, RowCount()))
        if counted is not None:
            return int(counted)
        facts = self.plan.facts.get(site[0])
        if facts is not None and self.plan.options.limit is None:
            return facts.rows
        return None

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
        """Hand on what custom code printed."""
        self.emit(Printed(node, text))

    @contextlib.contextmanager
    def holding(self, node: str) -> Iterator[None]:
        """A stage within the stage."""
        around = self.stage
        self.begin("hold", (node,))
        yield
        if around is not None:
            self.begin(around.stage, around.nodes)

    def attribute(self, node: GraphNode, place: Place, error: Exception) -> NodeFailedError:
        """By replaying prefixes."""
        del node
        return attribute(self, place, error)
