"""Words as the index has them: folded and stemmed by SQLite's own tokenizer, so that both never differ."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from weirflow_fhir.search.words import TOKENIZER

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stemmer:
    """Stems words. It belongs to the connection whose temporary tables it uses, and so to its thread."""

    def __init__(self, db: sqlite3.Connection | None = None) -> None:
        self._db = db or sqlite3.connect(":memory:")
        self._db.executescript(
            f'CREATE VIRTUAL TABLE temp.typed USING fts5(word, tokenize="{TOKENIZER}");'
            "CREATE VIRTUAL TABLE temp.stems USING fts5vocab('temp', 'typed', 'instance');"
        )

    def __call__(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The stems of each text, in order."""
        db = self._db
        db.execute("DELETE FROM temp.typed")
        db.executemany("INSERT INTO temp.typed (rowid, word) VALUES (?, ?)", enumerate(texts, 1))
        found: list[list[str]] = [[] for _ in texts]
        for number, stem in db.execute('SELECT doc, term FROM temp.stems ORDER BY doc, "offset"'):
            found[number - 1].append(stem)
        return [tuple(f) for f in found]
