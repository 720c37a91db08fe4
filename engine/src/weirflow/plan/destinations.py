"""Where sinks write, and whether that is where another node of the flow reads or writes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, Where
from weirflow.node.model import Sink

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode
    from weirflow.node.contexts import SourceFacts


def destination(location: str, base: Path, output: Path | None) -> Path:
    """The file that a sink's location stands for; with `-o`, the location's name in that folder."""
    path = Path(location).expanduser()
    if path.is_absolute():
        return path
    return output / path.name if output is not None else base / path


def clashes(
    graph: Graph,
    needed: Collection[str] | None = None,
    output: Path | None = None,
    facts: Mapping[str, SourceFacts] | None = None,
) -> list[Diagnostic]:
    """Sinks that would write over what another node reads, or over what another sink has written.

    Of all nodes, or of those in `needed`; `output` is where `-o` puts relative destinations, `facts` the files
    that sources are known to read. Links count as what they point at. A folder that a sink fills is its own: nothing
    else is read or written in it, and it lies in no folder that is read, where the next run would find it.
    """
    nodes = [n for n in graph if needed is None or n.id in needed]
    met: dict[str, _Use] = {}
    for use in (u for n in nodes for u in _read(n, facts or {})):
        met.setdefault(use.path, use)
    found = []
    folders: list[_Use] = []
    for node in nodes:
        for use in _written(node, output) if node.kind == "sink" else ():
            other = met.setdefault(use.path, use)
            if other is not use:
                found.append(_clash(use, other, output))
            elif use.fills:
                folders.append(use)
    for use in folders:
        inside = next((o for o in met.values() if o is not use and _nested(use, o)), None)
        if inside is not None:
            found.append(_overlap(use, inside))
    return found


@dataclass(frozen=True)
class _Use:
    """A file that a node reads or writes, and the parameter that says so."""

    node: GraphNode
    field: str
    path: str  # without links
    reads: bool = False

    @property
    def where(self) -> Where:
        spec = self.node.spec
        return Where(spec.where.file, (*spec.where.path, "parameters", self.field))

    @property
    def fills(self) -> bool:
        """Whether it is a folder that a sink fills."""
        return not self.reads and isinstance(self.node.node, Sink) and self.node.node.writes_folder


def _locations(node: GraphNode, fields: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(fields):
        value = getattr(node.node, name)
        if isinstance(value, str) and "://" not in value:
            yield name, value


def _read(node: GraphNode, facts: Mapping[str, SourceFacts]) -> Iterator[_Use]:
    fields = node.node.location_fields()
    if node.kind == "sink":
        fields -= node.node.written_fields()
    for name, location in _locations(node, fields):
        yield _Use(node, name, os.path.realpath(node.spec.base / Path(location).expanduser()), reads=True)
        if node.id in facts:
            for file in facts[node.id].files:
                yield _Use(node, name, os.path.realpath(file.path), reads=True)


def _written(node: GraphNode, output: Path | None) -> Iterator[_Use]:
    for name, location in _locations(node, node.node.written_fields()):
        yield _Use(node, name, os.path.realpath(destination(location, node.spec.base, output)))


def _nested(folder: _Use, other: _Use) -> bool:
    """Whether something lies in a folder that a sink fills, or is read and has that folder in it."""
    one, two = Path(folder.path), Path(other.path)
    return two.is_relative_to(one) or (one.is_relative_to(two) and (other.fills or other.reads))


def _overlap(use: _Use, other: _Use) -> Diagnostic:
    does = "reads" if other.reads else "writes"
    if Path(other.path).is_relative_to(use.path):
        text = (
            f"'{use.node.id}' replaces the folder in which '{other.node.id}' {does} '{Path(other.path).name}'"
        )
    else:
        text = f"'{use.node.id}' would write into '{Path(other.path).name}', which '{other.node.id}' {does}"
    also = ((other.where, f"it is {'written' if does == 'writes' else 'read'} here"),)
    hint = "name a folder of its own, beside the others"
    return Diagnostic("WF311", text, use.where, node=use.node.id, hint=hint, also=also)


def _clash(use: _Use, other: _Use, output: Path | None) -> Diagnostic:
    file = Path(use.path).name
    if not other.reads:
        message = f"'{use.node.id}' would write over '{file}', which '{other.node.id}' writes"
        hint = (
            "name another file" if output is None else "name another file: -o puts them all into one folder"
        )
    else:
        message = f"'{use.node.id}' would write over '{file}', which '{other.node.id}' reads"
        hint = "name another file, or another folder with -o"
    also = ((other.where, "it is read here" if other.reads else "it is written here"),)
    return Diagnostic("WF311", message, use.where, node=use.node.id, hint=hint, also=also)
