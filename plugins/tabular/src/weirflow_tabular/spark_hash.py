"""Spark's hash of values, the 32-bit murmur3 that its `hash` function gives, in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import polars as pl

    Words: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint32]]
    """32 bits for each row."""

SEED = 42  # Spark's


def hashed(columns: Iterable[pl.Series]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """The hash of each row's values: that of each column is the seed of the next one's; null leaves it alone.

    Integers count as Spark's long, and as its int where they have no more than 32 bits. Raises NodeError for other
    types than text, numbers, booleans, dates and times.
    """
    import numpy as np

    found: Words | None = None
    for values in columns:
        if found is None:
            found = np.full(len(values), SEED, dtype=np.uint32)
        there = values.is_not_null().to_numpy()
        found = np.where(there, _column(values, found), found)
    assert found is not None
    return found.view(np.int32)


def _column(values: pl.Series, seed: Words) -> Words:
    import numpy as np
    import polars as pl

    dtype = values.dtype
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        return _text(values.cast(pl.String), seed)
    if dtype == pl.String:
        return _text(values, seed)
    if dtype.is_float():
        numbers = values.fill_null(0).to_numpy() + 0.0  # of the two zeros the positive one
        if dtype == pl.Float32:
            return _numbers(numbers.view(np.uint32), seed)
        return _numbers(numbers.view(np.uint64), seed)
    if dtype == pl.Boolean:
        return _numbers(values.fill_null(value=False).cast(pl.UInt32).to_numpy(), seed)
    if isinstance(dtype, pl.Datetime):
        micros = values.dt.epoch("us").fill_null(0).to_numpy()
        return _numbers(micros.astype(np.int64).view(np.uint64), seed)
    if dtype == pl.Date or (dtype.is_integer() and dtype not in {pl.UInt64, pl.Int128, pl.UInt128}):
        small = dtype in {pl.Date, pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16}
        whole = values.to_physical().fill_null(0).to_numpy()
        if small:
            return _numbers(whole.astype(np.int32).view(np.uint32), seed)
        return _numbers(whole.astype(np.int64).view(np.uint64), seed)
    raise NodeError(
        f"column '{values.name}' is of a type that makes no key",
        hint=f"cast it first: columns.cast with types {{{values.name}: string}}, or leave it out",
        code="WF402",
    )


def _numbers(bits: np.ndarray[tuple[int], np.dtype[np.uint32 | np.uint64]], seed: Words) -> Words:
    import numpy as np

    if bits.dtype == np.uint32:
        return finished(mixed(seed, bits.astype(np.uint32)), np.uint32(4))
    low = (bits & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    high = (bits >> np.uint64(32)).astype(np.uint32)
    return finished(mixed(mixed(seed, low), high), np.uint32(8))


def _text(values: pl.Series, seed: Words) -> Words:
    """Whole words of four bytes, little end first, and then each byte of the rest by itself, with its sign."""
    import numpy as np
    import polars as pl

    array = values.fill_null("").cast(pl.Binary).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    if not len(array):
        return seed.copy()
    begins = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    every = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    start, length = begins[:-1], np.diff(begins)
    found = seed.copy()
    order = np.argsort(-length, kind="stable")  # the longest first: those with a further word are a slice
    longest_first = -length[order]
    for word in range(int(length.max()) // 4):
        rows = order[: np.searchsorted(longest_first, -4 * (word + 1), side="right")]
        at = start[rows] + 4 * word
        parts = [every[at + i].astype(np.uint32) << np.uint32(8 * i) for i in range(4)]
        found[rows] = mixed(found[rows], parts[0] | parts[1] | parts[2] | parts[3])
    for rest in range(3):
        rows = np.flatnonzero(length % 4 > rest)
        at = start[rows] + length[rows] // 4 * 4 + rest
        signed = every[at].view(np.int8).astype(np.int32).view(np.uint32)
        found[rows] = mixed(found[rows], signed)
    return finished(found, length.astype(np.uint32))


def _turned(value: Words, by: int) -> Words:
    import numpy as np

    return (value << np.uint32(by)) | (value >> np.uint32(32 - by))


def scrambled(word: Words) -> Words:
    """Four bytes of the input as they go into the hash."""
    import numpy as np

    return _turned(word * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)


def mixed(found: Words, word: Words) -> Words:
    """The hash with four more bytes in it."""
    import numpy as np

    return _turned(found ^ scrambled(word), 13) * np.uint32(5) + np.uint32(0xE6546B64)


def finished(found: Words, length: np.uint32 | Words) -> Words:
    """The hash when all bytes are in it, and how many they were."""
    import numpy as np

    found = found ^ length
    found = (found ^ (found >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    found = (found ^ (found >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return found ^ (found >> np.uint32(16))
