"""`weirflow plan`: what a run would do, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import (
    HELP,
    Pairs,
    as_json,
    exclusive,
    flow_argument,
    open_project,
    selection,
    store,
    training,
    values,
)
from weirflow.cli.tables import columns
from weirflow.cli.terminal import Terminal
from weirflow.errors import Severity

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode
    from weirflow.node.payloads import Port
    from weirflow.node.schema import Schema
    from weirflow.plan.model import Copy, Options, Plan, Scan
    from weirflow.project import Project
    from weirflow.run.apart import Worker

_STYLES = {"fit": "yellow", "work": "yellow", "write": "green", "skip": "dim"}


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@values
@selection
@training
@click.option("--force", is_flag=True, help="Do again what is kept in the store.")
@click.option("--schemas", is_flag=True, help="Show the columns after each node.")
@store
@as_json("The plan as one JSON object.")
@click.pass_obj
def plan(
    terminal: Terminal,
    flow: Path,
    parameters: Pairs,
    overrides: Pairs,
    select: tuple[str, ...],
    refit: bool,  # noqa: FBT001 - click's signature
    frozen: bool,  # noqa: FBT001
    force: bool,  # noqa: FBT001
    schemas: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """Show what a run would do: what happens to each node and why, and how often sources are read.

    The sources are looked at for their columns; nothing is executed.
    """
    from weirflow.plan.model import Options

    exclusive(refit=refit, frozen=frozen)
    project = open_project(terminal, flow, parameters, overrides, store, to_read=True)
    options = Options(select=select, refit=refit, frozen=frozen, force=force)
    show_plan(terminal, make(terminal, project, options, absent=True), schemas=schemas)


def make(
    terminal: Terminal,
    project: Project,
    options: Options,
    worker: Worker | None = None,
    *,
    absent: bool = False,
) -> Plan:
    """Plan, and show what the user should know though it stops nothing. Raises what `Project.plan` raises.

    With `absent`, sources that are not there are warned of.

    A worker looks at the sources in this process's place, which then needs no table engine.
    """
    warnings = [d for d in project.diagnose() if d.severity is Severity.WARNING]
    facts = project.inspect(worker, frozen=options.frozen, absent=absent)
    made = project.plan(options, facts=facts)
    terminal.show(list(dict.fromkeys([*project.registry.problems, *warnings, *made.diagnostics])))
    return made


def show_plan(terminal: Terminal, plan: Plan, *, schemas: bool = False) -> None:
    """Print a plan: as a table, or as JSON where that was asked for."""
    if terminal.json:
        terminal.document(facts(plan))
        return
    head, *rows = columns(
        [
            ("NODE", "OPERATOR", "ACTION", "WAVE", "WHY"),
            *(
                (n.id, n.reference, p.action, str(p.wave or ""), p.reason)
                for n in plan.graph
                for p in (plan.nodes[n.id],)
            ),
        ],
        right=frozenset({3}),
    )
    terminal.out(terminal.paint(head, "bold", stream="stdout"))
    for node, row in zip(plan.graph, rows, strict=True):
        style = _STYLES.get(plan.nodes[node.id].action)
        terminal.out(terminal.paint(row, style, stream="stdout") if style else row)
        if schemas:
            for line in _schema_lines(plan, node):
                terminal.out(terminal.paint(f"    {line}", "dim", stream="stdout"))
    for line in _foot(plan):
        terminal.out(line)


def _schema_lines(plan: Plan, node: GraphNode) -> list[str]:
    found = []
    for port in node.output_ports:
        schema = _schema(plan, node, port)
        if schema is not None:
            name = f"{port.name}: " if len(node.output_ports) > 1 else ""
            found.append(f"{name}{schema}")
    return found


def _schema(plan: Plan, node: GraphNode, port: Port) -> Schema | None:
    """The columns of an output, as they may be shown: some names are values of personal columns."""
    from weirflow.run.mask import masked_schema, telling_names

    schema = plan.flowed.schemas.get((node.id, port.name))
    return None if schema is None else masked_schema(schema, telling_names(plan.graph, plan.flowed))


def _foot(plan: Plan) -> list[str]:
    lines = [""] if plan.waves or plan.scans else []
    lines += [
        f"wave {i}: {len(w)} node{'s' * (len(w) != 1)} asked about at once"
        for i, w in enumerate(plan.waves, 1)
    ]
    lines += [f"{_source(plan, scan.source)}: {_scanned(scan)}" for scan in plan.scans]
    lines += [f"{_place(plan, copy)}: computed once{_why(copy)}" for copy in plan.copies]
    if any(n.holds_table and n.action != "skip" for n in plan.nodes.values()):
        holders = [n.id for n in plan.nodes.values() if n.holds_table and n.action != "skip"]
        lines.append(f"whole table in memory: {', '.join(holders)}")
    return lines


def _source(plan: Plan, node: str) -> str:
    """A source, with the files that it stands for."""
    files = plan.facts[node].files if node in plan.facts else ()
    if not files:
        return node
    return f"{node} ({Path(files[0].path).name if len(files) == 1 else f'{len(files)} files'})"


def _scanned(scan: Scan) -> str:
    """How often a source is gone through, as the run will count it."""
    times = "once" if scan.reads == 1 else f"{scan.reads} times"
    least = "" if scan.exact else "at least "
    if scan.decoded_once:
        return f"scanned once (decoded once, then read {least}{times} from the copy)"
    return f"scanned {least}{times}" if scan.reads else "looked at for its columns only"


def _place(plan: Plan, copy: Copy) -> str:
    ports = [p for p in plan.graph[copy.node].output_ports if p.type == "table"]
    return copy.node if len(ports) == 1 else f"{copy.node}.{copy.output}"


def _why(copy: Copy) -> str:
    if copy.asked:
        return ", as `cache: true` asks"
    return f", into a copy that {', '.join(copy.readers[:-1])} and {copy.readers[-1]} read"


def facts(plan: Plan) -> dict[str, Any]:
    """A plan as plain data."""
    return {
        "flow": plan.graph.flow.name,
        "file": plan.graph.flow.display,
        "nodes": [_node(plan, n) for n in plan.graph],
        "waves": [list(w) for w in plan.waves],
        "scans": [
            {
                "source": s.source,
                "scans": s.scans,
                "reads": s.reads,
                "decoded_once": s.decoded_once,
                "exact": s.exact,
            }
            for s in plan.scans
        ],
        "copies": [
            {"node": c.node, "output": c.output, "readers": list(c.readers), "asked": c.asked}
            for c in plan.copies
        ],
    }


def _node(plan: Plan, node: GraphNode) -> dict[str, Any]:
    planned = plan.nodes[node.id]
    return {
        "id": node.id,
        "operator": node.reference,
        "kind": node.kind,
        "action": planned.action,
        "reason": planned.reason,
        "wave": planned.wave,
        "holds_table": planned.holds_table,
        "inputs": [{"node": e.source, "output": e.output, "input": e.input} for e in node.inputs],
        "outputs": [
            {"port": p.name, "type": p.type}
            | (
                {
                    "columns": [{"name": c.name, "dtype": str(c.dtype) if c.dtype else None} for c in schema],
                    "open": schema.is_open,
                }
                if (schema := _schema(plan, node, p)) is not None
                else {}
            )
            for p in node.output_ports
        ],
    }
