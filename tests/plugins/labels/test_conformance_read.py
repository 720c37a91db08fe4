"""`labels.read` keeps the node specification."""

from __future__ import annotations

from weirflow.testing import Case, conformance
from weirflow_labels.read import ReadLabels

LINE = (
    '{"source-ref": "s3://bucket/a.jpg", "animal": 0, "animal-metadata": {"class-name": "cat", "confidence": 0.9,'
    ' "type": "groundtruth/image-classification", "job-name": "labeling-job/animals", "human-annotated": "yes",'
    ' "creation-date": "2021-03-01T10:20:30.405060"}}\n'
)
FILES = {"lake/animals/manifests/output/output.manifest": LINE}
QUIRKS = dict.fromkeys(("run.twice", "process.same"), "the database says when each file was read")

CASES = [(ReadLabels, Case({"path": "lake", "database": "labels.duckdb"}, files=FILES, quirks=QUIRKS))]

test_conformance = conformance(*CASES)
