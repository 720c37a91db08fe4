"""The quick look at one node's table."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, RunError, UsageError, did_you_mean
from weirflow.plan.model import Options
from weirflow.run.events import Event, NodeFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from weirflow.graph.model import Graph, GraphNode, Place
    from weirflow.project.opened import Project


def preview(
    project: Project,
    node: str | None,
    rows: int,
    limit: int | None,
    *,
    allow_code: bool = False,
    show_personal: bool = False,
) -> pl.DataFrame:
    """Compute the first rows of a node's table in this process; nothing is written or remembered.

    Values of personal columns are masked, and names that are such values, unless they are to be shown.
    """
    from weirflow.engines.base import engine
    from weirflow.graph.secrets import shown_cause
    from weirflow.run.blame import attribute
    from weirflow.run.coordinate import refuse_code
    from weirflow.run.execute import execute
    from weirflow.run.mask import masked_frame

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
                frame = tables.frame(state.tables.get(place).head(rows))
            except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
                state.fail(attribute(state, place, error))
                raise RunError(failures) from shown_cause(plan.graph, error)
            return frame if show_personal else masked_frame(frame, state.flowed.schemas[place], state.names)
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
        text = f"'{name}' gives no table" + (f" '{wanted}'" if wanted else "")
        raise UsageError(Diagnostic("WF304", text, hint=_tables_near(graph, name, ports)))
    return name, wanted or ports[0]


def _tables_near(graph: Graph, name: str, ports: Sequence[str]) -> str | None:
    """Which tables there are instead: the node's own, else those that feed it, else those it feeds."""
    if ports:
        return f"it gives {', '.join(ports)}"
    fed = [e.source for e in graph[name].inputs if e.type == "table"]
    feeds = [n.id for n in graph if any(e.source == name for e in n.inputs) and _gives_table(n)]
    near = list(dict.fromkeys(fed or feeds)) or [n.id for n in graph if _gives_table(n)][-3:]
    return (
        f"look at {' or '.join(repr(n) for n in near)}" + (", which feeds it" if fed else "")
        if near
        else None
    )


def _gives_table(node: GraphNode) -> bool:
    return any(p.type == "table" for p in node.output_ports)


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
    if services:
        hint = f"name one: {', '.join(services)}"
    else:
        kinds = ", ".join(dict.fromkeys(n.kind for n in graph))
        hint = f"a service is a node that answers requests; here are {kinds} alone, which `weirflow run` does"
    raise UsageError(Diagnostic("WF302", text, hint=hint))
