"""Steps on images that move and weigh pixels: size, part, direction, tiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import model_validator

from weirflow.api import Field, NodeError
from weirflow_tabular.images_step import Colour, Here, Step, too_deep

if TYPE_CHECKING:
    from typing import Self

    from PIL.Image import Image, Resampling

_SIDE = 65_535  # the longest that a JPEG can be
_QUARTER = 90

Side: TypeAlias = Annotated[int, Field(ge=1, le=_SIDE)]
Sampling: TypeAlias = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]


class Resize(Step):
    """Make an image so wide and high."""

    deep: ClassVar[bool] = True

    do: Literal["resize"] = Field(description="make an image so wide and high")
    width: Side | None = Field(
        default=None, description="pixels; by default as many as keep the shape of the image"
    )
    height: Side | None = Field(default=None, description="pixels; likewise")
    fit: Literal["stretch", "inside", "contain", "cover"] = Field(
        default="stretch",
        description="where both are given: `stretch` takes them as they are; the others keep the shape: `inside` is at "
        "most as large, `contain` fills what is left with `fill`, `cover` cuts off at the sides what is too much",
    )
    fill: Colour = Field(default="#000000", description="the colour beside the image, for `contain`")
    resampling: Sampling = Field(default="bicubic", description="how pixels are made of those around them")

    @model_validator(mode="after")
    def _a_size(self) -> Self:
        if self.width is None and self.height is None:
            raise ValueError("resize needs a width or a height")
        return self

    def apply(self, image: Image, here: Here) -> Image:
        """Scale it."""
        from PIL import ImageOps

        method = _resampling(self.resampling)
        if self.width is None or self.height is None or self.fit == "inside":
            size = self._kept(image)
            _refuse_large(size, here)
            return image.resize(size, method)
        size = (self.width, self.height)
        _refuse_large(size, here)
        if self.fit == "stretch":
            return image.resize(size, method)
        if self.fit == "cover":
            return ImageOps.fit(image, size, method)
        return ImageOps.pad(image, size, method, color=_colour(self.fill, image.mode))

    def _kept(self, image: Image) -> tuple[int, int]:
        """The size that keeps the shape, and is no larger than asked for."""
        width, height = image.size
        if self.height is None or (self.width is not None and self.width * height <= self.height * width):
            assert self.width is not None
            return self.width, max(1, round(height * self.width / width))
        return max(1, round(width * self.height / height)), self.height


class Crop(Step):
    """Cut a part out."""

    deep: ClassVar[bool] = True

    do: Literal["crop"] = Field(description="cut a part out: of a size, or what a margin leaves")
    width: Side | None = Field(default=None, description="pixels; it and the height, or a `margin`")
    height: Side | None = Field(default=None, description="pixels")
    margin: int | None = Field(default=None, ge=0, description="pixels cut off at each of the four sides")
    left: int | None = Field(
        default=None, ge=0, description="pixels left of the part; by default as many as right of it"
    )
    top: int | None = Field(default=None, ge=0, description="pixels above it; by default as many as below it")

    @model_validator(mode="after")
    def _a_part(self) -> Self:
        sizes = (self.width is None, self.height is None)
        if self.margin is None and any(sizes):
            raise ValueError("crop needs a width and a height, or a margin")
        if self.margin is not None and not (all(sizes) and self.left is None and self.top is None):
            raise ValueError("a margin leaves neither size nor place to say")
        return self

    def apply(self, image: Image, here: Here) -> Image:
        """Cut it."""
        del here
        width = image.width - 2 * (self.margin or 0) if self.width is None else self.width
        height = image.height - 2 * (self.margin or 0) if self.height is None else self.height
        left = (image.width - width) // 2 if self.left is None else self.left
        top = (image.height - height) // 2 if self.top is None else self.top
        right, bottom = left + width, top + height
        if min(left, top) < 0 or min(width, height) < 1 or right > image.width or bottom > image.height:
            raise NodeError(
                f"the part to be cut out does not lie in its {image.width} by {image.height} pixels"
            )
        return image.crop((left, top, right, bottom))


class Rotate(Step):
    """Turn an image."""

    deep: ClassVar[bool] = True

    do: Literal["rotate"] = Field(description="turn an image")
    angle: float = Field(description="degrees, anticlockwise; quarter turns only move pixels")
    expand: bool = Field(
        default=True, description="whether the image grows so that nothing is cut off; else it keeps its size"
    )
    fill: Colour = Field(default="#000000", description="the colour of what the image does not cover")
    resampling: Literal["nearest", "bilinear", "bicubic"] = Field(
        default="bicubic", description="how pixels are made of those around them"
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Turn it."""
        from PIL.Image import Transpose

        quarters, rest = divmod(self.angle, _QUARTER)
        turns = (None, Transpose.ROTATE_90, Transpose.ROTATE_180, Transpose.ROTATE_270)
        if rest == 0 and (self.expand or quarters % 2 == 0 or image.width == image.height):
            turn = turns[int(quarters % 4)]
            return image if turn is None else image.transpose(turn)
        if image.mode == "I;16":
            raise too_deep("rotate, but by quarter turns,")
        _refuse_large(self._size(image), here)
        method = _resampling(self.resampling)
        fill = _colour(self.fill, image.mode)
        return image.rotate(self.angle, method, expand=self.expand, fillcolor=fill)

    def _size(self, image: Image) -> tuple[int, int]:
        if not self.expand:
            return image.size
        along, across = (abs(f(math.radians(self.angle))) for f in (math.cos, math.sin))
        width, height = image.size
        return round(width * along + height * across), round(width * across + height * along)


class Flip(Step):
    """Mirror an image."""

    deep: ClassVar[bool] = True

    do: Literal["flip"] = Field(description="mirror an image")
    axis: Literal["horizontal", "vertical"] = Field(
        default="horizontal",
        description="`horizontal`: left and right change places; `vertical`: top and bottom",
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Mirror it."""
        from PIL.Image import Transpose

        del here
        across = self.axis == "horizontal"
        return image.transpose(Transpose.FLIP_LEFT_RIGHT if across else Transpose.FLIP_TOP_BOTTOM)


class Tile(Step):
    """Cut an image into a grid; the steps after it are taken with each tile."""

    deep: ClassVar[bool] = True

    do: Literal["tile"] = Field(
        description="cut an image into a grid of images, named after it with row and column, from 0 on: `a_0_1.png`"
    )
    rows: int = Field(
        ge=1, le=1000, description="how many, one above the other; their heights differ by a pixel at most"
    )
    columns: int = Field(ge=1, le=1000, description="how many, side by side; likewise")

    def tiles(self, image: Image) -> list[tuple[str, Image]]:
        """Each tile with what is put behind its name."""
        if image.width < self.columns or image.height < self.rows:
            raise NodeError(f"its {image.width} by {image.height} pixels are fewer than the tiles")
        down = [image.height * i // self.rows for i in range(self.rows + 1)]
        across = [image.width * i // self.columns for i in range(self.columns + 1)]
        return [
            (f"_{row}_{column}", image.crop((across[column], down[row], across[column + 1], down[row + 1])))
            for row in range(self.rows)
            for column in range(self.columns)
        ]


def _refuse_large(size: tuple[int, int], here: Here) -> None:
    if size[0] * size[1] > here.max_pixels:
        raise NodeError(f"it would have {size[0]} by {size[1]} pixels, and max_pixels is {here.max_pixels}")


def _resampling(name: str) -> Resampling:
    from PIL.Image import Resampling

    return Resampling[name.upper()]


def _colour(colour: str, mode: str) -> Any:
    from PIL import ImageColor

    if mode == "I;16":
        return 257 * int(ImageColor.getcolor(colour, "L"))  # type: ignore[arg-type]
    return ImageColor.getcolor(colour, mode)
