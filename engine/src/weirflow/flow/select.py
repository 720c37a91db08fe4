"""The selection language: `id`, `+id`, `id+`, `tag:x`, `operator:encode.*`, globs on ids, commas for union."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from weirflow.errors import Diagnostic, SelectionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

_METHODS = ("tag", "operator")
_TERM = re.compile(r"(?P<above>\+?)(?:(?P<method>[a-z]+):)?(?P<pattern>[^+:]+)(?P<below>\+?)")
_GLOB = re.compile(r"[*?\[]")


class NodeInfo(Protocol):
    """What selecting needs to know of a node."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def operator(self) -> str:
        """Its operator, with or without a version."""

    @property
    def tags(self) -> Collection[str]:
        """Its tags."""

    @property
    def upstream(self) -> Collection[str]:
        """The ids of the nodes that feed it directly."""


def select(expression: str | Sequence[str], nodes: Sequence[NodeInfo]) -> tuple[str, ...]:
    """The ids of the nodes that any of the terms selects, in the order of `nodes`.

    `+` before a term adds all ancestors, after it all descendants. Raises SelectionError where a term is not
    well formed or selects nothing.
    """
    texts = [expression] if isinstance(expression, str) else expression
    terms = [t.strip() for text in texts for t in text.split(",") if t.strip()]
    if not terms:
        raise SelectionError(Diagnostic("WF210", "the selection is empty", hint="name a node"))
    chosen: set[str] = set()
    problems: list[Diagnostic] = []
    for term in terms:
        found = _term(term, nodes)
        if isinstance(found, Diagnostic):
            problems.append(found)
        else:
            chosen |= found
    if problems:
        raise SelectionError(problems)
    return tuple(n.id for n in nodes if n.id in chosen)


def _term(term: str, nodes: Sequence[NodeInfo]) -> set[str] | Diagnostic:
    parts = _TERM.fullmatch(term)
    if parts is None:
        hint = "write id, +id, id+, tag:x or operator:x, with commas between"
        return Diagnostic("WF210", f"'{term}' is no selection", hint=hint)
    method, pattern = parts["method"], parts["pattern"]
    if method is not None and method not in _METHODS:
        hint = did_you_mean(method, _METHODS) or "write tag: or operator:"
        return Diagnostic("WF210", f"'{term}' selects by the unknown '{method}:'", hint=hint)
    found = {n.id for n in nodes if any(_matches(name, pattern) for name in _names(n, method))}
    if not found:
        return _nothing(term, method, pattern, nodes)
    reached = set(found)
    if parts["above"]:
        upstream = {n.id: n.upstream for n in nodes}
        reached |= _reach(found, lambda id_: upstream.get(id_, ()))
    if parts["below"]:
        downstream: dict[str, list[str]] = {}
        for n in nodes:
            for feeding in n.upstream:
                downstream.setdefault(feeding, []).append(n.id)
        reached |= _reach(found, lambda id_: downstream.get(id_, ()))
    return reached


def _names(node: NodeInfo, method: str | None) -> Iterable[str]:
    """What a method compares with the pattern."""
    if method is None:
        return (node.id,)
    if method == "tag":
        return node.tags
    return (node.operator, node.operator.partition("@")[0])


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if _GLOB.search(pattern) else name == pattern


def _reach(start: Iterable[str], neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        for id_ in neighbours(waiting.pop()):
            if id_ not in reached:
                reached.add(id_)
                waiting.append(id_)
    return reached


def _nothing(term: str, method: str | None, pattern: str, nodes: Sequence[NodeInfo]) -> Diagnostic:
    known = sorted({name for n in nodes for name in _names(n, method)})
    what = {None: "node", "tag": "node with the tag", "operator": "node with the operator"}[method]
    few = 12
    hint = did_you_mean(pattern, known)
    if hint is None and known:
        hint = f"there are: {', '.join(known[:few])}{' …' if len(known) > few else ''}"
    named = f"there is no {what} '{pattern}'"
    if _GLOB.search(pattern):
        named = (
            f"no {what} matches '{pattern}'"
            if method is None
            else f"there is no {what} that matches '{pattern}'"
        )
    return Diagnostic("WF210", named if pattern == term else f"{named} (from '{term}')", hint=hint)
