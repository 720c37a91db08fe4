"""COCO: images, categories, and annotations of them by boxes, polygons, masks and key points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import OTHER_TYPE, Reject, UnreadableError
from weirflow_labels.readers.common import object_size, one_value_each, patterns
from weirflow_labels.readers.elements import Elements, fine, key, load_what_can_be
from weirflow_labels.readers.manifest_types import Map, Type, fault, sql

if TYPE_CHECKING:
    import duckdb

LARGEST_DATASET = 1 << 30
"""Bytes of a file, which is one JSON value: the published training set has 449 MB."""

_COLUMNS: dict[str, Type] = {
    "images": {
        "id": "VARCHAR",
        **dict.fromkeys(("width", "height"), "INTEGER"),
        **dict.fromkeys(("file_name", "coco_url"), "VARCHAR"),
    },
    "annotations": {
        **dict.fromkeys(("id", "image_id", "category_id", "iscrowd", "caption"), "VARCHAR"),
        "bbox": ["DOUBLE"],
        "keypoints": ["DOUBLE"],
        **dict.fromkeys(("segmentation", "segments_info"), "JSON"),
        "score": "DOUBLE",
        "attributes": Map("VARCHAR"),
    },
    "categories": dict.fromkeys(("id", "name"), "VARCHAR"),
}
_PARTS = {name: f"coco_{name}" for name in _COLUMNS}

_UNNEST = """
CREATE OR REPLACE TEMP TABLE {table} AS SELECT file_id, filename, coalesce(job, parse_filename(path, true)) AS job, n,
  p.* FROM (FROM (SELECT filename, unnest({name}) AS p, unnest(range(len({name}))) AS n FROM coco) WHERE p IS NOT NULL)
JOIN loading ON local = filename
"""

# the kind of a file's annotations: that of the most that any of them has
_STAGE_LABELS = """
INSERT INTO staged_labels BY NAME
SELECT i.file_id, i.n + 1 AS line_no, i.job, i.job AS job_name, i.job AS label_attribute,
  coalesce(i.file_name, i.coco_url) AS source, 'ref' AS source_kind,
  coalesce(task_type, 'object-detection') AS task_type,
  i.width AS image_width, i.height AS image_height, c.captions AS value, json_object('image_id', i.id) AS metadata
FROM coco_images i LEFT JOIN (
  SELECT file_id, CASE WHEN bool_or(len(keypoints) > 0) THEN 'keypoint-detection'
    WHEN bool_or(json_type(segmentation) = 'OBJECT' OR json_array_length(segmentation) > 0) THEN 'instance-segmentation'
    WHEN bool_or(bbox IS NOT NULL) THEN 'object-detection' WHEN bool_or(caption IS NOT NULL) THEN 'captioning'
    ELSE 'image-classification-multilabel' END AS task_type
  FROM coco_annotations GROUP BY file_id
) USING (file_id) LEFT JOIN (
  SELECT file_id, image_id, to_json(list(caption ORDER BY n)) AS captions FROM coco_annotations
  WHERE caption IS NOT NULL GROUP BY ALL
) c ON c.file_id = i.file_id AND c.image_id = i.id
"""

_STAGE_ANNOTATIONS = """
INSERT INTO staged_annotations BY NAME
SELECT file_id, line_no, job, source, label_attribute, task_type,
  (row_number() OVER (PARTITION BY file_id, line_no ORDER BY n) - 1)::INTEGER AS idx, shape,
  category_id AS class_id, class_name, score AS confidence, id AS object_name,
  bbox[1] AS "left", bbox[2] AS top, bbox[3] AS width, bbox[4] AS height,
  CASE shape
    WHEN 'polygon' THEN [{'x': ring[2 * k + 1], 'y': ring[2 * k + 2]} for k in range(len(ring) // 2)]
    WHEN 'keypoint' THEN [if(keypoints[3 * k + 3] > 0, {'x': keypoints[3 * k + 1], 'y': keypoints[3 * k + 2]}, NULL)
                          for k in range(len(keypoints) // 3)]
  END AS vertices,
  map_concat(
    coalesce(attributes, MAP {}), if(iscrowd IS NULL, MAP {}, MAP {'iscrowd': iscrowd}),
    if(shape = 'keypoint',
      MAP {'visibility': array_to_string([keypoints[3 * k + 3]::INTEGER for k in range(len(keypoints) // 3)], ',')},
      MAP {})
  ) AS attributes
FROM (
  SELECT a.*, i.n + 1 AS line_no, l.source, l.label_attribute, l.task_type, c.name AS class_name,
    CASE WHEN len(a.keypoints) > 0 THEN 'keypoint'
      WHEN json_type(a.segmentation) = 'OBJECT' OR json_array_length(a.segmentation) > 1 THEN 'mask'
      WHEN json_array_length(a.segmentation) = 1 THEN 'polygon'
      WHEN a.bbox IS NOT NULL THEN 'box' ELSE 'class' END AS shape,
    if(json_array_length(a.segmentation) = 1, (a.segmentation->'$[0]')::DOUBLE[], NULL) AS ring
  FROM coco_annotations a JOIN coco_images i ON i.file_id = a.file_id AND i.id = a.image_id
  JOIN staged_labels l ON l.file_id = i.file_id AND l.line_no = i.n + 1
  LEFT JOIN coco_categories c ON c.file_id = a.file_id AND c.id = a.category_id
  WHERE a.caption IS NULL
)
"""

# whatever the statements above would read as something else, or not at all
_MISSHAPEN = """
SELECT 1 FROM coco_annotations
WHERE len(bbox) NOT IN (0, 4) OR len(keypoints) % 3 <> 0
  OR json_type(segmentation) NOT IN ('ARRAY', 'OBJECT', 'NULL')
"""


class Coco:
    """Reads COCO files into `labels` (a row an image), `annotations` (a row an annotation) and `categories`.

    Lines are positions in the list of images, from 1. An annotation has its box, and its vertices where it is one
    polygon or a set of key points, which stay in their order with a null for each that is not labelled. One of several
    polygons, or run-length encoded, is a `mask` without vertices. Captions are the `value` of the image's label. The
    job is that of the path, else the name of the file.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the images and annotations of some files."""
        return load_what_can_be(db, paths, self._load, _lists)

    def _load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str], *, sifted: bool) -> Sequence[Reject]:
        columns = ", ".join(f"{name}: '{sql([kind])}'" for name, kind in _COLUMNS.items())
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE coco AS FROM read_json(?, format = 'unstructured', filename = true,"
            f" maximum_object_size = {object_size(paths, LARGEST_DATASET)}, columns = {{{columns}}})",
            [patterns(paths)],
        )
        one_value_each(db, "coco", paths)
        if db.execute("SELECT count(*) FROM coco WHERE images IS NULL OR annotations IS NULL").fetchall()[0][
            0
        ]:
            raise UnreadableError("it is no COCO dataset: it needs `images` and `annotations`")
        if not sifted:
            nulls = " OR ".join(f"list_contains([x IS NULL for x in {name}], true)" for name in _COLUMNS)
            _want_none(db, f"SELECT 1 FROM coco WHERE {nulls}")  # noqa: S608
        for name, table in _PARTS.items():
            db.execute(_UNNEST.format(table=table, name=name))
        db.execute("DROP TABLE coco")
        _check(db)
        if not sifted:
            _want_none(db, _MISSHAPEN)
        db.execute(_STAGE_LABELS)
        db.execute(_STAGE_ANNOTATIONS)
        db.execute(
            "INSERT INTO staged_categories BY NAME SELECT file_id, job, 'class' AS scope, name AS class_name,"
            " n::INTEGER AS position, name FROM coco_categories"
        )
        strays = db.execute(
            "SELECT filename, count(*) FROM coco_annotations a WHERE NOT EXISTS"
            " (SELECT 1 FROM coco_images i WHERE i.file_id = a.file_id AND i.id = a.image_id) GROUP BY filename"
        ).fetchall()
        for table in _PARTS.values():
            db.execute(f"DROP TABLE {table}")
        return [
            Reject(
                path,
                None,
                f"{n} of its annotations are of images that it does not list, or that cannot be read",
            )
            for path, n in strays
        ]


def _want_none(db: duckdb.DuckDBPyConnection, query: str) -> None:
    if db.execute(f"{query} LIMIT 1").fetchall():
        raise UnreadableError(OTHER_TYPE)


def _lists(value: Any) -> Iterator[Elements]:
    for name, kind in _COLUMNS.items() if isinstance(value, dict) else ():
        if isinstance(value.get(name), list):
            yield Elements(key("$", name), value[name], kind, _misshapen if name == "annotations" else fine)


def _misshapen(annotation: Any) -> str | None:
    """What is wrong with an annotation whose values have the right types."""
    points, outline = annotation.get("keypoints") or (), annotation.get("segmentation")
    if len(annotation.get("bbox") or ()) not in {0, 4}:
        return "`bbox` has not four numbers"
    if len(points) % 3 or fault(["INTEGER"], list(points[2::3]), ""):
        return "`keypoints` are not x, y and visibility of each point"
    if outline is not None and not isinstance(outline, list | dict):
        return "`segmentation` is neither a list nor an object"
    if isinstance(outline, list) and len(outline) == 1:
        return fault([["DOUBLE"]], outline, "segmentation")
    return None


def _check(db: duckdb.DuckDBPyConnection) -> None:
    """Refuse what would be read wrongly."""
    if db.execute("SELECT count(*) FROM coco_annotations WHERE segments_info IS NOT NULL").fetchall()[0][0]:
        raise UnreadableError("it is a panoptic segmentation, which is not read")
    for name in ("images", "categories"):
        query = f"SELECT 1 FROM {_PARTS[name]} GROUP BY file_id, id HAVING count(*) > 1 LIMIT 1"  # noqa: S608
        if db.execute(query).fetchall():
            raise UnreadableError(f"two of its {name} have the same `id`")
