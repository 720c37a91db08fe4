"""SeqLabel.json: the labelled frames of a video, a sequence of point clouds, or of several sensors at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import OTHER_TYPE, Reject, UnreadableError
from weirflow_labels.readers.common import object_size, one_value_each, patterns
from weirflow_labels.readers.elements import Elements, key, load_what_can_be
from weirflow_labels.readers.manifest_types import Map, Type, sql
from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

LISTS = (
    ("annotations", "if(o.\"center-x\" IS NOT NULL, 'cuboid', 'box')"),
    ("polylines", "'polyline'"),
    ("polygons", "'polygon'"),
    ("keypoints", "'keypoint'"),
)
"""Where a frame has its objects, by task type, and what they are."""

_CUBOID = ("center-x", "center-y", "center-z", "length", "width", "height", "roll", "pitch", "yaw")
_NUMBERS = ("left", "top", "width", "height", "x", "y", *(c for c in _CUBOID if c not in {"width", "height"}))

# Attributes are maps, since their names differ in case only at times. Frames of point clouds say `frame-number` and
# `frame-name`; numbers of frames are text in older files, which a BIGINT takes too.
_OBJECT: Type = {
    **dict.fromkeys(("class-id", "object-id", "object-name"), "VARCHAR"),
    "label-category-attributes": Map("VARCHAR"),
    "vertices": [{"x": "DOUBLE", "y": "DOUBLE"}],
    **dict.fromkeys(_NUMBERS, "DOUBLE"),
}
_FRAME: Type = {
    **dict.fromkeys(("frame-no", "frame-number"), "BIGINT"),
    **dict.fromkeys(("frame", "frame-name"), "VARCHAR"),
    "frame-attributes": Map("VARCHAR"),
    **{name: [_OBJECT] for name, _ in LISTS},
}
_FRAMES = sql([_FRAME])
_KEYS = ("tracking-annotations", "detection-annotations")

_READ = "read_json(?, format = 'unstructured', filename = true, maximum_object_size = {size}, columns = {{{columns}}})"

_STAGE_FRAMES = """
INSERT INTO staged_frames BY NAME
SELECT file_id, job, dataset_object_id, sensor, frame_no, frame, f."frame-attributes" AS attributes,
  ({lengths})::INTEGER AS n_objects
FROM sequence_frames
"""

_STAGE_OBJECTS = """
INSERT INTO staged_objects BY NAME
SELECT file_id, job, dataset_object_id, sensor, frame_no, frame, {shape} AS shape, idx::INTEGER AS idx,
  o."object-id" AS object_id, o."object-name" AS object_name, o."class-id" AS class_id,
  nullif(regexp_extract(o."object-name", '^(.+):[0-9]+$', 1), '') AS class_name,
  o."left" AS "left", o.top AS top,
  if(o."center-x" IS NULL, o.width, NULL) AS width, if(o."center-x" IS NULL, o.height, NULL) AS height,
  coalesce(o.vertices, if(o.x IS NULL, NULL, [{{'x': o.x, 'y': o.y}}])) AS vertices,
  if(o."center-x" IS NULL, NULL, {{{cuboid}}}) AS cuboid,
  o."label-category-attributes" AS attributes
FROM (
  SELECT * EXCLUDE (f), unnest(f."{name}") AS o, unnest(range(len(f."{name}"))) + {offset} AS idx
  FROM sequence_frames
)
"""


class Sequences:
    """Reads SeqLabel.json into `frames` and `objects`.

    The class of an object is in the file by number alone. Where it has a name, as tracked objects do (`Car:1`), the
    part before the number is its `class_name`: the labelling tool numbers the objects of a class. Otherwise the map
    of classes in the manifest tells, or the job's categories, whose positions the numbers are.

    A frame that cannot be read is left out as a whole: without one of its objects it would say that there is none.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the frames and objects of some files."""
        return load_what_can_be(db, paths, self._load, _lists)

    def _load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str], *, sifted: bool) -> Sequence[Reject]:
        columns = ", ".join(f"'{key}': '{_FRAMES}'" for key in _KEYS)
        either = f'coalesce("{_KEYS[0]}", "{_KEYS[1]}")'
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE sequences AS SELECT filename, NULL::VARCHAR AS sensor, {either} AS frames"  # noqa: S608
            f" FROM {_READ.format(size=object_size(paths), columns=columns)}",
            [patterns(paths)],
        )
        one_value_each(db, "sequences", paths)
        several = [f for (f,) in db.execute("SELECT filename FROM sequences WHERE frames IS NULL").fetchall()]
        if several:
            _sensors(db, several)
        db.execute(
            "CREATE OR REPLACE TEMP TABLE sequence_frames AS"
            ' SELECT *, coalesce(f."frame-no", f."frame-number") AS frame_no,'
            ' coalesce(f.frame, f."frame-name") AS frame FROM ('
            " SELECT file_id, job, dataset_object_id, sensor, unnest(frames) AS f"
            " FROM sequences JOIN loading ON local = filename)"
        )
        if not sifted and db.execute("SELECT 1 FROM sequence_frames WHERE f IS NULL LIMIT 1").fetchall():
            raise UnreadableError(OTHER_TYPE)
        db.execute("DELETE FROM sequence_frames WHERE f IS NULL")
        lengths = [f'coalesce(len(f."{name}"), 0)' for name, _ in LISTS]
        db.execute(_STAGE_FRAMES.format(lengths=" + ".join(lengths)))
        cuboid = ", ".join(f"'{c.replace('-', '_')}': o.\"{c}\"" for c in _CUBOID)
        for number, (name, shape) in enumerate(LISTS):
            offset = " + ".join(lengths[:number]) or "0"
            db.execute(_STAGE_OBJECTS.format(name=name, shape=shape, offset=offset, cuboid=cuboid))
        db.execute("DROP TABLE sequences")
        db.execute("DROP TABLE sequence_frames")
        return ()


def _lists(value: Any) -> Iterator[Elements]:
    """The lists of frames in a file."""
    if not isinstance(value, dict):
        return
    for place, of in [("$", value), *((key("$", k), v) for k, v in value.items() if isinstance(v, dict))]:
        for name in _KEYS:
            if isinstance(of.get(name), list):
                yield Elements(key(place, name), of[name], _FRAME)


def _sensors(db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """Read files that have a sequence for each sensor: `{"lidar": {"tracking-annotations": ...}, "camera-0": ...}`."""
    size = object_size(paths)
    pointer = "'/' || replace(replace(sensor, '~', '~0'), '/', '~1') || '/"
    lists = " OR ".join(f"json_type(json, {pointer}{key}') = 'ARRAY'" for key in _KEYS)
    found = db.execute(
        f"SELECT filename, sensor FROM (SELECT *, unnest(json_keys(json)) AS sensor"  # noqa: S608
        f" FROM read_json_objects(?, format = 'unstructured', filename = true, maximum_object_size = {size}))"
        f" WHERE {lists}",
        [patterns(paths)],
    ).fetchall()
    if len({f for f, _ in found}) < len(paths):
        raise UnreadableError(
            "it is no sequence of labelled frames: it has neither `tracking-annotations` nor `detection-annotations`"
        )
    names = sorted({sensor for _, sensor in found})
    kind = "STRUCT(" + ", ".join(f'"{key}" {_FRAMES}' for key in _KEYS) + ")"
    columns = ", ".join(f"{literal(n)}: '{kind}'" for n in names)
    entries = ", ".join(
        f"{{'sensor': {literal(n)}, 'frames': coalesce({', '.join(f'{quoted(n)}.{quoted(k)}' for k in _KEYS)})}}"
        for n in names
    )
    db.execute("DELETE FROM sequences WHERE frames IS NULL")
    db.execute(
        f"INSERT INTO sequences SELECT filename, s.sensor, s.frames FROM (SELECT filename, unnest([{entries}]) AS s"  # noqa: S608
        f" FROM {_READ.format(size=size, columns=columns)}) WHERE s.frames IS NOT NULL",
        [patterns(paths)],
    )
