"""The vendor's flow as one of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from weirflow.api import ImportedFlow, ImportedNode, NodeError
from weirflow_datawrangler import ends, images, names, sample
from weirflow_datawrangler.document import Input, VendorNode, is_vendors, read_nodes
from weirflow_datawrangler.flow_parameters import FlowParameters
from weirflow_datawrangler.mapping import schema, step_of
from weirflow_datawrangler.step import Step


def convert(data: Mapping[str, Any]) -> ImportedFlow | None:
    """Read the JSON of a Data Wrangler flow; None where it is one of other software.

    Each node becomes one of ours with a short id. What has no equal becomes `datawrangler.unmapped`. A flow without
    destinations gets a file for each table that nothing reads. Raises NodeError where the file is damaged.
    """
    if not is_vendors(data):
        return None
    places = {str(n["node_id"]): place for place, n in enumerate(data["nodes"])}
    return _Conversion(read_nodes(data), places, FlowParameters(data)).flow()


class _Conversion:
    def __init__(
        self, nodes: list[VendorNode], places: Mapping[str, int], parameters: FlowParameters
    ) -> None:
        self.vendors = nodes
        self.places = places  # in the file
        self.parameters = parameters
        self.by_id = {n.id: n for n in nodes}
        self.made: list[ImportedNode] = []
        self.ids: dict[str, str] = {}  # the vendor's id, to ours with the port
        self.ports: dict[str, Mapping[str, str]] = {}  # the vendor's names of outputs, to ours
        self.taken: set[str] = set()
        self.verbs: Counter[str] = Counter()  # of the nodes that nobody has named
        self.sources: dict[str, dict[str, str]] = {}

    def flow(self) -> ImportedFlow:
        kept = [n for n in self.vendors if not _stands_for_its_input(n)]
        self.verbs = Counter(_verb(n) for n in kept if not _named(n))
        for node in self.vendors:
            if _stands_for_its_input(node):
                self.ids[node.id] = self.output(node.inputs[0])
                continue
            try:
                self.add(node)
            except NodeError as error:
                path = error.path or ("nodes", self.places[node.id], "parameters")
                raise NodeError(error.message, hint=error.hint, code=error.code, path=path) from None
        if not any(n.type == "DESTINATION" for n in self.vendors):
            self.write_leaves()
        self.made = images.with_images(self.made, self.vendors, self.ids)
        drawn = any(n.operator == sample.OPERATOR for n in self.made)
        parameters = {**self.parameters.declared, **(sample.DECLARED if drawn else {})}
        idle = frozenset() if drawn else frozenset(sample.DECLARED)
        return ImportedFlow(tuple(self.made), parameters=parameters, sources=self.sources, idle=idle)

    def output(self, edge: Input) -> str:
        """Our name of what an edge comes from."""
        port = self.ports.get(edge.node, {}).get(edge.output)
        return f"{self.ids[edge.node]}.{port}" if port else self.ids[edge.node]

    def add(self, node: VendorNode) -> None:
        step = self.step(node)
        inputs = tuple(self.output(edge) for edge in node.inputs)
        steps, id_ = [step, *step.then], ""
        for number, one in enumerate(steps):
            wanted = f"{id_}_sample" if one.operator == sample.OPERATOR else self.id_of(node, one)
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
                    mapped=made.mapped,
                    reason=made.reason,
                    known_as=ends.called(node) if node.type == "SOURCE" and number == 0 else (),
                    trained=made.trained,
                    found=made.found,
                )
            )
            if node.type == "SOURCE" and number == 0:
                self.known(node, id_)
            inputs = (id_,)
        self.ids[node.id] = id_
        self.ports[node.id] = steps[-1].ports

    def id_of(self, node: VendorNode, step: Step) -> str:
        """The id that a node would like: its name, else what it does; and to which column, if others do it too."""
        if named := _named(node):
            return named
        about = ""
        if self.verbs[_verb(node)] > 1 or step.then:
            about = names.about(step.parameters) or self.source_of(node)
        return names.short(_verb(node), about)

    def source_of(self, node: VendorNode) -> str:
        """The name of the source that a node reads, where it reads one."""
        read = self.by_id[node.inputs[0].node] if node.inputs else node
        return _named(read) if read.type == "SOURCE" else ""

    def known(self, node: VendorNode, id_: str) -> None:
        """The columns of a source, as the node after it says that the service found them."""
        reading = (n for n in self.vendors if any(e.node == node.id for e in n.inputs))
        found = next((t for t in map(schema.learned, reading) if t), None)
        if found:
            text = ends.source(node).operator == "read.csv"  # every column is, until it is cast
            self.sources[id_] = {c: "string" if text else t or "object" for c, t in found.items()}

    def step(self, node: VendorNode) -> Step:
        """What a node becomes."""
        if node.type != "SOURCE":
            return step_of(node)
        reader = ends.source(node)
        if "path" in reader.parameters:
            path = self.parameters.put_into(reader.parameters["path"])
            reader = replace(reader, parameters={**reader.parameters, "path": path})
        drawn = sample.step_of(node)
        return reader if drawn is None else replace(reader, then=(drawn,))

    def write_leaves(self) -> None:
        """The service gives the table of a flow without destinations; a file stands for it."""
        read = {edge.node for node in self.vendors for edge in node.inputs if not _is_analysis(node)}
        for node in self.vendors:
            if node.id in read or node.type not in {"TRANSFORM", "DATASET", "SOURCE"}:
                continue
            id_ = names.unique(f"{self.ids[node.id].replace('.', '_')}_written", self.taken)
            note = "Data Wrangler's file has no destination: this is the table that it would show last."
            path = f"output/{id_.removesuffix('_written')}.csv"
            self.made.append(
                ImportedNode(id_, "write.csv", {"path": path}, (self.ids[node.id],), notes=(note,))
            )


def _stands_for_its_input(node: VendorNode) -> bool:
    return node.operator == "dataset.identity" and len(node.inputs) == 1


def _named(node: VendorNode) -> str:
    """What a person called a node, or a source, as an id; else empty."""
    if node.type == "SOURCE":
        return names.stem(node.name) or names.stem(ends.location(node)) or "source"
    shown = node.parameters.get("name") if node.type == "VISUALIZATION" else ""
    title = shown if isinstance(shown, str) and shown != "Untitled" else ""
    named = node.name.removeprefix("S3: ")  # as the service begins the names of destinations
    return names.short(named) or names.short(title) or ("output" if node.type == "DESTINATION" else "")


def _verb(node: VendorNode) -> str:
    return names.verb(node.label or node.operator.rpartition(".")[2])


def _is_analysis(node: VendorNode) -> bool:
    return node.type == "VISUALIZATION"
