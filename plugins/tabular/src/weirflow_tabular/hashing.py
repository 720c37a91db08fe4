"""Spark's hash of text and Java's random numbers, so that what was hashed there is found again here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow_tabular.spark_hash import SEED, finished, mixed, scrambled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

_MULTIPLIER, _MASK = 0x5DEECE66D, 2**48 - 1  # of java.util.Random, which documents its arithmetic


def text_places(texts: Sequence[str], size: int) -> npt.NDArray[np.int64]:
    """The place of each text among `size`: MurmurHash3 (x86, 32 bits) of its UTF-8 bytes, modulo the size."""
    import numpy as np

    coded = [text.encode() for text in texts]
    lengths = np.array([len(c) for c in coded], dtype=np.int64)
    found = np.zeros(len(coded), dtype=np.int64)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        data = np.frombuffer(b"".join(coded[i] for i in rows), dtype=np.uint8).reshape(len(rows), length)
        found[rows] = _murmur3(data).view(np.int32).astype(np.int64)
    return found % size


def _murmur3(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """The hash of each row of bytes."""
    import numpy as np

    rows, length = data.shape
    padded = np.zeros((rows, -(-length // 4) * 4), dtype=np.uint8)
    padded[:, :length] = data
    state = np.full(rows, SEED, dtype=np.uint32)
    for number, word in enumerate(padded.view("<u4").T):
        if (number + 1) * 4 <= length:
            state = mixed(state, word.astype(np.uint32))
        else:  # the last bytes, which fill no word; in Spark's `hash` each is one
            state = state ^ scrambled(word.astype(np.uint32))
    return finished(state, np.uint32(length))


def java_integers(seed: int, bound: int) -> Iterator[int]:
    """The whole numbers below `bound`, no power of two, that Java's generator of random numbers gives for a seed."""
    state = (seed ^ _MULTIPLIER) & _MASK
    while True:
        state = (state * _MULTIPLIER + 0xB) & _MASK
        drawn = state >> 17
        if (
            drawn - drawn % bound + bound <= 2**31
        ):  # else the last, shorter run of numbers would count for more
            yield drawn % bound
