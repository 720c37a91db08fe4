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
        root, at, count = self._root, 0, len(keys)
        while at < count:
            node = root.get(keys[at])
            end = at + 1
            if node is not None:
                best, value = 0, None
                while True:
                    if _VALUE in node:
                        best, value = end, node[_VALUE]
                    if end >= count or (node := node.get(keys[end])) is None:
                        break
                    end += 1
                if best:
                    yield at, best, value  # type: ignore[misc]
                    at = best
                    continue
            at += 1
