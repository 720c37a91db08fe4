"""Asking an index."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_fhir.search.build import VERSION
from weirflow_fhir.search.filters import NONE, Filters, number_of
from weirflow_fhir.search.matching import MOST, Match, Matcher
from weirflow_fhir.search.vectors import Near, fused
from weirflow_fhir.search.words import terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WEIGHTS = (2.0, 1.0, 0.5)
"""Of title, text, and the descriptions of a document's codes, in BM25."""

_FUSED = 200  # documents of each ranking that are put together
_EXCERPT = 32  # tokens
_BEGINNING = 200  # characters
_PLACES = "SELECT place FROM about a JOIN documents d ON d.id = a.document WHERE 1"
__all__ = ["NONE", "Document", "Filters", "Hit", "Hits", "Searcher", "Segment"]

_SPACE = re.compile(r"\s+")
_MARKS = [*map(chr, range(1, 9)), *map(chr, range(0xE001, 0xF8FF))]  # of which a text hardly has all


@dataclass(frozen=True)
class Segment:
    """A piece of an excerpt; `hit` says that it is what was looked for. Its text is text, never markup."""

    text: str
    hit: bool = False


@dataclass(frozen=True)
class Hit:
    """A document that was found; the higher its score, the better."""

    document: str
    title: str
    score: float
    excerpt: tuple[Segment, ...]
    day: str | None
    metadata: Mapping[str, str | None]


@dataclass(frozen=True)
class Hits:
    """A page of what was found, and how many documents there are of it.

    `instead` has words that were read for others, which no document has.
    """

    total: int
    hits: tuple[Hit, ...]
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A document as it was indexed."""

    document: str
    title: str
    text: str
    day: str | None
    metadata: Mapping[str, str | None]


class Searcher:
    """An index, open for reading. It may be asked by several threads at once.

    It looks for words, and by default for what documents mean (`concepts`: descriptions of their codes; what they deny
    does not count), for `synonyms`, and, where the index has vectors, for what is near (`hybrid`).

    Raises NodeError (WF603) where the file is no index, or one of another version, and where vectors are asked for that
    it does not have, or whose model is not installed.
    """

    def __init__(
        self, path: Path, *, concepts: bool = True, synonyms: bool = True, hybrid: bool | None = None
    ) -> None:
        self.path = path
        self._uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._concepts, self._synonymous = concepts, synonyms
        try:
            self.facts = dict(self._db.execute("SELECT key, value FROM meta"))
        except sqlite3.Error as error:
            raise NodeError(f"'{path.name}' is no search index", code="WF603") from error
        if self.facts.get("version") != VERSION:
            raise NodeError(
                f"'{path.name}' is an index of another version", hint="run the flow again", code="WF603"
            )
        if hybrid and not self.facts["model"]:
            raise NodeError(
                f"'{path.name}' has no vectors", hint="set `embeddings` of search.index", code="WF603"
            )
        self._near = Near(self._db) if self.facts["model"] and hybrid is not False else None

    @cached_property
    def metadata(self) -> tuple[str, ...]:
        """The columns that one may filter by."""
        return tuple(json.loads(self.facts["metadata"]))

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = sqlite3.connect(self._uri, uri=True)
        return db

    @property
    def _matcher(self) -> Matcher:
        matcher: Matcher | None = getattr(self._local, "matcher", None)
        if matcher is None:
            matcher = self._local.matcher = Matcher(
                self._db,
                int(self.facts["documents"]),
                concepts=self._concepts,
                synonyms=self._synonymous,
                denials=self._concepts and self.facts["denying"] != "0",
            )
        return matcher

    # ------------------------------------------------------------------ search

    def search(self, question: str, filters: Filters = NONE, limit: int = 15, offset: int = 0) -> Hits:
        """The documents that answer a question best, by BM25 (Robertson and Zaragoza, 2009).

        Without a question, or one of no words, all that the filters leave, the newest first.
        """
        asked = terms(question)
        where, values = filters.conditions(self.metadata)
        if all(t.role == "barred" for t in asked):
            return self._listed(where, values, limit, offset)
        match = self._matcher.match(asked, WEIGHTS)
        if self._near is not None and not any(t.role in {"needed", "barred"} for t in asked):
            rows = self._fused(self._near, question, match, where, values)
            total = len(rows)
            rows = rows[offset : offset + limit]
        else:
            rows = self._ranked(match, where, values, limit, offset)
            known = len(rows) < limit and (rows or not offset) and not match.common
            total = offset + len(rows) if known else self._total(match, where, values)
        return Hits(total, tuple(self._hit(n, score, match) for n, score in rows), match.instead)

    def _ranked(
        self, match: Match, where: str, values: Sequence[object], limit: int, offset: int = 0
    ) -> list[tuple[int, float]]:
        """Places of documents with their scores, the best first.

        Of very many that all have common words alone, the newest are ranked.
        """
        ranking = f"bm25(words, {', '.join(map(str, match.weights))})"
        few = f" LIMIT {MOST}" if match.common else ""
        sql = (
            f"SELECT place, -score FROM (SELECT rowid AS place, {ranking} AS score FROM words "  # noqa: S608
            f"WHERE words MATCH ?{_among(where)}{few}) ORDER BY score, place LIMIT ? OFFSET ?"
        )
        return self._db.execute(sql, (match.expression, *values, limit, offset)).fetchall()

    def _fused(
        self, near: Near, question: str, match: Match, where: str, values: Sequence[object]
    ) -> list[tuple[int, float]]:
        among = None
        if where:
            among = {place for (place,) in self._db.execute(_PLACES + where, values)}
        words = [n for n, _ in self._ranked(match, where, values, _FUSED)]
        scores = fused([words, near.ranked(question, _FUSED, among)])
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))

    def _total(self, match: Match, where: str, values: Sequence[object]) -> int:
        sql = f"SELECT count(*) FROM words WHERE words MATCH ?{_among(where)}"  # noqa: S608
        return int(self._db.execute(sql, (match.found, *values)).fetchone()[0])

    def _listed(self, where: str, values: Sequence[object], limit: int, offset: int) -> Hits:
        places = _PLACES + where
        total = int(self._db.execute(f"SELECT count(*) FROM ({places})", values).fetchone()[0])  # noqa: S608
        rows = self._db.execute(
            f"{places} ORDER BY place LIMIT ? OFFSET ?", (*values, limit, offset)
        ).fetchall()
        return Hits(total, tuple(self._hit(number, 0.0, None) for (number,) in rows))

    def _hit(self, number: int, score: float, match: Match | None) -> Hit:
        found = self._described("id = (SELECT document FROM about WHERE place = ?)", number)
        assert found is not None
        excerpt = self._excerpt(number, found.text, match.shown) if match is not None else ()
        if not excerpt:
            excerpt = (Segment(" ".join(found.text[: 2 * _BEGINNING].split())[:_BEGINNING]),)
        return Hit(found.document, found.title, score, excerpt, found.day, found.metadata)

    def _excerpt(self, number: int, text: str, shown: str) -> tuple[Segment, ...]:
        """The part of a text that has most of what is looked for; nothing where the words find the document not."""
        free = (m for m in _MARKS if m not in text)
        start, end = next(free, ""), next(free, "")
        row = self._db.execute(
            "SELECT snippet(words, 1, ?, ?, '…', ?) FROM words WHERE words MATCH ? AND rowid = ?",
            (start, end, _EXCERPT, shown, number),
        ).fetchone()
        return _segments(row[0], start, end) if row and row[0] else ()

    # ------------------------------------------------------------------ documents

    def facets(self, name: str, limit: int = 50) -> tuple[tuple[str, int], ...]:
        """The values of a metadata column with how many documents have them, the most common first."""
        column = f"meta_{number_of(name, self.metadata)}"
        sql = (
            f"SELECT {column}, count(*) FROM documents WHERE {column} IS NOT NULL "  # noqa: S608
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
        )
        return tuple(self._db.execute(sql, (limit,)).fetchall())

    def document(self, name: str) -> Document | None:
        """A document by its id, or None."""
        return self._described("document = ?", name)

    def _described(self, where: str, value: Any) -> Document | None:
        columns = "".join(f", meta_{n}" for n in range(len(self.metadata)))
        row = self._db.execute(
            f"SELECT document, title, text, day{columns} FROM documents WHERE {where}",  # noqa: S608
            (value,),
        ).fetchone()
        if row is None:
            return None
        return Document(row[0], row[1], row[2], row[3], dict(zip(self.metadata, row[4:], strict=True)))


def _among(where: str) -> str:
    """Filters as a condition on words; the sign keeps SQLite from asking the index anew for each place."""
    return f" AND +rowid IN ({_PLACES}{where})" if where else ""


def _segments(marked: str, start: str, end: str) -> tuple[Segment, ...]:
    """A marked excerpt in pieces, with white space made single."""
    found: list[Segment] = []
    for n, part in enumerate(marked.split(start) if start and end else [marked]):
        hit, close, rest = part.partition(end) if n else ("", "", part)
        found += [Segment(_single(hit), hit=bool(close)), Segment(_single(rest))]
    return tuple(s for s in found if s.text)


def _single(text: str) -> str:
    return _SPACE.sub(" ", text)
