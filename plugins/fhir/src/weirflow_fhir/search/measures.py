"""How good a ranking is, by graded judgements."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain: 1 where no other order of the documents would be better.

    Each of the first `depth` documents gains its grade, divided by the logarithm of its rank (Jaervelin and
    Kekaelaeinen, 2002). Documents without a grade gain nothing. 0 where no document has one.
    """
    gained = _dcg([grades.get(d, 0) for d in ranking[:depth]])
    best = _dcg(sorted(grades.values(), reverse=True)[:depth])
    return gained / best if best else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """Of the documents that have a grade above 0, how many are among the first `depth`, from 0 to 1."""
    good = {d for d, grade in grades.items() if grade > 0}
    return len(good.intersection(ranking[:depth])) / len(good) if good else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """One over the rank of the first document that has a grade above 0; 0 where none has."""
    return next((1 / rank for rank, d in enumerate(ranking, 1) if grades.get(d, 0) > 0), 0.0)


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))
