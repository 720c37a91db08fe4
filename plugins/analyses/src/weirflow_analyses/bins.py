"""Edges of a histogram's bars at numbers that people read easily."""

from __future__ import annotations

import itertools
import math

NARROWEST = 1e-290  # a narrower range cannot be divided in normal floats
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE_STEPS = (1.0, 2.0, 5.0, 10.0)


def nice_edges(low: float, high: float, bins: int, *, whole: bool) -> tuple[float, ...]:
    """Ascending edges around `low` to `high`, about `bins` bars at round numbers.

    With `whole`, for integers, the last edge lies above `high`, so that every bar spans as many integers, and
    bars of one integer each are centred on it.
    """
    span = high - low
    if span == 0:
        pad = max(0.5, abs(low) * 1e-3)
        return (low - pad, low + pad)
    if span < NARROWEST:
        return (low, high)
    step = _step(span / bins, whole=whole)
    first = math.floor(low / step)
    last = math.floor(high / step) + 1 if whole else math.ceil(high / step)
    digits = max(0, 2 - math.floor(math.log10(step)))
    edges = [round(i * step, digits) for i in range(first, last + 1)]
    if whole and step == 1:
        edges = [e - 0.5 for e in edges]
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    if any(a >= b for a, b in itertools.pairwise(edges)):
        return (low, high)  # so narrow a range that its floats cannot be told apart
    return tuple(edges)


def _step(raw: float, *, whole: bool) -> float:
    """The round number nearest to `raw` by ratio."""
    if whole and raw <= 1:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(raw))
    steps = [s * magnitude for s in (_WHOLE_STEPS if whole else _STEPS)]
    return min(steps, key=lambda step: abs(math.log(step / raw)))
