"""Values that a run sets in place of those in the file: `--set node.parameter=value`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow.flow.parameters import written
from weirflow.flow.problems import Problems, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class Overrides:
    """The values by node, and which of them found their node."""

    def __init__(self, given: Mapping[str, Any], problems: Problems) -> None:
        self._problems = problems
        self._by_node: dict[str, list[tuple[str, tuple[str, ...], Any]]] = {}
        for name, value in given.items():
            node, *path = name.split(".")
            if not node or not path or "" in path:
                message = f"'{name}' cannot be set: it names no node and parameter"
                problems.add("WF209", message, None, hint="write node.parameter=value")
                continue
            try:
                read = written(value) if isinstance(value, str) else value
            except ValueError:
                message = f"the value given for '{name}' has a bracket or quote that is not closed"
                problems.add("WF205", message, None, hint="close it, or put the whole value in quotes")
                continue
            self._by_node.setdefault(node, []).append((name, tuple(path), read))

    def apply(self, node: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters of a node with its values put in; those it was given stay as they are."""
        for name, path, value in self._by_node.pop(node, ()):
            changed = _put(parameters, path, value)
            if changed is None:
                message = f"'{name}' cannot be set: '{path[0]}' of node '{node}' has no such part"
                self._problems.add("WF209", message, None, hint=f"set '{node}.{path[0]}' as a whole")
            else:
                parameters = changed
        return parameters

    def finish(self, ids: Collection[str]) -> None:
        """Report the nodes that are not there."""
        for node, entries in self._by_node.items():
            for name, _, _ in entries:
                message = f"'{name}' cannot be set: there is no node '{node}'"
                self._problems.add("WF209", message, None, hint=nearest(node, ids, "the flow has the nodes"))


def _put(data: Any, path: Sequence[str], value: Any) -> Any:
    """A copy with one part replaced, or None where the path leads nowhere."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(data, dict):
        inner = _put(data.get(part, {}) if rest else None, rest, value)
        return None if inner is None and rest else {**data, part: inner}
    if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
        inner = _put(data[int(part)], rest, value)
        return None if inner is None and rest else [*data[: int(part)], inner, *data[int(part) + 1 :]]
    return None
