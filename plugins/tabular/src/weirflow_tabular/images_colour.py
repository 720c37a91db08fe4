"""Steps on images that change colours: grey, channels, brightness, blur, noise, depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import Field, NodeError
from weirflow_tabular.images_noise import noisy, salted
from weirflow_tabular.images_step import Here, Step, too_deep

if TYPE_CHECKING:
    from PIL.Image import Image


class Grayscale(Step):
    """Take the colours away."""

    deep: ClassVar[bool] = True

    do: Literal["grayscale"] = Field(
        description="take the colours away: 0.299 red, 0.587 green and 0.114 blue (ITU-R 601); what is clear stays so"
    )
    channels: Literal[1, 3] = Field(default=1, description="one channel of grey, or three that are equal")

    def apply(self, image: Image, here: Here) -> Image:
        """Make it grey."""
        del here
        if image.mode == "I;16":
            if self.channels != 1:
                raise too_deep("grayscale with three channels")
            return image
        clear = "A" in image.getbands()
        grey = image.convert("LA" if clear else "L")
        return grey if self.channels == 1 else grey.convert("RGBA" if clear else "RGB")


class Channels(Step):
    """Keep some channels, or put them in another order."""

    do: Literal["channels"] = Field(description="keep some channels, or put them in another order")
    order: str = Field(
        pattern="^[rgba]{1,4}$",
        description="the channels, by their letters r, g, b and a: `bgr` swaps red and blue, `r` keeps red alone",
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Pick them."""
        from PIL import Image

        del here
        whole = image.convert("RGBA" if "A" in image.getbands() else "RGB")
        bands = dict(zip("rgba", whole.split(), strict=False))
        if lacking := [c for c in self.order if c not in bands]:
            raise NodeError(f"it has no channel '{lacking[0]}'")
        modes = ("L", "LA", "RGB", "RGBA")
        return Image.merge(modes[len(self.order) - 1], [bands[c] for c in self.order])


class Enhance(Step):
    """Change brightness, contrast, colour and sharpness, in this order."""

    do: Literal["enhance"] = Field(
        description="change brightness, contrast, colour and sharpness, in this order, by factors: 1 changes nothing"
    )
    brightness: float = Field(default=1, ge=0, le=100, description="0 is black")
    contrast: float = Field(default=1, ge=0, le=100, description="0 is the mean grey")
    colour: float = Field(default=1, ge=0, le=100, description="0 is a picture in grey")
    sharpness: float = Field(default=1, ge=0, le=100, description="0 is blurred, 2 is sharpened")

    def apply(self, image: Image, here: Here) -> Image:
        """Enhance it."""
        from PIL import ImageEnhance

        del here
        kinds: tuple[tuple[Any, float], ...] = (
            (ImageEnhance.Brightness, self.brightness),
            (ImageEnhance.Contrast, self.contrast),
            (ImageEnhance.Color, self.colour),
            (ImageEnhance.Sharpness, self.sharpness),
        )
        for kind, factor in kinds:
            if factor != 1:
                image = kind(image).enhance(factor)
        return image


class Gamma(Step):
    """Make middle tones lighter or darker."""

    do: Literal["gamma"] = Field(
        description="make middle tones lighter or darker: of each value v from 0 to 255, 255 (v / 255)^gamma, rounded; "
        "black, white and what is clear stay"
    )
    gamma: float = Field(gt=0, le=100, description="below 1 is lighter, above 1 darker")

    def apply(self, image: Image, here: Here) -> Image:
        """Raise it."""
        del here
        table = [round(255 * (v / 255) ** self.gamma) for v in range(256)]
        kept = list(range(256))
        return image.point([v for band in image.getbands() for v in (kept if band == "A" else table)])


class Blur(Step):
    """Blur an image."""

    do: Literal["blur"] = Field(description="blur an image")
    radius: float = Field(
        gt=0, le=1000, description="pixels: the deviation of `gaussian`; how far `box` reaches to each side"
    )
    kind: Literal["gaussian", "box"] = Field(
        default="gaussian", description="`gaussian` fades out; `box` is the mean of a square"
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Blur it; colours that are not seen do not run into those that are."""
        from PIL import ImageFilter

        del here
        made = ImageFilter.GaussianBlur if self.kind == "gaussian" else ImageFilter.BoxBlur
        if "A" not in image.getbands():
            return image.filter(made(self.radius))
        weighted = image.convert("RGBA").convert("RGBa")  # no filter takes La
        return weighted.filter(made(self.radius)).convert("RGBA").convert(image.mode)


class Noise(Step):
    """Add noise to every channel of every pixel by itself."""

    do: Literal["noise"] = Field(
        description="add noise, by chance, to every channel of every pixel by itself"
    )
    deviation: float = Field(
        gt=0, le=1000, description="its standard deviation, where 255 is from black to white"
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Add it."""
        return noisy(image, self.deviation, (here.seed, here.name, here.place))


class SaltAndPepper(Step):
    """Make single pixels black or white."""

    do: Literal["salt_and_pepper"] = Field(description="make single pixels, by chance, black or white")
    share: float = Field(gt=0, le=1, description="the share of pixels; half of them become white")

    def apply(self, image: Image, here: Here) -> Image:
        """Strew it."""
        return salted(image, self.share, (here.seed, here.name, here.place))


class EightBits(Step):
    """Make 8 bits a channel of 16."""

    deep: ClassVar[bool] = True

    do: Literal["eight_bits"] = Field(
        description="make 8 bits a channel of 16: 65535 becomes 255; what has 8 stays as it is"
    )

    def apply(self, image: Image, here: Here) -> Image:
        """Divide by 257 and round."""
        import numpy as np
        from PIL import Image

        del here
        if image.mode != "I;16":
            return image
        deep = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((deep + 128) // 257).astype(np.uint8))
