"""Make a plan: pure arithmetic on the graph, the sources' facts, what was learned, and the options."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, Where
from weirflow.flow.select import select
from weirflow.graph.lineage import Lineage
from weirflow.graph.schemas import flow_schemas
from weirflow.plan.destinations import clashes
from weirflow.plan.kept import Kept, covers_of, why_work
from weirflow.plan.model import Options, Plan, PlannedNode
from weirflow.plan.reads import Reads, asked_columns
from weirflow.plan.recipe import recipes
from weirflow.plan.trained import Entry, still_learned, why_stale

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode
    from weirflow.graph.schemas import Flowed, Learned
    from weirflow.node.contexts import Item, SourceFacts
    from weirflow.plan.model import Action


def make_plan(
    graph: Graph,
    facts: Mapping[str, SourceFacts],
    entries: Mapping[str, Entry],
    options: Options,
    fingerprints: Mapping[str, str | None] | None = None,
    kept: Mapping[str, Kept] | None = None,
    items: Mapping[str, Sequence[Item]] | None = None,
) -> Plan:
    """Make the plan of a graph.

    `facts` are what is known of the sources, `entries` what was learned before, `fingerprints` those of the
    nodes under which something is kept, `kept` what the store has of each, `items` those of tasks that find them
    in files.
    """
    recipe = recipes(graph)
    aims = targets(graph, options.select)
    learned, stale, diagnostics = _learned(graph, entries, recipe, options, aims)
    flowed = flow_schemas(graph, {n: f.schema for n, f in facts.items()}, learned)
    needed = graph.ancestors(aims)
    lineage = Lineage(graph, flowed, _pending(graph, learned))
    waves = _waves(graph, flowed, lineage, learned, needed)
    reads = Reads(graph, flowed, lineage, needed, waves)
    copied = {c.node for c in reads.copies}
    covers = covers_of(graph, fingerprints or {}, items or {})
    nodes = {
        node.id: PlannedNode(
            node.id,
            *_action(node, learned, stale, needed, (fingerprints or {}, kept or {}, covers), options, copied),
            wave=waves.get(node.id),
            holds_table=node.node.holds_table,
        )
        for node in graph
    }
    if options.frozen:
        diagnostics += _frozen(graph, nodes)
    diagnostics += _engines(graph, needed, options)
    diagnostics += clashes(graph, needed, options.output, facts)
    diagnostics += [
        Diagnostic(
            "WF306",
            f"nothing feeds '{node.id}', which this flow declares as an input",
            node.spec.where,
            node=node.id,
            hint="it is made to be included: name it in a node of another flow, with `operator: flow`",
        )
        for node in graph
        if node.id in needed and node.is_entrance
    ]
    rounds = tuple(
        tuple(n for n, w in waves.items() if w == number)
        for number in range(1, max(waves.values(), default=0) + 1)
    )
    return Plan(
        graph,
        flowed,
        facts,
        options,
        nodes,
        recipe,
        learned,
        {n: e for n, e in entries.items() if n in learned or (n in graph.nodes and n not in needed)},
        rounds,
        reads.scans(facts),
        reads.copies,
        (*flowed.diagnostics, *diagnostics),
        fingerprints or {},
        covers,
    )


def targets(graph: Graph, selection: Sequence[str]) -> frozenset[str]:
    """The nodes that a selection names, all where there is none. Raises SelectionError."""
    if not selection:
        return frozenset(graph.nodes)
    return frozenset(select(selection, [_Info(graph, n) for n in graph]))


class _Info:
    """A node as the selection language sees it."""

    def __init__(self, graph: Graph, node: GraphNode) -> None:
        self.id = node.id
        self.tags = node.spec.tags
        self.operator = node.spec.operator
        self.upstream = tuple(e.source for e in graph[node.id].inputs)


def _learned(
    graph: Graph,
    entries: Mapping[str, Entry],
    recipe: Mapping[str, str],
    options: Options,
    targets: frozenset[str],
) -> tuple[dict[str, Learned], dict[str, str], list[Diagnostic]]:
    """What is still learned; why the rest must be fitted; and what could not be read."""
    learned: dict[str, Learned] = {}
    stale: dict[str, str] = {}
    found: list[Diagnostic] = []
    for node in graph:
        if node.kind != "estimator":
            continue
        entry = entries.get(node.id)
        if entry is None:
            stale[node.id] = "never fitted"
        elif options.refit and node.id in targets:
            stale[node.id] = "refit asked for"
        elif (why := why_stale(node, entry, recipe, learned)) is not None:
            stale[node.id] = why
        else:
            result = still_learned(node, entry)
            if isinstance(result, Diagnostic):
                found += [result] if options.frozen else []
                stale[node.id] = "what was recorded cannot be read"
            else:
                learned[node.id] = result
    return learned, stale, found


def _action(
    node: GraphNode,
    learned: Mapping[str, Learned],
    stale: Mapping[str, str],
    needed: frozenset[str],
    store: tuple[Mapping[str, str | None], Mapping[str, Kept], Mapping[str, Mapping[str, object]]],
    options: Options,
    copied: Collection[str],
) -> tuple[Action, str]:
    """What will happen to a node, and why."""
    fingerprints, kept, covers = store
    if node.id not in needed:
        return "skip", "not selected"
    match node.kind:
        case "source":
            return "read", "source"
        case "transform":
            return "apply", "computed once" if node.id in copied else "carried out with what reads it"
        case "estimator":
            return ("use", "trained before") if node.id in learned else ("fit", stale[node.id])
        case "analysis":
            return "analyse", "reports are made anew"
        case "sink":
            return "write", "destinations are written anew"
        case "service":
            return "skip", "services are started by `weirflow serve`"
        case _:
            if options.force:
                return "work", "forced"
            now, then = fingerprints.get(node.id), kept.get(node.id)
            return "work", why_work(node.kind, now, covers.get(node.id, {}), then)


def _pending(graph: Graph, learned: Mapping[str, Learned]) -> set[str]:
    """The nodes that have not done their part."""
    return {
        n.id for n in graph if (n.kind == "estimator" and n.id not in learned) or n.kind in {"task", "job"}
    }


def _waves(
    graph: Graph,
    flowed: Flowed,
    lineage: Lineage,
    learned: Mapping[str, Learned],
    needed: frozenset[str],
) -> dict[str, int]:
    """In which round each node that asks is answered, at the earliest.

    Where a selector waits, what it will choose is not known: only the fits that name columns hold it up for certain.
    """
    waves: dict[str, int] = {}
    for node in graph:
        if node.id not in needed or not node.asks or node.id in learned:
            continue
        edge = next(e for e in node.inputs if e.type == "table")
        waits = lineage.blockers(edge.place, asked_columns(node, flowed))
        if flowed.waiting and flowed.waiting & graph.ancestors([node.id]):
            waits = frozenset(b for b in waits if _names_columns(graph[b], flowed))
        waves[node.id] = 1 + max((waves.get(b, 0) for b in waits), default=0)
    return waves


def _names_columns(node: GraphNode, flowed: Flowed) -> bool:
    """Whether only the work of a node tells which columns there are."""
    if node.kind != "estimator":
        return True
    return any(flowed.effects[node.id, p.name].opens for p in node.output_ports if p.type == "table")


def _frozen(graph: Graph, nodes: Mapping[str, PlannedNode]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "WF612",
            f"'{n.id}' would have to be fitted ({n.reason}), and --frozen refuses to fit",
            Where(graph[n.id].spec.where.file, graph[n.id].spec.where.path),
            node=n.id,
            hint="run once without --frozen to fit it",
        )
        for n in nodes.values()
        if n.action == "fit"
    ]


def _engines(graph: Graph, needed: frozenset[str], options: Options) -> list[Diagnostic]:
    return [
        Diagnostic(
            "WF504",
            f"{n.spec.operator} does not run on the engine '{options.engine}'",
            n.spec.where,
            node=n.id,
            hint=f"it runs on: {', '.join(sorted(n.node.engines))}",
        )
        for n in graph
        if n.id in needed and options.engine not in n.node.engines
    ]
