"""What references, canonicals and codings are about, as IRIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow_fhir.iris import LOINC, SNOMED, concept_iri
from weirflow_fhir.rdf.terms import FHIR, RDF, valid_iri

if TYPE_CHECKING:
    from collections.abc import Callable

    from weirflow_fhir.rdf.rules import Rules

_KEPT = 100_000  # IRIs remembered at most: patients come again and again, but not all of a nation's


class Links:
    """Lines about what a node refers to; what is no valid IRI stays a literal only.

    `document` is the IRI of the record being written, which R6 makes IRIs of contained resources from, and `typed`
    the targets whose type the record has told already.
    """

    def __init__(self, rules: Rules, end: str) -> None:
        self.rules = rules
        self.end = end
        self.document = ""
        self.typed: set[str] = set()
        self._iris: dict[str, str] = {}
        self._concepts: dict[tuple[str, str], str] = {}
        self._link = f" <{rules.link}> "
        self._type = f" <{RDF}type> "

    def begin(self, document: str) -> None:
        """Begin a record."""
        self.document = document
        self.typed.clear()

    def target(self, reference: str) -> str:
        """The IRI that a reference or canonical names, in angle brackets; empty where it names none."""
        if (iri := self._iris.get(reference)) is None:
            if len(self._iris) >= _KEPT:
                self._iris.clear()
            iri = self._iris[reference] = self._target(reference)
        return iri

    def _target(self, reference: str) -> str:
        iri = reference.replace("|", "?version=", 1)
        if reference.startswith("#"):
            return ""
        if not iri.startswith(("http://", "https://")) and not (self.rules.draft and valid_iri(iri)):
            if self.rules.base is None or "/" not in iri or ":" in iri.partition("/")[0]:
                return ""
            iri = self.rules.base + iri
        return f"<{iri}>" if valid_iri(iri) else ""

    def local(self, reference: str) -> str:
        """The same, of a contained resource too where the version gives those IRIs."""
        if self.rules.draft and reference.startswith("#") and self.document:
            iri = self.document + reference
            return f"<{iri}>" if len(reference) > 1 and valid_iri(iri) else ""
        return self.target(reference)

    def lines(self, reference: str, node: str) -> str:
        """The line that links a node to what it names, if anything."""
        iri = self.local(reference)
        return f"{node}{self._link}{iri}{self.end}" if iri else ""

    def reference(self, value: dict[str, Any], node: str, write: Callable[[str], None]) -> None:
        """Link a Reference to its target, and tell the target's type (R4)."""
        reference = value.get("reference")
        if reference.__class__ is not str or not reference or not (iri := self.local(reference)):
            return
        write(f"{node}{self._link}{iri}{self.end}")
        if self.rules.short or iri in self.typed:
            return
        self.typed.add(iri)
        for base in (FHIR, self.rules.base):
            if base and iri.startswith(base, 1) and "/" in (rest := iri[1 + len(base) : -1]):
                write(f"{iri}{self._type}<{FHIR}{rest.partition('/')[0]}>{self.end}")
                return

    def coding(self, value: dict[str, Any], node: str, write: Callable[[str], None]) -> None:
        """Tell the concept of a Coding, as the policy has it."""
        system, code = value.get("system"), value.get("code")
        if system.__class__ is not str or code.__class__ is not str:
            return
        key = (system, code)
        if (line := self._concepts.get(key)) is None:
            if len(self._concepts) >= _KEPT:
                self._concepts.clear()
            line = self._concepts[key] = self._concept(system, code)
        if line:
            write(node + line)

    def _concept(self, system: str, code: str) -> str:
        if self.rules.concepts == "type":
            if system not in {SNOMED, LOINC}:
                return ""
            predicate = self._type
        else:
            predicate = f" <{self.rules.concepts}> "
        iri = concept_iri(system, code, self.rules.loinc)
        return f"{predicate}<{iri}>{self.end}" if iri and valid_iri(iri) else ""
