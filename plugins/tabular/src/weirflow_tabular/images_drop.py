"""Images left out: those that cannot be decoded, and those that are there already."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import (
    STRING,
    Effect,
    File,
    Files,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Made,
    NodeError,
    Port,
    Rows,
    Schema,
)
from weirflow_tabular.images_files import ImageTask, opened, upright

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import polars as pl


class DropCorruptImages(ImageTask):
    """Leave out images that cannot be decoded.

    Each is decoded whole: what is cut short, damaged, no image at all or larger than `max_pixels` is left out, and
    listed in the table `dropped` with its `path` and the `reason`. A JPEG whose pixels are wrong but whose code is
    whole cannot be told from a good one. The others are handed on as they are, byte for byte.
    """

    operator: ClassVar[str] = "images.drop_corrupt"
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("dropped", "table"))

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of what was left out."""
        del inputs
        return {"dropped": _columns("path", "reason")}

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Decode one image."""
        del out
        content, reason = self.content(item), ""
        try:
            with opened(content, self.max_pixels) as image:
                image.load()
        except NodeError as error:
            reason = error.message
        return ItemResult(item.key, {"reason": reason, **_facts(content)})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The good ones, and the table of the others."""
        every = list(results)
        dropped = [(r.key, r.facts["reason"]) for r in every if r.facts["reason"]]
        return {
            "files": Files(tuple(_file(r) for r in every if not r.facts["reason"])),
            "dropped": _table(dropped, "path", "reason"),
        }


class DropDuplicateImages(ImageTask):
    """Keep the first of images with equal pixels.

    Images are equal when they look the same to the last bit: size and colours, upright, whatever the format, the name
    and what else the file holds; of moving images, all frames. Two JPEGs of one picture that were compressed in
    different ways are not equal. The first by name stays, as it is; the others are listed in the table `dropped`, with
    their `path` and the one that each is the `same_as`.
    """

    operator: ClassVar[str] = "images.drop_duplicates"
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("dropped", "table"))

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns of what was left out."""
        del inputs
        return {"dropped": _columns("path", "same_as")}

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """A checksum of one image's pixels."""
        del out
        content = self.content(item)
        digest = hashlib.sha256()
        with opened(content, self.max_pixels) as image:
            for part in _pixels(image):
                digest.update(part)
        return ItemResult(item.key, {"pixels": digest.hexdigest(), **_facts(content)})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The first of each, and the table of the others."""
        first: dict[str, ItemResult] = {}
        dropped = []
        for r in sorted(results, key=lambda r: r.key):
            kept = first.setdefault(r.facts["pixels"], r)
            if kept is not r:
                dropped.append((r.key, kept.key))
        return {
            "files": Files(tuple(map(_file, first.values()))),
            "dropped": _table(dropped, "path", "same_as"),
        }


def _pixels(image: Any) -> Iterator[bytes]:
    """Size and pixels of each frame, the same for the same colours in whatever mode."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    for number in range(frames):
        image.seek(number)
        frame = upright(image)
        if frame.mode != "I;16":
            frame = frame.convert("RGBA")
        yield f"{frame.mode} {frame.width} {frame.height}".encode()
        yield frame.tobytes()


def _facts(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _file(result: ItemResult) -> File:
    """A file that is handed on as it is."""
    return File(Path(result.payload["path"]), result.facts["bytes"], result.facts["sha256"], result.key)


def _columns(*names: str) -> Effect:
    return Effect(makes={n: Made(dtype=STRING) for n in names}, rows=Rows.changed(by=()))


def _table(rows: list[tuple[str, str]], *names: str) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
