"""Carry out a plan: waves as long as they bring something, then the next step that can be taken."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.graph.secrets import revealed
from weirflow.run.describe import describe
from weirflow.run.events import Ended
from weirflow.run.state import State
from weirflow.run.steps import run_step
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
    plan = replace(plan, graph=revealed(plan.graph, os.environ))
    state = State(plan, engine, scratch, emit)
    for node in plan.graph:
        if node.kind == "source" and plan.wanted(node.id):
            try:
                state.open_source(node.id)
            except NodeFailedError as failed:
                state.fail(failed)
    while run_wave(state) or _take_step(state, store):
        pass
    state.reflow()
    describe(state)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    emit(Ended(state.scans(), peak))
    return state


def _take_step(state: State, store: Store) -> bool:
    """Take the first step whose inputs are final; whether there was one."""
    state.reflow()
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
