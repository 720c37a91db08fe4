"""Databases of labels: made by hand, or kept up to date with a lake."""

import importlib.util
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from weirflow.engines.base import engine
from weirflow.run.steps import FileTarget
from weirflow_labels.database import connect, create, define_views, rows
from weirflow_labels.read import ReadLabels
from weirflow_labels.readers import registry


@pytest.fixture
def lines(monkeypatch):
    """Put the reader of lines in the place of all others; the module that it is in."""
    spec = importlib.util.spec_from_file_location(
        "labels_lines_reader", Path(__file__).with_name("lines_reader.py")
    )
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "weirflow_labels.readers.lines_reader", module)
    for kind in registry.ORDER:
        monkeypatch.setitem(registry._READERS, kind, "lines_reader:Lines")
    return module


class Kept:
    """A lake with a database beside it."""

    def __init__(self, base):
        self.base = base
        self.lake = base / "lake"
        self.file = base / "labels.duckdb"
        self.parameters = {"path": "lake", "database": "labels.duckdb"}
        self.clock = 1_700_000_000

    def put(self, path, text, *, old=False):
        """Write a file, later than all before it; `old` leaves the time of change as it is."""
        file = self.lake / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.stat().st_mtime_ns if old else 0
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        self.clock += 1
        times = before or self.clock * 1_000_000_000
        os.utime(file, ns=(times, times))
        return file

    def refresh(self, **parameters):
        """Bring the database up to date; the warnings."""
        said = []
        node = ReadLabels.model_validate({**self.parameters, **parameters})
        receipt = node.write(None, FileTarget(self.base, None, engine("polars"), said.append))
        assert receipt.paths == (self.file,)
        left = {p.name for p in self.base.iterdir()} - {"lake", "labels.duckdb"}
        assert not {n for n in left if n.startswith(".") or "duckdb" in n}
        return said

    def rows(self, query):
        with closing(connect(self.file, read_only=True)) as db:
            return [tuple(r.values()) for r in rows(db, query)]

    @property
    def states(self):
        return dict(self.rows("SELECT path, state FROM files"))

    @property
    def sources(self):
        return [s for (s,) in self.rows("SELECT source FROM labels ORDER BY source")]


@pytest.fixture
def kept(tmp_path, lines):
    del lines
    (tmp_path / "lake").mkdir()
    return Kept(tmp_path)


@pytest.fixture
def real(tmp_path):
    """A lake that the family's own readers read."""
    (tmp_path / "lake").mkdir()
    return Kept(tmp_path)


class Labels:
    """A database in memory, to put rows into and to ask."""

    def __init__(self):
        import duckdb

        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        create(self.db, "lake")
        define_views(self.db)

    def put(self, table, *entries, **common):
        """Insert rows of the same columns, each with what all have in common."""
        every = common if table in {"about", "workers"} else {"file_id": 1, **common}
        entries = [{**every, **e} for e in entries or [{}]]
        names = ", ".join(f'"{n}"' for n in entries[0])
        places = ", ".join([f"({', '.join('?' * len(entries[0]))})"] * len(entries))
        values = [v for e in entries for v in e.values()]
        self.db.execute(f"INSERT INTO {table} ({names}) VALUES {places}", values)

    def clear(self, *tables):
        """Take all rows out."""
        for table in tables:
            self.db.execute(f"DELETE FROM {table}")

    def ask(self, query, *parameters):
        """The rows of a query, as dicts."""
        return rows(self.db, query, parameters)

    def column(self, query, *parameters):
        """The one column of a query."""
        return [next(iter(r.values())) for r in self.ask(query, *parameters)]


@pytest.fixture
def labels():
    return Labels()


@pytest.fixture(scope="module")
def shared_labels():
    """One for a whole module, which its tests clear before they use it."""
    return Labels()
