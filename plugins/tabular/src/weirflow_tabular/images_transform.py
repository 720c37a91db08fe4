"""`images.transform`: images through steps, decoded and encoded once."""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from weirflow.api import Field, File, Files, Item, ItemOutput, ItemResult, NodeError, Port
from weirflow_tabular.images_files import ImageTask, frames_of, opened, upright
from weirflow_tabular.images_step import Colour, Here
from weirflow_tabular.images_steps import AnyStep, taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PIL.Image import Image

_ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
}
"""How names of each format may end; the first is put where a name ends otherwise."""

_KEPT = {"JPEG": "JPEG", "MPO": "JPEG", "WEBP": "WEBP", "TIFF": "TIFF"}  # the rest becomes PNG
_MODES = {
    "JPEG": {"L", "RGB"},
    "PNG": {"L", "LA", "RGB", "RGBA", "I;16"},
    "WEBP": {"RGB", "RGBA"},
    "TIFF": {"L", "LA", "RGB", "RGBA", "I;16"},
}


class TransformImages(ImageTask):
    """Take images through steps: resize, crop, turn, enhance, blur and more.

    Steps are taken in their order, on pixels in memory; each image is decoded and encoded once, so that no step costs
    quality. The results are named as before, with the ending of their format.

    An image is turned upright first, as its EXIF says. Palettes become colours and CMYK becomes RGB. Then all that is
    not pixels is left out, for it may tell where and by whom a picture was taken; its colour profile stays while it has
    the channels that this is for. 16 bits of grey are kept by steps that move or weigh pixels, and refused by others;
    16 bits of colour are read as 8. What cannot be decoded, or a step cannot take, is a bad item, set aside with the
    reason. Chance comes from the seed and the name of an image alone, so that further images change nothing.
    """

    operator: ClassVar[str] = "images.transform"
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    steps: tuple[AnyStep, ...] = Field(
        description="what is done, one after another; with none, only the format changes",
        examples=[[{"do": "resize", "width": 224, "height": 224, "fit": "cover"}, {"do": "grayscale"}]],
    )
    format: Literal["same", "jpeg", "png", "webp", "tiff"] = Field(
        default="same",
        description="what is written; `same` keeps JPEG, PNG, WebP and TIFF and writes others as PNG",
    )
    quality: int = Field(
        default=95,
        ge=1,
        le=100,
        description="of JPEG and WebP, which lose something; the others lose nothing",
    )
    background: Colour = Field(
        default="#ffffff",
        description="the colour behind what is clear, where the format (JPEG) knows nothing clear",
    )
    metadata: Literal["drop", "keep"] = Field(
        default="drop",
        description="whether EXIF is left out or kept; it may hold places, times and serial numbers",
    )
    frames: Literal["refuse", "first"] = Field(
        default="refuse",
        description="what becomes of an image with several frames or pages: bad, or its first one",
    )
    seed: int = Field(default=0, ge=0, description="what chance begins from; by default the flow's seed")

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Take one image through the steps."""
        content = self.content(item)
        with opened(content, self.max_pixels) as file:
            frames = frames_of(file)
            if frames > 1 and self.frames == "refuse":
                raise NodeError(
                    f"it has {frames} frames or pages; `frames: first` takes the first", code="WF603"
                )
            image = upright(file)
            wanted = _KEPT.get(file.format or "", "PNG") if self.format == "same" else self.format.upper()
        made = []
        here = Here(self.seed, item.key, 0, self.max_pixels)
        for number, (label, one) in enumerate(taken(image, self.steps, here)):
            encoded = self._encoded(one, wanted, image)
            place = f"{number}{_ENDINGS[wanted][0]}"
            (out.folder / place).write_bytes(encoded)
            digest = hashlib.sha256(encoded).hexdigest()
            name = _named(item.key, label, wanted)
            made.append({"file": place, "name": name, "bytes": len(encoded), "sha256": digest})
        return ItemResult(item.key, {"made": made})

    def _encoded(self, image: Image, wanted: str, origin: Image) -> bytes:
        """An image's file; `origin` is what it was made of."""
        profile = origin.info.get("icc_profile")
        exif = origin.info.get("exif") if self.metadata == "keep" else None
        fitting = _fitting(image, wanted, self.background)
        options: dict[str, Any] = {"quality": self.quality} if wanted in {"JPEG", "WEBP"} else {}
        if wanted == "TIFF":
            options["compression"] = "tiff_adobe_deflate"
        if profile and _colours(fitting) == _colours(origin):
            options["icc_profile"] = profile
        if exif:
            options["exif"] = exif
        plain = fitting.copy()
        plain.info = {}  # of which Pillow would write some by itself
        file = io.BytesIO()
        try:
            plain.save(file, format=wanted, **options)
        except (OSError, ValueError) as error:
            raise NodeError(
                f"its {image.width} by {image.height} pixels cannot be written as {wanted}", code="WF603"
            ) from error
        return file.getvalue()

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The images, by name."""
        files: dict[str, File] = {}
        origin: dict[str, str] = {}
        for r in results:
            for made in r.facts["made"]:
                name = made["name"]
                if name in files:
                    raise NodeError(
                        f"'{origin[name]}' and '{r.key}' would both be called '{name}'",
                        hint="rename one, or put them in folders of their own",
                    )
                assert r.folder is not None
                files[name] = File(r.folder / made["file"], made["bytes"], made["sha256"], name)
                origin[name] = r.key
        return {"files": Files(tuple(files[n] for n in sorted(files)))}


def _named(name: str, label: str, wanted: str) -> str:
    path = PurePosixPath(name)
    ending = path.suffix if path.suffix.lower() in _ENDINGS[wanted] else _ENDINGS[wanted][0]
    return str(path.with_name(f"{path.stem}{label}{ending}"))


def _colours(image: Image) -> int:
    """How many channels of colour an image has, or 0 for 16 bits of grey: what a profile is made for."""
    return 0 if image.mode == "I;16" else len(image.getbands()) - ("A" in image.getbands())


def _fitting(image: Image, wanted: str, background: str) -> Image:
    """The image in a mode that the format knows."""
    from PIL import Image, ImageColor

    if image.mode in _MODES[wanted]:
        return image
    if image.mode == "I;16":
        raise NodeError(
            f"it has 16 bits a channel, which {wanted} does not hold: add the step eight_bits", code="WF603"
        )
    if wanted == "WEBP":
        return image.convert("RGBA" if image.mode == "LA" else "RGB")
    behind = Image.new("RGBA", image.size, ImageColor.getcolor(background, "RGBA"))
    whole = Image.alpha_composite(behind, image.convert("RGBA")).convert("RGB")
    grey = image.mode == "LA" and len({*ImageColor.getrgb(background)}) == 1
    return whole.convert("L") if grey else whole
