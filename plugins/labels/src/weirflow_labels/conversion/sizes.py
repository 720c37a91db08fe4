"""Where the image files lie, and how large the images are."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_labels.database import rows

if TYPE_CHECKING:
    import duckdb


def measure(db: duckdb.DuckDBPyConnection, folder: Path | None, size: tuple[int, int] | None) -> int:
    """Give each image of the table `images` a name and, where they can be known, its sizes; how many have none.

    What the labels say of sizes counts first, then the file, if there is a `folder` of them, then `size`. A file is
    looked for by the end of its address: `s3://bucket/a/b.jpg` is `a/b.jpg` or `b.jpg` in the folder, and that is its
    name; without a folder it is `a/b.jpg`. Raises NodeError where a file is no image.
    """
    import pyarrow as pa

    if folder is not None and not folder.is_dir():
        raise NodeError(f"folder '{folder.name}' is not there", code="WF602")
    found: list[dict[str, Any]] = []
    for image in rows(db, "SELECT image_id, place, width, height FROM images ORDER BY image_id"):
        name = _path(image["place"])
        file = None if folder is None else _file(folder, name)
        width, height, depth = image["width"], image["height"], None
        if file is not None and folder is not None:
            name = file.relative_to(folder).as_posix()
            if width is None or height is None:
                width, height, depth = _size(file, name)
        if (width is None or height is None) and size is not None:
            width, height = size
        found.append(
            {"image_id": image["image_id"], "name": name, "width": width, "height": height, "depth": depth}
        )
    types = pa.schema(
        [("image_id", pa.int64()), ("name", pa.string())]
        + [(c, pa.int32()) for c in ("width", "height", "depth")]
    )
    db.register("measured", pa.Table.from_pylist(found, schema=types))
    db.execute(
        "CREATE TEMP TABLE sized AS SELECT i.* REPLACE (m.width AS width, m.height AS height, m.depth AS depth), m.name"
        " FROM images i JOIN measured m USING (image_id)"
    )
    db.unregister("measured")
    return sum(i["width"] is None for i in found)


def _path(place: str | None) -> str:
    """The part of an address after its bucket, without steps out of a folder."""
    text = place or ""
    if "://" in text:
        text = text.split("://", 1)[1].partition("/")[2]
    parts = [p for p in PurePosixPath(text).parts if p not in {"..", "/"}]
    return "/".join(parts)


def _file(folder: Path, name: str) -> Path | None:
    parts = PurePosixPath(name).parts
    for i in range(len(parts)):
        file = folder.joinpath(*parts[i:])
        if file.is_file():
            return file
    return None


def _size(file: Path, name: str) -> tuple[int, int, int]:
    """Width, height and number of channels, from the head of the file."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            return image.width, image.height, len(image.getbands())
    except OSError as error:
        raise NodeError(f"'{name}' is no image that can be read", code="WF603") from error
