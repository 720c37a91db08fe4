"""What documents say is not so.

The spans that entities deny are kept beside the text. A search takes them off the text's words again, by their weight
in BM25: a note that denies chest pain is not about it. And a question may ask for what is denied.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVERYWHERE = "\ue000"
"""A word that nobody types, which all documents have: an expression is true of them with it, and ranks the same."""

_BETWEEN = f" {EVERYWHERE} "  # so that no phrase reaches from one span into the next

Mention: TypeAlias = tuple[str | None, int | None, int | None]  # its text, where it begins and ends


def summed(mentions: Iterable[Mention], text: str) -> str:
    """The parts of a text that mentions deny, or nothing. Each counts once, however many mentions it has."""
    spans = sorted({s for m in mentions for s in _spans(m, text)})
    return _BETWEEN.join(["", *(text[begin:end] for begin, end in _apart(spans))])


def _spans(mention: Mention, text: str) -> Iterator[tuple[int, int]]:
    """Where a mention stands, in whole words, if it does."""
    said, begin, end = mention
    if begin is not None and end is not None and (said is None or text[begin:end].lower() == said.lower()):
        if 0 <= begin < end <= len(text):
            yield _whole(text, begin, end)
    elif said and (found := re.search(rf"(?<!\w){re.escape(said)}(?!\w)", text, re.IGNORECASE)):
        yield _whole(text, *found.span())


def _whole(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin and _joins(text[begin - 1]):
        begin -= 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return begin, end


def _joins(letter: str) -> bool:
    return letter.isalnum() or "\u0300" <= letter <= "\u036f"


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans with those that overlap put together."""
    last: tuple[int, int] | None = None
    for begin, end in spans:
        if last is not None and begin < last[1]:
            last = (last[0], max(last[1], end))
        else:
            if last is not None:
                yield last
            last = (begin, end)
    if last is not None:
        yield last
