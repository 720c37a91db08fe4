"""A node carried out on DuckDB, with what it learned on Polars."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.node.model import Estimator
from weirflow.node.payloads import Inputs

if TYPE_CHECKING:
    import polars as pl

    from weirflow.testing.subject import Frames, Outcome


def on_duckdb(outcome: Outcome, frames: Frames) -> dict[str, pl.DataFrame]:
    """The output tables of the same work on DuckDB; columns in the types that Polars gave them."""
    import duckdb

    with duckdb.connect() as connection:
        tables: list[tuple[str, Any]] = []
        for port, frame in frames.items():
            connection.register(f"t_{port}", frame.to_arrow())
            tables.append((port, nw.from_native(connection.table(f"t_{port}"))))
        node = outcome.node
        made: Any = (
            node.transform(tables[0][1], copy.deepcopy(outcome.trained))
            if isinstance(node, Estimator)
            else node.transform(Inputs(tables))
        )
        by_port = made if isinstance(made, Mapping) else {node.outputs[0].name: made}
        found: dict[str, pl.DataFrame] = {}
        for port, table in by_port.items():
            frame = table.collect(backend="polars").to_native()
            same = outcome.frames[port].schema
            found[port] = frame.cast({n: d for n, d in same.items() if n in frame.columns})
        return found
