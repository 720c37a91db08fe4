"""`labels.convert` keeps the node specification."""

from __future__ import annotations

import tempfile
from pathlib import Path

from weirflow.testing import Case, conformance
from weirflow_labels.convert import ConvertLabels
from weirflow_labels.database import connect, create

ROWS = """
INSERT INTO files BY NAME SELECT 1 AS file_id, '0/SeqLabel.json' AS path, 'sequence' AS kind, 'clip' AS job,
  '0' AS dataset_object_id, TIMESTAMPTZ '2026-03-01 00:00:00+00' AS loaded_at;
INSERT INTO frames BY NAME SELECT 1 AS file_id, 'clip' AS job, '0' AS dataset_object_id, n AS frame_no,
  n || '.jpg' AS frame, MAP {} AS attributes FROM range(3) r(n);
INSERT INTO objects BY NAME SELECT 1 AS file_id, 'clip' AS job, '0' AS dataset_object_id, n AS frame_no,
  n || '.jpg' AS frame, 'box' AS shape, 0 AS idx, 'a' AS object_id, 'Car' AS class_name, n AS "left", 1 AS top,
  2 AS width, 3 AS height, MAP {} AS attributes FROM range(3) r(n);
"""


def _database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels.duckdb")
        with connect(path) as db:
            create(db, "lake")
            db.execute(ROWS)
        return path.read_bytes()


FILES = {"labels.duckdb": _database()}

CASES = [
    (ConvertLabels, Case({"path": "out", "to": to, "frame_size": [64, 36]}, files=FILES, name=to))
    for to in ("coco", "mot", "manifest")
]

test_conformance = conformance(*CASES)
