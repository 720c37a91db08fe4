"""The nodes that show a label database keep the node specification."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from weirflow.testing import Case, conformance
from weirflow_labels.database import connect, create, define_views
from weirflow_labels.show import Charts, Dashboard


def _database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "labels.duckdb"
        with connect(path) as db:
            create(db, "lake")
            define_views(db)
            db.execute("INSERT INTO responses (file_id, job) VALUES (1, 'roads'), (1, 'roads'), (2, 'signs')")
        return path.read_bytes()


# All files of the case arrive at the input, so that the database is the only one and the spec is a shipped one.
FILES = {"labels.duckdb": _database()}

CASES = [
    (Dashboard, Case({"path": "page.html", "spec": "workers"}, files=FILES)),
    (Charts, Case({"path": "charts", "spec": "workers"}, files=FILES)),
]

test_conformance = conformance(*CASES)
