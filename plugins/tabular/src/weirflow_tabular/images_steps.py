"""The steps of `images.transform`, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from weirflow.api import Field
from weirflow_tabular.images_colour import (
    Blur,
    Channels,
    EightBits,
    Enhance,
    Gamma,
    Grayscale,
    Noise,
    SaltAndPepper,
)
from weirflow_tabular.images_geometry import Crop, Flip, Resize, Rotate, Tile
from weirflow_tabular.images_step import Here, too_deep

if TYPE_CHECKING:
    from PIL.Image import Image

AnyStep: TypeAlias = Annotated[
    Resize
    | Crop
    | Rotate
    | Flip
    | Grayscale
    | Channels
    | Enhance
    | Gamma
    | Blur
    | Noise
    | SaltAndPepper
    | EightBits
    | Tile,
    Field(discriminator="do"),
]


def taken(image: Image, steps: tuple[AnyStep, ...], here: Here) -> list[tuple[str, Image]]:
    """The images that steps make of one, each with what is put behind its name. Raises NodeError."""
    made = [("", image)]
    for place, step in enumerate(steps):
        for _, one in made:
            if one.mode == "I;16" and not step.deep:
                raise too_deep(step.do)
        if isinstance(step, Tile):
            made = [(label + more, tile) for label, one in made for more, tile in step.tiles(one)]
        else:
            made = [
                (label, step.apply(one, Here(here.seed, here.name + label, place, here.max_pixels)))
                for label, one in made
            ]
    return made
