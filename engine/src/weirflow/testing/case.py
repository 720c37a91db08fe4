"""A case: what an author says of a node so that it can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from hypothesis.strategies import SearchStrategy

    from weirflow.plugins.hookspecs import Upgrade


@dataclass(frozen=True)
class Case:
    """One way to use a node.

    parameters: as a flow file would give them; plain JSON values.
    frame: an example of the first input, on which the node must succeed. Three rows or more, with a null where
        nulls may be. Other frames are drawn with its columns and types: numbers and dates within bounds, text
        from its own values and, half the time, any text.
    others: examples of further table inputs, by port.
    files: what lies in the flow's folder, by relative path, for nodes that read files. An input of type `files` gives
        them all.
    quads: N-Quads, for nodes that take a graph: an input of that type gives a graph of them.
    strategies: what a column may hold, where the node is meant for such values only.
    examples: how many frames are drawn.
    quirks: checks that the node is known to fail, by id, each with the reason. A quirk that is none is a finding.
    older: an upgrade from each older version, with parameters that a flow of that version has stored and that
        mean what `parameters` mean.
    name: tells cases of one node apart.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    frame: pl.DataFrame | None = None
    others: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    quads: str = ""
    strategies: Mapping[str, SearchStrategy[Any]] = field(default_factory=dict)
    examples: int = 12
    quirks: Mapping[str, str] = field(default_factory=dict)
    older: tuple[tuple[Upgrade, Mapping[str, Any]], ...] = ()
    name: str = ""
