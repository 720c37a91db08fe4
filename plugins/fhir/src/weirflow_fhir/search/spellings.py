"""Words that no document has, and what was meant: one slip away from a word that some have."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_LETTERS = re.compile(r"[^\W\d_]{4,24}")  # nobody mistypes what is shorter in a way that could be told
_TWICE = 8  # letters from which on two slips are forgiven
_MOST = 500_000  # different words that are counted at once


class Spellings:
    """Counts in how many documents each word is."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Count the words of a document. Of very many, those that only one has are dropped."""
        self._counts.update(set(_LETTERS.findall(text.lower())))
        if len(self._counts) > _MOST:
            self._counts = Counter({w: n for w, n in self._counts.items() if n > 1})

    def write(self, db: sqlite3.Connection, others: Iterable[str]) -> None:
        """Write them, with words of synonyms, which no document need have."""
        for text in others:
            for word in _LETTERS.findall(text.lower()):
                self._counts.setdefault(word, 0)
        db.executemany("INSERT INTO spellings VALUES (?, ?)", sorted(self._counts.items()))


def meant(db: sqlite3.Connection, word: str, *, synonyms: bool = True) -> str | None:
    """The word of an index's documents, or of its synonyms, that is most like one which neither has, or None.

    The first letter is taken to be right, which it nearly always is (Pollock and Zamora, 1984); of equally near ones
    the most common is taken.
    """
    if not _LETTERS.fullmatch(word):
        return None
    most = 2 if len(word) >= _TWICE else 1
    rows = db.execute(
        "SELECT word, documents FROM spellings WHERE word >= ? AND word < ? AND length(word) BETWEEN ? AND ? "
        "AND documents >= ?",
        (word[0], chr(ord(word[0]) + 1), len(word) - most, len(word) + most, not synonyms),
    )
    letters = set(word)
    alike = (
        (o, n) for o, n in rows if len(letters.symmetric_difference(o)) <= 2 * most
    )  # else more slips than that
    near = [(d, -n, other) for other, n in alike if (d := slips(word, other, most)) <= most]
    return min(near)[2] if near else None


def slips(one: str, other: str, most: int) -> int:
    """How many letters were missed, added, replaced, or swapped with the next; more than `most` where it is more.

    Damerau (1964), in its optimal string alignment form.
    """
    before, last = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
