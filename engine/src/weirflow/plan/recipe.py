"""Recipes and fingerprints: what a node's result depends on, as digests.

A recipe covers meaning: operator, version, parameters, and the same of every ancestor, but neither where data
lies nor what it holds. Trained parameters are bound to it, so new data keeps them. A fingerprint covers
content too; what the store keeps is kept under it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weirflow.graph.model import Graph, GraphNode
    from weirflow.node.contexts import Item, SourceFacts
    from weirflow.node.model import Node
    from weirflow.plan.trained import Entry


def digest(facts: object) -> str:
    """A SHA-256 of plain data in canonical JSON, shortened to 32 hexadecimal digits (128 bits)."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def parameters(node: Node, *, locations: bool = False) -> dict[str, Any]:
    """A node's parameters as plain data, defaults included: those that bear on what comes of its work.

    Where data lies, and which columns are personal, only if asked for.
    """
    left_out = set(node.handling_fields())
    if not locations:
        left_out |= {*node.location_fields(), *node.personal_fields()}
    return node.model_dump(mode="json", by_alias=True, exclude=left_out)


def recipes(graph: Graph) -> dict[str, str]:
    """The recipe of every node."""
    found: dict[str, str] = {}
    for node in graph:
        facts = _facts(node, found) | {"operator": node.written.reference()}
        found[node.id] = digest(facts | {"parameters": parameters(node.written)})
    return found


def fingerprints(
    graph: Graph,
    facts: Mapping[str, SourceFacts],
    entries: Mapping[str, Entry],
    content: Callable[[str, SourceFacts], object],
    items: Mapping[str, Sequence[Item]],
) -> dict[str, str | None]:
    """The fingerprint of every node; None where nothing tells what it gives, or what something upstream gives.

    `content` tells a source's content: hashes or etags, never times alone, and None where there are none. `items` are
    those of tasks that find them in files: see `handed_on`.
    """
    found: dict[str, str | None] = {}
    given: dict[str, str | None] = {}
    for node in graph:
        above = fed(node, found, given)
        source = node.kind == "source"
        held = content(node.id, facts[node.id]) if source and node.id in facts else None
        if None in above.values() or (source and held is None) or node.node.impure():
            found[node.id] = given[node.id] = None
            continue
        own = covered(graph, node, above)
        if source:
            own["content"] = held
        if node.id in entries:
            own["trained"] = entries[node.id].model_dump(mode="json", include={"trained", "columns"})
        found[node.id] = digest(own)
        given[node.id] = _given(node, found, given, items)
    return found


def handed_on(
    graph: Graph, fingerprints: Mapping[str, str | None], items: Mapping[str, Sequence[Item]]
) -> dict[str, str | None]:
    """The fingerprints of what nodes give.

    A task's own does not cover its items, since what is kept of each is kept while others change; what it gives
    depends on them all. Nor does that of a task `by_item` cover what its inputs hold, on which its items depend.
    None where that is known only when it has run: then nothing is kept of what depends on it, but items.
    """
    given: dict[str, str | None] = {}
    for node in graph:
        given[node.id] = _given(node, fingerprints, given, items)
    return given


def _given(
    node: GraphNode,
    fingerprints: Mapping[str, str | None],
    given: Mapping[str, str | None],
    items: Mapping[str, Sequence[Item]],
) -> str | None:
    own = fingerprints.get(node.id)
    facts: list[object] = [own]
    above = [given[e.source] for e in node.inputs] if by_item(node) else []
    if own is None or None in above or _finds_out(node):
        return None
    if node.id in items:
        facts.append([[i.key, i.etag, i.payload] for i in items[node.id]])
    if above:
        facts.append(above)
    return own if len(facts) == 1 else digest(facts)


def _finds_out(node: GraphNode) -> bool:
    """Whether a node is a sink that reads a place of its own: only its run tells what it gives."""
    if node.kind != "sink":
        return False
    return not node.inputs or node.node.location_fields() > node.node.written_fields()


def by_item(node: GraphNode) -> bool:
    """Whether a node is a task whose items tell by themselves what they depend on."""
    return node.kind == "task" and bool(getattr(node.node, "by_item", False))  # `fmt` loads no pydantic


def fed(
    node: GraphNode, fingerprints: Mapping[str, str | None], given: Mapping[str, str | None]
) -> dict[str, str | None]:
    """The fingerprints of what feeds a node, as its own covers them."""
    return {e.source: (fingerprints if by_item(node) else given)[e.source] for e in node.inputs}


def covered(graph: Graph, node: GraphNode, above: Mapping[str, str | None]) -> dict[str, object]:
    """What a fingerprint covers of a node itself; `above` has the fingerprints of those that feed it."""
    return _facts(node, above) | {
        "parameters": parameters(node.node, locations=True),
        "revision": node.node.revision,
        "seed": node.spec.seed if node.spec.seed is not None else graph.flow.seed,
    }


def _facts(node: GraphNode, above: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "operator": node.reference,
        "inputs": [[e.input, e.output, above[e.source]] for e in node.inputs],
    }
