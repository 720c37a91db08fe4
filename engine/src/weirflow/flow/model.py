"""What a flow file says, once read: immutable, without meaning. `weirflow.graph` gives it meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.errors import Where

ParameterType: TypeAlias = Literal["string", "path", "integer", "number", "boolean", "date", "list"]

FORMAT = 1
"""The version of the flow format that is read and written: the value of the top-level key `flow`."""


@dataclass(frozen=True)
class InputSpec:
    """An edge as written: from a node, and its port where one is named, into a port where one is named."""

    port: str | None
    node: str
    output: str | None
    where: Where


@dataclass(frozen=True)
class NodeSpec:
    """A node as written. Ids inside a subflow begin with the subflow's own id and a slash.

    `inputs` is None where the file leaves them out: the graph then connects the nearest node above, in the
    same scope, with an output of the wanted type. `version` is None where the operator has no `@N`. `scope`
    names the subflows around the node, outermost first: the parts of `id` before the last. `base` is the
    folder that locations among the parameters are relative to. Secrets among the parameters are references
    (see `interpolate.reveal`). `cache` asks for the node's table to be computed once in a run: the copy goes when
    the run ends.

    A subflow is there as its nodes: one `flow.input` for each input it declares, those of its file, and last
    a `flow.output` that has the id of the including node, and an edge from inside for each port.
    """

    id: str
    operator: str
    version: int | None
    parameters: Mapping[str, Any]
    inputs: tuple[InputSpec, ...] | None
    where: Where
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    cache: bool = False
    seed: int | None = None
    scope: tuple[str, ...] = ()
    base: Path = field(default_factory=Path)


@dataclass(frozen=True)
class ParameterSpec:
    """A parameter of the flow itself, which a run may set. Dates are ISO text."""

    name: str
    type: ParameterType
    default: Any
    required: bool
    description: str


@dataclass(frozen=True)
class Flow:
    """A flow, with its subflows flattened into `nodes`, which keep the order of the file.

    `display` is the file's name as messages show it; `values` are the flow's parameters for this run.
    """

    file: Path
    base: Path
    display: str
    name: str
    description: str
    seed: int
    parameters: Mapping[str, ParameterSpec]
    values: Mapping[str, Any]
    nodes: tuple[NodeSpec, ...]
    tests: tuple[Any, ...]
    requires: tuple[str, ...] = ()
