"""Lines of N-Triples as Turtle to read: prefixes, and blank nodes within the nodes that they belong to."""

from __future__ import annotations

import re
from collections import Counter

from weirflow_fhir.iris import FHIR, LOINC_STEM, SNOMED_STEM
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.terms import OWL, RDF, XSD

PREFIXES = {
    "fhir": FHIR,
    "loinc": LOINC_STEM,
    "owl": OWL,
    "rdf": RDF,
    "sct": SNOMED_STEM,
    "xsd": XSD,
}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?")
_NUMBER = re.compile(rf'"(0|[1-9][0-9]*)"\^\^<{re.escape(XSD)}integer>')
_IRI = re.compile(r"<([^>]*)>$")
_FIRST, _REST, _NIL, _TYPE = (f"<{RDF}{name}>" for name in ("first", "rest", "nil", "type"))


def prefixes(loinc: str = LOINC_STEM) -> str:
    """The declarations that a file begins with; `loinc` is what precedes LOINC's codes there."""
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in {**PREFIXES, "loinc": loinc}.items())


def turtle(lines: str, loinc: str = LOINC_STEM) -> str:
    """The Turtle of some lines, to follow `prefixes`, with the subjects in their order.

    A blank node that is the object of one line stands where it is named, and lists are in parentheses. Fails with
    `FaultError` where nodes are nested beyond Python's limit of recursion.
    """
    return _Document(lines, {**PREFIXES, "loinc": loinc}).text()


class _Document:
    """The lines by subject, and those blank nodes that stand within another."""

    def __init__(self, lines: str, names: dict[str, str]) -> None:
        self.names = {iri: name for name, iri in names.items()}
        self.subjects: dict[str, dict[str, list[str]]] = {}
        uses: Counter[str] = Counter()
        for line in lines.split("\n"):
            if line:
                subject, predicate, rest = line.split(" ", 2)
                item = rest[:-2]
                self.subjects.setdefault(subject, {}).setdefault(predicate, []).append(item)
                if item.startswith("_:"):
                    uses[item] += 1
        self.within = {node for node, times in uses.items() if times == 1}
        self.done: dict[str, str] = {}

    def text(self) -> str:
        """The statements, with an empty line between subjects."""
        try:
            return "\n".join(
                self._statement(subject) for subject in self.subjects if subject not in self.within
            )
        except RecursionError:
            raise FaultError("nested too deeply") from None

    def _statement(self, subject: str) -> str:
        return f"{self._term(subject)} {self._content(subject, '  ')} .\n"

    def _content(self, subject: str, indent: str) -> str:
        """What is told of a subject: its predicates, each with its objects."""
        return f" ;\n{indent}".join(
            f"{self._predicate(predicate)} {', '.join(self._object(item, indent) for item in items)}"
            for predicate, items in self.subjects[subject].items()
        )

    def _object(self, item: str, indent: str) -> str:
        if item not in self.within or item not in self.subjects:
            return "[]" if item in self.within else self._term(item)
        if (members := self._members(item)) is not None:
            return f"( {' '.join(self._object(member, indent) for member in members)} )"
        deeper = indent + "  "
        content = self._content(item, deeper)
        return f"[\n{deeper}{content}\n{indent}]" if "\n" in content else f"[ {content} ]"

    def _members(self, cell: str) -> list[str] | None:
        """What a list has, None where a node begins no list."""
        members = []
        while cell != _NIL:
            told = self.subjects.get(cell, {})
            if set(told) != {_FIRST, _REST} or len(told[_FIRST]) + len(told[_REST]) > 2:  # noqa: PLR2004 (one each)
                return None
            members.append(told[_FIRST][0])
            cell = told[_REST][0]
        return members or None

    def _predicate(self, term: str) -> str:
        return "a" if term == _TYPE else self._term(term)

    def _term(self, term: str) -> str:
        if (known := self.done.get(term)) is None:
            known = self.done[term] = self._named(term)
        return known

    def _named(self, term: str) -> str:
        if number := _NUMBER.fullmatch(term):
            return number[1]
        if (iri := _IRI.search(term)) and (term.startswith("<") or "^^<" in term):
            for stem, name in self.names.items():
                if iri[1].startswith(stem) and _LOCAL.fullmatch(local := iri[1][len(stem) :]):
                    return f"{term[: iri.start()]}{name}:{local}"
        return term
