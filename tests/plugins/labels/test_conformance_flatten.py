"""`labels.flatten` keeps the node specification."""

from __future__ import annotations

import json

from weirflow.testing import Case, conformance
from weirflow_labels.flatten import Flatten

BOX = {"class_id": 0, "left": 1, "top": 2.5, "width": 3, "height": 4}
FACTS = {
    "type": "groundtruth/object-detection",
    "class-map": {"0": "dog"},
    "creation-date": "2021-09-29T05:50:35",
}
RECORD = {"source-ref": "s3://b/1.jpg", "a": {"annotations": [BOX, BOX]}, "a-metadata": FACTS}
FILES = {
    "jobs/one/manifests/output/output.manifest": json.dumps(RECORD) + "\n{bad\n" + json.dumps(RECORD),
    "jobs/two/output.manifest": "",
    "jobs/two/notes.txt": "none",
}

CASES = [
    (Flatten, Case({"path": "jobs"}, files=FILES, name="annotations")),
    (Flatten, Case({"path": "jobs/**/output.manifest", "table": "labels"}, files=FILES, name="labels")),
]

test_conformance = conformance(*CASES)
