"""Pre-training bias metrics, from counts alone.

The definitions are those that Amazon SageMaker Clarify publishes. `a` is the favoured group (everybody who is not
in the disadvantaged one), `d` the disadvantaged group; outcomes are favourable or not. Divergences are between the
two groups' shares of favourable and unfavourable outcomes, in nats; an outcome that one of the groups does not have
at all is left out of them, without scaling the other up, as the vendor's tool does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MetricName: TypeAlias = Literal["CI", "DPL", "JS", "KL", "LP", "TVD", "KS", "CDDL"]


@dataclass(frozen=True)
class Outcomes:
    """Rows by group and outcome: `a` favoured, `d` disadvantaged."""

    a_good: int = 0
    a_bad: int = 0
    d_good: int = 0
    d_bad: int = 0

    @property
    def a(self) -> int:
        """Rows of the favoured group."""
        return self.a_good + self.a_bad

    @property
    def d(self) -> int:
        """Rows of the disadvantaged group."""
        return self.d_good + self.d_bad

    @property
    def rows(self) -> int:
        """All rows."""
        return self.a + self.d

    @property
    def shared(self) -> tuple[tuple[float, float], ...]:
        """The shares of each outcome that both groups have, in `a` and in `d`."""
        if not self.a or not self.d:
            return ()
        pairs = ((self.a_bad, self.d_bad), (self.a_good, self.d_good))
        return tuple((a / self.a, d / self.d) for a, d in pairs if a and d)


def class_imbalance(of: Outcomes) -> float | None:
    """CI = (a - d) / (a + d). None unless both groups have rows."""
    return (of.a - of.d) / of.rows if of.a and of.d else None


def label_difference(of: Outcomes) -> float | None:
    """DPL: the share of favourable outcomes in `a` less that in `d`. None unless both groups have rows."""
    return of.a_good / of.a - of.d_good / of.d if of.a and of.d else None


def kullback_leibler(of: Outcomes) -> float | None:
    """KL(a || d), in nats. None without an outcome that both groups have."""
    return math.fsum(a * math.log(a / d) for a, d in of.shared) if of.shared else None


def jensen_shannon(of: Outcomes) -> float | None:
    """JS: the mean divergence of `a` and `d` from their middle, in nats. None without a common outcome."""
    if not of.shared:
        return None
    middle = [(a, d, (a + d) / 2) for a, d in of.shared]
    return math.fsum(a * math.log(a / m) + d * math.log(d / m) for a, d, m in middle) / 2


def lp_norm(of: Outcomes) -> float | None:
    """LP: the Euclidean distance of the shares. None without a common outcome."""
    return math.hypot(*(a - d for a, d in of.shared)) if of.shared else None


def total_variation(of: Outcomes) -> float | None:
    """TVD: half the sum of the differences of the shares. None without a common outcome."""
    return math.fsum(abs(a - d) for a, d in of.shared) / 2 if of.shared else None


def kolmogorov_smirnov(of: Outcomes) -> float | None:
    """KS: the largest difference of the shares. None without a common outcome."""
    return max(abs(a - d) for a, d in of.shared) if of.shared else None


def conditional_disparity(groups: Iterable[Outcomes]) -> float | None:
    """CDDL: the demographic disparity within each group, averaged by rows.

    A group's disparity is `d`'s share of its unfavourable outcomes less `d`'s share of its favourable ones; a share
    of nothing counts as 0. None unless both outcomes occur at all.
    """
    parts = list(groups)
    good = sum(p.a_good + p.d_good for p in parts)
    bad = sum(p.a_bad + p.d_bad for p in parts)
    if not good or not bad:
        return None
    return math.fsum(p.rows * _disparity(p) for p in parts) / (good + bad)


def _disparity(of: Outcomes) -> float:
    bad, good = of.a_bad + of.d_bad, of.a_good + of.d_good
    return (of.d_bad / bad if bad else 0.0) - (of.d_good / good if good else 0.0)


SIMPLE: Mapping[MetricName, Callable[[Outcomes], float | None]] = {
    "CI": class_imbalance,
    "DPL": label_difference,
    "JS": jensen_shannon,
    "KL": kullback_leibler,
    "LP": lp_norm,
    "TVD": total_variation,
    "KS": kolmogorov_smirnov,
}
"""The metrics that two groups alone define; CDDL needs a third column."""
