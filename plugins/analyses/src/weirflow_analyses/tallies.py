"""Counts of rows by place on an axis, colour and panel, and the names that their values are shown under."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weirflow_analyses.values import names, percent, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from weirflow.api import Scalar

FEWEST_FOR_SHARE = 10  # rows in a bar before its make-up is worth a sentence


@dataclass(frozen=True)
class Tally:
    """One piece of a bar: where on the axis (a bin's index, or a value), which colour, which panel, how many rows."""

    place: Scalar
    colour: Scalar
    facet: Scalar
    rows: int


@dataclass(frozen=True)
class Names:
    """Values by the name they are shown under, and those names in order.

    The `gathered` values, if any, share the last name.
    """

    of: Mapping[Scalar, str]
    order: tuple[str, ...]
    gathered: int = 0

    def note(self, column: str) -> str:
        """What was gathered, in a sentence."""
        kept = len(self.order) - 1
        return (
            f"{column} has {kept + self.gathered:,} different values: the {kept:,} most frequent are shown, "
            f"the rest as '{self.order[-1]}'."
        )


def name_values(
    totals: Mapping[Scalar, int],
    limit: int,
    *,
    personal: bool = False,
    by_value: bool = True,
    unseen: int = 0,
) -> Names:
    """Names for the most frequent values; what is beyond `limit` is gathered under the last name.

    In the order of their values, null last, or of their counts. `unseen` values exist besides those in `totals`.
    """
    ranked = sorted(totals, key=lambda v: -totals[v])
    kept = ranked[:limit]
    if by_value:
        present: list[Any] = [v for v in kept if v is not None]
        kept = [*sorted(present), *(v for v in kept if v is None)]
    named = names(kept, personal=personal)
    gathered = len(ranked) - len(kept) + unseen
    if not gathered:
        return Names(named, tuple(named.values()))
    last = f"all others ({gathered:,})"
    return Names({**named, **dict.fromkeys(ranked[limit:], last)}, (*named.values(), last), gathered)


def totals_by(tallies: Iterable[Tally], key: Callable[[Tally], Any]) -> dict[Any, int]:
    """Rows summed by whatever `key` makes of a tally."""
    totals: Counter[Any] = Counter()
    for tally in tallies:
        totals[key(tally)] += tally.rows
    return dict(totals)


def where_richest(tallies: Sequence[Tally], places: Mapping[Any, str], colours: Names, rarest: str) -> str:
    """Where the rarest colour has its largest and its smallest share, among bars with enough rows."""
    whole = totals_by(tallies, lambda t: places[t.place])
    part = totals_by((t for t in tallies if colours.of[t.colour] == rarest), lambda t: places[t.place])
    ranked = sorted((part.get(p, 0) / n, p) for p, n in whole.items() if n >= FEWEST_FOR_SHARE)
    if not ranked or ranked[0][0] == ranked[-1][0]:
        return ""
    most, least = (
        f"{place} ({percent(part.get(place, 0), whole[place])})" for place in (ranked[-1][1], ranked[0][1])
    )
    return (
        f" Among bars of at least {FEWEST_FOR_SHARE} rows, {quoted(rarest)} has its largest share at {most} "
        f"and its smallest at {least}."
    )
