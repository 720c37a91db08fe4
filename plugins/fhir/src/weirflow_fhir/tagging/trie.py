"""Phrases by their words, of which the longest is found that begins at a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")
_VALUE = ""  # no word is empty


class Trie(Generic[T]):
    """Phrases, each with a value."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, keys: Sequence[str], value: T) -> None:
        """Put a phrase in, in the place of an equal one."""
        node = self._root
        for key in keys:
            node = node.setdefault(key, {})
        node[_VALUE] = value

    def matches(self, keys: Sequence[str]) -> Iterator[tuple[int, int, T]]:
        """Phrases in a row of words, from left to right, none within or across another: first word, end, value."""
        root, count, free = self._root, len(keys), 0
        for at, key in enumerate(keys):
            if key not in root or at < free:
                continue
            node, end = root[key], at + 1
            best, value = 0, None
            while True:
                if _VALUE in node:
                    best, value = end, node[_VALUE]
                if end >= count or (node := node.get(keys[end])) is None:
                    break
                end += 1
            if best:
                yield at, best, value  # type: ignore[misc]
                free = best
