"""What travels along edges: the payload type of every port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    import narwhals as nw
    from rdflib import Dataset

    Table: TypeAlias = nw.LazyFrame[Any]
    """A lazy table on whichever engine runs the flow, with the Narwhals API."""

P = TypeVar("P")


@dataclass(frozen=True)
class PortType:
    """A type of port: `table`, `files`, `model`, `graph`, `index`, `report`, or one that a plugin registers."""

    name: str
    summary: str


PORT_TYPES: Mapping[str, PortType] = {
    p.name: p
    for p in (
        PortType("table", "a lazy table (weirflow.api.Table)"),
        PortType("files", "files on disk (weirflow.api.Files)"),
        PortType("model", "a trained model in files (weirflow.api.Model)"),
        PortType("graph", "an RDF graph in a store (weirflow.api.Graph)"),
        PortType("index", "a search index in a file (weirflow.api.Index)"),
        PortType("report", "numbers, tables and charts (weirflow.api.Report)"),
    )
}


@dataclass(frozen=True)
class Port:
    """A declared input or output of a node class.

    Inputs bind in their declared order; two of one name are told apart by position. `optional` inputs may be
    left out; a `many` input takes any number of edges.
    """

    name: str = "default"
    type: str = "table"
    optional: bool = False
    many: bool = False


@dataclass(frozen=True)
class File:
    """One file: its path, and what is known of it.

    `name` is what it is called wherever it is put, with its folders and forward slashes; the last part of the path
    unless the node that made it says otherwise.
    """

    path: Path
    bytes: int = 0
    sha256: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Name it after its path."""
        if not self.name:
            object.__setattr__(self, "name", self.path.name)


@dataclass(frozen=True)
class Files(Sequence[File]):
    """Files in a stable order, sorted by path unless the node that made them says otherwise."""

    files: tuple[File, ...] = ()

    def __getitem__(self, index: Any) -> Any:
        return self.files[index]

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[File]:
        return iter(self.files)


@dataclass(frozen=True)
class Model:
    """A trained model: a folder or file, the format it is in, and facts about how it was made."""

    path: Path
    format: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """An RDF graph in an Oxigraph store, a folder that nobody changes once it is handed on."""

    path: Path
    facts: Mapping[str, Any] = field(default_factory=dict)

    def dataset(self) -> Dataset:
        """The graph as an rdflib Dataset, for reading only. Close it when done."""
        from oxrdflib import OxigraphStore
        from pyoxigraph import Store
        from rdflib import Dataset

        return Dataset(store=OxigraphStore(store=Store.read_only(str(self.path))))


@dataclass(frozen=True)
class Index:
    """A search index: its file, the format that it is in, and facts about it."""

    path: Path
    format: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Inputs(Generic[P]):
    """What arrived at a node's inputs, in the order of its ports."""

    def __init__(self, bound: Sequence[tuple[str, P]]) -> None:
        self._bound = tuple(bound)

    @property
    def table(self) -> P:
        """The first input, which is the only one for most nodes."""
        return self._bound[0][1]

    def __getitem__(self, key: str | int) -> P:
        if isinstance(key, int):
            return self._bound[key][1]
        for name, payload in self._bound:
            if name == key:
                return payload
        raise KeyError(key)

    def __contains__(self, name: object) -> bool:
        return any(n == name for n, _ in self._bound)

    def __iter__(self) -> Iterator[P]:
        return (payload for _, payload in self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def items(self) -> tuple[tuple[str, P], ...]:
        """Names and payloads, in order."""
        return self._bound
