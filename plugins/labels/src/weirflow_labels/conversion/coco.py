"""COCO: one JSON file of images, annotations and categories.

The format is that of https://cocodataset.org/#format-data (object detection). Beyond it, `videos`, `video_id`,
`frame_id` and `track_id` are as data sets of tracking write them, and `attributes` as annotation tools do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from weirflow_labels.conversion.chosen import streamed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import IO

    import duckdb

SHAPES = ("box", "polygon")

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode

_IMAGES = """
SELECT image_id AS id, name AS file_name, width, height, video_id, frame_no AS frame_id FROM sized ORDER BY id
"""
_MARKS = """
SELECT m.*, c.number + 1 AS category FROM marked m JOIN classes c ON c.name = m.class
WHERE shape IN ('box', 'polygon') ORDER BY mark_id
"""


def write_coco(db: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Write `annotations.json`; the names of the files that were written."""
    with (folder / "annotations.json").open("w", encoding="utf-8") as out:
        out.write('{"info":{"description":"labels converted by weirflow"},"licenses":[],\n')
        _array(out, "videos", streamed(db, "SELECT video_id AS id, name FROM named_videos ORDER BY id"))
        _array(out, "categories", streamed(db, "SELECT number + 1 AS id, name FROM classes ORDER BY id"))
        images = streamed(db, _IMAGES)
        _array(out, "images", (_known(i) for i in images))
        marks = streamed(db, _MARKS)
        _array(out, "annotations", (_annotation(m) for m in marks), last=True)
        out.write("}\n")
    return ["annotations.json"]


def _annotation(mark: dict[str, Any]) -> dict[str, Any]:
    if mark["shape"] == "polygon":
        points = [(p["x"], p["y"]) for p in mark["vertices"]]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
        turned = zip(points, points[1:] + points[:1], strict=True)
        area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in turned)) / 2
        outline = [[c for point in points for c in point]]
    else:
        box = [mark["left"], mark["top"], mark["width"], mark["height"]]
        area, outline = mark["width"] * mark["height"], []
    made: dict[str, Any] = {
        "id": mark["mark_id"],
        "image_id": mark["image_id"],
        "category_id": mark["category"],
        "bbox": box,
        "area": area,
        "segmentation": outline,
        "iscrowd": 0,
    }
    if mark["object_id"] is not None:
        made["track_id"] = mark["track_id"]
    if mark["attributes"]:
        made["attributes"] = dict(mark["attributes"])
    return made


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if v is not None}


def _array(out: IO[str], key: str, values: Iterable[dict[str, Any]], *, last: bool = False) -> None:
    """Write one list, value by value."""
    out.write(f'"{key}":[')
    for i, value in enumerate(values):
        out.write((",\n" if i else "\n") + _ENCODE(value))
    out.write("]" if last else "],\n")
