"""What is said of the terms of a sentence: that they are absent, only feared, or of somebody else.

Negation is after NegEx: W. W. Chapman and others, A Simple Algorithm for Identifying Negated Findings and Diseases in
Discharge Summaries, Journal of Biomedical Informatics 34 (2001), 301-310. Phrases before and after a term negate it
within a scope, which others end; pseudo-triggers look like one and are none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from weirflow_fhir.tagging.phrases import Role, phrases
from weirflow_fhir.tagging.tokens import words
from weirflow_fhir.tagging.trie import Trie

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR = 5  # words that a mere `not` reaches, as in the paper
_ALL = 1 << 30  # words, more than a sentence has


class Context(NamedTuple):
    """What is said of a term."""

    negated: bool = False
    hypothetical: bool = False
    family: bool = False


@lru_cache(maxsize=1)
def _phrases() -> Trie[Role]:
    trie: Trie[Role] = Trie()
    for phrase, role in phrases():
        trie.add(words(phrase), role)
    return trie


def contexts(keys: Sequence[str], terms: Sequence[tuple[int, int]], *, family: bool = False) -> list[Context]:
    """What is said of each term of a sentence.

    keys: the sentence, as `words` has it.
    terms: where each begins and ends in it, from left to right, none across another.
    family: whether all of it is of the family.
    """
    inside = {n for begin, end in terms for n in range(begin, end)}
    signs = [
        (begin, end, role)
        for begin, end, role in _phrases().matches(keys)
        if begin not in inside or end - 1 not in inside
    ]
    roles: list[tuple[int, int, Role]] = sorted([*signs, *((b, e, Role.TERM) for b, e in terms)])
    before = _forwards(roles, family=family)
    after = _backwards(roles)
    return [
        Context(
            b.negated or a.negated,
            (b.hypothetical or a.hypothetical) and not (b.negated or a.negated),
            b.family or a.family,
        )
        for b, a in zip(before, after, strict=True)
    ]


def _forwards(roles: Sequence[tuple[int, int, Role]], *, family: bool) -> list[Context]:
    found, negated, hypothetical, other = [], -1, False, family
    ended = -1  # of the last trigger: a colon right after it ends nothing
    for begin, end, role in roles:
        if role is Role.TERM:
            found.append(Context(begin < negated, hypothetical, other))
        elif role is Role.NEGATES or role is Role.NOT:
            negated = _ALL if role is Role.NEGATES else end + _NEAR
            hypothetical, ended = False, end
        elif role is Role.FEARS:
            hypothetical, negated, ended = True, -1, end
        elif role is Role.NO_FAMILY:
            other, negated, hypothetical, ended = True, _ALL, False, end
        elif role is Role.FAMILY:
            other, ended = True, end
        elif role is Role.PATIENT:
            other, negated, hypothetical = family, -1, False
        elif role is Role.CLOSES:
            hypothetical = False
        elif role is Role.ENDS or (role is Role.COLON and begin != ended):
            negated, hypothetical = -1, False
    return found


def _backwards(roles: Sequence[tuple[int, int, Role]]) -> list[Context]:
    found = []
    negated = hypothetical = other = False
    for _, _, role in reversed(roles):
        if role is Role.TERM:
            found.append(Context(negated, hypothetical, other))
        elif role is Role.NEGATED:
            negated, hypothetical, other = True, False, False
        elif role is Role.FEARED:
            negated, hypothetical, other = False, True, False
        elif role is Role.IN_FAMILY:
            negated, hypothetical, other = False, False, True
        elif role not in (Role.NONE, Role.COLON, Role.CLOSES):
            negated = hypothetical = other = False
    return found[::-1]
