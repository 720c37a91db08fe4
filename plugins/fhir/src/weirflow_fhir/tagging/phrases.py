"""Phrases that say something of the terms before or after them."""

from __future__ import annotations

import csv
from enum import Enum, auto
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Role(Enum):
    """What a phrase does."""

    NEGATES = auto()  # what comes after it
    NOT = auto()  # likewise, but only a few words
    NEGATED = auto()  # what comes before it
    FEARS = auto()  # what comes after it is not sure, or to come
    FEARED = auto()  # what comes before it
    NO_FAMILY = auto()  # what comes after it, somebody else has not
    FAMILY = auto()  # what comes after it is of somebody else
    IN_FAMILY = auto()  # what comes before it
    PATIENT = auto()  # what comes after it is of the patient again
    ENDS = auto()  # the scope of all but the family
    COMMA = auto()  # ends the scope of what comes after
    CLOSES = auto()  # ends what is feared
    COLON = auto()  # ends the scope of what comes before
    NONE = auto()  # it looks like another and is none
    TERM = auto()


_KIN = (
    *(
        "mother",
        "father",
        "brother",
        "sister",
        "sibling",
        "parents",
        "aunt",
        "uncle",
        "cousin",
        "nephew",
        "niece",
    ),
    *(
        "grandmother",
        "grandfather",
        "grandparents",
        "half brother",
        "half sister",
        "mom",
        "dad",
        "son",
        "daughter",
    ),
    *("twin", "relative", "husband", "wife", "spouse", "maternal", "paternal"),
)
_TELLS = (
    *("report", "reports", "state", "say", "said", "note", "notice", "noticed", "call", "called", "deny"),
    *("bring", "brought", "is concerned", "describe", "reported", "stated", "noted", "at bedside", "present"),
)
_IN = ("in", "in his", "in her", "in the", "in a", "in one", "in their", "in the patient's", "runs in the")
_BESIDE = tuple(f"{how}{whose}" for how in ("with", "by", "per") for whose in ("", " his", " her", " the"))


def phrases() -> Iterator[tuple[str, Role]]:
    """Each phrase with what it does: those of `phrases.csv`, and those that name kin."""
    yield from ((",", Role.COMMA), (":", Role.COLON), (")", Role.CLOSES))
    for kin in _KIN:
        yield kin, Role.FAMILY
        yield from ((f"{how} {kin}", Role.IN_FAMILY) for how in _IN)
        yield from ((f"{kin} {tells}", Role.NONE) for tells in _TELLS)
        yield from ((f"{how} {kin}", Role.NONE) for how in _BESIDE)
    yield from ((f"{how} family", Role.IN_FAMILY) for how in _IN)
    lines = files("weirflow_fhir.tagging").joinpath("phrases.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(lines):
        yield row["phrase"], Role[row["role"].upper()]
