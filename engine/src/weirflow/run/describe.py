"""What each node's output looks like, for the record: schema, rows where counted, a few rows.

It costs no pass over the data: rows come from the first of each source's, carried through the flow in memory.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from weirflow.node.payloads import Inputs
from weirflow.node.schema import Schema
from weirflow.run.events import Described
from weirflow.run.record import SampleRecord
from weirflow.run.tables import Tables

if TYPE_CHECKING:
    import polars as pl

    from weirflow.graph.model import Place
    from weirflow.node.payloads import Table
    from weirflow.node.report import Cell
    from weirflow.run.state import State

SOURCE_ROWS = 1_000
SHOWN_ROWS = 8
LONGEST = 80  # characters of a cell that are shown
MASK = "•••"


def describe(state: State) -> None:
    """Emit a description of every node that gave a table."""
    small: dict[Place, Table] = {}
    # apart from the run's: what samples make is neither told nor kept
    apart = Tables(state.graph, state.flowed, state.learned, state.engine, state.given, dict(state.held))
    sampled = state.plan.options.report == "full"
    for node in state.graph:
        if not state.plan.wanted(node.id) or node.id in state.failed:
            continue
        for port in node.output_ports:
            if port.type != "table":
                continue
            place = (node.id, port.name)
            frame: pl.DataFrame | None = None
            if sampled:
                with contextlib.suppress(Exception):  # a sample is a courtesy: no run fails for want of one
                    frame = _sample(state, apart, small, place)
            schema = state.flowed.schemas[place]
            if frame is not None:
                schema = schema.turned_out(state.engine.schema(small[place]))
            record = _record(frame, schema) if frame is not None else None
            state.emit(Described(node.id, schema, state.rows(place), record))


def _sample(state: State, apart: Tables, small: dict[Place, Table], place: Place) -> pl.DataFrame:
    node = state.graph[place[0]]
    if place not in small:
        given = state.given.get(place) if place in state.given else state.held.get(place)
        if given is not None:
            small[place] = state.engine.hold(given.head(SOURCE_ROWS))
        else:
            inputs = Inputs([(e.input, small[e.place]) for e in node.inputs if e.type == "table"])
            for port, table in apart.apply(node, inputs).items():
                small[node.id, port] = state.engine.hold(table)
    return state.engine.frame(small[place].head(SHOWN_ROWS))


def _record(frame: pl.DataFrame, schema: Schema) -> SampleRecord:
    masked = {c.name for c in schema if c.personal}
    columns = tuple(frame.columns)
    rows = tuple(
        tuple(MASK if name in masked else _cell(value) for name, value in zip(columns, row, strict=True))
        for row in frame.rows()
    )
    return SampleRecord(columns=columns, rows=rows)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
