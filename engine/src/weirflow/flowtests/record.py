"""Record a case: the first rows of the sources as mocks, and what comes of them as expectations."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from weirflow.engines.base import engine
from weirflow.engines.polars_dtypes import from_polars
from weirflow.errors import Diagnostic, FlowError, RunError, UsageError, Where
from weirflow.flow.cases import Case, Expectation, Mock, cases_path
from weirflow.flow.document import display_name
from weirflow.flow.edit import EditError, appended, written
from weirflow.flowtests.carry_out import Permissions, compute
from weirflow.flowtests.compare import rows_of
from weirflow.flowtests.mocks import inferred
from weirflow.flowtests.update import read_text, save
from weirflow.flowtests.values import plain
from weirflow.graph.cases import is_entry, resolve
from weirflow.graph.model import Graph
from weirflow.graph.secrets import revealed
from weirflow.node.contexts import SourceContext
from weirflow.node.model import Source
from weirflow.node.schema import DType
from weirflow.run.look import look
from weirflow.run.tables import NodeFailedError, blame

if TYPE_CHECKING:
    from weirflow.graph.cases import Resolved
    from weirflow.graph.model import GraphNode
    from weirflow.node.contexts import SourceFacts
    from weirflow.project import Project

_UNTOLD = frozenset({"struct", "object", "null"})  # types that a schema in a flow cannot say in full


@dataclass
class _StandIns:
    """What stands for the text of personal columns: the same for the same text, so that joins and groups stay."""

    known: dict[str, str] = field(default_factory=dict)

    def column(self, values: pl.Series) -> pl.Series:
        """A column without its values: text becomes `masked 1`, `masked 2` and so on, anything else null."""
        if values.dtype != pl.String():
            return pl.Series(values.name, [None] * values.len(), dtype=values.dtype)
        texts = [
            None if v is None else self.known.setdefault(v, f"masked {len(self.known) + 1}") for v in values
        ]
        return pl.Series(values.name, texts, dtype=pl.String())


def record(project: Project, nodes: Sequence[str], name: str, rows: int, may: Permissions) -> Path:
    """Write a case of that name into the file beside a flow; returns the file.

    The first `rows` rows of each source that the nodes need stand in for it. What is expected comes of running the
    flow on these rows alone, fits included, so that the case holds at once. Values of personal columns are not
    written: stand-ins take their place before anything is computed. Raises UsageError, FlowError, RunError.
    """
    graph = project.graph
    path = cases_path(project.path)
    if any(c.name == name for c in project.cases.cases):
        text = f"there is a case '{name}' already"
        raise UsageError(Diagnostic("WF802", text, hint="give the new one another --name"))
    where = Where(display_name(path))
    wanted = tuple(Expectation(n, where, {}) for n in nodes)
    entries = [n.id for n in graph if is_entry(n)]
    asked = resolve(graph, [Case(name, 0, where, (), wanted, {}, {}, tuple(entries))])[0]
    _refuse(asked)
    sources = [graph[n] for n in entries if n in asked.needed]
    mocks, declared = _mocks(graph, sources, rows, project.environ, where)
    case = Case(name, 0, where, tuple(mocks), wanted, {}, {}, tuple(declared))
    resolved = resolve(graph, [case])[0]
    _refuse(resolved)
    expected: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="weirflow-test-") as folder:
        run = compute(graph, resolved, project.environ, may, Path(folder))
        for (node, port), expectation in resolved.expected:
            error = run.failure(node)
            if error is not None:
                raise RunError(error)
            if port is None:
                text = f"'{node}' gives no table to record"
                raise UsageError(Diagnostic("WF310", text, hint="name a node that gives one"))
            try:
                frame = run.table((node, port))
            except NodeFailedError as failed:
                raise RunError(failed.diagnostic) from failed
            expected[expectation.node] = [{n: plain(v) for n, v in r.items()} for r in rows_of(frame)]
    _write(path, _lines(name, mocks, declared, expected))
    return path


def _refuse(resolved: Resolved) -> None:
    """What does not fit comes of the command line, and has no place in a text."""
    if resolved.diagnostics:
        raise UsageError([Diagnostic(d.code, d.message, hint=d.hint) for d in resolved.diagnostics])


def _mocks(
    graph: Graph, sources: Sequence[GraphNode], rows: int, environ: Mapping[str, str], where: Where
) -> tuple[list[Mock], list[str]]:
    """The first rows of the sources; and the names of those that give no table, which have to be read."""
    stand_ins = _StandIns()
    mocks: list[Mock] = []
    declared: list[str] = []
    alone = revealed(Graph(graph.flow, {n.id: n for n in sources}), environ)
    facts = look(alone, environ).check()
    for node in alone:
        ports = [p for p in node.output_ports if p.type == "table"]
        if not isinstance(node.node, Source):
            text = f"nothing feeds '{node.id}', so there is nothing to record"
            raise UsageError(Diagnostic("WF306", text, hint="record from a flow that includes this one"))
        if not ports:
            declared.append(node.id)
            continue
        frame = _first(node, node.node, facts[node.id], rows)
        schema = facts[node.id].schema
        columns = [stand_ins.column(s) if schema.is_personal(s.name) else s for s in frame]
        values = {s.name: tuple(plain(v) for v in s.to_list()) for s in columns}
        types = {s.name: from_polars(s.dtype) for s in columns}
        named = {n: t for n, t in types.items() if t.kind not in _UNTOLD and not _told(values[n], t)}
        mocks.append(Mock(node.id, where, values, schema=named))
    return mocks, declared


def _first(node: GraphNode, source: Source, facts: SourceFacts, rows: int) -> pl.DataFrame:
    """The first rows of a source."""
    tables = engine()
    try:
        with blame(node):
            table = source.scan(SourceContext(node.spec.base, tables), facts.schema)
            return tables.frame(table.head(rows))
    except NodeFailedError as failed:
        raise RunError(failed.diagnostic) from failed


def _told(values: Sequence[Any], dtype: DType) -> bool:
    """Whether the values alone tell their type."""
    return any(v is not None for v in values) and inferred(values) == dtype


def _lines(
    name: str, mocks: Sequence[Mock], declared: Sequence[str], expected: Mapping[str, list[dict[str, Any]]]
) -> list[str]:
    """The case as lines, a row on each."""
    lines = [f"name: {written(name)}"]
    if mocks:
        lines.append("mock:")
    for mock in mocks:
        count = len(next(iter(mock.columns.values()), ()))
        rows = [{n: v[i] for n, v in mock.columns.items()} for i in range(count)]
        if not mock.schema:
            lines += _table(f"  {mock.node}:", rows)
            continue
        types = {n: str(t) for n, t in mock.schema.items()}
        lines += [f"  {mock.node}:", f"    schema: {written(types)}", *_table("    rows:", rows)]
    if declared:
        lines.append(f"sources: {written(list(declared))}")
    lines.append("expect:")
    for node, rows in expected.items():
        lines += _table(f"  {node}:", rows)
    return lines


def _table(key: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    margin = " " * (len(key) - len(key.lstrip()) + 2)
    return [key, *(f"{margin}- {written(row)}" for row in rows)] if rows else [f"{key} []"]


def _write(path: Path, lines: Sequence[str]) -> None:
    if not path.exists():
        block = "\n".join(f"  {'- ' if i == 0 else '  '}{line}" for i, line in enumerate(lines))
        save(path, f"tests:\n{block}\n")
        return
    try:
        save(path, appended(read_text(path), ("tests",), lines))
    except EditError:
        text = f"a case cannot be added to {path.name}: its 'tests' are not a list with each case on lines of its own"
        hint = "begin each case with '- name: …' on a line of its own"
        raise FlowError(Diagnostic("WF205", text, Where(display_name(path), ("tests",)), hint=hint)) from None
