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
        self._known: dict[str, tuple[str, str]] = {}
        self._concepts: dict[tuple[str, str], str] = {}
        self._link = f" <{rules.link}> "
        self._type = f" <{RDF}type> "

    def begin(self, document: str) -> None:
        """Begin a record."""
        self.document = document
        self.typed.clear()

    def target(self, reference: str) -> str:
        """The IRI that a reference or canonical names, in angle brackets; empty where it names none."""
        if reference.startswith("#"):  # of a contained resource, which has an IRI since R6
            iri = (
                self.document + reference if self.rules.draft and self.document and len(reference) > 1 else ""
            )
            return f"<{iri}>" if iri and valid_iri(iri) else ""
        iri = reference.replace("|", "?version=", 1)
        if not iri.startswith(("http://", "https://")) and not (self.rules.draft and valid_iri(iri)):
            if self.rules.base is None or "/" not in iri or ":" in iri.partition("/")[0]:
                return ""
            iri = self.rules.base + iri
        return f"<{iri}>" if valid_iri(iri) else ""

    def _found(self, reference: str) -> tuple[str, str]:
        """What follows a node that links to a target, and the line of the target's type (R4); empty without."""
        iri = self.target(reference)
        link, typed = f"{self._link}{iri}{self.end}" if iri else "", ""
        if iri and not self.rules.short:
            for base in (FHIR, self.rules.base):
                if base and iri.startswith(base, 1) and "/" in (rest := iri[1 + len(base) : -1]):
                    typed = f"{iri}{self._type}<{FHIR}{rest.partition('/')[0]}>{self.end}"
                    break
        if not reference.startswith("#"):
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[reference] = link, typed
        return link, typed

    def lines(self, reference: str, node: str) -> str:
        """The line that links a node to what it names, if anything."""
        link, _ = self._known.get(reference) or self._found(reference)
        return node + link if link else ""

    def reference(self, value: dict[str, Any], node: str, write: Callable[[str], None]) -> None:
        """Link a Reference to its target, and tell the target's type (R4)."""
        reference = value.get("reference")
        if reference.__class__ is not str:
            return
        link, typed = self._known.get(reference) or self._found(reference)
        if link:
            write(node + link)
            if typed and reference not in self.typed:
                self.typed.add(reference)
                write(typed)

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
