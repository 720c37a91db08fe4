"""Terms that the descriptions of ICD-10-CM stand for."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from weirflow_fhir.tagging.tokens import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 8  # words: nobody writes longer descriptions as they are
_SHORTEST = 4  # letters of a term of one word
_OUT = "VWXYZ"  # causes from outside, and reasons for a visit that are no finding
_LATER = re.compile(r"\b(?:subsequent encounter|sequela)\b")
_FIRST = re.compile(r", initial encounter\b.*")
_PARENTHESES = re.compile(r"\s*\(([^()]*)\)")
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
_JOINED = re.compile(r"\b(?:due to|of|in|by|with|as)\b")  # brackets after it name a part of the whole only
_PLACE = re.compile(
    r"\bunspecified (?:part|site) of |,? (?:of |in )?unspecified (?:site|part|side)\b", re.IGNORECASE
)
_ANY = re.compile(r"\bunspecified ", re.IGNORECASE)
_TAIL = re.compile(
    r",? (?:unspecified|NOS|NEC|not otherwise specified|not elsewhere classified|uncomplicated|not intractable"
    r"|unspecified \w+|(?:and )?without .*|single episode)$"
)
_CANCER = re.compile(r"malignant neoplasm of (.+)", re.IGNORECASE)
_OF = re.compile(r"((?:\S+ )?\S+) (?:of|in) ((?:\S+ ){0,2}\S+)")
_INVERTED = re.compile(r"([^,]+), (\w+)")
# Single words of the classification that mean other things in notes as a rule.
_COMMON = frozenset(
    (
        *(
            "other",
            "finding",
            "injury",
            "complication",
            "foreign",
            "benign",
            "procedure",
            "abnormal",
            "stage",
        ),
        *(
            "attack",
            "axis",
            "cloaca",
            "cocaine",
            "corrosion",
            "death",
            "denticle",
            "falling",
            "felon",
            "hanging",
        ),
        *(
            "hostility",
            "illness",
            "immersion",
            "malleus",
            "plague",
            "poisoning",
            "scar",
            "screaming",
            "sighing",
        ),
        *("starvation", "taco", "transgender", "worm", "worry"),
    )
)


def classification() -> Any:
    """The module that has ICD-10-CM; its import takes seconds, and warns of how it reads its own files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm
    return simple_icd_10_cm


def terms() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each term as its words, with the code and the description of the best code that has it.

    That is one that can be billed, and of these the one of whose description least was left out.
    """
    icd = classification()
    found: dict[tuple[str, ...], tuple[bool, int, int, str]] = {}
    for code in icd.get_all_codes(with_dots=True):
        if code[0] in _OUT or "-" in code or code.isdigit():
            continue
        leaf = icd.is_leaf(code)
        for place, said in enumerate([icd.get_description(code), *icd.get_inclusion_term(code)]):
            for term in variants(said):
                keys = tuple(words(term))
                if len(keys) > _LONGEST or (len(keys) == 1 and _vague(keys[0])):
                    continue
                rank = (not leaf, min(place, 1), len(said) - len(term), code)
                if keys not in found or rank < found[keys]:
                    found[keys] = rank
    for keys, (*_, code) in found.items():
        yield keys, code, icd.get_description(code)


def variants(description: str) -> set[str]:
    """The terms that a description stands for: `Asthma, unspecified` is asthma, and `Pain in knee` knee pain."""
    if _LATER.search(description) or description.lower().startswith(("other ", "unspecified injury")):
        return set()
    base = _FIRST.sub("", description)
    found = set() if _JOINED.search(base) else {m[1] for m in _BRACKETS.finditer(base) if " " in m[1]}
    base = _BRACKETS.sub("", base)
    found |= {_PARENTHESES.sub("", base), _PARENTHESES.sub(r" \1", base)}
    found |= {_ANY.sub("", _PLACE.sub("", term)) for term in found}
    for term in list(found):
        shorter = term
        while (cut := _TAIL.sub("", shorter)) != shorter:
            found.add(cut)
            shorter = cut
    for term in list(found):
        if cancer := _CANCER.fullmatch(term):
            found |= {f"{cancer[1]} cancer", f"cancer of {cancer[1]}"}
        elif inverted := _INVERTED.fullmatch(term):
            found.add(f"{inverted[2]} {inverted[1]}")
        elif "," not in term and (parts := _OF.fullmatch(term)):
            found.add(f"{parts[2]} {parts[1]}")
    return {t.strip(" ,") for t in found} - {""}


def _vague(key: str) -> bool:
    return len(key) < _SHORTEST or key in _COMMON
