"""The vendor's flow as one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from weirflow.api import ImportedFlow, ImportedNode
from weirflow_datawrangler import ends, images, names, sample
from weirflow_datawrangler.document import Input, VendorNode, is_vendors, read_nodes
from weirflow_datawrangler.mapping import schema, step_of
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
        self.ports: dict[str, Mapping[str, str]] = {}  # the vendor's names of outputs, to ours
        self.taken: set[str] = set()
        self.sources: dict[str, dict[str, str]] = {}
        self.sampled = False

    def flow(self) -> ImportedFlow:
        for node in self.vendors:
            if node.operator == "dataset.identity" and len(node.inputs) == 1:
                self.ids[node.id] = self.output(node.inputs[0])
            else:
                self.add(node)
        if not any(n.type == "DESTINATION" for n in self.vendors):
            self.write_leaves()
        self.made = images.with_images(self.made, self.vendors, self.ids)
        parameters = {"sample": sample.PARAMETER} if self.sampled else {}
        return ImportedFlow(tuple(self.made), parameters=parameters, sources=self.sources)

    def output(self, edge: Input) -> str:
        """Our name of what an edge comes from."""
        port = self.ports.get(edge.node, {}).get(edge.output)
        return f"{self.ids[edge.node]}.{port}" if port else self.ids[edge.node]

    def add(self, node: VendorNode) -> None:
        step, wanted = self.step(node)
        inputs = tuple(self.output(edge) for edge in node.inputs)
        steps, id_ = [step, *step.then], ""
        for number, one in enumerate(steps):
            if one.operator == sample.OPERATOR:
                wanted = [f"{id_}_sample"]
            id_ = names.unique(wanted, self.taken)
            made = ends.destination(node, id_) if node.type == "DESTINATION" else one
            self.made.append(
                ImportedNode(
                    id_,
                    made.operator,
                    made.parameters,
                    inputs,
                    title=node.name if number == 0 else "",
                    notes=made.notes,
                    origin=f"sagemaker.{node.title}" if number == 0 else "",
                    mapped=not made.operator.startswith("datawrangler.unmapped"),
                    trained=made.trained,
                    found=made.found,
                )
            )
            if node.type == "SOURCE" and number == 0:
                self.known(node, id_)
            self.sampled = self.sampled or made.operator == sample.OPERATOR
            inputs = (id_,)
        self.ids[node.id] = id_
        self.ports[node.id] = steps[-1].ports

    def known(self, node: VendorNode, id_: str) -> None:
        """The columns of a source, as the node after it says that the service found them."""
        reading = (n for n in self.vendors if any(e.node == node.id for e in n.inputs))
        found = next((t for t in map(schema.learned, reading) if t), None)
        if found:
            text = ends.source(node).operator == "read.csv"  # every column is, until it is cast
            self.sources[id_] = {c: "string" if text else t or "object" for c, t in found.items()}

    def step(self, node: VendorNode) -> tuple[Step, list[str]]:
        """What a node becomes, and the ids that it might have, the best first."""
        named = names.short(node.name)
        if node.type == "SOURCE":
            reader = ends.source(node)
            drawn = sample.step_of(node)
            if drawn is not None:
                reader = replace(reader, then=(drawn,))
            return reader, [names.stem(node.name) or names.stem(ends.location(node)), "source"]
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
            id_ = names.unique([f"{self.ids[node.id].replace('.', '_')}_written"], self.taken)
            note = "Data Wrangler's file has no destination: this is the table that it would show last."
            path = f"output/{id_.removesuffix('_written')}.csv"
            self.made.append(
                ImportedNode(id_, "write.csv", {"path": path}, (self.ids[node.id],), notes=(note,))
            )


def _is_analysis(node: VendorNode) -> bool:
    return node.type == "VISUALIZATION"
