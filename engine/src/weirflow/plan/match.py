"""Which node of a flow is which of another: by id, and under another id where the rest says so."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from weirflow.plan.sides import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from weirflow.plan.sides import Facts, Side

Pairs: TypeAlias = dict[str, str]
"""The old id of each new one that has one."""

_ALIKE = 2 / 3
"""The share of what two nodes say that has to be the same for one to be the other under a new id."""

_LONG = 40  # characters from which texts may be alike without being equal, as code is


def match(old: Side, new: Side) -> Pairs:
    """Pair the nodes of two flows.

    First those of one id that say the same; then, under other ids, those that say the same of the same inputs;
    then those of one id, whatever they say; last, where that leaves nothing to doubt, those under another id that
    say nearly the same of the same inputs.
    """
    pairs = _Pairing(old, new)
    pairs.named(lambda f: (f.id, f.operator, canonical(f.values)))
    pairs.fed(lambda f: (f.operator, canonical(f.values)))
    pairs.named(lambda f: f.id)
    while True:
        before = len(pairs.found)
        pairs.fed(lambda f: (f.operator, canonical(f.values)))
        pairs.fed(lambda f: (f.operator, canonical(f.meaning)), unique=True)
        pairs.alike()
        if len(pairs.found) == before:
            return pairs.found


class _Pairing:
    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.found: Pairs = {}
        self.taken: dict[str, str] = {}  # the same by old ids

    def named(self, key: Callable[[Facts], Hashable]) -> None:
        """Pair nodes of the same key, which has their id in it."""
        old = {key(f): f for f in self._left(self.old)}
        for facts in list(self._left(self.new)):
            if key(facts) in old:
                self._pair(old[key(facts)], facts)

    def fed(self, key: Callable[[Facts], Hashable], *, unique: bool = False) -> None:
        """Pair nodes of the same key that the same nodes feed, from the sources downwards.

        Of several the nearest by name, or, if they have to be `unique`, none.
        """
        old: dict[Hashable, list[Facts]] = {}
        for facts in self._left(self.old):
            old.setdefault(key(facts), []).append(facts)
        left = list(self._left(self.new))
        count = Counter((key(f), _fed(f)) for f in left)
        for facts in left:
            fed = _fed(facts)
            found = [
                c for c in old.get(key(facts), ()) if c.id not in self.taken and self._fed_before(c) == fed
            ]
            if found and not (unique and len(found) * count[key(facts), fed] > 1):
                self._pair(max(found, key=lambda c: _near(c.id, facts.id)), facts)

    def alike(self) -> None:
        """Pair nodes that are alike enough, those that are most alike first."""
        scored = [
            (likeness, _near(a.id, b.id), a, b)
            for b in self._left(self.new)
            for a in self._left(self.old)
            if a.spec.operator == b.spec.operator and a.raw == b.raw and self._fed_before(a) == _fed(b)
            if (likeness := _likeness(a, b)) >= _ALIKE
        ]
        for _, _, a, b in sorted(scored, key=lambda s: s[:2], reverse=True):
            if a.id not in self.taken and b.id not in self.found:
                self._pair(a, b)

    def _left(self, side: Side) -> Iterator[Facts]:
        done = self.taken if side is self.old else self.found
        return (f for f in side.ordered if f.id not in done)

    def _pair(self, old: Facts, new: Facts) -> None:
        self.found[new.id] = old.id
        self.taken[old.id] = new.id

    def _fed_before(self, facts: Facts) -> Hashable:
        """What feeds an old node, by the new ids; None where something has none."""
        if any(i.source not in self.taken for i in facts.inputs):
            return None
        return tuple((i.port, self.taken[i.source], i.output) for i in facts.inputs)


def _fed(facts: Facts) -> Hashable:
    return tuple((i.port, i.source, i.output) for i in facts.inputs)


def _near(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old, new).ratio()


def _likeness(old: Facts, new: Facts) -> float:
    """How much of what two nodes say is the same: twice what they share, over all they say (Dice)."""
    a, b = dict(_said(old.said)), dict(_said(new.said))
    shared = sum(_alike(a[k], b[k]) for k in a.keys() & b.keys())
    return 2 * shared / (len(a) + len(b)) if a or b else 0.0


def _said(value: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    """The single things that a value says: entries of mappings, and items of lists wherever they stand."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _said(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield f"{path}[{canonical(item)}]", True
    else:
        yield path, value


def _alike(old: Any, new: Any) -> float:
    if old == new and type(old) is type(new):
        return 1.0
    if isinstance(old, str) and isinstance(new, str) and min(len(old), len(new)) > _LONG:
        return difflib.SequenceMatcher(None, old, new).ratio()
    return 0.0
