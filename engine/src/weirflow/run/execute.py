"""Carry out a plan: waves as long as they bring something, then the next step that can be taken."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.graph.secrets import references, revealed
from weirflow.run.blame import attribute
from weirflow.run.conceal import concealing
from weirflow.run.describe import describe
from weirflow.run.events import Ended
from weirflow.run.state import State
from weirflow.run.steps import refuse_unfit, run_step
from weirflow.run.tables import NodeFailedError
from weirflow.run.waves import run_wave

if TYPE_CHECKING:
    from weirflow.engines.base import Engine
    from weirflow.graph.model import GraphNode
    from weirflow.plan.model import Plan
    from weirflow.run.events import Emit
    from weirflow.run.store import Store


def execute(plan: Plan, engine: Engine, store: Store, scratch: Path, emit: Emit) -> State:
    """Carry out a plan in this process. Nothing is raised for what nodes do wrong: events tell."""
    emit = concealing(emit, references(plan.graph, os.environ))
    plan = replace(plan, graph=revealed(plan.graph, os.environ))
    state = State(plan, engine, store.copies, scratch, emit)
    refuse_unfit(state)
    for node in plan.graph:
        if node.kind == "source" and plan.wanted(node.id):
            try:
                state.open_source(node.id)
            except NodeFailedError as failed:
                state.fail(failed)
    while run_wave(state) or _take_step(state, store):
        pass
    state.reflow()
    _run_snippets(state)
    describe(state)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    emit(Ended(state.scans(), peak))
    return state


def _run_snippets(state: State) -> None:
    """Run the code whose table nobody took: it is there for what it prints, of all rows."""
    for node in state.graph:
        if not (node.node.runs_code and node.node.holds_table and state.plan.wanted(node.id)):
            continue
        for port in node.output_ports:
            place = (node.id, port.name)
            if port.type != "table" or place in state.held or node.id in state.failed:
                continue
            try:
                state.tables.get(place)
            except NodeFailedError as failed:
                state.fail(failed)
            except Exception as error:  # noqa: BLE001 - an engine's error is put down to the node behind it
                state.fail(attribute(state, place, error))


def _take_step(state: State, store: Store) -> bool:
    """Take the first step whose inputs are final; whether there was one."""
    state.reflow()
    state.materialise()
    for node in state.graph:
        if (
            node.is_step
            and state.plan.wanted(node.id)
            and node.id not in state.done | state.failed
            and _ready(state, node)
        ):
            run_step(state, store, node)
            return True
    return False


def _ready(state: State, node: GraphNode) -> bool:
    for edge in node.inputs:
        if edge.type == "table":
            if state.lineage.blockers(edge.place, None):
                return False
        elif edge.place not in state.payloads:
            return False
    return True
