"""A reader's rows, without a lake around it."""

import json

import duckdb
import pytest

from weirflow_labels.database import BY_FILE, connect, create, rows
from weirflow_labels.failures import plain
from weirflow_labels.layout import Layout, Place
from weirflow_labels.readers.registry import reader
from weirflow_labels.refresh import _LOADING


class Stage:
    """Files of one kind below a folder, read by their reader."""

    def __init__(self, folder):
        self.folder = folder
        self.files = []

    def write(self, path, content):
        """Write a file: text, bytes, or a value that becomes JSON."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            place.write_bytes(content)
        else:
            place.write_text(content if isinstance(content, str) else json.dumps(content))
        self.files.append((place, path))
        return place

    def add(self, place, path):
        """Take a file that is there as if it lay at `path`."""
        self.files.append((place, path))

    def read(self, kind):
        """Read all of the files, as one batch; they count from 1."""
        db = connect(self.folder / "staged.duckdb")
        create(db, "lake")
        for table in BY_FILE:
            db.execute(f"CREATE OR REPLACE TEMP TABLE staged_{table} AS FROM main.{table} LIMIT 0")
        db.execute(f"CREATE OR REPLACE TEMP TABLE loading ({', '.join(_LOADING)})")
        for number, (place, path) in enumerate(self.files, 1):
            at = Layout().place(path) or Place(kind)
            facts = (
                at.job,
                at.modality,
                at.level,
                at.parent_job,
                at.batch,
                at.dataset_object_id,
                at.iteration,
            )
            db.execute(
                "INSERT INTO loading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [str(place), number, path, kind, *facts],
            )
        rejects = reader(kind).load(db, [str(place) for place, _ in self.files])
        return Staged(db, list(rejects))


class Staged:
    """What was staged."""

    def __init__(self, db, rejects):
        self.db = db
        self.rejects = rejects

    def rows(self, table, columns="*", order="ALL"):
        """The rows of a table as dicts."""
        return rows(self.db, f"SELECT {columns} FROM staged_{table} ORDER BY {order}")

    def tuples(self, query):
        """The rows of a query, in which `staged_<table>` stands for a table."""
        return [tuple(r.values()) for r in rows(self.db, query)]


@pytest.fixture
def lake(tmp_path):
    """An empty lake, into which a test writes files of one kind."""
    return Stage(tmp_path)


@pytest.fixture
def lakes(tmp_path):
    """Empty lakes by name."""
    return lambda name: Stage(tmp_path / name)


@pytest.fixture(scope="session")
def real(corpus):
    """The folder of real labelling output."""
    return corpus / "labels"


@pytest.fixture
def duckdb_error():
    """Why a lake cannot be read, in the words of the refresh."""

    def said(lake, kind):
        with pytest.raises((duckdb.Error, UnicodeDecodeError)) as caught:
            lake.read(kind)
        return plain(caught.value)

    return said


WRONG = (None, 7, -1.5, True, "text", "", [], {}, [None], [1], ["a"], {"a": None}, [[1]], 1e300)


@pytest.fixture(scope="session")
def spoilt():
    """Copies of a JSON value, each with another value in one of its places, or without that place."""

    def copies(value, path=()):
        for wrong in WRONG:
            yield put(value, path, wrong)
        inside = value
        for key in path:
            inside = inside[key]
        keys = (
            list(inside)
            if isinstance(inside, dict)
            else range(len(inside))
            if isinstance(inside, list)
            else ()
        )
        for key in keys:
            yield from copies(value, (*path, key))

    def put(value, path, wrong):
        if not path:
            return wrong
        key, *rest = path
        copy = value.copy()
        copy[key] = put(value[key], rest, wrong)
        return copy

    return copies
