"""`labels.tables`: Parquet that others read, parted by jobs."""

import polars as pl
import pytest

from weirflow.api import File, Files, NodeError
from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_labels.database import connect, create, define_views
from weirflow_labels.tables import LabelTables


@pytest.fixture
def write(tmp_path):
    path = tmp_path / "labels.duckdb"
    with connect(path) as db:
        create(db, "lake")
        db.execute(
            "INSERT INTO frames (file_id, job, frame_no, attributes) VALUES (1, 'a/b c', 0, MAP {'q': 'good'}),"
            " (1, 'a/b c', 1, NULL), (2, NULL, 7, NULL)"
        )
        define_views(db)

    def do(**parameters):
        target = FileTarget(tmp_path, None, engine("polars"))
        return LabelTables(path="out", **parameters).write(Files((File(path),)), target)

    return do


def test_tables_are_read_back_with_their_jobs(write, tmp_path):
    receipt = write()
    out = tmp_path / "out"
    assert all(p.is_file() for p in receipt.paths)
    assert receipt.bytes == sum(p.stat().st_size for p in receipt.paths)
    assert (out / "frames" / "job=__HIVE_DEFAULT_PARTITION__").is_dir()
    frames = pl.read_parquet(out / "frames" / "**" / "*.parquet", hive_partitioning=True)
    found = frames.select("job", "frame_no").sort("frame_no").rows()
    assert found == [("a/b c", 0), ("a/b c", 1), (None, 7)]
    assert pl.read_parquet(out / "objects" / "*.parquet").columns[:3] == [
        "file_id",
        "job",
        "dataset_object_id",
    ]
    assert not (out / "tasks").exists()  # views on request


def test_chosen_tables_and_views(write, tmp_path):
    write(tables=("tasks", "about"))
    assert {p.name for p in (tmp_path / "out").iterdir() if p.is_dir()} == {"tasks", "about"}


def test_a_table_that_is_not_there(write, tmp_path):
    with pytest.raises(NodeError, match="no table or view 'task'"):
        write(tables=("task",))
    assert not (tmp_path / "out").exists()
