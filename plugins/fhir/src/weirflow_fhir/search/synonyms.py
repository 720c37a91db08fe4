"""What means the same: texts and descriptions that stand for one code, abbreviations, and a user's own pairs."""

from __future__ import annotations

import csv
import re
import warnings
from collections import defaultdict
from importlib.resources import files
from typing import TYPE_CHECKING

from weirflow_fhir.iris import ICD10CM
from weirflow_fhir.search.stems import Stemmer
from weirflow_fhir.search.words import IDLE, words_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

_OF_A_CODE = 12  # terms: its descriptions first, then the texts that notes have for it most often
_CODES = 5000  # whose inclusion terms are looked up: those of the most documents
_QUALIFIED = re.compile(
    r"^(other|unspecified) |\s*\([^)]*\)|, (unspecified|uncomplicated|not elsewhere classified)\b.*"
    r"| without complications?$| NOS$",
    re.IGNORECASE,
)  # what a code's description says for order's sake
_LONGEST = 8  # words of a term; what is longer nobody types


def write(db: sqlite3.Connection, given: Iterable[tuple[str, str]], *, medical: bool) -> int:
    """Write the synonyms of an index whose codes are there; how many pairs there are, each way counted.

    A term is looked up by its stems, so that "heart attacks" finds what "heart attack" does.
    """
    pairs = {(a, b) for a, b in _both(given, medical=medical)}
    for terms in _groups(db, inclusion=medical):
        pairs.update((a, b) for a in terms for b in terms)
    names = sorted({name for pair in pairs for name in pair})
    stems = dict(zip(names, map(" ".join, Stemmer()(names)), strict=True))
    # `HA` is headache, but an index of stems cannot tell it from `has`
    common = {" ".join(s) for s in Stemmer()(sorted(IDLE))}
    rows = sorted(
        {(stems[a], b, stems[b]) for a, b in pairs if stems[a] != stems[b] and stems[b] not in common}
    )
    db.executemany("INSERT INTO synonyms VALUES (?, ?, ?)", rows)
    return len(rows)


def _both(given: Iterable[tuple[str, str]], *, medical: bool) -> Iterator[tuple[str, str]]:
    for one, other in (*given, *(abbreviations() if medical else ())):
        a, b = _folded(one), _folded(other)
        if a and b:
            yield from ((a, b), (b, a))


def abbreviations() -> Iterator[tuple[str, str]]:
    """Abbreviations that notes have, and lay and British words, each with what it stands for."""
    text = files(__package__).joinpath("abbreviations.csv").read_text(encoding="utf-8")
    yield from ((row["short"], row["long"]) for row in csv.DictReader(text.splitlines()))


def _groups(db: sqlite3.Connection, *, inclusion: bool) -> Iterator[Sequence[str]]:
    """Terms that stand for the same code."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    counted = (
        "SELECT coalesce(system, '') AS system, code, {0} AS term, {1} AS said, sum(count) AS count FROM meanings "
        "JOIN (SELECT meaning, count(*) AS count FROM codes GROUP BY meaning) ON meaning = id "
        "WHERE code IS NOT NULL AND {0} IS NOT NULL GROUP BY 1, 2, 3"
    )
    rows = db.execute(
        f"{counted.format('description', 0)} UNION ALL {counted.format('text', 1)} ORDER BY 1, 2, 4, 5 DESC, 3"
    )
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for system, code, term, is_text, count in rows:
        if not is_text:
            found[system, code][_folded(_QUALIFIED.sub("", term))] = None
        found[system, code][_folded(term)] = None
        counts[system, code] += count
    if inclusion:
        icd = sorted((k for k in counts if k[0] == ICD10CM), key=lambda k: (-counts[k], k))[:_CODES]
        for key, term in _inclusion_terms(icd):
            found[key][_folded(_QUALIFIED.sub("", term))] = None
    for key in sorted(found):
        yield [t for t in found[key] if t and t.count(" ") < _LONGEST][:_OF_A_CODE]


def _inclusion_terms(keys: Sequence[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """What ICD-10-CM says that a code is for, where the package that has it is installed."""
    if not keys:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of how it reads its own file
            import simple_icd_10_cm as icd
    except ImportError:
        return
    for key in keys:
        if icd.is_valid_item(key[1]):
            for term in icd.get_inclusion_term(key[1]):
                yield key, term


def _folded(text: str) -> str:
    return " ".join(words_of(text))
