"""What the text of a flow says before anything is put into it: references such as `${data}` as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow.errors import Where
from weirflow.flow.interpolate import VERBATIM
from weirflow.flow.problems import Problems, Section
from weirflow.flow.read import parse
from weirflow.flow.subflow import read_declared_outputs

if TYPE_CHECKING:
    from weirflow.errors import DocumentPath
    from weirflow.flow.load import Loaded
    from weirflow.flow.model import Flow


@dataclass(frozen=True)
class Written:
    """What values refer to, by path: by node, and for the defaults of the flow's parameters; and its outputs.

    `outputs` are those that the flow declares for flows that include it: `node` or `node.port`, and the type.
    """

    nodes: Mapping[str, Mapping[str, str]]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def read_written(loaded: Loaded, flow: Flow) -> Written:
    """Read the texts of a loaded flow once more."""
    data = {name: parse(text, name).data for name, text in loaded.sources.items()}
    nodes: dict[str, Mapping[str, str]] = {}
    for spec in flow.nodes:
        given = _at(data.get(spec.where.file), (*spec.where.path, "parameters"))
        kept = {k: v for k, v in given.items() if k not in VERBATIM} if isinstance(given, Mapping) else {}
        nodes[spec.id] = references(kept)
    root = data.get(flow.display)
    root = root if isinstance(root, dict) else {}
    section = Section(Problems(loaded.sources), Where(flow.display))
    outputs = {
        str(o.edge.port): f"{o.edge.node}{'.' + o.edge.output if o.edge.output else ''} ({o.type})"
        for o in read_declared_outputs(section, root, "")
    }
    return Written(nodes, references(root.get("parameters")), outputs)


def _at(data: Any, path: DocumentPath) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def references(value: Any, path: str = "") -> dict[str, str]:
    """The texts in a value that refer to something, by their path: `options.name` or `columns.0`."""
    if isinstance(value, str):
        return {path: value} if "${" in value else {}
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    found: dict[str, str] = {}
    for name, item in items:
        found |= references(item, f"{path}.{name}" if path else str(name))
    return found
