"""Flows in another program's format, as an importer gives them: what becomes the text of a flow file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ImportedNode:
    """A node of the flow that is made.

    `inputs` are ids of nodes, or `id.port`, by position. `notes` are sentences for the reader of the file: what was
    left out, or means something else than it may seem. `origin` is what the other program called it, and `mapped`
    whether it means the same here.
    """

    id: str
    operator: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = ()
    origin: str = ""
    mapped: bool = True


@dataclass(frozen=True)
class ImportedFlow:
    """A flow that was read from another program's file, its nodes in an order in which each comes after its inputs."""

    nodes: tuple[ImportedNode, ...]
    description: str = ""
    notes: tuple[str, ...] = ()
