"""What the store keeps of a task or a job, and why that is not all that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weirflow.plan.recipe import by_item, covered, fed, handed_on

if TYPE_CHECKING:
    from weirflow.graph.model import Graph
    from weirflow.node.contexts import Item


@dataclass(frozen=True)
class Kept:
    """What is kept of one node: under which fingerprint, and what that covered (`recipe.covered`).

    `items` is how many a task found when it was last finished, `done` how many of them are kept; None before that. A
    job that was finished counts as one.
    `now` is how many it finds now, where that can be told, and `waiting` how many of those are not kept as they are.
    """

    fingerprint: str
    covers: Mapping[str, Any] = field(default_factory=dict)
    items: int | None = None
    done: int = 0
    now: int | None = None
    waiting: int = 0


def covers_of(
    graph: Graph, fingerprints: Mapping[str, str | None], items: Mapping[str, Sequence[Item]]
) -> dict[str, dict[str, object]]:
    """What the fingerprint of each task and job covers, as the store keeps it.

    `fed` names what feeds it; `given` has what that gives, where the fingerprint does not cover it.
    """
    given = handed_on(graph, fingerprints, items)
    found: dict[str, dict[str, object]] = {}
    for n in graph:
        if n.kind not in {"task", "job"} or fingerprints.get(n.id) is None:
            continue
        own = covered(graph, n, fed(n, fingerprints, given)) | {"fed": [e.source for e in n.inputs]}
        found[n.id] = own | ({"given": {e.source: given[e.source] for e in n.inputs}} if by_item(n) else {})
    return found


def why_work(kind: str, now: str | None, covers: Mapping[str, Any], then: Kept | None) -> str:
    """Why a task or a job is carried out, in words."""
    if then is None:
        return "never run"
    if now is None:
        return "nothing tells whether what it depends on is as it was"
    if now != then.fingerprint:
        return _changed(covers, then.covers)
    if kind == "job":
        return "goes on from its checkpoints" if then.items is None else "cached: finished before"
    if then.items is None:
        return "unfinished items"
    before = then.covers.get("given", {})
    if unknown := [n for n, print_ in covers.get("given", {}).items() if print_ is None]:
        return f"what {', '.join(unknown)} leaves as it was is kept"
    if moved := [n for n, print_ in covers.get("given", {}).items() if before.get(n) != print_]:
        return f"input changed: {', '.join(moved)}; the items that it left as they were are kept"
    if then.now is not None and then.waiting > then.items - then.done:
        return f"{then.waiting} of {then.now} items new, changed or unfinished"
    if then.done < then.items:
        return f"{then.items - then.done} of {then.items} items unfinished"
    items = then.items if then.now is None else then.now
    return f"cached: all {items} items done before" if items != 1 else "cached: its item done before"


def _changed(now: Mapping[str, Any], then: Mapping[str, Any]) -> str:
    """What differs between two facts of `recipe.covered`, the nearest cause first."""
    if not now or not then:
        return "something it depends on changed"
    if now["operator"] != then["operator"]:
        return f"operator changed: {then['operator']} -> {now['operator']}"
    if now["revision"] != then["revision"]:
        return f"revision {then['revision']} -> {now['revision']}"
    given, before = now["parameters"], then["parameters"]
    changed = sorted(k for k in {*given, *before} if given.get(k) != before.get(k))
    if changed:
        return f"parameters changed: {', '.join(changed)}"
    if now["inputs"] != then["inputs"]:
        fed = list(zip(now["fed"], now["inputs"], strict=True))
        moved = [node for node, edge in fed if edge not in then["inputs"]]
        return f"input changed: {', '.join(dict.fromkeys(moved))}" if moved else "inputs changed"
    return "seed changed" if now["seed"] != then["seed"] else "something it depends on changed"
