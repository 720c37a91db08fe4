"""Small indexes, and jobs carried out."""

from itertools import count

import narwhals as nw
import polars as pl
import pytest

from weirflow.api import Inputs
from weirflow.run.job import Working
from weirflow_fhir.search.build import Layout, build
from weirflow_fhir.search.index import Searcher

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.fixture
def make(tmp_path):
    """Index texts, by id or as rows, with entities; a searcher of it."""
    numbers = count()

    def made(texts, entities=(), synonyms=(), *, medical=False, model=None, metadata=(), **told):
        rows = (
            [{"id": k, "text": v} for k, v in texts.items()]
            if isinstance(texts, dict)
            else [{"text": "", **row} for row in texts]
        )
        known = {name for row in rows for name in row}
        layout = Layout(
            "id",
            ["text"],
            "title" if "title" in known else None,
            "date" if "date" in known else None,
            metadata,
        )
        path = tmp_path / f"{next(numbers)}.sqlite"
        build(path, rows, layout, entities, synonyms, medical=medical, model=model)
        return Searcher(path, **told)

    return made


@pytest.fixture
def found():
    """The ids of what a search finds, the best first."""
    return lambda searcher, question, *rest, **more: [
        h.document for h in searcher.search(question, *rest, **more).hits
    ]


@pytest.fixture
def carry_out(tmp_path):
    """Carry a job out as the engine does."""
    numbers = count()

    def run(job, folder=None, **inputs):
        bound = [
            (name, nw.from_native(pl.LazyFrame(value)) if isinstance(value, dict | list) else value)
            for name, value in inputs.items()
        ]
        place = folder or tmp_path / f"job{next(numbers)}"
        return job.run(Inputs(bound), Working(place, "node", lambda *_a, **_k: None, None))

    return run


@pytest.fixture(scope="session")
def entity():
    """A row of entities."""

    def row(note, text, code, description=None, *, negated=False, system=ICD, **more):
        return {
            "note_id": note,
            "text": text,
            "code": code,
            "description": description,
            "code_system": system,
            "kind": "condition",
            "negated": negated,
            "begin": None,
            "end": None,
            **more,
        }

    return row
