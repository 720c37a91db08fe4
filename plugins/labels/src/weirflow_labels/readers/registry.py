"""The readers by kind of file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weirflow_labels.readers.base import Reader

_READERS = {
    "manifest": "manifest:Manifests",
    "intermediate": "manifest:Manifests",
    "sequence": "sequence:Sequences",
    "responses": "responses:Responses",
    "activity": "activity:Activity",
    "categories": "categories:Categories",
    "golden": "golden:Golden",
    "label_studio": "label_studio:LabelStudio",
    "coco": "coco:Coco",
}

ORDER = tuple(_READERS)


def reader(kind: str) -> Reader:
    """The reader of a kind of file."""
    module, _, name = _READERS[kind].partition(":")
    made: Reader = getattr(import_module(f"weirflow_labels.readers.{module}"), name)()
    return made
