"""Small pictures of frames, where the frames lie in a folder."""

from __future__ import annotations

import base64
import io
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.api import NodeError

if TYPE_CHECKING:
    from weirflow_labels.dashboard.frames import Frame

MOST, SIDE, QUALITY = 60, 360, 72
"""How many pictures a page holds, how many pixels their longer side has, and how finely they are written."""
MOST_PIXELS = 100_000_000
MOST_FILES = 500_000
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}


def add_images(frames: Sequence[Frame], folder: str) -> list[str]:
    """Put small pictures into frames whose image is found in a folder, the first come first. Gives what to say of it.

    An image is found by the end of its name; where several end alike, the one in folders named like the frame's job
    or data object. Raises NodeError where there is no such folder.
    """
    if "://" in folder or not Path(folder).is_dir():
        raise NodeError(
            "the images are not in a local folder", code="WF602", hint="let `images` name a folder"
        )
    if not frames:
        return []
    found = _index(Path(folder))
    made: dict[Path, tuple[str, tuple[int, int]] | None] = {}
    missing = left = unread = shown = 0
    for frame in frames:
        path = _match(frame, found)
        if path is None:
            missing += 1
            continue
        if path not in made:
            if sum(m is not None for m in made.values()) >= MOST:
                left += 1
                continue
            made[path] = _small(path)
        picture = made[path]
        if picture is None:
            unread += 1
            continue
        frame.image, size = picture
        frame.size, frame.guessed = (float(size[0]), float(size[1])), False
        shown += 1
    said = [
        f"Of {len(frames)} frames that are listed {shown} have their image, at most {SIDE} pixels wide or high."
    ]
    if left:
        said.append(f"A page holds {MOST} images: {left} frames are drawn without theirs.")
    if missing:
        said.append(f"Frames whose image is not found, or may be one of several: {missing}.")
    if unread:
        said.append(f"Frames whose image cannot be read, or is too large: {unread}.")
    return said


def _small(path: Path) -> tuple[str, tuple[int, int]] | None:
    """A small picture as a data URI, and the size of the whole one; None where it cannot be read."""
    from PIL import ExifTags, Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its size is looked at below
            with Image.open(path) as image:
                # boxes are where browsers show them: in the picture turned upright
                turned = image.getexif().get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}
                size = image.size[::-1] if turned else image.size
                if size[0] * size[1] > MOST_PIXELS:
                    return None
                image.draft("RGB", (SIDE, SIDE))
                small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((SIDE, SIDE))
        written = io.BytesIO()
        small.save(written, "JPEG", quality=QUALITY, optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii"), size


def _index(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    count = 0
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            if Path(name).suffix.lower() in _ENDINGS:
                found[name].append(Path(parent, name).relative_to(folder))
                count += 1
        if count > MOST_FILES:
            raise NodeError(
                f"there are more than {MOST_FILES:,} images", hint="let `images` name a smaller folder"
            )
    return {n: [folder / p for p in sorted(paths)] for n, paths in found.items()}


def _match(frame: Frame, found: dict[str, list[Path]]) -> Path | None:
    parts = [p for p in re.split(r"[/\\]", frame.name) if p]
    candidates = found.get(parts[-1], []) if parts else []
    hints = {frame.job, frame.item}
    scored = sorted(
        ((_alike(path, parts), len(hints & set(path.parts)), path) for path in candidates), reverse=True
    )
    if not scored or (len(scored) > 1 and scored[0][:2] == scored[1][:2]):
        return None
    return scored[0][2]


def _alike(path: Path, parts: list[str]) -> int:
    """How many parts from the end are the same."""
    count = 0
    for one, other in zip(reversed(path.parts), reversed(parts), strict=False):
        if one != other:
            break
        count += 1
    return count
