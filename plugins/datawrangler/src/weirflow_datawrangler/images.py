"""Flows on images: what is a table of images to the vendor is files here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from weirflow.api import ImportedNode
from weirflow_datawrangler.document import VendorNode
from weirflow_datawrangler.mapping.images import image_step, is_of_images
from weirflow_datawrangler.step import UnmappedError

_PASSING = {"columns.infer_types", "datawrangler.sample"}  # which say nothing of images
_WRITERS = {"write.csv", "write.parquet"}


def with_images(
    made: Sequence[ImportedNode], vendors: Sequence[VendorNode], ids: Mapping[str, str]
) -> list[ImportedNode]:
    """The nodes, with those on images as nodes on files: steps that follow one another are one `images.transform`.

    Where one of them has no equal, or a table is made of them, all stay unmapped: half of them would not fit together.
    The reason is told of each.
    """
    try:
        return _Images(made, vendors, ids).mapped()
    except UnmappedError as error:
        reason = str(error)
    of_images = {ids[v.id] for v in vendors if v.id in ids and is_of_images(v)}
    return [
        replace(n, reason=reason, parameters={**n.parameters, "reason": reason}) if n.id in of_images else n
        for n in made
    ]


class _Images:
    def __init__(
        self, made: Sequence[ImportedNode], vendors: Sequence[VendorNode], ids: Mapping[str, str]
    ) -> None:
        self.made = made
        self.vendors = {ids[v.id]: v for v in vendors if v.id in ids}
        self.nested = {
            str(e.get("s3Uri")) for v in vendors if (e := _execution(v)).get("s3DirIncludesNested") is True
        }
        self.readers = Counter(i for n in made for i in n.inputs)
        self.files: dict[str, str] = {}  # nodes that give images, to those that stand for them
        self.new: dict[str, ImportedNode] = {}

    def mapped(self) -> list[ImportedNode]:
        for node in self.made:
            fed = [i for i in node.inputs if i in self.files]
            if node.operator == "datawrangler.unmapped_source" and _is_image(node):
                path = str(node.parameters["path"])
                nested = {"nested": True} if path in self.nested else {}
                self.put(node, "images.read", {"path": path, **nested})
            elif not fed:
                self.new[node.id] = node
            elif len(node.inputs) > 1:
                raise UnmappedError("it takes images and something else")
            else:
                self.follow(node, fed[0])
        return list(self.new.values())

    def follow(self, node: ImportedNode, fed: str) -> None:
        """Map a node that takes images."""
        vendor = self.vendors.get(node.id)
        if node.operator in _PASSING:
            self.files[node.id] = self.files[fed]
        elif node.operator in _WRITERS:
            path = PurePosixPath(str(node.parameters["path"]))
            self.put(node, "files.write", {"path": str(path.with_suffix(""))}, gives=False)
        elif vendor is not None and is_of_images(vendor):
            step = image_step(vendor)
            before = self.new[self.files[fed]]
            if step.operator == before.operator == "images.transform" and self.readers[fed] == 1:
                steps = [*before.parameters["steps"], *step.parameters["steps"]]
                self.put(before, before.operator, {"steps": steps}, before.notes, inputs=before.inputs)
                self.files[node.id] = before.id
            else:
                self.put(node, step.operator, step.parameters, step.notes)
        else:
            raise UnmappedError("it makes a table of images")

    def put(
        self,
        node: ImportedNode,
        operator: str,
        parameters: Mapping[str, Any],
        notes: tuple[str, ...] = (),
        *,
        inputs: tuple[str, ...] | None = None,
        gives: bool = True,
    ) -> None:
        fed = tuple(self.files[i] for i in node.inputs) if inputs is None else inputs
        self.new[node.id] = ImportedNode(
            node.id, operator, dict(parameters), fed, title=node.title, notes=notes, origin=node.origin
        )
        if gives:
            self.files[node.id] = node.id


def _is_image(node: ImportedNode) -> bool:
    return str(node.parameters.get("name", "")).rpartition(" / ")[2].lower() in {"image", "images"}


def _execution(vendor: VendorNode) -> Mapping[str, Any]:
    definition = vendor.parameters.get("dataset_definition")
    found = definition.get("s3ExecutionContext") if isinstance(definition, Mapping) else None
    return found if isinstance(found, Mapping) else {}
