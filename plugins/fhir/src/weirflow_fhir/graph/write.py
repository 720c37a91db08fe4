"""`graph.write`: a graph as a file of RDF."""

from __future__ import annotations

import contextlib
import gzip
import heapq
import shutil
import tempfile
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from weirflow.api import Field, Location, NodeError, Port, Receipt, Sink
from weirflow_fhir.graph.formats import format_of, ours, require

if TYPE_CHECKING:
    from pyoxigraph import Store

    from weirflow.api import Graph, Target

_LINES = 500_000  # that are sorted in memory at a time
_SORTED = {"nquads", "ntriples"}


class WriteGraph(Sink):
    """Write a graph as a file of RDF, in any format that rdflib knows.

    The name's ending tells the format, as in `graph.read`; `.gz` packs it. N-Quads and N-Triples are sorted, so that
    the same statements give the same bytes; the other formats are written from sorted statements, graph by graph. Those
    that Oxigraph writes (Turtle, TriG, RDF/XML, JSON-LD, N3) stream; the rest are made by rdflib in memory.

    A format without named graphs (N-Triples, Turtle, RDF/XML, N3) has the statements of all graphs, or of `graph`.
    """

    operator: ClassVar[str] = "graph.write"
    inputs: ClassVar[tuple[Port, ...]] = (Port("graph", "graph"),)

    path: Location = Field(description="the file: `notes.ttl`, `all.nq.gz`")
    format: str | None = Field(default=None, description="its format, where the ending does not tell it")
    graph: str | None = Field(
        default=None, description="IRI of the one named graph to write; without it, all"
    )
    prefixes: dict[str, str] = Field(
        default_factory=dict, description="prefixes for formats that have such, as `{skos: http://...#}`"
    )

    def write(self, graph: Graph, target: Target) -> Receipt:
        """Write it."""
        from pyoxigraph import Store

        name = target.path(self.path).name
        form = format_of(name, self.format)
        try:
            store = Store.read_only(str(graph.path))
        except OSError as error:
            raise NodeError(
                "the graph's store cannot be read", hint="run the flow again", code="WF603"
            ) from error
        with (
            target.file(self.path) as temporary,
            tempfile.TemporaryDirectory(dir=temporary.parent) as scratch,
        ):
            plain = Path(scratch, "plain")
            self._write(store, form, plain, Path(scratch))
            if name.lower().endswith(".gz"):
                with (
                    plain.open("rb") as source,
                    temporary.open("wb") as raw,
                    gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
                ):
                    shutil.copyfileobj(source, packed)
                plain.unlink()
            else:
                plain.replace(temporary)
            size = temporary.stat().st_size
        return Receipt((target.path(self.path),), bytes=size)

    def _write(self, store: Store, form: str, plain: Path, scratch: Path) -> None:
        from pyoxigraph import RdfFormat, parse, serialize

        known = ours(form)
        named = form == "nquads" or (form != "ntriples" and (known is None or known.supports_datasets))
        graphs = self._graphs(store)
        groups = [[g] for g in graphs] if named and form != "nquads" else [graphs]
        ordered = plain if form in _SORTED else scratch / "sorted"
        with ordered.open("wb") as out:
            for group in groups:
                lines = scratch / "lines"
                with lines.open("wb") as unsorted:
                    for graph in group:
                        _lines(store, graph, scratch / "part", unsorted, named=named)
                sort_lines(lines, out, scratch)
        if form in _SORTED:
            return
        if known is None:
            self._by_rdflib(ordered, form, plain)
            ordered.unlink()
            return
        quads = parse(path=str(ordered), format=RdfFormat.N_QUADS)
        given: Any = quads if named else (q.triple for q in quads)
        serialize(given, str(plain), known, prefixes=self.prefixes or None)
        ordered.unlink()

    def _graphs(self, store: Store) -> list[Any]:
        from pyoxigraph import DefaultGraph, NamedNode

        found = sorted(store.named_graphs(), key=str)
        if self.graph is None:
            return [DefaultGraph(), *found]
        if NamedNode(self.graph) not in found:
            raise NodeError(f"there is no graph '{self.graph}'", code="WF602")
        return [NamedNode(self.graph)]

    def _by_rdflib(self, lines: Path, form: str, plain: Path) -> None:
        from rdflib import Dataset
        from rdflib.serializer import Serializer

        require(form, Serializer)
        dataset = Dataset()
        with lines.open("rb") as file:
            dataset.parse(file, format="nquads")
        for prefix, namespace in self.prefixes.items():
            dataset.bind(prefix, namespace)
        try:
            dataset.serialize(str(plain), format=form)
        except Exception as error:  # a serializer for one graph has no use for several
            raise NodeError(f"rdflib cannot write this graph as {form}: {type(error).__name__}") from error


def _lines(store: Store, graph: Any, part: Path, out: BinaryIO, *, named: bool) -> None:
    """The statements of one graph, a line each, with its name unless it is the default graph."""
    from pyoxigraph import DefaultGraph, RdfFormat

    store.dump(str(part), RdfFormat.N_TRIPLES, from_graph=graph)
    end = b" .\n" if not named or isinstance(graph, DefaultGraph) else b" " + str(graph).encode() + b" .\n"
    with part.open("rb") as triples:
        out.writelines(line.removesuffix(b" .\n") + end for line in triples)
    part.unlink()


def sort_lines(source: Path, out: BinaryIO, scratch: Path) -> None:
    """Write the distinct lines of a file in order, with a bounded number of them in memory, and remove it."""
    runs: list[Path] = []
    with source.open("rb") as file:
        while chunk := sorted(islice(file, _LINES)):
            runs.append(scratch / f"run{len(runs)}")
            runs[-1].write_bytes(b"".join(chunk))
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(r.open("rb")) for r in runs]
        out.writelines(line for line, _ in groupby(heapq.merge(*files)))
    for done in (source, *runs):
        done.unlink()
