"""A store of rdflib's that only listens: what its parsers add comes out as Oxigraph's quads, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad
from rdflib import BNode, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.store import Store

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


class Capture(Store):
    """Keeps what is added, and knows of nothing when asked."""

    context_aware = True
    graph_aware = True

    def __init__(self) -> None:
        super().__init__()
        self.quads: list[Quad] = []

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:  # noqa: FBT001, FBT002 - rdflib's
        """Keep a statement. Raises ValueError for what a quad cannot hold, as a formula of N3."""
        del quoted
        subject, predicate, object_ = (_term(t) for t in triple)
        name = getattr(context, "identifier", context)
        graph = DefaultGraph() if name in {None, DATASET_DEFAULT_GRAPH_ID} else _term(name)
        self.quads.append(Quad(subject, cast("NamedNode", predicate), object_, cast("NamedNode", graph)))

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        """Nothing."""
        del triple_pattern, context
        return iter(())

    def add_graph(self, graph: Any) -> None:
        """A graph without statements is none."""

    def remove_graph(self, graph: Any) -> None:
        """There is none to remove."""

    def remove(self, triple: Any, context: Any = None) -> None:
        """Refuse: what a file removes is no statement."""
        del triple, context
        raise ValueError("a file that removes statements is no graph")

    def contexts(self, triple: Any = None) -> Generator[Any, None, None]:
        """None."""
        del triple
        yield from ()

    def bind(self, prefix: Any, namespace: Any, override: Any = True) -> None:  # noqa: FBT002 - rdflib's
        """Prefixes are of no use here."""

    def namespace(self, prefix: Any) -> Any:
        """None is known."""
        del prefix

    def prefix(self, namespace: Any) -> Any:
        """None is known."""
        del namespace

    def namespaces(self) -> Iterator[Any]:
        """None."""
        return iter(())

    def __len__(self, context: Any = None) -> int:
        return 0


def _term(term: Any) -> Any:
    if isinstance(term, URIRef):
        return NamedNode(str(term))
    if isinstance(term, BNode):
        return BlankNode("".join(c if c.isalnum() else f"x{ord(c):x}" for c in str(term)))
    if isinstance(term, RdflibLiteral):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)
    raise ValueError(f"a {type(term).__name__} is no term of a quad")
