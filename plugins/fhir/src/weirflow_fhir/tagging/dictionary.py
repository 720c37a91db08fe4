"""What terms mean: the user's own, those of this package, and those of ICD-10-CM, in this order."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from weirflow.api import NodeError
from weirflow_fhir.faults import Faults
from weirflow_fhir.iris import ICD10CM
from weirflow_fhir.tagging.tokens import words
from weirflow_fhir.tagging.trie import Trie

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONDITION = "condition"
_COLUMNS = ("term", "code_system", "code", "kind")
_LETTERS = 2  # of abbreviations that count in capitals only
_WORDS = frozenset(
    {"AIDS", "ALL", "CAP", "PAD", "IDA", "LOC", "COLD", "FALL"}
)  # likewise, as they are words too


class Meaning(NamedTuple):
    """What a term stands for; `written` is it as it must be written, None where case does not count."""

    kind: str
    code_system: str | None
    code: str | None
    description: str | None
    written: str | None = None


Dictionary = Trie[tuple[Meaning, ...]]


def dictionary(path: str | None = None, version: str = "") -> Dictionary:
    """All terms, those of a user's file first; `version` is what changes with it. Built once a process."""
    return _dictionary(path, version)


@lru_cache(maxsize=2)
def _dictionary(path: str | None, version: str) -> Dictionary:
    del version
    from weirflow_fhir.tagging import icd

    found: Dictionary = Trie()
    for keys, code, description in icd.terms():
        found.add(keys, (Meaning(CONDITION, ICD10CM, code, description),))
    _add_own(found)
    if path is not None:
        terms, _ = read(Path(path))
        for keys, meanings in terms.items():
            found.add(keys, meanings)
    return found


def _lines(name: str) -> Iterator[dict[str, str]]:
    lines = files("weirflow_fhir.tagging").joinpath(name).read_text(encoding="utf-8").splitlines()
    yield from csv.DictReader(lines)


def _add_own(to: Dictionary) -> None:
    """Add the terms of this package, and phrases that have the name of a disease and tell of none: `flu shot`."""
    from weirflow_fhir.tagging.icd import classification

    icd = classification()
    for row in _lines("terms.csv"):
        description = icd.get_description(row["code"])
        meaning = Meaning(CONDITION, ICD10CM, row["code"], description, _written(row["term"]))
        to.add(words(row["term"]), (meaning,))
    for phrase in _lines("no_terms.csv"):
        to.add(words(phrase["phrase"]), ())


def read(path: Path) -> tuple[Mapping[tuple[str, ...], tuple[Meaning, ...]], Faults]:
    """The terms of a user's CSV and what is wrong with its lines. Raises NodeError where it is no such file."""
    found: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    faults = Faults()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            missing = [c for c in _COLUMNS if c not in (rows.fieldnames or ())]
            if missing:
                raise NodeError(
                    f"dictionary '{path.name}' has no column '{missing[0]}'",
                    hint=f"its first line names the columns {', '.join(_COLUMNS)} and, if wanted, description",
                    code="WF603",
                )
            for row in rows:
                if fault := _fault(row):
                    faults.add(f"dictionary '{path.name}': {fault}", rows.line_num)
                    continue
                given = {c: (row.get(c) or "").strip() or None for c in (*_COLUMNS[1:], "description")}
                kind = (given.pop("kind") or CONDITION).lower()
                keys = tuple(words(row["term"]))
                meaning = Meaning(kind, **given, written=_written(row["term"].strip()))
                found[keys] = (*found.get(keys, ()), meaning)
    except FileNotFoundError as error:
        raise NodeError(f"dictionary '{path.name}' is not there", code="WF602") from error
    except (OSError, ValueError, csv.Error) as error:
        raise NodeError(
            f"dictionary '{path.name}' cannot be read", hint="it is a CSV file in UTF-8", code="WF603"
        ) from error
    return found, faults


def _fault(row: Mapping[str | None, object]) -> str | None:
    if None in row or None in [row[c] for c in _COLUMNS]:
        return "line has more or fewer fields than the first"
    if not words(str(row["term"])):
        return "line has no term"
    if str(row["code"]).strip() and not str(row["code_system"]).strip():
        return "line has a code without its code_system"
    return None


def _written(term: str) -> str | None:
    """The term itself where it is an abbreviation that counts in capitals only."""
    return term if term.isupper() and (len(term) <= _LETTERS or term in _WORDS) else None
