"""Records from files of RDF: one after the other where they stand so, otherwise from all that a file says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow_fhir.rdf.back import described
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.terms import FHIR, RDF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from pyoxigraph import Quad, RdfFormat

    from weirflow_fhir.rdf.back import Back, Nodes

_ROLE, _ROOT = FHIR + "nodeRole", FHIR + "treeRoot"
_TYPE = RDF + "type"
_KEPT = 100_000
MALFORMED = "malformed RDF"


class Bad(NamedTuple):
    """A record that is none, or a line that is no RDF.

    line: from 1, of a line that is no RDF. digest: the first 16 hex digits of the SHA-256 of the record's IRI, if any.
    """

    line: int | None
    reason: str
    digest: str | None = None


class ApartError(Exception):
    """Records do not stand one after the other: what a file says of one is in several places."""


def statements(stream: BinaryIO, form: RdfFormat) -> Iterator[Quad | Bad]:
    """The statements of a stream, and the lines that are none."""
    from pyoxigraph import parse

    found = parse(stream, form)
    while True:
        try:
            quad = next(found)
        except StopIteration:
            return
        except SyntaxError as error:  # whose message may have some of the content
            yield Bad(error.lineno, MALFORMED)
        else:
            yield quad


def in_turn(found: Iterable[Quad | Bad], back: Back) -> Iterator[dict[str, Any] | Bad]:
    """The records of a file that has one after the other, as `fhir.to_rdf` writes; one at a time is in memory.

    Raises `ApartError` where one of them is not by itself: then `at_once` reads what has been given, too.
    """
    awaited: set[Any] = (
        set()
    )  # nodes of which nothing was told where they were named: objects without content, or apart
    for block, bad in _blocks(found):
        nodes = described(block)
        if bad is not None:
            if not awaited.isdisjoint(nodes):
                raise ApartError
            yield bad
            continue
        roots = _roots(nodes)
        left, empty = _reached(nodes, roots)
        if left:
            raise ApartError
        if len(awaited) < _KEPT:
            awaited |= empty
        for root in roots:
            yield _record(back, nodes, root)


def at_once(
    found: Iterable[Quad | Bad], back: Back, apart: Callable[[int], None]
) -> Iterator[dict[str, Any] | Bad]:
    """The records of a file in the order in which they are first named, all that it says being in memory.

    With a line that is no RDF nobody knows which record lacks something, and none is given. `apart` is told how many
    nodes are of no record.
    """
    graphs: dict[Any, list[Quad]] = {}
    for each in found:
        if isinstance(each, Bad):
            yield each
            return
        graphs.setdefault(each.graph_name, []).append(each)
    left = 0
    for name in list(graphs):
        nodes = described(graphs.pop(name))
        roots = _roots(nodes)
        left += len(_reached(nodes, roots)[0])
        for root in roots:
            yield _record(back, nodes, root)
    if left:
        apart(left)


def _record(back: Back, nodes: Nodes, root: Any) -> dict[str, Any] | Bad:
    try:
        return back.resource(nodes, root)
    except FaultError as fault:
        return Bad(None, str(fault), _digest(root))


def _digest(root: Any) -> str | None:
    from pyoxigraph import NamedNode

    return hashlib.sha256(root.value.encode()).hexdigest()[:16] if isinstance(root, NamedNode) else None


def _blocks(found: Iterable[Quad | Bad]) -> Iterator[tuple[list[Quad], Bad | None]]:
    """Statements from the first about a root to that of the next, with what is wrong among them."""
    block: list[Quad] = []
    bad: tuple[int, Bad] | None = None  # the first, and how many statements of the block come before it
    for each in found:
        if isinstance(each, Bad):
            bad = bad or (len(block), each)
            continue
        if _is_root(each):
            mark = len(block)
            while mark and block[mark - 1].subject == each.subject:
                mark -= 1
            # a line that is none just before is of this record where its type, which comes first, is missing
            is_later = bad is not None and bad[0] >= mark and (bad[0] > mark or mark == len(block))
            if mark or (bad and not is_later):
                yield block[:mark], None if is_later or bad is None else bad[1]
            block = block[mark:]
            bad = (0, bad[1]) if bad is not None and is_later else None
        block.append(each)
    if block or bad:
        yield block, bad and bad[1]


def _is_root(quad: Quad) -> bool:
    return quad.predicate.value == _ROLE and getattr(quad.object, "value", None) == _ROOT


def _roots(nodes: Nodes) -> list[Any]:
    return [node for node, told in nodes.items() if any(o.value == _ROOT for o in told.get(_ROLE, ()))]


def _reached(nodes: Nodes, roots: list[Any]) -> tuple[set[Any], set[Any]]:
    """Nodes with content that no root leads to, and blank ones that a root leads to and that have none.

    Types and an ontology's header are no content.
    """
    reached, open_ = set(roots), list(roots)
    empty: set[Any] = set()
    while open_:
        for objects in nodes[open_.pop()].values():
            for term in objects:
                if term not in nodes:
                    if term.__class__.__name__ == "BlankNode":
                        empty.add(term)
                elif term not in reached:
                    reached.add(term)
                    open_.append(term)
    left = {
        node
        for node, told in nodes.items()
        if node not in reached and any(p != _TYPE and p.startswith((FHIR, RDF)) for p in told)
    }
    return left, empty
