"""Files into a store: by Oxigraph where it knows the format, else by rdflib's parsers."""

from __future__ import annotations

import gzip
import hashlib
import io
import mmap
import re
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_fhir.graph.formats import SCOPED_BY_LABEL, format_of, ours, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from pyoxigraph import BlankNode, Quad, Store

_PLACE = re.compile(r"line (\d+)(?:.*?column[s]? (\d+))?")
_TOLD = (
    "Invalid IRI",
    "Invalid UTF-8",
    "Unexpected end of file",
    "No scheme found",
    "Unexpected token",
    "The prefix",
    "Invalid language tag",
)
"""What Oxigraph's messages may begin with; the rest of them may quote the file."""


class UnreadableError(Exception):
    """A file is not what it should be; the message says where and of what class the fault is, never what is there."""


def fill(
    store: Store,
    path: Path,
    name: str,
    *,
    format: str | None = None,  # noqa: A002 - as the parameter is called
    graph: str | None = None,
    base: str | None = None,
    apart: bool = True,
) -> None:
    """Add a file to a store: all of it, or nothing where it cannot be read.

    `name` is the file's, which tells its format unless that is given. Triples outside of a named graph go into `graph`.
    Where blank nodes are `apart`, their labels are digests of the file's name and their own label, or of their order
    where the format has none, so that they are the same every time; else they are as they are in the file.
    Raises UnreadableError.
    """
    from pyoxigraph import DefaultGraph, NamedNode, Quad

    form = format_of(name, format)
    known = ours(form)
    target = NamedNode(graph) if graph is not None else DefaultGraph()
    try:
        with _opened(path, name) as file:
            if known is None:
                quads: Iterable[Quad] = _by_rdflib(file, form, base)
            elif not (apart and _has_blank_nodes(path, name, form)) and graph is None and apart:
                store.bulk_load(file, known, base_iri=base)
                return
            else:
                from pyoxigraph import parse

                quads = parse(file, known, base_iri=base)
            if apart:
                quads = _renamed(quads, _labels(name, by_label=form in SCOPED_BY_LABEL))
            if graph is not None:
                default = DefaultGraph()
                quads = (
                    Quad(q.subject, q.predicate, q.object, target) if q.graph_name == default else q
                    for q in quads
                )
            store.bulk_extend(quads)
    except SyntaxError as error:
        raise UnreadableError(_reason(error, form)) from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise UnreadableError("it is no whole gzip file") from error
    except OSError as error:
        if error.strerror is None:  # Oxigraph's, for what a format refers to: it may quote the file
            raise UnreadableError(f"it is not valid {form}, or refers to what is not in it") from None
        raise


def _opened(path: Path, name: str) -> BinaryIO:
    if name.lower().endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _has_blank_nodes(path: Path, name: str, form: str) -> bool:
    """Whether there may be blank nodes: a format of lines has them as `_:label` alone."""
    if form not in SCOPED_BY_LABEL:
        return True
    if name.lower().endswith(".gz"):
        with gzip.open(path, "rb") as packed:
            return any(b"_:" in line for line in packed)
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"_:") >= 0


def _labels(name: str, *, by_label: bool) -> Callable[[str], str]:
    """Labels of blank nodes of a file: digests, which no other file's are, of 32 digits, which Oxigraph packs."""
    start = hashlib.md5(name.encode() + b"\n", usedforsecurity=False)

    def label(text: str) -> str:
        digest = start.copy()
        digest.update(text.encode())
        return digest.hexdigest()

    if by_label:
        return label
    order: dict[str, str] = {}
    return lambda text: order.get(text) or order.setdefault(text, label(str(len(order))))


def _renamed(quads: Iterable[Quad], label: Callable[[str], str]) -> Iterator[Quad]:
    from pyoxigraph import BlankNode, Quad

    def named(term: Any) -> Any:
        return BlankNode(label(term.value)) if type(term) is BlankNode else term

    blank: type[BlankNode] = BlankNode
    for q in quads:
        if type(q.subject) is blank or type(q.object) is blank or type(q.graph_name) is blank:
            yield Quad(named(q.subject), q.predicate, named(q.object), named(q.graph_name))
        else:
            yield q


def _by_rdflib(file: BinaryIO, form: str, base: str | None) -> Iterator[Quad]:
    """The statements that one of rdflib's parsers reads, in the order of the file."""
    from rdflib import Dataset
    from rdflib.parser import Parser

    from weirflow_fhir.graph.capture import Capture

    require(form, Parser)
    capture = Capture()
    try:
        Dataset(store=capture).parse(io.BytesIO(file.read()), format=form, publicID=base)
    except Exception as error:  # noqa: BLE001 - each parser has errors of its own
        place = getattr(error, "lines", None)
        where = f"line {place}: " if isinstance(place, int) else ""
        raise UnreadableError(f"{where}it is not valid {form} ({type(error).__name__})") from None
    yield from capture.quads


def _reason(error: SyntaxError, form: str) -> str:
    said = error.msg or ""
    found = _PLACE.search(said)
    line = error.lineno or (int(found[1]) if found else None)
    where = (
        f"line {line}, column {error.offset}: " if line and error.offset else f"line {line}: " if line else ""
    )
    words = said.partition(": ")[2] or said
    known = next((t for t in _TOLD if words.startswith(t)), None)
    return f"{where}it is not valid {form}" + (f" ({known[0].lower()}{known[1:]})" if known else "")


def reject(name: str, reason: str) -> NodeError:
    """What is told where a file is at fault and none may be."""
    return NodeError(f"'{name}': {reason}", code="WF603")
