"""Manifests written by hand, and what the reader makes of them."""

import json

import pytest

from weirflow_labels.database import BY_FILE, connect, create, rows
from weirflow_labels.readers.manifest import Manifests
from weirflow_labels.refresh import _LOADING


class Staged:
    """What the reader staged of some files, until the next are."""

    def __init__(self, db, files):
        self.db = db
        for table in BY_FILE:
            db.execute(f"CREATE OR REPLACE TEMP TABLE staged_{table} AS FROM main.{table} LIMIT 0")
        db.execute(f"CREATE OR REPLACE TEMP TABLE loading ({', '.join(_LOADING)})")
        for number, file in enumerate(files, 1):
            db.execute(
                "INSERT INTO loading (local, file_id, path, kind, job) VALUES (?, ?, ?, 'manifest', 'the-job')",
                [str(file), number, file.name],
            )
        self.rejects = Manifests().load(db, [str(f) for f in files])

    def rows(self, query, *parameters):
        """The rows of a query as dicts, without what is null."""
        found = rows(self.db, query, parameters)
        return [{k: v for k, v in r.items() if v is not None} for r in found]

    @property
    def labels(self):
        return self.rows("FROM staged_labels ORDER BY file_id, line_no, label_attribute")

    @property
    def annotations(self):
        return self.rows("FROM staged_annotations ORDER BY file_id, line_no, label_attribute, idx")

    @property
    def bad(self):
        """The numbers of the lines that were left out, with the reasons."""
        return [(r.line_no, r.reason) for r in self.rejects]


@pytest.fixture(scope="session")
def manifest_database(tmp_path_factory):
    """One database for all, since making the tables takes longer than most tests."""
    with connect(tmp_path_factory.mktemp("manifests") / "labels.duckdb") as db:
        create(db, "lake")
        yield db


@pytest.fixture
def stage(tmp_path, manifest_database):
    """Stage manifests: each is text, bytes, a path or a list of lines, which are objects or text."""

    def written(number, content):
        if hasattr(content, "is_file"):
            return content
        if isinstance(content, list):
            content = "".join((s if isinstance(s, str) else json.dumps(s)) + "\n" for s in content)
        file = tmp_path / f"{number}.manifest"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return lambda *manifests: Staged(manifest_database, [written(n, m) for n, m in enumerate(manifests)])
