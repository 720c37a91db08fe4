"""The workers' log, as CloudWatch exports its group `/aws/sagemaker/groundtruth/WorkerActivity`."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.pseudonyms import sub, worker
from weirflow_labels.readers.base import Reject, UnreadableError

if TYPE_CHECKING:
    import duckdb

BATCH = 50_000
FIELDS = ("worker_id", "cognito_sub_id", "labeling_job_arn", "job_type", "event_type", "event_timestamp")
TIMES = {
    "accepted": "task_accepted_time",
    "submitted": "task_submitted_time",
    "returned": "task_returned_time",
    "declined": "task_declined_time",
}
"""The columns of times and their keys, of which an event has some."""

_MAGIC = b"\x1f\x8b"

_MOMENTS = ", ".join(
    f"coalesce(try_strptime({key}, '%a %b %d %H:%M:%S %Z %Y'), try_cast({key} AS TIMESTAMPTZ)) AS {name}"
    for name, key in TIMES.items()
)

# an instant of an event is seconds since 1970, and milliseconds where it is far too large for that
_READ = f"""
CREATE OR REPLACE TEMP TABLE events AS
SELECT filename, line_no, {worker("worker_id")} AS worker_id, {sub("cognito_sub_id")} AS sub,
  regexp_extract(labeling_job_arn, '([^/]+)$', 1) AS arn_job, job_type, event_type, {_MOMENTS},
  CASE WHEN abs(moment) > 1e11 THEN to_timestamp(moment / 1000) ELSE to_timestamp(moment) END AS "at",
  event_timestamp IS NOT NULL AND moment IS NULL
    OR {" OR ".join(f"{key} IS NOT NULL AND {name} IS NULL" for name, key in TIMES.items())} AS bad
FROM (SELECT *, if(abs(seconds) < 1e15, seconds, NULL) AS moment
  FROM (SELECT *, try_cast(event_timestamp AS DOUBLE) AS seconds FROM raw_events))
"""  # noqa: S608

_STAGE = """
INSERT INTO staged_activity BY NAME
SELECT file_id, line_no, worker_id, sub, coalesce(nullif(arn_job, ''), job) AS job, job_type, event_type, "at",
  accepted, submitted, returned, declined
FROM events JOIN loading ON local = filename WHERE NOT bad
"""


class Activity:
    """Reads exports of the workers' log into `activity` and `sightings`, compressed or not.

    A line is an event: JSON alone, after a time, or as a cell of CSV. The job is the last part of its ARN. A line that
    cannot be read is rejected without its text, since that says who the worker is.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the events of some files."""
        rejects: list[Reject] = []
        rows: list[dict[str, Any]] = []
        for path in paths:
            for number, event in _events(path):
                if isinstance(event, str):
                    rejects.append(Reject(path, number, event))
                    continue
                rows.append({"filename": path, "line_no": number} | event)
                if len(rows) >= BATCH:
                    rejects += _stage(db, rows)
                    rows = []
        return rejects + _stage(db, rows)


def _stage(db: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> list[Reject]:
    import pyarrow as pa

    texts = {
        name: pa.array([row[name] for row in rows], pa.string())
        for name in (*FIELDS, *TIMES.values(), "filename")
    }
    db.register(
        "raw_events", pa.table(texts | {"line_no": pa.array([row["line_no"] for row in rows], pa.int64())})
    )
    try:
        db.execute(_READ)
    finally:
        db.unregister("raw_events")
    db.execute(_STAGE)
    db.execute(
        "INSERT INTO staged_sightings BY NAME SELECT DISTINCT file_id, worker_id, sub"
        " FROM events JOIN loading ON local = filename WHERE NOT bad AND (worker_id IS NOT NULL OR sub IS NOT NULL)"
    )
    bad = db.execute("SELECT filename, line_no FROM events WHERE bad").fetchall()
    db.execute("DROP TABLE events")
    return [Reject(path, number, "a time in it cannot be read") for path, number in bad]


def _events(path: str) -> Iterator[tuple[int, dict[str, str | None] | str]]:
    """The lines of a file with their numbers: an event, or why it is none. Empty lines are passed over."""
    with Path(path).open("rb") as start:
        packed = start.read(2) == _MAGIC
    try:
        with gzip.open(path) if packed else Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    text = line.decode("utf-8-sig").strip()
                except UnicodeDecodeError:
                    yield number, "it is not UTF-8"
                    continue
                if text and not (number == 1 and _heading(text)):
                    yield number, _event(text)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableError("its compressed data are damaged or end too early") from error


def _heading(text: str) -> bool:
    return "{" not in text and text.lower().lstrip('"@').startswith("timestamp")


def _event(text: str) -> dict[str, str | None] | str:
    value = _value(text)
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        value = _value(value["message"])
    if value is None:
        return "it has no valid JSON"
    if not isinstance(value, dict) or not (value.get("worker_id") or value.get("event_type")):
        return "it is no event of a worker"
    found = {key: value.get(key) for key in (*FIELDS, *TIMES.values())}
    return {key: None if v is None else _text(v) for key, v in found.items()}


def _text(value: Any) -> str | None:
    return str(value).strip().encode("utf-8", "replace").decode() or None


def _value(text: str) -> Any:
    """The JSON value in a line, which starts at the first brace; None where there is none."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return json.loads(text[start:])
    except (json.JSONDecodeError, RecursionError):
        pass
    try:
        cells = next(csv.reader([text]))
        return json.loads(next(c for c in cells if c.lstrip().startswith("{")))
    except (json.JSONDecodeError, RecursionError, csv.Error, StopIteration):
        return None
