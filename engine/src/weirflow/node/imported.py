"""Flows in another program's format, as an importer gives them: what becomes the text of a flow file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Interpolated(str):
    """A text of the flow that is made whose `${name}` stands for a parameter; in others it stands for itself."""

    __slots__ = ()


@dataclass(frozen=True)
class ImportedNode:
    """A node of the flow that is made.

    `inputs` are ids of nodes, or `id.port`, by position. `notes` are sentences for the reader of the file: what was
    left out, or means something else than it may seem. `origin` is what the other program called it, and `mapped`
    whether it means the same here; if not, `reason` may say why. `known_as` are other names that a source may be
    called by: `--source`. `trained` gives what the other program learned, as the node's `TrainedParameters`
    would be written in JSON, and `found` the columns that the node's selectors stand for; it is called when it is
    needed, and raises NodeError where what the file holds cannot be read.
    """

    id: str
    operator: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = ()
    origin: str = ""
    mapped: bool = True
    reason: str = ""
    known_as: tuple[str, ...] = ()
    trained: Callable[[], Mapping[str, Any]] | None = None
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportedFlow:
    """A flow that was read from another program's file, its nodes in an order in which each comes after its inputs.

    `parameters` are those of the flow itself, as its file would declare them; `idle` names others that may be set and
    change nothing of it, as they would of flows of the same program. `sources` are the types of the columns of its
    sources, by node and column, as far as the other program knew them.
    """

    nodes: tuple[ImportedNode, ...]
    description: str = ""
    notes: tuple[str, ...] = ()
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    idle: frozenset[str] = frozenset()
