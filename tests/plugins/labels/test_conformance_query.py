"""The nodes on a database keep the node specification."""

from pathlib import Path
from tempfile import TemporaryDirectory

from weirflow.testing import Case, conformance
from weirflow_labels.database import connect, create, define_views
from weirflow_labels.query import LabelTable, QueryLabels
from weirflow_labels.tables import LabelTables


def _database():
    """The bytes of a small database."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "labels.duckdb")
        with connect(path) as db:
            create(db, "lake")
            db.execute(
                "INSERT INTO responses (file_id, job, dataset_object_id, worker_id, class_name, submitted) VALUES"
                " (1, 'birds', '0', 'a', 'owl', '2024-01-01T00:00:00Z'), (1, 'birds', '0', 'b', 'owl', NULL),"
                " (1, NULL, '1', 'a', 'tit', '2024-01-01T01:00:00Z')"
            )
            define_views(db)
        return path.read_bytes()


FILES = {"labels.duckdb": _database()}

CASES = [
    (QueryLabels, Case({"sql": {"all": "FROM responses ORDER BY ALL", "n": "SELECT 1 AS n"}}, files=FILES)),
    (
        QueryLabels,
        Case({"sql": "FROM agreement ORDER BY job", "format": "parquet"}, files=FILES, name="parquet"),
    ),
    (LabelTable, Case({"name": "jobs_per_worker"}, files=FILES)),
    (LabelTable, Case({"sql": "SELECT 1.5::DOUBLE AS x"}, files=FILES, name="sql")),
    (LabelTables, Case({"path": "out", "tables": ["responses", "about", "labels", "votes"]}, files=FILES)),
]

test_conformance = conformance(*CASES)
