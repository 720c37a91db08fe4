"""What a person types, taken apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""SQLite's: words by Unicode's categories, without accents, English endings removed (Porter, 1980)."""

Role: TypeAlias = Literal["wanted", "needed", "barred", "denied", "idle"]

_PART = re.compile(r'(?P<sign>[-+]?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_WORD = re.compile(
    r"[^\W_](?:[^\W_]|[\u0300-\u036f])*"
)  # as the tokenizer has them: letters, numbers and accents
_ENDS = (";", ".", "?", "!", ":")  # of what a denial reaches

# What questions are made of and notes are not about.
_SAID = (
    "a about all also am an and any are as at be been being but by can could did do does done find for from give had "
    "has have having he her his how i if in into is it its list me my of on or our out please she should show than "
    "that the their them then there these they this those to us was we were what when where which who whom whose why "
    "will with would you your"
)
IDLE = frozenset(_SAID.split())
"""Words that say nothing by themselves."""

_APART = frozenset(("and", "or", "nor"))  # what is denied on either side
_DENIES = frozenset(("without", "no", "denies", "deny", "denied", "denying"))
_OF_DENIAL = frozenset(
    ("any", "evidence", "history", "sign", "signs", "symptoms", "complaint", "complaints", "of", "for")
)
_AFTER = "but with who whose has have having is are on taking takes in from"
_BACK = frozenset(_AFTER.split())


@dataclass(frozen=True)
class Term:
    """A word or a phrase that is looked for: `wanted` may be there, `needed` must be, `barred` must not.

    `denied` is what a note should say that it is not so; `idle` words count only between others.
    """

    words: tuple[str, ...]
    role: Role = "wanted"
    prefix: bool = False

    @property
    def match(self) -> str:
        """As FTS5 writes it, whatever the words are."""
        return '"' + " ".join(self.words) + '"' + ("*" if self.prefix else "")


def terms(question: str) -> tuple[Term, ...]:
    """The terms of a question, in its order.

    A phrase in quotation marks must be there, and so must what has a `+` before it; what has a `-` must not. A word
    that ends with `*` stands for all that begin so. What follows `without`, `no` or `denies` should be denied. Words
    that say nothing (the, of, which) are idle, unless there are no others.
    """
    found: list[Term] = []
    denial: list[str] | None = None  # words that follow one, up to where another subject begins
    for part in _PART.finditer(unicodedata.normalize("NFC", question)):
        phrase, sign = part["phrase"], part["sign"]
        text = part["word"] if phrase is None else phrase
        words = words_of(text)
        plain = phrase is None and not sign and not text.endswith("*")
        if plain and len(words) == 1 and words[0] in _DENIES:
            _close(found, denial)
            denial = []
            continue
        if denial is not None and (not plain or set(words) & _BACK):
            _close(found, denial)
            denial = None
        if denial is not None:
            _deny(found, denial, words)
            if text.endswith((",", *_ENDS)):
                _close(found, denial)
                denial = [] if text.endswith(",") else None
        elif words:
            prefix = phrase is None and text.endswith("*")
            found.append(Term(words, _role(sign, closed=part[0].endswith('"')), prefix))
    _close(found, denial)
    idle = [t.role == "wanted" and len(t.words) == 1 and t.words[0] in IDLE for t in found]
    if all(i or t.role == "barred" for i, t in zip(idle, found, strict=True)):
        return tuple(found)
    return tuple(replace(t, role="idle") if i else t for i, t in zip(idle, found, strict=True))


def asserted(asked: Iterable[Term]) -> tuple[Term, ...]:
    """The same terms for an index that knows nothing of denials: their words are looked for as any others."""
    found: list[Term] = []
    for term in asked:
        if term.role == "denied":
            found += [Term((w,), "idle" if w in IDLE else "wanted") for w in term.words]
        else:
            found.append(term)
    return tuple(found)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text).lower()))


def _role(sign: str, *, closed: bool) -> Role:
    if sign == "-":
        return "barred"
    return "needed" if sign == "+" or closed else "wanted"


def _deny(found: list[Term], denial: list[str], words: tuple[str, ...]) -> None:
    for word in words:
        if word in _APART:  # `fever or chest pain` are two
            _close(found, denial)
            denial.clear()
        elif denial or word not in _OF_DENIAL | IDLE:
            denial.append(word)


def _close(found: list[Term], denial: list[str] | None) -> None:
    while denial and denial[-1] in IDLE:
        denial.pop()
    if denial:
        found.append(Term(tuple(denial), "denied"))
