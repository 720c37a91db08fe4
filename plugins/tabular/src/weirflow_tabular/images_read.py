"""`images.read`: the images of a folder."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from weirflow.api import (
    INT64,
    STRING,
    Effect,
    Field,
    File,
    Files,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    Made,
    NodeError,
    Port,
    Rows,
    Schema,
    Task,
)
from weirflow_tabular.images_files import etag_of, frames_of, opened, shown_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ENDINGS = (".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
_MANY = 1 << 62  # pixels: only the header is read here, which costs nothing

_COLUMNS = {"path": STRING, "bytes": INT64, "format": STRING, "mode": STRING, "width": INT64, "height": INT64}
_FACTS = ("format", "mode", "width", "height", "frames")


class ReadImages(Task):
    """Find the images of a folder.

    Gives the files, for `images.transform` and others, and a table with a row each: `path` below the folder with
    forward slashes, `bytes`, `format`, `mode` (Pillow's word for the channels: `L` is grey, `RGB` colours), `width` and
    `height` as viewers show it, and `frames`. All are sorted by path. A file in which no image is found has nulls there
    and stays among the files: `images.drop_corrupt` leaves it out.

    Of a folder the files count whose names end as those of images do (bmp, gif, jpe, jpeg, jpg, png, ppm, tif, tiff,
    webp, in any case), but hidden ones. A pattern takes what it matches. Images in folders keep these in their names,
    so that two of one name do not meet. Nothing is decoded here but headers.
    """

    operator: ClassVar[str] = "images.read"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"), Port("table", "table"))

    path: Location = Field(
        description="the folder, one image, or a pattern with `*`, `?` or `**`, as `photos/*/front.jpg`"
    )
    nested: bool = Field(default=False, description="whether folders inside the folder are entered too")

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which are always the same."""
        del inputs
        makes = {name: Made(dtype=dtype) for name, dtype in (_COLUMNS | {"frames": INT64}).items()}
        return {"table": Effect(makes=makes, rows=Rows.changed(by=()))}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files, by path."""
        del inputs
        if "://" in self.path:
            raise NodeError(
                "images are read from a folder of this machine",
                hint="copy them into one, and name that",
                code="WF602",
            )
        root, found = _found(self.path, nested=self.nested)
        items = [_item(path.relative_to(root).as_posix(), path) for path in found]
        if not items:
            raise NodeError(
                f"there is no image in '{Path(self.path).name}'",
                hint=f"those files count that end with {', '.join(ENDINGS)}; `nested: true` enters folders",
                code="WF602",
            )
        return sorted(items, key=lambda item: item.key)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """The checksum of one file, and what its header says."""
        del out
        path = self._path(item.payload)
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise NodeError(f"the file cannot be read: {reason}", code="WF603") from error
        if etag_of(path) != item.etag:
            raise NodeError("the file changed while the flow ran", hint="run the flow again")
        facts: dict[str, Any] = dict.fromkeys(_FACTS)
        try:
            with opened(content, _MANY) as image:
                width, height = shown_size(image)
                facts = dict(
                    zip(_FACTS, (image.format, image.mode, width, height, frames_of(image)), strict=True)
                )
        except NodeError:
            facts = dict.fromkeys(_FACTS)
        return ItemResult(
            item.key, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **facts}
        )

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """All files, and the table of them."""
        import polars as pl

        files, rows = [], []
        for r in results:
            files.append(File(self._path(r.payload), r.facts["bytes"], r.facts["sha256"], r.key))
            rows.append((r.key, r.facts["bytes"], *(r.facts[name] for name in _FACTS)))
        texts = {"path", "format", "mode"}
        schema = {name: pl.String if name in texts else pl.Int64 for name in (*_COLUMNS, "frames")}
        return {"files": Files(tuple(files)), "table": pl.DataFrame(rows, schema=schema, orient="row")}

    def _path(self, payload: Mapping[str, Any]) -> Path:
        return Path(_root(self.path), os.fsdecode(bytes.fromhex(payload["name"])))


def _root(location: str) -> Path:
    """The folder below which images are named."""
    path = Path(location)
    if path.is_dir():
        return path
    if path.exists():
        return path.parent
    return Path(*takewhile(lambda part: not _is_pattern(part), path.parts[:-1]))


def _is_pattern(text: str) -> bool:
    return re.search(r"[*?\[]", text) is not None


def _found(location: str, *, nested: bool) -> tuple[Path, list[Path]]:
    """The folder below which images are named, and the images."""
    path, root = Path(location), _root(location)
    if path.is_dir():
        return root, list(_walked(path, nested=nested))
    if not path.exists() and _is_pattern(location):
        return root, [p for p in map(Path, glob.glob(location, recursive=True)) if p.is_file()]  # noqa: PTH207
    if not path.is_file():
        raise NodeError(
            f"'{path.name}' is not there",
            hint=f"paths are relative to the flow's folder; looked in {path.parent}",
            code="WF602",
        )
    return root, [path]


def _walked(folder: Path, *, nested: bool) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [f for f in folders if nested and not f.startswith(".")]
        yield from (Path(parent, n) for n in names if n.lower().endswith(ENDINGS) and not n.startswith("."))


def _refuse(error: OSError) -> NoReturn:
    raise NodeError(f"folder '{error.filename}' cannot be read: {error.strerror}", code="WF603") from error


def _item(name: str, path: Path) -> Item:
    """An item for a file. The payload has the name's very bytes, which need not be valid text."""
    key = os.fsencode(name).decode("utf-8", "backslashreplace")
    return Item(key, {"name": os.fsencode(name).hex()}, etag_of(path))
