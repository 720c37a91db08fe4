"""A question as the expression that FTS5 understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from weirflow_fhir.search import spellings
from weirflow_fhir.search.stems import Stemmer
from weirflow_fhir.search.words import Term, asserted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

MOST = 20_000  # documents that are ranked: the rarest words of a question choose them
_SYNONYMS = 8  # of a term
_LONGEST = 8  # words of a term that has synonyms
_TERMS = 64  # of a question: nobody asks for more, and each takes time
_TEXT, _MEANT, _DENIED = "{title text}", "{title text concepts}", "{denied}"


@dataclass(frozen=True)
class Match:
    """An expression, and how it is ranked.

    `shown` is what an excerpt shows. `instead` are words that were read for others, which no document has.
    """

    expression: str
    shown: str
    weights: tuple[float, ...]
    common: bool = False  # whether it may match so many documents that not all should be ranked
    instead: dict[str, str] = field(default_factory=dict)


class Matcher:
    """Makes expressions for one index, by one connection to it, and so in one thread."""

    def __init__(
        self, db: sqlite3.Connection, documents: int, *, concepts: bool, synonyms: bool, denials: bool
    ) -> None:
        self._db = db
        self._documents = documents
        self._concepts, self._synonymous, self._denials = concepts, synonyms, denials
        db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'words', 'row')")
        self._stems = Stemmer(db)
        self._commonness = lru_cache(maxsize=10_000)(self._count)
        self._spelled = lru_cache(maxsize=10_000)(self._spelling)

    def match(self, asked: Sequence[Term], weights: tuple[float, float, float]) -> Match:
        """What must be there, what may be, the rarest first, what is denied, and what must not be there.

        Where words must be there, the others still rank. A word that a document denies is taken off those of its text,
        by a weight below zero; where the question asks for denials it is what counts.
        """
        asked = asked[:_TERMS] if self._denials else asserted(tuple(asked[:_TERMS]))
        instead: dict[str, str] = {}
        asked = [self._mended(t, instead) for t in asked]
        needed = [self._either(t) for t in asked if t.role == "needed"]
        wanted = self._choice([t for t in asked if t.role == "wanted"], all_=bool(needed))
        denied = [self._denial(t) for t in asked if t.role == "denied"]
        barred = [t.match for t in asked if t.role == "barred"]
        where = "" if self._concepts and not denied else f"{_MEANT if self._concepts else _TEXT} : "
        must = " AND ".join(needed)
        parts = [f"{where}({p})" for p in ([must] if must else []) + [" OR ".join(wanted)] if p] + denied
        match = " OR ".join(parts)
        if must:
            match = f"({match}) AND {where}({must})"
        if barred:
            match = f"({match}) NOT ({' OR '.join(barred)})"
        off = weights[1] if denied else -weights[1]
        fewest = [self._commonness(t) for t in asked if t.role == "needed"]
        number = min(fewest) if fewest else sum(self._commonness(t) for t in asked if t.match in wanted)
        shown = " OR ".join(
            dict.fromkeys([*needed, *wanted, *(t.match for t in asked if t.role == "denied")])
        )
        return Match(match, shown, (*weights, off if self._denials else 0.0), number > MOST, instead)

    def _choice(self, wanted: Sequence[Term], *, all_: bool) -> list[str]:
        """Those of the terms that tell most, those that stand beside each other, and synonyms.

        Ranking takes time by documents. A word that half of the documents have tells little beside a rare one.
        """
        chosen: list[str] = []
        room, half = MOST, max(MOST, self._documents) // 2
        for term in sorted(wanted, key=self._commonness):
            if chosen and not all_ and self._commonness(term) > min(room, half):
                break
            chosen.append(term.match)
            room -= self._commonness(term)
        single = [t for t in wanted if not t.prefix]
        beside = [
            f'"{" ".join(a.words + b.words)}"'
            for a, b in pairwise(single)
            if a.match in chosen or b.match in chosen
        ]
        return list(dict.fromkeys([*chosen, *beside, *self._synonyms([w for t in single for w in t.words])]))

    def _either(self, term: Term) -> str:
        others = [] if term.prefix else self._synonyms(term.words, whole=True)
        return f"({' OR '.join([term.match, *others])})" if others else term.match

    def _denial(self, term: Term) -> str:
        return f"{_DENIED} : ({' OR '.join([term.match, *self._synonyms(term.words, whole=True)])})"

    def _synonyms(self, words: Sequence[str], *, whole: bool = False) -> list[str]:
        """Phrases that mean what some of the words mean, or all of them."""
        if not self._synonymous or not words:
            return []
        stems = self._stems([" ".join(words)])[0]
        ends = range(len(stems), len(stems) + 1) if whole else range(1, len(stems) + 1)
        spans = {
            " ".join(stems[i:j]) for j in ends for i in range(1 if whole else j) if 0 < j - i <= _LONGEST
        }
        found: list[str] = []
        for span in sorted(spans, key=lambda s: (-s.count(" "), s)):
            rows = self._db.execute(
                "SELECT other FROM synonyms WHERE term = ? ORDER BY length(other), other LIMIT ?",
                (span, _SYNONYMS),
            )
            found += [f'"{other}"' for (other,) in rows]
        return found

    # ------------------------------------------------------------------ words

    def _mended(self, term: Term, instead: dict[str, str]) -> Term:
        """The term with words that the index has."""
        if term.prefix or term.role == "barred":
            return term
        words = tuple(self._spelled(w) or w for w in term.words)
        instead.update({a: b for a, b in zip(term.words, words, strict=True) if a != b})
        return Term(words, term.role)

    def _spelling(self, word: str) -> str | None:
        if self._of_word(word):
            return None
        if self._synonymous and self._synonyms([word]):
            return None
        return spellings.meant(self._db, word)

    def _count(self, term: Term) -> int:
        """How many documents have the rarest word of a term, at most; of a prefix, how many may."""
        if term.prefix:
            return MOST
        return min(self._of_word(w) for w in term.words)

    def _of_word(self, word: str) -> int:
        counts = [
            self._db.execute("SELECT doc FROM temp.terms WHERE term = ?", (s,)).fetchone()
            for s in self._stems([word])[0]
        ]
        return min((c[0] if c else 0 for c in counts), default=0)
