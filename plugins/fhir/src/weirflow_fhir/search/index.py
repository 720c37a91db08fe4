"""Asking an index."""

from __future__ import annotations

import re
import sqlite3
import threading
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_fhir.search.build import VERSION, quoted
from weirflow_fhir.search.words import TOKENIZER, Term, terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WEIGHTS = (2.0, 1.0, 0.5)
"""Of title, text, and the descriptions of a document's codes, in BM25."""

_MOST = 20_000  # documents that are ranked: the rarest words of a question choose them
_SYNONYMS = 8  # of a term
_LONGEST = 6  # words of a term that has synonyms
_EXCERPT = 32  # tokens
_SPACE = re.compile(r"\s+")
_OPEN, _CLOSE = "\x02", "\x03"


@dataclass(frozen=True)
class Segment:
    """A piece of an excerpt; `hit` says that it is what was looked for. Its text is text, never markup."""

    text: str
    hit: bool = False


@dataclass(frozen=True)
class Filters:
    """What a document must have: one of the values of each metadata column, a day, codes.

    `since` and `until` are days (`2024-02-29`, or the beginning of one, as `2024-02`), both included. A code stands
    for those below it too, as `E11` for `E11.9`; a document that denies it does not have it.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    codes: Sequence[str] = ()


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
    """A page of what was found, and how many documents there are of it."""

    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Document:
    """A document as it was indexed."""

    document: str
    title: str
    text: str
    day: str | None
    metadata: Mapping[str, str | None]


NONE = Filters()


class Searcher:
    """An index, open for reading. It may be asked by several threads at once.

    Raises NodeError (WF603) where the file is no index, or one of another version.
    """

    def __init__(self, path: Path, *, concepts: bool = True, synonyms: bool = True) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._concepts, self._synonymous = concepts, synonyms
        self._commonness = lru_cache(maxsize=10_000)(self._count)
        try:
            self.facts = dict(self._db.execute("SELECT key, value FROM meta"))
        except sqlite3.Error as error:
            raise NodeError(f"'{path.name}' is no search index", code="WF603") from error
        if self.facts.get("version") != VERSION:
            raise NodeError(
                f"'{path.name}' is an index of another version", hint="run the flow again", code="WF603"
            )

    @cached_property
    def metadata(self) -> tuple[str, ...]:
        """The columns that one may filter by."""
        return tuple(self.facts["metadata"].split("\n")) if self.facts["metadata"] else ()

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = sqlite3.connect(self._uri, uri=True)
            db.executescript(
                "CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'words', 'row');"
                f'CREATE VIRTUAL TABLE temp.typed USING fts5(word, tokenize="{TOKENIZER}");'
                "CREATE VIRTUAL TABLE temp.stems USING fts5vocab('temp', 'typed', 'row');"
            )
        return db

    # ------------------------------------------------------------------ search

    def search(self, question: str, filters: Filters = NONE, limit: int = 15, offset: int = 0) -> Hits:
        """The documents that answer a question best, by BM25 (Robertson and Zaragoza, 2009).

        Without a question, or one of no words, all that the filters leave, the newest first.
        """
        asked = terms(question)
        where, values = self._conditions(filters)
        if not any(t.role != "barred" for t in asked):
            return self._listed(where, values, limit, offset)
        match = self._match(asked)
        join = " JOIN documents d ON d.id = words.rowid" if where else ""
        sql = (
            f"SELECT words.rowid, words.rank FROM words{join} "  # noqa: S608 -- names alone
            f"WHERE words MATCH ? AND words.rank MATCH ?{where} ORDER BY words.rank LIMIT ? OFFSET ?"
        )
        ranking = f"bm25({', '.join(map(str, WEIGHTS))})"
        rows = self._db.execute(sql, (match, ranking, *values, limit, offset)).fetchall()
        known = len(rows) < limit and (rows or not offset)
        total = offset + len(rows) if known else self._total(match, where, values)
        return Hits(total, tuple(self._hit(number, -score, match) for number, score in rows))

    def _total(self, match: str, where: str, values: Sequence[object]) -> int:
        join = " JOIN documents d ON d.id = words.rowid" if where else ""
        sql = f"SELECT count(*) FROM words{join} WHERE words MATCH ?{where}"  # noqa: S608
        return int(self._db.execute(sql, (match, *values)).fetchone()[0])

    def _listed(self, where: str, values: Sequence[object], limit: int, offset: int) -> Hits:
        sql = f"FROM documents d WHERE 1{where}"
        total = int(self._db.execute(f"SELECT count(*) {sql}", values).fetchone()[0])
        rows = self._db.execute(
            f"SELECT id, text {sql} ORDER BY day DESC, id LIMIT ? OFFSET ?", (*values, limit, offset)
        ).fetchall()
        beginnings = {number: (Segment(" ".join(text[:400].split())[:200]),) for number, text in rows}
        return Hits(total, tuple(self._hit(number, 0.0, None, beginnings[number]) for number, _ in rows))

    def _hit(self, number: int, score: float, match: str | None, excerpt: tuple[Segment, ...] = ()) -> Hit:
        found = self._described("id = ?", number)
        assert found is not None
        if match is not None:
            row = self._db.execute(
                "SELECT snippet(words, 1, ?, ?, '…', ?) FROM words WHERE words MATCH ? AND rowid = ?",
                (_OPEN, _CLOSE, _EXCERPT, match, number),
            ).fetchone()
            excerpt = _segments(row[0])
        return Hit(found.document, found.title, score, excerpt, found.day, found.metadata)

    def _match(self, asked: Sequence[Term]) -> str:
        """The expression for FTS5: what must be there, else what may be, the rarest first, and what must not."""
        needed = [self._either(t) for t in asked if t.role == "needed"]
        wanted = [] if needed else self._choice([t for t in asked if t.role == "wanted"])
        barred = [t.match for t in asked if t.role == "barred"]
        match = " AND ".join(needed) if needed else " OR ".join(wanted)
        if not self._concepts:
            match = f"{{title text}} : ({match})"
        return f"({match}) NOT ({' OR '.join(barred)})" if barred else match

    def _choice(self, wanted: Sequence[Term]) -> list[str]:
        """Those of the terms that tell most, with their synonyms.

        Ranking takes time by documents. A word that half of the documents have tells little beside a rare one.
        """
        chosen: list[str] = []
        room, half = _MOST, int(self.facts["documents"]) // 2
        for term in sorted(wanted, key=self._commonness):
            if chosen and self._commonness(term) > min(room, half):
                break
            chosen.append(term.match)
            room -= self._commonness(term)
        joined = [w for t in wanted for w in t.words]
        return list(dict.fromkeys([*chosen, *self._synonyms(joined)]))

    def _either(self, term: Term) -> str:
        others = self._synonyms(list(term.words))
        return f"({' OR '.join([term.match, *others])})" if others else term.match

    def _synonyms(self, words: Sequence[str]) -> list[str]:
        """Phrases that mean what some of the words mean."""
        if not self._synonymous:
            return []
        spans = {
            " ".join(words[i:j])
            for i in range(len(words))
            for j in range(i + 1, min(i + _LONGEST, len(words)) + 1)
        }
        found: list[str] = []
        for span in sorted(spans, key=lambda s: (-len(s), s)):
            rows = self._db.execute(
                "SELECT other FROM synonyms WHERE term = ? ORDER BY length(other), other LIMIT ?",
                (span, _SYNONYMS),
            )
            found += [f'"{other}"' for (other,) in rows]
        return found

    def _count(self, term: Term) -> int:
        """How many documents have the commonest form of a term's rarest word."""
        if term.prefix:
            return _MOST
        return min(self._of_word(w) for w in term.words)

    def _of_word(self, word: str) -> int:
        db = self._db
        db.execute("DELETE FROM temp.typed")
        db.execute("INSERT INTO temp.typed VALUES (?)", (word,))
        stems = [stem for (stem,) in db.execute("SELECT term FROM temp.stems")]
        counts = [db.execute("SELECT doc FROM temp.terms WHERE term = ?", (s,)).fetchone() for s in stems]
        return min((c[0] if c else 0 for c in counts), default=0)

    # ------------------------------------------------------------------ filters

    def _conditions(self, filters: Filters) -> tuple[str, list[object]]:
        where, values = "", list[object]()
        for name, some in sorted(filters.values.items()):
            if name not in self.metadata:
                raise NodeError(
                    f"one cannot filter by '{name}'", hint=f"by {', '.join(self.metadata) or 'nothing'}"
                )
            if some:
                where += f" AND d.{quoted(f'meta_{name}')} IN ({', '.join('?' * len(some))})"
                values += some
        if filters.since:
            where += " AND d.day >= ?"
            values.append(filters.since)
        if filters.until:
            where += " AND substr(d.day, 1, ?) <= ?"
            values += [len(filters.until), filters.until]
        for code in filters.codes:
            where += " AND d.id IN (SELECT document FROM codes WHERE code >= ? AND code < ?"
            where += " AND NOT coalesce(negated, 0))"
            values += [code, code + "\U0010ffff"]
        return where, values

    def facets(self, name: str, limit: int = 50) -> tuple[tuple[str, int], ...]:
        """The values of a metadata column with how many documents have them, the most common first."""
        if name not in self.metadata:
            raise NodeError(
                f"one cannot filter by '{name}'", hint=f"by {', '.join(self.metadata) or 'nothing'}"
            )
        column = quoted(f"meta_{name}")
        sql = (
            f"SELECT {column}, count(*) FROM documents WHERE {column} IS NOT NULL "  # noqa: S608
            "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
        )
        return tuple(self._db.execute(sql, (limit,)).fetchall())

    # ------------------------------------------------------------------ documents

    def document(self, name: str) -> Document | None:
        """A document by its id, or None."""
        return self._described("document = ?", name)

    def _described(self, where: str, value: Any) -> Document | None:
        columns = "".join(f", {quoted(f'meta_{c}')}" for c in self.metadata)
        row = self._db.execute(
            f"SELECT document, title, text, day{columns} FROM documents WHERE {where}",  # noqa: S608
            (value,),
        ).fetchone()
        if row is None:
            return None
        return Document(row[0], row[1], row[2], row[3], dict(zip(self.metadata, row[4:], strict=True)))


def _segments(marked: str) -> tuple[Segment, ...]:
    """A marked excerpt in pieces, with white space made single."""
    found: list[Segment] = []
    for n, part in enumerate(marked.split(_OPEN)):
        hit, close, rest = part.partition(_CLOSE)
        if n and close:
            found += [Segment(_single(hit), hit=True), Segment(_single(rest))]
        else:
            found.append(Segment(_single(part)))
    return tuple(s for s in found if s.text)


def _single(text: str) -> str:
    return _SPACE.sub(" ", text)
