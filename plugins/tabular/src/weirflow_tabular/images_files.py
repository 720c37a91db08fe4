"""What the nodes on images have in common: their items, and pixels from a file."""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import Field, Item, NodeError, Port, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

    from weirflow.api import Files, Inputs

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What is read, by Pillow's names. Others are left out on purpose: some start programs (EPS), some are rarely tried."""

MODES = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "LAB": "RGB",
    "HSV": "RGB",
}
"""What a mode of Pillow's becomes, so that steps meet L, LA, RGB, RGBA and I;16 alone."""

_CLEAR = {"P": "RGBA", "1": "LA", "L": "LA", "RGB": "RGBA"}  # where a colour or an entry stands for clear
_OTHER_SPACES = {"CMYK", "YCbCr", "LAB", "HSV"}  # a profile is for one of them or for RGB, not for both
_MODES = {"L", "LA", "RGB", "RGBA", "I;16"}
_PILLOW_REFUSES = 178_956_970  # twice the size at which it warns
_ORIENTATION = 0x0112
_SIDEWAYS = 5  # orientations from here on swap width and height


class ImageTask(Task):
    """Base of the nodes that work on images, one at a time."""

    inputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)
    by_item: ClassVar[bool] = True

    max_pixels: int = Field(
        default=_PILLOW_REFUSES,
        ge=1,
        description="an image of more pixels is bad and is not decoded: a small file may be made to fill the memory",
    )

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """One a file, told by what it holds."""
        files: Files = inputs["files"]
        return [Item(f.name, {"path": str(f.path)}, f.sha256 or etag_of(f.path)) for f in files]

    def content(self, item: Item) -> bytes:
        """The bytes of an item's file. Raises NodeError where they are not those that were announced."""
        path = Path(item.payload["path"])
        try:
            found = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise NodeError(f"the file cannot be read: {reason}", code="WF603") from error
        if item.etag not in {hashlib.sha256(found).hexdigest(), etag_of(path)}:
            raise NodeError("the file changed while the flow ran", hint="run the flow again")
        return found


def etag_of(path: Path) -> str:
    """What changes with a file's content; empty where there is none, so that it is seen as a bad item."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


@contextlib.contextmanager
def opened(content: bytes, max_pixels: int) -> Iterator[ImageFile]:
    """An image whose header has been read. Raises NodeError, also for what fails while it is decoded in the block."""
    from PIL import Image, UnidentifiedImageError

    kept = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max_pixels  # Pillow refuses twice as many by itself
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _refuse_large(*image.size, max_pixels)
                yield image
    except (NodeError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise NodeError("it is no image of a format that is read", code="WF603") from error
    except Image.DecompressionBombError as error:
        raise NodeError(f"it has more pixels than max_pixels, {max_pixels}", code="WF603") from error
    except Exception as error:
        raise NodeError("the image is damaged or cut short", code="WF603") from error
    finally:
        Image.MAX_IMAGE_PIXELS = kept


def _refuse_large(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise NodeError(f"it is of {width} by {height} pixels, and max_pixels is {max_pixels}", code="WF603")


def upright(image: Image) -> Image:
    """The pixels of an image as viewers show them, in one of the modes L, LA, RGB, RGBA and I;16.

    Turned as its EXIF says, with what was a palette as colours, and CMYK and the like as RGB. What else the file told
    is in `info`. Raises NodeError where a channel has more than 16 bits.
    """
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    told = dict(turned.info)
    if turned.mode.startswith("I;16"):
        turned = _little_endian(turned)
    clear = _CLEAR.get(turned.mode) if "transparency" in told else None
    mode = clear or MODES.get(turned.mode, turned.mode)
    if mode not in _MODES:
        raise NodeError("it has 32 bits a channel, and up to 16 are worked on", code="WF603")
    made = turned.copy() if turned.mode == mode else turned.convert(mode)
    gone = {"transparency"} if turned.mode not in _OTHER_SPACES else {"transparency", "icc_profile"}
    made.info = {k: v for k, v in told.items() if k not in gone}
    return made


def _little_endian(image: Image) -> Image:
    """16 bits of grey in the one order of bytes that Pillow works on; its own conversion spoils them."""
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.asarray(image).astype(np.uint16))


def shown_size(image: ImageFile) -> tuple[int, int]:
    """Width and height as viewers show it, from the header."""
    width, height = image.size
    if (
        image.format == "PNG" and "exif" not in image.info
    ):  # Pillow would decode it to look for some at its end
        return width, height
    return (height, width) if image.getexif().get(_ORIENTATION, 1) >= _SIDEWAYS else (width, height)


def frames_of(image: ImageFile) -> int:
    """How many pictures are in a file that are to be seen one after another, or as pages.

    A camera's JPEG may hold further views of the one picture: they do not count.
    """
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
