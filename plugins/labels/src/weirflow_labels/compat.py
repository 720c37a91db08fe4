"""The tables of AWS's published dashboards, as views on ours: their SQL runs as it was printed.

The solution lets crawlers make a Glue database of tables from the files as they lie; its queries name these tables, and
fields of nested values by what attributes are called, in lower case as Glue writes them. So these views are made of
the attributes that there are, at every refresh. Source: the post "Build BI dashboards for your Amazon SageMaker Ground
Truth labels and worker metadata", and the templates and jobs of its solution.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

SCHEMA = "smgt-gluedatabase"
"""What the post calls the database."""

OBJECT_FIELDS = ("moving", "vehicle_type", "audit")
FRAME_FIELDS = ("number_of_vehicles", "quality_of_the_frame")
"""The fields that the published SQL names: null where nobody has such an attribute."""

MANIFESTS = ("videoobjecttracking", "videoobjecttrackingaudit")
"""The modalities whose manifests the post has tables of. Others get theirs beside them."""

_SHAPES = {"polylines": "polyline", "polygons": "polygon", "keypoints": "keypoint"}

_ANNOTATIONS = """
CREATE VIEW {schema}.annotations_batch_manifests AS
WITH marked AS (
  SELECT file_id, sensor, frame_no,
    list({box} ORDER BY idx) FILTER (shape = 'box') AS annotations, {shapes}
  FROM main.objects GROUP BY file_id, sensor, frame_no
)
SELECT list(struct_pack(
    annotations := coalesce(m.annotations, []), {others}, "frame-no" := r.frame_no, frame := r.frame,
    "frame-attributes" := {frame}
  ) ORDER BY r.sensor, r.frame_no) AS "tracking-annotations",
  any_value(f.modality) AS partition_0, any_value(coalesce(f.batch, f.job)) AS partition_1, 'output' AS partition_2,
  any_value(f.job) AS partition_3, 'annotations' AS partition_4, 'consolidated-annotation' AS partition_5,
  'output' AS partition_6, r.dataset_object_id AS partition_7
FROM main.frames r
LEFT JOIN main.files f ON f.file_id = r.file_id
LEFT JOIN marked m ON m.file_id = r.file_id AND m.sensor IS NOT DISTINCT FROM r.sensor AND m.frame_no = r.frame_no
GROUP BY r.file_id, r.dataset_object_id
"""

_MANIFEST = """
CREATE VIEW {schema}.{name} AS
SELECT any_value(source) FILTER (source_kind = 'ref') AS "source-ref",
  any_value(source) FILTER (source_kind = 'text') AS source, {labels}
  any_value(modality) AS partition_0, any_value(coalesce(batch, job)) AS partition_1
FROM (
  SELECT l.*, f.modality, f.batch, {key} AS key FROM main.labels l LEFT JOIN main.files f USING (file_id)
  WHERE f.kind IS DISTINCT FROM 'intermediate'
)
WHERE key = {modality}
GROUP BY file_id, line_no
"""

_KEY = """lower(coalesce(f.modality, replace(l.task_type, '-', '')
  || if(f.level IN ('second', 'third') OR l.adjustment_status IS NOT NULL, 'audit', '')))"""

_LABEL = """any_value(value ->> '$') FILTER (label_attribute = {text}) AS {name},
  any_value(struct_pack("job-name" := 'labeling-job/' || job_name, "human-annotated" := if(human, 'yes', 'no'),
    "creation-date" := {created}, type := 'groundtruth/' || task_type, confidence := confidence,
    "class-name" := class_name, "adjustment-status" := adjustment_status, metadata := metadata
  )) FILTER (label_attribute = {text}) AS {metadata},"""

_WORKERS = """
CREATE VIEW {schema}.worker_metrics_processed_worker_metrics AS
SELECT coalesce(w.name, r.worker_id) AS username, w.email, {accepted} AS acceptancetime, {submitted} AS submissiontime,
  r.active_s AS timespentinseconds, r.worker_id AS workerid, w.identity_provider AS identityprovidertype,
  NULL::VARCHAR AS issuer, w.sub, r.job AS jobname, r.modality, [struct_pack(
    trackingannotations := struct_pack(framedata := struct_pack(
      entries := if(json_exists(r.answer, '$.trackingAnnotations.frameData.entries'),
        json_extract(r.answer, '$.trackingAnnotations.frameData.entries[*]'), NULL))){elements})] AS answercontent,
  year({moment}) AS year, month({moment}) AS month, day({moment}) AS date, hour({moment}) AS hour
FROM main.responses r LEFT JOIN main.workers w ON w.worker_id = r.worker_id
"""


def define_compatible(db: duckdb.DuckDBPyConnection) -> None:
    """Make the schema and its views anew from the attributes that are in the database."""
    schema = quoted(SCHEMA)
    db.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    db.execute(f"CREATE SCHEMA {schema}")
    _cardinality(db)
    shapes = ", ".join(
        f"list({_pack(db, 'vertices := vertices')} ORDER BY idx) FILTER (shape = {literal(shape)}) AS {column}"
        for column, shape in _SHAPES.items()
    )
    box = 'height := height, width := width, top := top, "left" := "left"'
    db.execute(
        _ANNOTATIONS.format(
            schema=schema,
            box=_pack(db, box),
            shapes=shapes,
            others=", ".join(f"{c} := m.{c}" for c in _SHAPES),
            frame=_struct(
                _attributes(db, "frames", FRAME_FIELDS), "r.attributes", _numbers(db, "frame attribute")
            ),
        )
    )
    keys = f"SELECT DISTINCT {_KEY} FROM main.labels l LEFT JOIN main.files f USING (file_id)"  # noqa: S608
    for key in sorted({*MANIFESTS, *_column(db, keys)}):
        _define_manifest(db, schema, key)
    elements = _folded(
        _column(
            db,
            "SELECT DISTINCT unnest(json_keys(answer)) FROM main.responses WHERE json_type(answer) = 'OBJECT'",
        )
    )
    others = "".join(
        f", {quoted(low)} := coalesce({', '.join(f'json_extract(r.answer, {literal(_path(n))})' for n in names)})"
        for low, names in elements.items()
        if low != "trackingannotations"
    )
    moment = "(r.submitted AT TIME ZONE 'UTC')"
    db.execute(
        _WORKERS.format(
            schema=schema,
            accepted=_iso("r.accepted"),
            submitted=_iso("r.submitted"),
            elements=others,
            moment=moment,
        )
    )


def _define_manifest(db: duckdb.DuckDBPyConnection, schema: str, key: str) -> None:
    """A table of manifests: a row a line, and for each label its value and its metadata."""
    attributes = _column(
        db,
        f"SELECT DISTINCT label_attribute FROM main.labels l LEFT JOIN main.files f USING (file_id) WHERE {_KEY} = ?",  # noqa: S608
        [key],
    )
    labels = " ".join(
        _LABEL.format(
            text=literal(attribute),
            name=quoted(low),
            metadata=quoted(f"{low}-metadata"),
            created=_iso("created"),
        )
        for low, (attribute, *_) in _folded(attributes).items()
        if low not in {"source", "source-ref"}
    )
    name = "output_manifest_" + re.sub(r"[^a-z0-9]+", "_", key)
    db.execute(
        _MANIFEST.format(schema=schema, name=quoted(name), labels=labels, key=_KEY, modality=literal(key))
    )


def _cardinality(db: duckdb.DuckDBPyConnection) -> None:
    """Let `cardinality` count the members of lists where DuckDB, before 2.0, does so for maps alone."""
    import duckdb

    try:
        db.execute("SELECT cardinality([1])").fetchall()
    except duckdb.Error:
        db.execute("CREATE OR REPLACE MACRO cardinality(x) AS len(x)")


def _pack(db: duckdb.DuckDBPyConnection, geometry: str) -> str:
    """An object of a frame, as a struct."""
    attributes = _struct(_attributes(db, "objects", OBJECT_FIELDS), "attributes", _numbers(db, "attribute"))
    return (
        f'struct_pack("class-id" := class_id, {geometry}, "label-category-attributes" := {attributes},'
        ' "object-id" := object_id, "object-name" := object_name)'
    )


def _attributes(
    db: duckdb.DuckDBPyConnection, table: str, needed: Iterable[str]
) -> Mapping[str, Sequence[str]]:
    """The names of attributes by what Glue calls them, with those that have to be there."""
    found = _folded(_column(db, f"SELECT DISTINCT unnest(map_keys(attributes)) FROM main.{table}"))  # noqa: S608
    return dict(sorted({**dict.fromkeys(needed, ()), **found}.items()))


def _numbers(db: duckdb.DuckDBPyConnection, scope: str) -> set[str]:
    """The attributes, in lower case, that jobs ask numbers for."""
    return set(
        _column(
            db,
            "SELECT lower(name) FROM main.categories WHERE scope = ? AND name IS NOT NULL"
            " GROUP BY ALL HAVING bool_and(type = 'number')",
            [scope],
        )
    )


def _struct(fields: Mapping[str, Sequence[str]], attributes: str, numbers: set[str]) -> str:
    made = []
    for low, names in fields.items():
        values = [f"map_extract({attributes}, {literal(n)})[1]" for n in names] or ["NULL::VARCHAR"]
        value = f"coalesce({', '.join(values)})" if len(values) > 1 else values[0]
        made.append(f"{quoted(low)} := " + (f"TRY_CAST({value} AS DOUBLE)" if low in numbers else value))
    return f"struct_pack({', '.join(made)})"


def _folded(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by their lower case, the first of each first."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(name.lower(), []).append(name)
    return found


def _column(db: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[str] = ()) -> list[str]:
    return [value for (value,) in db.execute(query, list(parameters)).fetchall() if value is not None]


def _iso(instant: str) -> str:
    return f"strftime({instant} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')"


def _path(key: str) -> str:
    return '$."' + key.replace('"', '\\"') + '"'
