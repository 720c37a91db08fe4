"""Making an index: one SQLite file with the documents, what they mean, and their words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow_fhir.search.words import TOKENIZER, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FORMAT = "sqlite-fts5"
VERSION = "1"  # of the file's tables
_BATCH = 2000  # rows

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL UNIQUE, title TEXT NOT NULL, text TEXT NOT NULL,
    concepts TEXT NOT NULL DEFAULT '', day TEXT{columns}
);
CREATE TABLE codes (
    document INTEGER NOT NULL, system TEXT, code TEXT, description TEXT, kind TEXT, text TEXT, negated INTEGER
);
CREATE TABLE synonyms (term TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (term, other)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    title, text, concepts, content='documents', content_rowid='id', tokenize="{tokenizer}"
);
"""

# A meaning that a note denies is not what it is about.
_AFTER = """
CREATE INDEX codes_by_document ON codes (document);
CREATE INDEX codes_by_code ON codes (code, system);
UPDATE documents SET concepts = coalesce((
    SELECT group_concat(description, '; ') FROM (
        SELECT DISTINCT description FROM codes
        WHERE codes.document = documents.id AND description IS NOT NULL AND NOT coalesce(negated, 0)
        ORDER BY description
    )
), '') WHERE id IN (SELECT document FROM codes);
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
    """How much came into an index."""

    documents: int = 0
    repeated: int = 0  # rows whose id had been there before: the first stands
    meanings: int = 0  # entities that belong to a document
    synonyms: int = 0
    kept: Sequence[str] = field(default_factory=list)


def build(
    path: Path,
    rows: Iterable[Mapping[str, object]],
    layout: Layout,
    entities: Iterable[Mapping[str, object]] = (),
    synonyms: Iterable[tuple[str, str]] = (),
) -> Made:
    """Write an index into a file that is not there yet.

    `rows` have the layout's columns; `entities` those of `weirflow_fhir.tables.ENTITIES`, by `note_id`. Of these the
    descriptions become part of what a document is found by, and those that stand for the same code as another text
    become synonyms, with the pairs of `synonyms`. Memory stays small: rows are written as they come.
    """
    made = Made(kept=list(layout.metadata))
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE"
        )
        columns = "".join(f", {quoted(f'meta_{c}')} TEXT" for c in layout.metadata)
        db.executescript(_SCHEMA.format(columns=columns, tokenizer=TOKENIZER))
        _documents(db, rows, layout, made)
        _meanings(db, entities, made)
        made.synonyms = _synonyms(db, synonyms)
        db.executescript(_AFTER)
        facts = {"version": VERSION, "metadata": "\n".join(layout.metadata), "documents": str(made.documents)}
        db.executemany("INSERT INTO meta VALUES (?, ?)", sorted(facts.items()))
        for name in layout.metadata:
            db.execute(f"CREATE INDEX {quoted(f'by_{name}')} ON documents ({quoted(f'meta_{name}')})")
        db.execute("CREATE INDEX by_day ON documents (day)")
        db.commit()
        db.execute("ANALYZE")
        db.commit()
    return made


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _documents(
    db: sqlite3.Connection, rows: Iterable[Mapping[str, object]], layout: Layout, made: Made
) -> None:
    places = ", ".join("?" * (4 + len(layout.metadata)))
    names = "".join(f", {quoted(f'meta_{c}')}" for c in layout.metadata)
    insert = f"INSERT OR IGNORE INTO documents (document, title, text, day{names}) VALUES ({places})"  # noqa: S608
    for batch in _batches(rows):
        values = [
            (
                _text(row[layout.id]),
                _text(row[layout.title]) if layout.title else "",
                "\n\n".join(t for c in layout.text if (t := _text(row[c]))),
                _text(row[layout.date])[:10] or None if layout.date else None,
                *(None if row[c] is None else _text(row[c]) for c in layout.metadata),
            )
            for row in batch
            if row[layout.id] is not None
        ]
        before = db.total_changes
        db.executemany(insert, values)
        made.documents += db.total_changes - before
        made.repeated += len(values) - (db.total_changes - before)


def _meanings(db: sqlite3.Connection, entities: Iterable[Mapping[str, object]], made: Made) -> None:
    insert = "INSERT INTO codes SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM documents WHERE document = ?1"
    for batch in _batches(entities):
        before = db.total_changes
        db.executemany(
            insert,
            (
                tuple(
                    e.get(c)
                    for c in ("note_id", "code_system", "code", "description", "kind", "text", "negated")
                )
                for e in batch
            ),
        )
        made.meanings += db.total_changes - before


def _synonyms(db: sqlite3.Connection, given: Iterable[tuple[str, str]]) -> int:
    """Texts that the notes have for a code, and its description, each for the other; and the pairs that are given."""
    found = db.execute(
        "SELECT DISTINCT text, description FROM codes WHERE text IS NOT NULL AND description IS NOT NULL"
    )
    pairs = {(folded(a), folded(b)) for a, b in (*found, *given)}
    both = sorted({p for a, b in pairs if a and b and a != b for p in ((a, b), (b, a))})
    db.executemany("INSERT INTO synonyms VALUES (?, ?)", both)
    return len(both)


def _batches(rows: Iterable[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    batch: list[Mapping[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _text(value: object) -> str:
    return "" if value is None else str(value)
