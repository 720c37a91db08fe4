"""The vendor's flow as one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weirflow.api import ImportedFlow, ImportedNode
from weirflow_datawrangler import ends, names
from weirflow_datawrangler.document import VendorNode, is_vendors, read_nodes
from weirflow_datawrangler.mapping import step_of
from weirflow_datawrangler.step import Step


def convert(data: Mapping[str, Any]) -> ImportedFlow | None:
    """Read the JSON of a Data Wrangler flow; None where it is one of other software.

    Each node becomes one of ours with a short id. What has no equal becomes `datawrangler.unmapped`. A flow without
    destinations gets a file for each table that nothing reads. Raises NodeError where the file is damaged.
    """
    if not is_vendors(data):
        return None
    return _Conversion(read_nodes(data)).flow()


class _Conversion:
    def __init__(self, nodes: list[VendorNode]) -> None:
        self.vendors = nodes
        self.made: list[ImportedNode] = []
        self.ids: dict[str, str] = {}  # the vendor's id, to ours with the port
        self.taken: set[str] = set()

    def flow(self) -> ImportedFlow:
        for node in self.vendors:
            if node.operator == "dataset.identity" and len(node.inputs) == 1:
                self.ids[node.id] = self.ids[node.inputs[0].node]
            else:
                self.add(node)
        if not any(n.type == "DESTINATION" for n in self.vendors):
            self.write_leaves()
        return ImportedFlow(tuple(self.made))

    def add(self, node: VendorNode) -> None:
        step, wanted = self.step(node)
        id_ = names.unique(wanted, self.taken)
        if node.type == "DESTINATION":
            step = ends.destination(node, id_)
        self.ids[node.id] = id_
        self.made.append(
            ImportedNode(
                id_,
                step.operator,
                step.parameters,
                tuple(self.ids[edge.node] for edge in node.inputs),
                title=node.name,
                notes=step.notes,
                origin=f"sagemaker.{node.title}",
                mapped=not step.operator.startswith("datawrangler.unmapped"),
            )
        )

    def step(self, node: VendorNode) -> tuple[Step, list[str]]:
        """What a node becomes, and the ids that it might have, the best first."""
        named = names.short(node.name)
        if node.type == "SOURCE":
            return ends.source(node), [names.stem(node.name) or names.stem(ends.location(node)), "source"]
        step = step_of(node)
        if node.type == "DESTINATION":
            return step, [named, "output"]
        title = node.parameters.get("name") if node.type == "VISUALIZATION" else ""
        shown = names.short(title) if isinstance(title, str) and title != "Untitled" else ""
        return step, [named, shown, names.short(node.label or node.operator.rpartition(".")[2])]

    def write_leaves(self) -> None:
        """The service gives the table of a flow without destinations; a file stands for it."""
        read = {edge.node for node in self.vendors for edge in node.inputs if not _is_analysis(node)}
        for node in self.vendors:
            if node.id in read or node.type not in {"TRANSFORM", "DATASET", "SOURCE"}:
                continue
            id_ = names.unique([f"{self.ids[node.id]}_written"], self.taken)
            note = "Data Wrangler's file has no destination: this is the table that it would show last."
            path = f"output/{id_.removesuffix('_written')}.csv"
            self.made.append(
                ImportedNode(id_, "write.csv", {"path": path}, (self.ids[node.id],), notes=(note,))
            )


def _is_analysis(node: VendorNode) -> bool:
    return node.type == "VISUALIZATION"
