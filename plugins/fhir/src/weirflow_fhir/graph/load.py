"""`graph.load` and `graph.read`: files of RDF as a graph."""

from __future__ import annotations

import gc
import hashlib
import json
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import (
    Field,
    Graph,
    Handling,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    NodeError,
    Port,
    Task,
)
from weirflow_fhir.graph.fill import UnreadableError, fill, reject
from weirflow_fhir.graph.places import Place, digest_of, files_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from weirflow.api import Inputs

STORE = "store"
LEAST_SHOWN = 5  # bad files that are told one by one


class _Filling(Task):
    """Base of the nodes that fill a store. The graph as a whole is their one item; files are what may be bad."""

    outputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)
    by_item: ClassVar[bool] = True

    format: str | None = Field(
        default=None,
        description="the files' format, where their endings do not tell: nquads, ntriples, turtle, trig, rdfxml,"
        " jsonld, n3, hext, trix, or another name that rdflib knows",
    )
    graph: str | None = Field(
        default=None,
        description="IRI of the named graph for triples that are in none; without it, the default graph",
    )
    base: str | None = Field(
        default=None, description="the IRI that relative IRIs in the files are relative to"
    )
    blank_nodes: Literal["apart", "kept"] = Field(
        default="apart",
        description="a blank node of one file is never one of another (apart); or labels stay as they are, and the same"
        " label is the same node in all files (kept), which is twice as fast",
    )
    max_bad_items: Handling[int] = Field(
        default=0,
        ge=0,
        description="how many files that cannot be read are left out before the run counts as failed",
    )

    @abstractmethod
    def _places(self, inputs: Inputs[Any]) -> Sequence[Place]:
        """The files."""

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The graph, which is another when any file is."""
        places = self._places(inputs)
        payload = {"files": [[str(p.path), p.name] for p in places]}
        return [Item("graph", payload, digest_of(places))]

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Fill the store with all files; it is published when it is whole."""
        bad = 0
        path = out.folder / STORE

        def use(store: Any) -> None:
            nonlocal bad
            for place, name in item.payload["files"]:
                try:
                    fill(
                        store,
                        Path(place),
                        name,
                        format=self.format,
                        graph=self.graph,
                        base=self.base,
                        apart=self.blank_nodes == "apart",
                    )
                except UnreadableError as error:
                    bad += 1
                    if bad > self.max_bad_items:
                        raise reject(name, str(error)) from None
                    if bad <= LEAST_SHOWN:
                        out.warn(f"'{name}' is left out: {error}")

        facts = build(path, use)
        if bad > LEAST_SHOWN:
            out.warn(f"{bad - LEAST_SHOWN} more files are left out")
        return ItemResult(item.key, {**facts, "bad": bad})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The graph."""
        return {"graph": finished(results)}


class LoadGraph(_Filling):
    """Load files of RDF into a graph store.

    N-Quads, N-Triples, Turtle, TriG, RDF/XML, JSON-LD and N3 are read by Oxigraph, streaming; HexTuples, TriX and what
    else rdflib has a parser for by that, in memory. Endings tell the format; a name that ends with `.gz` is unpacked.

    The store is Oxigraph's, on disk. It keeps the value of a number, not its digits: `1.00` becomes `1.0`. Who needs
    the digits reads the files.

    A file that cannot be read is left out as a whole, and told with its line, if no more than `max_bad_items` are.
    """

    operator: ClassVar[str] = "graph.load"
    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    def _places(self, inputs: Inputs[Any]) -> Sequence[Place]:
        return [Place(f.path, f.name, f.sha256) for f in inputs["files"]]


class ReadGraph(_Filling):
    """Read files of RDF into a graph store: one file, those of a folder, or those of a pattern.

    In a folder the files count whose endings are those of RDF, in the folders in it too: `.nq`, `.nt`, `.ttl`, `.trig`,
    `.rdf`, `.owl`, `.xml`, `.jsonld`, `.n3`, `.hext`, `.trix`, and these with `.gz`. A pattern, as `data/**/*.ttl`, or
    `format`, names others. All else is as in `graph.load`.
    """

    operator: ClassVar[str] = "graph.read"
    inputs: ClassVar[tuple[Port, ...]] = ()

    path: Location = Field(description="a file, a folder, or a pattern: `ontologies/*.ttl`")

    def _places(self, inputs: Inputs[Any]) -> Sequence[Place]:
        del inputs
        return files_at(self.path, anything=self.format is not None)


def build(path: Path, use: Any) -> dict[str, Any]:
    """Make a store at a path, let `use` fill it, and close it; how many statements it has."""
    from pyoxigraph import Store

    store = Store(str(path))
    try:
        use(store)
        store.flush()
        store.optimize()
        quads = len(store)
    finally:
        del store
        gc.collect()  # an exception may hold it: a store is closed when nothing refers to it
    for log in path.glob("LOG*"):  # what RocksDB says of itself, with the name of the machine
        log.unlink()
    return {"quads": quads}


def finished(results: Iterable[ItemResult]) -> Graph:
    """The graph of the one item. Raises NodeError where it is bad."""
    for result in results:
        assert result.folder is not None
        return Graph(result.folder / STORE, json.loads(json.dumps(dict(result.facts))))
    raise NodeError("there is no graph without its files", code="WF603")


def etag_of(*parts: object) -> str:
    """A digest of what an item depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
