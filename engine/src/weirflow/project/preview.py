"""The quick look at one node's table."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, RunError, UsageError, did_you_mean
from weirflow.plan.model import Options
from weirflow.run.events import Event, NodeFailed

if TYPE_CHECKING:
    import polars as pl

    from weirflow.graph.model import Graph, Place
    from weirflow.project.opened import Project


def preview(
    project: Project, node: str | None, rows: int, limit: int | None, *, allow_code: bool = False
) -> pl.DataFrame:
    """Compute the first rows of a node's table in this process; nothing is written or remembered."""
    from weirflow.engines.base import engine
    from weirflow.run.blame import attribute
    from weirflow.run.coordinate import refuse_code
    from weirflow.run.execute import execute

    place = output_of(project.graph, node)
    plan = project.plan(Options(select=(place[0],), limit=limit, report="none", allow_code=allow_code))
    refuse_code(plan, f"weirflow preview {project.path} {place[0]} --allow-code")
    failures: list[Diagnostic] = []

    def hear(event: Event) -> None:
        if isinstance(event, NodeFailed):
            failures.append(event.diagnostic)

    tables = engine(plan.options.engine)
    with project.store.lock():
        scratch = project.store.temporary()
        try:
            state = execute(plan, tables, project.store, scratch, hear)
            if failures:
                raise RunError(failures)
            try:
                return tables.frame(state.tables.get(place).head(rows))
            except Exception as error:
                raise RunError(attribute(state, place, error).diagnostic) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def output_of(graph: Graph, node: str | None) -> Place:
    """The table output that a name stands for: `node`, `node.port`, or the last one of the flow."""
    if node is None:
        for candidate in reversed(list(graph)):
            for port in candidate.output_ports:
                if port.type == "table":
                    return candidate.id, port.name
        raise UsageError(Diagnostic("WF302", "this flow has no table to look at"))
    name, _, wanted = node.partition(".")
    if name not in graph.nodes:
        raise UsageError(
            Diagnostic("WF302", f"there is no node '{name}'", hint=did_you_mean(name, graph.nodes))
        )
    ports = [p.name for p in graph[name].output_ports if p.type == "table"]
    if not ports or (wanted and wanted not in ports):
        raise UsageError(Diagnostic("WF304", f"'{name}' gives no table" + (f" '{wanted}'" if wanted else "")))
    return name, wanted or ports[0]


def service_of(graph: Graph, node: str | None) -> str:
    """The service that a name stands for; without one, the only service of the flow. Raises UsageError."""
    services = [n.id for n in graph if n.kind == "service"]
    if node in services:
        return node
    if node is None and len(services) == 1:
        return services[0]
    if node is not None:
        text = f"'{node}' is no service" if node in graph.nodes else f"there is no node '{node}'"
        raise UsageError(Diagnostic("WF302", text, hint=did_you_mean(node, services)))
    text = f"the flow has {len(services)} services" if services else "the flow has no service"
    hint = f"name one: {', '.join(services)}" if services else None
    raise UsageError(Diagnostic("WF302", text, hint=hint))
