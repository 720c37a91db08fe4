"""A question as the expression that FTS5 understands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from weirflow_fhir.search import spellings
from weirflow_fhir.search.denials import EVERYWHERE
from weirflow_fhir.search.stems import Stemmer
from weirflow_fhir.search.words import Term, asserted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

MOST = 4_000  # documents that are ranked where a question has common words alone: ranking takes 2 microseconds each
_ENOUGH = 50  # documents that have all words of a question: others need not be looked at
_AS_WELL = 3  # phrases that rank documents which have all words
_SHORTEST = 3  # letters of a prefix
_SYNONYMS = 8  # of a term
_LONGEST = 8  # words of a term that has synonyms
_TERMS = 32  # of a question: nobody asks for more, and each takes time
_TEXT, _MEANT, _DENIED = "{title text}", "{title text concepts}", "{denied}"
_EVERY = f'"{EVERYWHERE}"'


@dataclass(frozen=True)
class Match:
    """An expression, and how it is ranked.

    `found` finds the same documents without what only ranks them. `shown` is what an excerpt shows. `instead` are words
    that were read for others, which no document has.
    """

    expression: str
    found: str
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
        self.commonness = lru_cache(maxsize=10_000)(self._count)
        self._spelled = lru_cache(maxsize=10_000)(self._spelling)

    def match(self, asked: Sequence[Term], weights: tuple[float, float, float]) -> Match:
        """What must be there, what may be, what is denied, and what must not be there.

        Where words must be there, the others still rank. A word that a document denies is taken off those of its text,
        by a weight below zero; where the question asks for denials it is what counts.
        """
        asked = asked[:_TERMS] if self._denials else asserted(asked[:_TERMS])
        instead: dict[str, str] = {}
        asked = [self._mended(t, instead) for t in asked]
        denied = [self._denial(t) for t in asked if t.role == "denied"]
        where = "" if self._concepts and not denied else f"{_MEANT if self._concepts else _TEXT} : "
        needed = [self._either(t) for t in asked if t.role == "needed"]
        wanted = _Wanted(self, [t for t in asked if t.role in {"wanted", "idle"}])
        common = False
        if needed:
            may = [f"{where}({' OR '.join(wanted.all)})"] if wanted.all else []
            must = f"{where}({' AND '.join(needed)})"
            found = match = must
            if may or denied:
                match = f"{must} AND ({' OR '.join([*may, *denied, _EVERY])})"
            common = min(self.commonness(t) for t in asked if t.role == "needed") > MOST
        elif denied:
            some = [f"{where}({' OR '.join(wanted.all)})"] if wanted.all else []
            found = match = " OR ".join([*denied, *some])
            common = True
        else:
            found, match, common = wanted.ladder(where)
        if barred := [t.match for t in asked if t.role == "barred"]:
            without = f" NOT ({' OR '.join(barred)})"
            found, match = f"({found}){without}", f"({match}){without}"
        shown = dict.fromkeys([*needed, *wanted.all, *(t.match for t in asked if t.role == "denied")])
        off = weights[1] if denied else -weights[1]
        return Match(
            match, found, " OR ".join(shown), (*weights, off if self._denials else 0.0), common, instead
        )

    def has_enough(self, match: str) -> bool:
        """Whether so many documents match that no others need be looked at."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return int(self._db.execute(sql, (match, _ENOUGH)).fetchone()[0]) == _ENOUGH

    def _either(self, term: Term) -> str:
        others = [] if term.prefix else [s.match for _, s in self.synonyms([term], whole=True)]
        return f"({' OR '.join([term.match, *others])})" if others else term.match

    def _denial(self, term: Term) -> str:
        others = [s.match for _, s in self.synonyms([term], whole=True)]
        return f"{_DENIED} : ({' OR '.join([term.match, *others])})"

    def synonyms(self, terms: Sequence[Term], *, whole: bool = False) -> list[tuple[range, Term]]:
        """Phrases that mean what a run of terms means, with the run. `whole`: of them all together only.

        One that has the run in itself would find nothing more.
        """
        if not self._synonymous:
            return []
        words = [(n, w) for n, t in enumerate(terms) for w in t.words]
        stems = [
            (n, s)
            for (n, _), some in zip(words, self._stems([w for _, w in words]), strict=True)
            for s in some
        ]
        found = list[tuple[range, Term]]()
        for i in range(len(stems)):
            for j in range(i + 1, min(i + _LONGEST, len(stems)) + 1):
                idle = any(terms[stems[n][0]].role == "idle" for n in (i, j - 1))
                if idle or (whole and (i, j) != (0, len(stems))):
                    continue
                span = " ".join(s for _, s in stems[i:j])
                run = range(stems[i][0], stems[j - 1][0] + 1)
                found += [(run, Term(tuple(o.split(" ")))) for o in self._others(span)]
        return found

    def _others(self, span: str) -> list[str]:
        rows = self._db.execute(
            "SELECT other, stems FROM synonyms WHERE term = ? ORDER BY length(other), other", (span,)
        )
        found = dict[str, str]()
        for other, stems in rows:  # the shortest first; what has another in it finds nothing more
            if any(f" {s} " in f" {stems} " for s in (span, *found.values())):
                continue
            if self.commonness(Term(tuple(other.split(" ")))):
                found[other] = stems
        return list(found)[:_SYNONYMS]

    # ------------------------------------------------------------------ words

    def _mended(self, term: Term, instead: dict[str, str]) -> Term:
        """The term with words that the index has."""
        if term.prefix:
            return term if len(term.words[-1]) >= _SHORTEST else replace(term, prefix=False)
        if term.role in {"barred", "idle"}:
            return term
        words = tuple(self._spelled(w) or w for w in term.words)
        instead.update({a: b for a, b in zip(term.words, words, strict=True) if a != b})
        return Term(words, term.role)

    def _spelling(self, word: str) -> str | None:
        if self._of_word(word):
            return None
        if self.synonyms([Term((word,))]):
            return None
        return spellings.meant(self._db, word, synonyms=self._synonymous)

    def _count(self, term: Term) -> int:
        """How many documents have the rarest word of a term, at most; of a prefix, how many may."""
        if term.prefix:
            return MOST + 1
        return min(self._of_word(w) for w in term.words)

    def _of_word(self, word: str) -> int:
        counts = [
            self._db.execute("SELECT doc FROM temp.terms WHERE term = ?", (s,)).fetchone()
            for s in self._stems([word])[0]
        ]
        return min((c[0] if c else 0 for c in counts), default=0)


class _Wanted:
    """Terms of which any may be there, with what means the same, and those that stand beside each other."""

    def __init__(self, matcher: Matcher, asked: Sequence[Term]) -> None:
        self._matcher = matcher
        terms = [t for t in asked if t.role == "wanted"]
        single = [t for t in asked if not t.prefix]
        synonyms = matcher.synonyms(single)
        some = dict.fromkeys([*terms, *_beside(asked), *(s for _, s in synonyms)])
        self._terms = [t for t in some if matcher.commonness(t)] or terms[:1]
        covering = {t: [s for run, s in synonyms if n in run] for n, t in enumerate(single)}
        groups = ([t, *covering.get(t, ())] for t in dict.fromkeys(terms))
        self._groups = [g for group in groups if (g := [t for t in group if t in self._terms])]

    @property
    def all(self) -> list[str]:
        """All of them."""
        return [t.match for t in self._terms]

    def ladder(self, where: str) -> tuple[str, str, bool]:
        """What finds documents, what ranks them as well, and whether these are more than should be ranked.

        Of a question with rare words, documents that have one of these are ranked, by all of its words. Of one with
        common words alone those that have all, if there are enough; otherwise those that have the rarest.
        """
        by_number = sorted(self._terms, key=self._matcher.commonness)
        rare, room = list[Term](), MOST
        for term in by_number:
            room -= self._matcher.commonness(term)
            if room < 0:
                break
            rare.append(term)
        common = not rare
        match = ""
        if common:
            every = [f"({' OR '.join(t.match for t in group)})" for group in self._groups]
            match = f"{where}({' AND '.join(every)})"
            rare = [t for group in self._groups for t in group]
            if not self._matcher.has_enough(match):
                match = ""
                rare = min(self._groups, key=lambda g: max(map(self._matcher.commonness, g)))
        found = match = match or f"{where}({' OR '.join(t.match for t in rare)})"
        others = [t for t in by_number if t not in rare]
        if rest := [t.match for t in (others[:_AS_WELL] if common else others)]:
            match = f"{match} AND ({where}({' OR '.join(rest)}) OR {_EVERY})"
        return found, match, common


def _beside(asked: Sequence[Term]) -> Iterator[Term]:
    """Words that stand beside each other: as phrases they count more (Metzler and Croft, 2005)."""
    last: tuple[str, ...] = ()
    for term in asked:
        if term.role == "idle":
            last = (*last, *term.words) if last else ()
            continue
        if last and not term.prefix:
            yield Term(last + term.words)
        last = () if term.prefix else term.words
