"""Places of rows: after a shuffle, and within the groups that a column makes. The same on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Places: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]
    """A whole number for each row."""

SHUFFLED = """
def shuffled(rows: int, seed: int) -> np.ndarray:
    \"\"\"The place of each row after a shuffle that depends on the seed alone (splitmix64, sorted).\"\"\"
    z = np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(seed * 0xD1342543DE82EF95 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.argsort(np.argsort(z ^ (z >> np.uint64(31)), kind="stable"))
"""
"""The same as a function of exported code."""


def shuffled(rows: int, seed: int) -> Places:
    """The place of each row after a shuffle (splitmix64 of seed and row, sorted)."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64((seed * 0xD1342543DE82EF95) % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    rank = np.empty(rows, dtype=np.int64)
    rank[np.argsort(z, kind="stable")] = np.arange(rows)
    return rank


def groups(values: pl.Series) -> Places:
    """The group of each row, numbered by first appearance: rows of equal values are one, those of null too."""
    import polars as pl

    keys = pl.DataFrame({"key": values})
    every = keys.unique(maintain_order=True).with_row_index("group")
    found = keys.join(every, on="key", how="left", nulls_equal=True, maintain_order="left")
    return found["group"].cast(pl.Int64).to_numpy()


def within(group: Places, rank: Places) -> Places:
    """The place of each row within its group, in the order of `rank`."""
    import numpy as np

    order = np.lexsort((rank, group))
    ordered = group[order]
    begins = np.searchsorted(ordered, ordered)  # where each row's group begins
    places = np.empty(len(group), dtype=np.int64)
    places[order] = np.arange(len(group)) - begins
    return places


def sizes(group: Places) -> Places:
    """How many rows each group has."""
    import numpy as np

    return np.bincount(group).astype(np.int64)
