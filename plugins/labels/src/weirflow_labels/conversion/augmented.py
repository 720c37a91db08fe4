"""Augmented manifests: a line of JSON an image, with its boxes as Ground Truth's bounding box jobs write them.

The format is that of https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html (bounding box job output).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_labels.conversion.chosen import streamed
from weirflow_labels.database import rows

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

SHAPES = ("box",)
COLOURS = 3  # channels of an image of which nothing else is known

_IMAGES = """
SELECT s.*, coalesce(b.boxes, []) AS boxes
FROM sized s LEFT JOIN (
  SELECT image_id, list({class: c.number, "left": m."left", top: m.top, width: m.width, height: m.height,
                         confidence: m.confidence} ORDER BY mark_id) AS boxes
  FROM marked m JOIN classes c ON c.name = m.class WHERE shape = 'box' GROUP BY image_id
) b USING (image_id)
ORDER BY image_id
"""


def write_manifest(db: duckdb.DuckDBPyConnection, folder: Path, attribute: str, prefix: str) -> list[str]:
    """Write `output.manifest`; the names of the files that were written.

    `prefix` goes before an image's name. Raises NodeError where the size of an image is not known.
    """
    classes = {str(c["number"]): c["name"] for c in rows(db, "SELECT * FROM classes ORDER BY number")}
    with (folder / "output.manifest").open("w", encoding="utf-8") as out:
        for image in streamed(db, _IMAGES):
            if image["width"] is None:
                raise NodeError(
                    f"the size of '{image['name']}' is not known, and the format needs it",
                    hint="`images` names a folder with the image files, `frame_size` the size of all of them",
                )
            out.write(json.dumps(_line(image, classes, attribute, prefix), separators=(",", ":")) + "\n")
    return ["output.manifest"]


def _line(image: dict[str, Any], classes: dict[str, str], attribute: str, prefix: str) -> dict[str, Any]:
    boxes = image["boxes"]
    size = {"width": image["width"], "height": image["height"], "depth": image["depth"] or COLOURS}
    occurring = {str(b["class"]) for b in boxes}
    return {
        "source-ref": prefix + image["name"],
        attribute: {
            "image_size": [size],
            "annotations": [
                {"class_id": b["class"], **{k: _whole(b[k]) for k in ("top", "left", "height", "width")}}
                for b in boxes
            ],
        },
        f"{attribute}-metadata": {
            "objects": [{"confidence": b["confidence"] or 0} for b in boxes],
            "class-map": {k: v for k, v in classes.items() if k in occurring},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": image["created"].replace(tzinfo=None).isoformat(timespec="microseconds"),
            "job-name": f"labeling-job/{image['job'] or attribute}",
        },
    }


def _whole(number: float) -> float | int:
    """A number as an integer where it is one."""
    return int(number) if float(number).is_integer() else number
