"""A text cut where entities begin and end, so that it can be shown with all of them marked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, list[int]]]:
    """The text in pieces, each with the numbers of the spans that cover it: the longest first.

    Spans count characters (Unicode code points), may overlap, and are cut to the text; empty ones mark nothing. The
    pieces put together are the text.
    """
    clipped = [(max(0, begin), min(len(text), end)) for begin, end in spans]
    real = [n for n, (begin, end) in enumerate(clipped) if begin < end]
    cuts = sorted({0, len(text), *(edge for n in real for edge in clipped[n])})
    longest = sorted(real, key=lambda n: (clipped[n][0] - clipped[n][1], n))
    covering: list[list[int]] = [[] for _ in cuts]
    place = {cut: n for n, cut in enumerate(cuts)}
    for n in longest:
        begin, end = clipped[n]
        for at in range(place[begin], place[end]):
            covering[at].append(n)
    return [(text[a:b], covering[n]) for n, (a, b) in enumerate(pairwise(cuts))]
