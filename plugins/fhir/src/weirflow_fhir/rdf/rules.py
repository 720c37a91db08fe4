"""What a version of FHIR says of RDF, where versions differ; and what a caller may choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from weirflow_fhir.iris import FHIR, LOINC_STEM
from weirflow_fhir.rdf.terms import URIS, XSD

if TYPE_CHECKING:
    from weirflow_fhir.definitions import Element, Version


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a version, and choices."""

    version: Version
    base: str | None
    """What precedes `Type/id` in the IRI of a resource and of a relative reference; None: such have no IRI."""
    concepts: str
    """`type`: a coding's concept is its rdf:type; `none`: it has none; otherwise the predicate's IRI."""
    loinc: str
    """What precedes a LOINC code in the IRI of its concept."""

    @property
    def short(self) -> bool:
        """Whether names are short and repeated elements are RDF lists (R5 on), not full paths with an index."""
        return self.version != "R4"

    @property
    def draft(self) -> bool:
        """Whether the rules are those of R6's draft."""
        return self.version == "R6"

    @property
    def value(self) -> str:
        """The predicate of a primitive's value."""
        return FHIR + ("v" if self.short else "value")

    @property
    def link(self) -> str:
        """The predicate that leads to what a reference is about."""
        return FHIR + ("l" if self.draft else "link")

    def predicate(self, element: Element, *, modified: bool = False) -> str:
        """The predicate of an element; `modified` where a modifier extension changes what it means."""
        if self.short:
            return FHIR + "_" * modified + (element.choice or element.key)
        return FHIR + (
            element.path.rpartition(".")[0] + "." + element.key if element.choice else element.path
        )

    def datatype(self, name: str) -> str:
        """The datatype of a primitive that the table of datatypes does not have; empty where it has none."""
        return XSD + "anyURI" if self.short and name in URIS else ""


def rules(version: Version, base: str | None, concepts: str, loinc: str | None) -> Rules:
    """The rules of a version, with its namespace of LOINC unless another is given."""
    stems = {"R4": LOINC_STEM, "R5": "https://loinc.org/rdf/", "R6": "http://loinc.org/rdf/"}
    made = Rules(version, base, concepts, loinc or stems[version])
    return made if base is None or base.endswith("/") else replace(made, base=base + "/")
