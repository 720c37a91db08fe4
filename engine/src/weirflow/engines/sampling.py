"""Which rows a sample takes: integer arithmetic on the seed and the number of rows, the same everywhere."""

from __future__ import annotations

_MASK = 2**64 - 1


def choose(rows: int, n: int, seed: int) -> list[int]:
    """`n` different places out of `rows`, ascending, each set of them as likely as any other.

    Floyd's method: it takes n draws whatever the number of rows.
    Source: Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987.
    """
    chosen: set[int] = set()
    for draw, last in enumerate(range(max(rows - n, 0), rows)):
        place = _scrambled(seed, draw) * (last + 1) >> 64
        chosen.add(last if place in chosen else place)
    return sorted(chosen)


def _scrambled(seed: int, draw: int) -> int:
    """The draw-th of a seed's numbers in 0 .. 2**64 - 1 (splitmix64)."""
    z = (seed * 0xD1342543DE82EF95 + (draw + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
