"""The cases of `weirflow test` against the graph: which tables they mean, and what has to run for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError

from weirflow.errors import Diagnostic, Where, did_you_mean
from weirflow.graph.schemas import Learned, flow_schemas
from weirflow.graph.values import said
from weirflow.node.model import Estimator

if TYPE_CHECKING:
    from weirflow.flow.cases import Case, Expectation, Mock
    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.graph.schemas import Flowed

Target: TypeAlias = "tuple[str, str | None]"
"""A node that is looked at, and its port; None for a node that gives no table."""


@dataclass(frozen=True)
class Resolved:
    """A case that fits its graph, or what keeps it from fitting.

    `needed` are the nodes that have to run, those that are mocked left out; `expected` has an entry for each
    expectation of the case; `learned` is what the case says that nodes have learned.
    """

    case: Case
    mocks: Mapping[Place, Mock] = field(default_factory=dict)
    expected: tuple[tuple[Target, Expectation], ...] = ()
    needed: frozenset[str] = frozenset()
    learned: Mapping[str, Learned] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve(graph: Graph, cases: Sequence[Case]) -> tuple[Resolved, ...]:
    """Resolve cases against the graph of their flow."""
    flowed = flow_schemas(graph) if cases else None
    return tuple(_Case(graph, flowed, case).resolve() for case in cases if flowed is not None)


def is_entry(node: GraphNode) -> bool:
    """Whether a node brings data in: a source, or an input of a subflow that nothing feeds."""
    return node.kind == "source" or (node.spec.operator == "flow.input" and not node.inputs)


class _Case:
    def __init__(self, graph: Graph, flowed: Flowed, case: Case) -> None:
        self.graph = graph
        self.flowed = flowed
        self.case = case
        self.found: list[Diagnostic] = []

    def resolve(self) -> Resolved:
        mocks = self._mocks()
        expected = self._expected(mocks)
        for place, name in enumerate(self.case.sources):
            if name not in self.graph.nodes or not is_entry(self.graph[name]):
                sources = [n.id for n in self.graph if is_entry(n)]
                text = f"there is no source '{name}'"
                self._error("WF310", text, "sources", place, hint=did_you_mean(name, sources))
        learned = self._learned()
        if self.found:  # which sources are needed would be a consequence
            return Resolved(self.case, diagnostics=tuple(self.found))
        needed: set[str] = set()
        for (node, _), expectation in expected:
            new = self._needs(node, mocks) - needed
            needed |= new
            self._refuse([n.id for n in self.graph if n.id in new and is_entry(n)], expectation)
        return Resolved(
            self.case, mocks, tuple(expected), frozenset(needed), learned, diagnostics=tuple(self.found)
        )

    def _error(
        self, code: str, message: str, *path: str | int, key: bool = False, hint: str | None = None
    ) -> None:
        where = Where(self.case.where.file, (*self.case.where.path, *path), key)
        self.found.append(Diagnostic(code, message, where, hint=hint))

    def _find(self, name: str, part: str) -> tuple[GraphNode, str | None] | None:
        """The node, and the port if one is named."""
        id_, _, port = name.partition(".")
        if id_ in self.graph.nodes:
            return self.graph[id_], port or None
        hint = did_you_mean(id_, self.graph.nodes)
        self._error("WF310", f"there is no node '{id_}'", part, name, key=True, hint=hint)
        return None

    def _table(self, node: GraphNode, port: str | None, name: str, part: str) -> str | None:
        """The port of a table: the one that is named, else the first."""
        ports = [p.name for p in node.output_ports if p.type == "table"]
        if ports and (port is None or port in ports):
            return port or ports[0]
        text = f"'{node.id}' gives no table" + (f" '{port}'" if port and ports else "")
        hint = did_you_mean(port or "", ports) or (f"its tables: {', '.join(ports)}" if ports else None)
        if len(ports) == 1:
            hint = f"it gives one: write '{node.id}'"
        self._error("WF310", text, part, name, key=True, hint=hint)
        return None

    def _mocks(self) -> dict[Place, Mock]:
        mocks: dict[Place, Mock] = {}
        for mock in self.case.mocks:
            found = self._find(mock.node, "mock")
            port = self._table(*found, mock.node, "mock") if found is not None else None
            if found is None or port is None:
                continue
            place = (found[0].id, port)
            if place in mocks:
                text = f"'{mock.node}' and '{mocks[place].node}' are one table"
                self._error("WF205", text, "mock", mock.node, key=True, hint="remove one of them")
            mocks[place] = mock
            self._columns(place, mock)
        return mocks

    def _columns(self, place: Place, mock: Mock) -> None:
        """A column that the node certainly does not give is a slip."""
        schema = self.flowed.schemas[place]
        for name in dict.fromkeys((*mock.columns, *mock.schema)):
            if not schema.may_have(name):
                row = next((i for i, v in enumerate(mock.columns.get(name, ())) if v is not None), 0)
                path = mock.cell(name, row) if mock.by_rows and name in mock.columns else (name,)
                where = Where(mock.where.file, (*mock.where.path, *path), key=True)
                text = f"the mock of '{mock.node}' has a column '{name}', which the node does not give"
                hint = did_you_mean(name, schema.names) or f"it gives {', '.join(schema.names)}"
                self.found.append(Diagnostic("WF401", text, where, hint=hint))

    def _expected(self, mocks: Mapping[Place, Mock]) -> list[tuple[Target, Expectation]]:
        found: list[tuple[Target, Expectation]] = []
        for expectation in self.case.expectations:
            name = expectation.node
            known = self._find(name, "expect")
            if known is None:
                continue
            node, port = known
            table: str | None = None
            tables = any(p.type == "table" for p in node.output_ports)
            if tables:
                table = self._table(node, port, name, "expect")
                if table is None:
                    continue
                if (node.id, table) in mocks:
                    text = f"'{name}' is both mocked and expected"
                    hint = "expect a node that it feeds"
                    self._error("WF310", text, "expect", name, key=True, hint=hint)
                    continue
            elif (why := _nothing(node, port, expectation)) is not None:
                self._error("WF310", f"'{node.id}' {why[0]}", "expect", name, key=True, hint=why[1])
                continue
            found.append(((node.id, table), expectation))
        return found

    def _learned(self) -> dict[str, Learned]:
        """What nodes have learned, as their own classes read it."""
        found: dict[str, Learned] = {}
        for name, given in self.case.trained.items():
            node = self._find(name, "trained_parameters")
            if node is None:
                continue
            instance = node[0].node
            if not isinstance(instance, Estimator):
                text = f"'{name}' learns nothing"
                self._error("WF310", text, "trained_parameters", name, key=True, hint="leave it out")
                continue
            model = type(instance).trained_model()
            try:
                found[name] = Learned(model.model_validate(dict(given)))
            except ValidationError as error:
                hint = (
                    f"{instance.reference()} learns {', '.join(model.model_fields) or 'nothing but columns'}"
                )
                for detail in error.errors(include_url=False):
                    path = detail["loc"]
                    match detail["type"]:
                        case "extra_forbidden":
                            text = f"'{name}' does not learn '{path[-1]}'"
                        case "missing":
                            text = f"what '{name}' has learned lacks '{path[-1]}'"
                        case _:
                            text = f"'{'.'.join(map(str, path))}' of '{name}': {said(detail)}"
                    key = detail["type"] == "extra_forbidden"
                    self._error("WF205", text, "trained_parameters", name, *path, key=key, hint=hint)
        return found

    def _needs(self, node: str, mocks: Mapping[Place, Mock]) -> set[str]:
        """The node and all that feeds it, up to what is mocked."""
        seen: set[str] = set()
        stack = [node]
        while stack:
            top = stack.pop()
            if top not in seen:
                seen.add(top)
                stack += [e.source for e in self.graph[top].inputs if e.place not in mocks]
        return seen

    def _refuse(self, entries: Sequence[str], expectation: Expectation) -> None:
        """Sources that would be read without being asked for."""
        for entry in entries:
            node = self.graph[entry]
            if entry in self.case.sources and node.kind == "source":
                continue
            hint = f"write its rows under mock: {{{entry}: [...]}}"
            if node.kind == "source":
                hint += f", or let its data be read: sources: [{entry}]"
            where = Where(expectation.where.file, expectation.where.path, key=True)
            text = (
                f"'{expectation.node}' needs the source '{entry}', which the case neither mocks nor declares"
            )
            also = ((node.spec.where, "the source"),)
            self.found.append(Diagnostic("WF309", text, where, hint=hint, also=also))


def _nothing(node: GraphNode, port: str | None, expectation: Expectation) -> tuple[str, str | None] | None:
    """Why nothing can be expected of a node without a table, and what to do instead."""
    if node.kind == "service":
        return "is a service, and no test starts it", None
    if node.kind == "sink" and not type(node.node).written_fields():
        return "cannot be made to write into a temporary folder", "expect the node that feeds it"
    if port is not None or (expectation.looks and node.kind != "sink"):
        return "gives no table to look at", "write {} for 'it runs', or {error: CODE}"
    return None
