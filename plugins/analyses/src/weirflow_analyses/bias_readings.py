"""Sentences that read the value of a bias metric in the words of the data at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weirflow.api import Metric
from weirflow_analyses.values import counted, percent, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from weirflow_analyses.bias_metrics import MetricName, Outcomes

DEGREES = ((0.02, "are almost the same"), (0.1, "differ a little"), (0.25, "differ noticeably"))
"""Distances, on a scale from 0 to 1, up to which outcomes are called so; beyond them they differ strongly."""
UNIT = "nats"

NAMES: Mapping[MetricName, tuple[str, str]] = {
    "CI": ("class_imbalance", "Class imbalance (CI)"),
    "DPL": ("difference_in_positive_proportions", "Difference in positive proportions in labels (DPL)"),
    "JS": ("jensen_shannon_divergence", "Jensen-Shannon divergence (JS)"),
    "KL": ("kullback_leibler_divergence", "Kullback-Leibler divergence (KL)"),
    "LP": ("lp_norm", "L2 norm (LP)"),
    "TVD": ("total_variation_distance", "Total variation distance (TVD)"),
    "KS": ("kolmogorov_smirnov_distance", "Kolmogorov-Smirnov distance (KS)"),
    "CDDL": (
        "conditional_demographic_disparity",
        "Conditional demographic disparity in labels (CDDL)",
    ),
}


@dataclass(frozen=True)
class Comparison:
    """Two groups and an outcome, with the names that a reader knows them by.

    `suffix` tells the metrics of several comparisons in one report apart. `by` and `groups` are the column that
    CDDL conditions on and how many groups it makes.
    """

    of: Outcomes
    a: str
    d: str
    good: str
    suffix: str = ""
    by: str = ""
    groups: int = 0

    def metric(self, name: MetricName, value: float | None) -> Metric:
        """The metric with the sentence that reads its value."""
        short, label = NAMES[name]
        reading = self._undefined(name) if value is None else _READINGS[name](self, value)
        return Metric(
            name=f"{short}:{self.suffix}" if self.suffix else short,
            label=f"{label}, {self.d}" if self.suffix else label,
            value=value,
            reading=reading,
            unit=UNIT if name in {"JS", "KL"} else "",
        )

    def _undefined(self, name: MetricName) -> str:
        if name == "CDDL":
            return (
                "Not defined: it needs favourable and unfavourable outcomes, and there is only one of them."
            )
        if not self.of.a or not self.of.d:
            return f"Not defined: every row is of one group, {self.d if self.of.d else self.a}."
        return f"Not defined: {self.a} and {self.d} have no outcome in common."

    @property
    def shares(self) -> str:
        """How often the favourable outcome occurs in each group."""
        return (
            f"{self.good} holds for {percent(self.of.a_good, self.of.a)} of {self.a} "
            f"and for {percent(self.of.d_good, self.of.d)} of {self.d}"
        )

    @property
    def left_out(self) -> str:
        """What a divergence does not see, as the end of a sentence."""
        if len(self.of.shared) > 1:
            return ""
        if not (self.of.a_good + self.of.d_good and self.of.a_bad + self.of.d_bad):
            return "; there is one outcome only, so there is nothing to compare"
        return "; an outcome that one group does not have is left out, so the true difference is larger"


def _imbalance(c: Comparison, value: float) -> str:
    meaning = (
        "both are equally frequent"
        if value == 0
        else f"{c.d} is {'under' if value > 0 else 'over'}-represented"
    )
    return (
        f"{c.of.d:,} of {counted(c.of.rows, 'row')} ({percent(c.of.d, c.of.rows)}) have {c.d} and "
        f"{c.of.a:,} ({percent(c.of.a, c.of.rows)}) {c.a}: {signed(value)} means that {meaning} "
        f"(0 is balance; 1 would be {c.a} alone, -1 {c.d} alone)."
    )


def _difference(c: Comparison, value: float) -> str:
    if value == 0:
        meaning = "both have the favourable outcome equally often"
    else:
        more, less = (c.a, c.d) if value > 0 else (c.d, c.a)
        meaning = f"{more} has the favourable outcome {_points(value)} more often than {less}"
    return f"{c.shares}: {signed(value)} means that {meaning} (0 is equal; the range is -1 to 1)."


def _jensen_shannon(c: Comparison, value: float) -> str:
    distance = math.sqrt(max(value, 0) / math.log(2))
    return (
        f"{c.shares}: {signed(value)}, on a scale from 0 (the same outcomes) to 0.693 (none in common), means that "
        f"the outcomes of the two groups {_closeness(distance)}{c.left_out}."
    )


def _kullback_leibler(c: Comparison, value: float) -> str:
    distance = math.sqrt(max(value, 0) / 2)  # Pinsker's bound on the total variation
    return (
        f"{c.shares}: {signed(value)}, where 0 is the same outcomes and there is no upper end, means that, measured "
        f"from those of {c.a}, the outcomes of {c.d} {_closeness(distance)}{c.left_out}."
    )


def _lp(c: Comparison, value: float) -> str:
    return (
        f"{c.shares}: {signed(value)}, on a scale from 0 (the same outcomes) to 1.414 (none in common), is the "
        f"distance between the two groups' shares of both outcomes{c.left_out}."
    )


def _variation(c: Comparison, value: float) -> str:
    return (
        f"{c.shares}: {signed(value)} means that {percent(value, 1)} of the rows of {c.d} would need the other outcome "
        f"for both groups to have the same shares (0 is the same; the range is 0 to 1){c.left_out}."
    )


def _smirnov(c: Comparison, value: float) -> str:
    return (
        f"{c.shares}: {signed(value)} means that the outcome on which the two groups differ most does so by "
        f"{_points(value)} (0 is the same; the range is 0 to 1){c.left_out}."
    )


def _conditional(c: Comparison, value: float) -> str:
    if not c.of.a or not c.of.d:
        meaning = "nothing, since every row is of one group"
    elif value == 0:
        meaning = f"that {c.d} has the same share of the unfavourable outcomes as of the favourable ones"
    else:
        more, less = ("unfavourable", "favourable") if value > 0 else ("favourable", "unfavourable")
        meaning = (
            f"that the share of {c.d} is {_points(value)} larger among {more} outcomes than among {less} ones"
        )
    return (
        f"Within the {counted(c.groups, 'group')} of {c.by}, averaged by their rows, {signed(value)} means {meaning} "
        f"(0 is equal; the range is -1 to 1)."
    )


def _points(value: float) -> str:
    return f"{percent(abs(value), 1).removesuffix(' %')} percentage points"


def _closeness(distance: float) -> str:
    return next((words for most, words in DEGREES if distance < most), "differ strongly")


_READINGS: Mapping[MetricName, Callable[[Comparison, float], str]] = {
    "CI": _imbalance,
    "DPL": _difference,
    "JS": _jensen_shannon,
    "KL": _kullback_leibler,
    "LP": _lp,
    "TVD": _variation,
    "KS": _smirnov,
    "CDDL": _conditional,
}
