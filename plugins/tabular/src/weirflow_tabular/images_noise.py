"""Noise in images that is the same on every machine: whole numbers made of a seed, a name and a pixel's place."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

Key: TypeAlias = tuple[int, str, int]
"""What chance depends on: the flow's seed, the image's name, and which step it is."""

_AT_ONCE = 1 << 20  # numbers drawn at a time, so that a large image does not take a large multiple of itself
_PARTS = 8  # uniform numbers of 16 bits whose sum stands for a normal one
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""The constants of SplitMix64."""


def noisy(image: Image, deviation: float, key: Key) -> Image:
    """Add numbers with this deviation to every channel but the one that says what is clear."""
    import numpy as np

    def add(values: Any, start: int) -> Any:
        drawn = np.zeros(values.size, np.int64)
        for part in range(_PARTS // 4):
            numbers = _numbers(key, 2 * start + part, values.size, step=2)
            for shift in (0, 16, 32, 48):
                drawn += ((numbers >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
        # twice the sum less twice its mean is a whole number; its variance is 4 parts of (65536² - 1) / 12
        centred = 2 * drawn - _PARTS * 0xFFFF
        scale = deviation / (_PARTS * (65536**2 - 1) / 3) ** 0.5
        return np.clip(np.rint(values + centred * scale), 0, 255)

    return _changed(image, add, each_channel=True)


def salted(image: Image, share: float, key: Key) -> Image:
    """Make this share of the pixels black or white."""
    import numpy as np

    limit = np.uint64(int(share * 2**53))

    def strew(values: Any, start: int) -> Any:
        numbers = _numbers(key, start, len(values))
        hit = (numbers >> np.uint64(11)) < limit
        white = (numbers & np.uint64(1)).astype(np.uint8) * 255
        return np.where(hit[:, None], white[:, None], values)

    return _changed(image, strew, each_channel=False)


def _changed(image: Image, change: Any, *, each_channel: bool) -> Image:
    """The image with its colours changed, a block of pixels at a time."""
    import numpy as np
    from PIL import Image

    pixels = np.array(image).reshape(image.width * image.height, -1)
    colours = len(image.getbands()) - ("A" in image.getbands())
    for start in _blocks(len(pixels)):
        block = pixels[start : start + _AT_ONCE, :colours]
        if each_channel:
            block[:] = change(block.reshape(-1), start * colours).reshape(block.shape)
        else:
            block[:] = change(block, start)
    return Image.frombytes(image.mode, image.size, pixels.tobytes())


def _blocks(length: int) -> Iterator[int]:
    return iter(range(0, length, _AT_ONCE))


def _numbers(key: Key, start: int, count: int, step: int = 1) -> Any:
    """SplitMix64's numbers at the places start, start + step and so on, for a key."""
    import numpy as np

    digest = hashlib.sha256(f"{key[0]} {key[2]} {key[1]}".encode("utf-8", "surrogatepass")).digest()
    base = int.from_bytes(digest[:8], "big")
    with np.errstate(over="ignore"):
        places = np.arange(count, dtype=np.uint64) * np.uint64(step) + np.uint64(start + 1)
        mixed = np.uint64(base) + places * np.uint64(_GOLDEN)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
        return mixed ^ (mixed >> np.uint64(31))
