"""Graphs, tables and runs of nodes that the tests of graphs have in common."""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import BOOLEAN, FLOAT64, INT64, File, Files, Inputs, ItemOutput
from weirflow.run.children import Children
from weirflow.run.items import located
from weirflow.testing.subject import graph_of
from weirflow_fhir.graph.load import LoadGraph
from weirflow_fhir.tables import ENTITIES, NOTES

TYPES = {INT64: pl.Int64, FLOAT64: pl.Float64, BOOLEAN: pl.Boolean}


@pytest.fixture
def graph(tmp_path):
    """Make a graph of N-Quads."""
    made = iter(range(100))
    return lambda quads: graph_of(quads, tmp_path / f"graph{next(made)}")


@pytest.fixture
def carry_out(tmp_path):
    """Carry a task out as the engine does: the outputs, and what was warned of."""
    made = iter(range(100))

    def run(task, *inputs):
        task, warned, results = located(task, tmp_path), [], []
        bound = Inputs([(p.name, i) for p, i in zip(task.inputs, inputs, strict=True)])
        for item in task.items(bound):
            folder = tmp_path / f"item{next(made)}"
            folder.mkdir()
            with Children() as children:
                result = task.process(item, ItemOutput(folder, warned.append, children.spawn))
            results.append(type(result)(result.key, result.facts, folder, item.payload))
        return task.finish(results), warned

    return run


@pytest.fixture
def load(carry_out):
    """Load files of RDF as a graph."""
    return lambda files, **parameters: carry_out(LoadGraph(**parameters), files)[0]["graph"]


@pytest.fixture
def files(tmp_path):
    """Write files, and hand them on."""

    def write(**contents):
        found = []
        for name, content in contents.items():
            path = tmp_path / "given" / name.replace("__", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            found.append(File(path, path.stat().st_size))
        return Files(tuple(found))

    return write


def _frame(columns, rows):
    kinds = {n: TYPES.get(t, pl.String) for n, t in columns.items()}
    return pl.DataFrame([{n: r.get(n) for n in columns} for r in rows], schema=kinds)


def _entities(*rows):
    """A table of entities: what a row does not say is that of a note of one patient."""
    usual = {"note_id": "DocumentReference/d1", "document_id": "d1", "patient_id": "p1", "encounter_id": "e1"}
    usual |= {"source": "icd10", "kind": "condition", "text": "asthma", "begin": 3, "end": 9, "score": 0.9}
    filled = []
    for row in rows:
        full = {**usual, **row}
        full.setdefault("entity_id", "{note_id}/{source}/{begin}-{end}/{kind}".format(**full))
        filled.append(full)
    return _frame(ENTITIES, filled)


def _notes(*rows):
    """A table of notes."""
    usual = {"note_id": "DocumentReference/d1", "document_id": "d1", "patient_id": "p1", "encounter_id": "e1"}
    return _frame(NOTES, [{**usual, **r} for r in rows])


@pytest.fixture
def entities():
    """Make a table of entities."""
    return _entities


@pytest.fixture
def notes():
    """Make a table of notes."""
    return _notes


class Working:
    """The context of a job in a folder."""

    deadline = None

    def __init__(self, folder: Path) -> None:
        from weirflow.run.job import Working as Real

        self._real = Real(folder, "notes", lambda _event: None, lambda *_a, **_k: None)

    def __getattr__(self, name):
        return getattr(self._real, name)


@pytest.fixture
def written(tmp_path):
    """What a node of notes writes of two tables, by port and name."""
    made = iter(range(100))

    def run(node, notes, entities):
        tables = [("notes", nw.from_native(notes.lazy())), ("entities", nw.from_native(entities.lazy()))]
        return node.run(Inputs(tables), Working(tmp_path / f"job{next(made)}"))

    return run
