"""What a person types, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""SQLite's: words by Unicode's categories, without accents, English endings removed (Porter, 1980)."""

_PART = re.compile(r'(?P<sign>[-+]?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_WORD = re.compile(r"\w+")

# What questions are made of and notes are not about.
_SAID = (
    "a about all also am an and any are as at be been being but by can could did do does done find for from give had "
    "has have having he her his how i if in into is it its list me my of on or our out please she should show than "
    "that the their them then there these they this those to was we were what when where which who whom whose why "
    "will with would you your"
)
_EMPTY = frozenset(_SAID.split())


@dataclass(frozen=True)
class Term:
    """A word or a phrase that is looked for: `wanted` may be there, `needed` must be, `barred` must not."""

    words: tuple[str, ...]
    role: Literal["wanted", "needed", "barred"] = "wanted"
    prefix: bool = False

    @property
    def match(self) -> str:
        """As FTS5 writes it, whatever the words are."""
        return '"' + " ".join(self.words) + '"' + ("*" if self.prefix else "")


def terms(question: str) -> tuple[Term, ...]:
    """The terms of a question, in its order, each once.

    A phrase in quotation marks must be there, and so must what has a `+` before it; what has a `-` must not. A word
    that ends with `*` stands for all that begin so. Words that say nothing (the, of, which) count only in phrases, or
    if there are no others.
    """
    found: list[Term] = []
    for part in _PART.finditer(question):
        phrase, sign = part["phrase"], part["sign"]
        text = part["word"] if phrase is None else phrase
        words = tuple(_WORD.findall(text.casefold()))
        if not words:
            continue
        role: Literal["wanted", "needed", "barred"] = "wanted"
        if sign == "-":
            role = "barred"
        elif sign == "+" or (phrase is not None and part[0].endswith('"')):
            role = "needed"
        found.append(Term(words, role, prefix=phrase is None and text.endswith("*")))
    telling = [t for t in found if t.role != "wanted" or t.words[0] not in _EMPTY or len(t.words) > 1]
    return tuple(dict.fromkeys(telling if any(t.role != "barred" for t in telling) else found))


def folded(text: str) -> str:
    """A term as synonyms are looked up by: lower case, words alone."""
    return " ".join(_WORD.findall(text.casefold()))
