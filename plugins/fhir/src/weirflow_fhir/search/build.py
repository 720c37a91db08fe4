"""Making an index: one SQLite file with the documents, what they mean, and their words."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weirflow_fhir.search import meanings, vectors
from weirflow_fhir.search import synonyms as synonymous
from weirflow_fhir.search.spellings import Spellings
from weirflow_fhir.search.words import TOKENIZER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FORMAT = "sqlite-fts5"
VERSION = "2"  # of the file's tables
_BATCH = 2000  # rows
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?(?![^T\s])", re.ASCII)

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE, title TEXT NOT NULL, text TEXT NOT NULL,
    day TEXT{columns}
);
CREATE TABLE meanings (
    id INTEGER PRIMARY KEY, system TEXT, code TEXT, description TEXT, kind TEXT, text TEXT
);
CREATE TABLE codes (
    document INTEGER NOT NULL, meaning INTEGER NOT NULL, negated INTEGER NOT NULL, "begin" INTEGER, "end" INTEGER
);
CREATE TABLE about (
    place INTEGER PRIMARY KEY, document INTEGER NOT NULL, concepts TEXT NOT NULL, denied TEXT NOT NULL
);
CREATE VIEW contents AS
    SELECT a.place, d.title, d.text, a.concepts, a.denied FROM about a JOIN documents d ON d.id = a.document;
CREATE TABLE synonyms (
    term TEXT NOT NULL, other TEXT NOT NULL, stems TEXT NOT NULL, PRIMARY KEY (term, other)
) WITHOUT ROWID;
CREATE TABLE spellings (word TEXT PRIMARY KEY, documents INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE vectors (place INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(
    title, text, concepts, denied, content='contents', content_rowid='place', tokenize="{tokenizer}"
);
"""

_WORDS = """
INSERT INTO words (words) VALUES ('rebuild');
INSERT INTO words (words) VALUES ('optimize');
"""


@dataclass(frozen=True)
class Layout:
    """Which columns of a table are what in an index. `metadata` are those that one may filter by."""

    id: str
    text: Sequence[str]
    title: str | None = None
    date: str | None = None
    metadata: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """All columns that are read, each once."""
        some = [self.id, self.title, self.date, *self.text, *self.metadata]
        return list(dict.fromkeys(c for c in some if c is not None))


@dataclass
class Made:
    """How much came into an index, and what did not."""

    documents: int = 0
    repeated: int = 0  # rows whose id had been there before: the first stands
    nameless: int = 0  # rows without an id
    undated: int = 0  # documents whose date is none, or not in ISO 8601
    meanings: int = 0  # entities that belong to a document
    denying: int = 0  # documents with a meaning that is denied
    synonyms: int = 0
    vectors: int = 0


def build(
    path: Path,
    rows: Iterable[Mapping[str, object]],
    layout: Layout,
    entities: Iterable[Mapping[str, object]] = (),
    synonyms: Iterable[tuple[str, str]] = (),
    *,
    medical: bool = True,
    model: vectors.Model | None = None,
) -> Made:
    """Write an index into a file that is not there yet.

    `rows` have the layout's columns; `entities` those of `weirflow_fhir.tables.ENTITIES`, by `note_id`. Of these the
    descriptions become part of what a document is found by, and texts and descriptions that stand for one code are
    synonyms, with the pairs of `synonyms` and, if `medical`, those of medicine. `model` makes vectors of the texts.
    Memory stays small: rows are written as they come. The same rows make the same bytes.
    """
    made = Made()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE"
        )
        columns = "".join(f", meta_{n} TEXT" for n in range(len(layout.metadata)))
        db.executescript(_SCHEMA.format(columns=columns, tokenizer=TOKENIZER))
        spellings = Spellings()
        _documents(db, rows, layout, made, spellings)
        made.meanings = meanings.write(db, _batches(entities))
        made.denying = meanings.sum_up(db)
        made.synonyms = synonymous.write(db, synonyms, medical=medical)
        spellings.write(db, (other for (other,) in db.execute("SELECT DISTINCT other FROM synonyms")))
        db.executescript(_WORDS)
        if model is not None:
            made.vectors = vectors.write(db, model)
        facts = {
            "version": VERSION,
            "metadata": json.dumps(list(layout.metadata)),
            "documents": str(made.documents),
            "denying": str(made.denying),
            "model": vectors.MODEL if model is not None else "",
        }
        db.executemany("INSERT INTO meta VALUES (?, ?)", sorted(facts.items()))
        for n in range(len(layout.metadata)):
            db.execute(f"CREATE INDEX by_{n} ON documents (meta_{n})")
        db.commit()
        db.execute("ANALYZE")
        db.commit()
    return made


def _documents(
    db: sqlite3.Connection,
    rows: Iterable[Mapping[str, object]],
    layout: Layout,
    made: Made,
    spellings: Spellings,
) -> None:
    places = ", ".join("?" * (4 + len(layout.metadata)))
    names = "".join(f", meta_{n}" for n in range(len(layout.metadata)))
    insert = f"INSERT OR IGNORE INTO documents (document, title, text, day{names}) VALUES ({places})"  # noqa: S608
    for batch in _batches(rows):
        values = [
            (
                _text(row[layout.id]),
                _text(row[layout.title]) if layout.title else "",
                "\n\n".join(t for c in layout.text if (t := _text(row[c]))),
                _day(row[layout.date]) if layout.date else None,
                *(None if row[c] is None else _text(row[c]) for c in layout.metadata),
            )
            for row in batch
            if row[layout.id] is not None
        ]
        before = db.total_changes
        db.executemany(insert, values)
        added = db.total_changes - before
        made.documents += added
        made.repeated += len(values) - added
        made.nameless += len(batch) - len(values)
        made.undated += sum(v[3] is None for v in values) if layout.date else 0
        for v in values:
            spellings.add(f"{v[1]} {v[2]}")


def _batches(rows: Iterable[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    batch: list[Mapping[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _day(value: object) -> str | None:
    """The day of a date, or the month or year of one that says no more: as it was where it was written."""
    found = _DAY.match(_text(value))
    return found[0] if found else None


def _text(value: object) -> str:
    return "" if value is None else str(value).replace("\0", "\ufffd")  # SQLite ends excerpts at a zero
