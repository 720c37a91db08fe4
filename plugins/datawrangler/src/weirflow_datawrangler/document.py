"""The vendor's file as data: its nodes, checked for shape, each after those that it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weirflow.api import NodeError

_PREFIX = "sagemaker."
_SOURCE = "SOURCE"


@dataclass(frozen=True)
class Input:
    """An edge: the node that it comes from, and that node's output."""

    node: str
    output: str


@dataclass(frozen=True)
class VendorNode:
    """A node as the file has it. `operator` is without its prefix and version: `spark.manage_columns`."""

    id: str
    type: str
    operator: str
    version: str
    name: str
    parameters: Mapping[str, Any]
    trained: Mapping[str, Any]
    inputs: tuple[Input, ...]
    sampling: Mapping[str, Any]

    @property
    def label(self) -> str:
        """The operator's choice among its kinds, as `Drop column`; empty where it has none."""
        chosen = self.parameters.get("operator")
        return chosen if isinstance(chosen, str) else ""

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The parameters of the kind that is chosen. Those of others, which stay in files, are left alone."""
        if not self.label:
            return self.parameters
        return section(self.parameters, self.label)

    @property
    def title(self) -> str:
        """What a person calls it: `spark.manage_columns / Drop column`."""
        return f"{self.operator} / {self.label}" if self.label else self.operator


def section(parameters: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    """The parameters that belong to a label: `Drop column` has them under `drop_column_parameters`.

    Time series keep the label as it is: `Validate timestamps_parameters`.
    """
    snake = "_".join(label.lower().replace("-", " ").split())
    plain = "_".join(re.findall("[a-z0-9]+", label.lower()))  # `Center (pad on either side)`
    for key in (f"{snake}_parameters", f"{plain}_parameters", f"{label}_parameters"):
        found = parameters.get(key)
        if isinstance(found, Mapping):
            return found
    return {}


def is_vendors(data: Mapping[str, Any]) -> bool:
    """Whether this is a Data Wrangler flow, and not one of other software whose files are called so too."""
    metadata, nodes = data.get("metadata"), data.get("nodes")
    return (
        isinstance(metadata, Mapping)
        and "version" in metadata
        and isinstance(nodes, list)
        and all(isinstance(n, Mapping) and "node_id" in n for n in nodes)
    )


def read_nodes(data: Mapping[str, Any]) -> list[VendorNode]:
    """The nodes, each after its inputs, else in the file's order. Raises NodeError on a graph that is none."""
    version = data["metadata"]["version"]
    if version not in (1, "1") or isinstance(version, bool):
        raise NodeError(
            f"the file is of version {version!r} of Data Wrangler's format, and version 1 is read",
            hint="install a newer weirflow, or save the flow as version 1",
            code="WF106",
            path=("metadata", "version"),
        )
    nodes = [_node(number, n) for number, n in enumerate(data["nodes"])]
    places: dict[str, int] = {}
    for place, node in enumerate(nodes):
        if node.id in places:
            raise NodeError(
                f"two nodes have the node_id '{node.id}': numbers {places[node.id] + 1} and {place + 1}",
                hint="remove one of them",
                code="WF301",
                path=("nodes", place, "node_id"),
            )
        places[node.id] = place
    for place, node in enumerate(nodes):
        if not node.inputs and node.type != _SOURCE:
            raise NodeError(
                f"{node.title} ({node.id}) reads from no node",
                hint="remove it from the file, or give it an input",
                code="WF306",
                path=("nodes", place, "inputs"),
            )
        for number, edge in enumerate(node.inputs):
            if edge.node not in places:
                raise NodeError(
                    f"{node.title} ({node.id}) reads from '{edge.node}', which is not in the file",
                    hint="name a node that is there, or remove this one and what it feeds",
                    code="WF302",
                    path=("nodes", place, "inputs", number, "node_id"),
                )
    return _ordered(nodes, places)


_KINDS = {"str": "text", "list": "a list", "dict": "a mapping", "bool": "true or false"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value).__name__, "a number")


def _node(number: int, data: Mapping[str, Any]) -> VendorNode:
    def of(key: str, kind: type, default: Any) -> Any:
        found = data.get(key)
        if found is None:
            return default
        if not isinstance(found, kind):
            raise NodeError(
                f"'{key}' of node {number + 1} is {_kind(found)}, and {_KINDS[kind.__name__]} was expected",
                hint="the service writes it so: save the flow there again, or mend it by hand",
                code="WF205",
                path=("nodes", number, key),
            )
        return found

    operator, _, version = of("operator", str, "").removeprefix(_PREFIX).rpartition("_")
    inputs = []
    for place, edge in enumerate(of("inputs", list, [])):
        if not isinstance(edge, Mapping) or not isinstance(edge.get("node_id"), str):
            raise NodeError(
                f"an input of node {number + 1} names no node_id",
                hint="write the node_id of the node that it reads",
                code="WF205",
                path=("nodes", number, "inputs", place),
            )
        inputs.append(Input(edge["node_id"], str(edge.get("output_name") or "default")))
    outputs = [o for o in of("outputs", list, []) if isinstance(o, Mapping)]
    sampling: Mapping[str, Any] = next(
        (o["sampling"] for o in outputs if isinstance(o.get("sampling"), Mapping)), {}
    )
    return VendorNode(
        id=str(data["node_id"]),
        type=_SOURCE if not inputs and operator.endswith("_source") else of("type", str, ""),
        operator=operator,
        version=version,
        name=of("name", str, ""),
        parameters=of("parameters", dict, {}),
        trained=of("trained_parameters", dict, {}),
        inputs=tuple(inputs),
        sampling=sampling,
    )


def _ordered(nodes: list[VendorNode], places: Mapping[str, int]) -> list[VendorNode]:
    ordered: dict[str, VendorNode] = {}
    pending: set[str] = set()
    for root in nodes:
        stack = [(root, False)]
        while stack:
            node, entered = stack.pop()
            if entered:
                pending.discard(node.id)
                ordered.setdefault(node.id, node)
            elif node.id not in ordered:
                if node.id in pending:
                    raise NodeError(
                        f"{node.title} ({node.id}) feeds itself",
                        hint="take away one of the inputs on the way round",
                        code="WF303",
                        path=("nodes", places[node.id], "inputs"),
                    )
                pending.add(node.id)
                stack.append((node, True))
                stack += [(nodes[places[e.node]], False) for e in reversed(node.inputs)]
    return list(ordered.values())
