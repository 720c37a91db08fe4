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
    if version != 1:
        raise NodeError(
            f"the file is of version {version!r} of Data Wrangler's format, and version 1 is read",
            code="WF106",
        )
    nodes = [_node(number, n) for number, n in enumerate(data["nodes"])]
    by_id: dict[str, VendorNode] = {}
    for node in nodes:
        if node.id in by_id:
            raise NodeError(f"two nodes have the node_id '{node.id}'", code="WF301")
        by_id[node.id] = node
    for node in nodes:
        if not node.inputs and node.type != _SOURCE:
            raise NodeError(
                f"{node.title} ({node.id}) reads from no node",
                hint="remove it from the file, or give it an input",
                code="WF306",
            )
        for edge in node.inputs:
            if edge.node not in by_id:
                raise NodeError(
                    f"{node.title} ({node.id}) reads from '{edge.node}', which is not in the file",
                    code="WF302",
                )
    return _ordered(nodes, by_id)


def _node(number: int, data: Mapping[str, Any]) -> VendorNode:
    def of(key: str, kind: type, default: Any) -> Any:
        found = data.get(key)
        if found is None:
            return default
        if not isinstance(found, kind):
            raise NodeError(
                f"'{key}' of node {number + 1} is of type {type(found).__name__}, and {kind.__name__} was expected",
                code="WF205",
            )
        return found

    operator, _, version = of("operator", str, "").removeprefix(_PREFIX).rpartition("_")
    inputs = []
    for edge in of("inputs", list, []):
        if not isinstance(edge, Mapping) or not isinstance(edge.get("node_id"), str):
            raise NodeError(f"an input of node {number + 1} names no node_id", code="WF205")
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


def _ordered(nodes: list[VendorNode], by_id: Mapping[str, VendorNode]) -> list[VendorNode]:
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
                    raise NodeError(f"{node.title} ({node.id}) feeds itself", code="WF303")
                pending.add(node.id)
                stack.append((node, True))
                stack += [(by_id[e.node], False) for e in reversed(node.inputs)]
    return list(ordered.values())
