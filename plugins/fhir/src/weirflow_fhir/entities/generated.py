"""Resources that the vendor made of entities of a text: Condition, Observation and MedicationStatement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from weirflow_fhir.entities.vendor import HOST, SOURCES
from weirflow_fhir.values import first, identifier, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TAG = "SYSTEM_GENERATED"
_KINDS = {"Condition": "condition", "Observation": "observation", "MedicationStatement": "medication"}
_SYSTEM = re.compile(re.escape(HOST) + r"aws-cm/([a-z0-9-]+)/?")
_SOURCE = HOST + "source-document-reference"
_LINKAGE = HOST + "system-generated-linkage"


def is_generated(resource: Mapping[str, Any]) -> bool:
    """Whether the vendor made the resource of a text."""
    if resource["resourceType"] not in _KINDS:
        return False
    tags = objects(first(resource.get("meta")).get("tag"))
    if any(TAG in (t.get("code"), t.get("display")) for t in tags):
        return True
    return any(m.get("url") == _SOURCE for m in objects(resource.get("modifierExtension")))


def document_of(resource: Mapping[str, Any]) -> str | None:
    """The id of the DocumentReference that it names as its source."""
    return next(
        (
            identifier(m.get("valueReference"), "DocumentReference")
            for m in objects(resource.get("modifierExtension"))
            if m.get("url") == _SOURCE
        ),
        None,
    )


def linkage_of(resource: Mapping[str, Any]) -> str | None:
    """The id of the Linkage that joins it to its source."""
    return next(
        (
            identifier(m.get("valueReference"), "Linkage")
            for m in objects(resource.get("modifierExtension"))
            if m.get("url") == _LINKAGE
        ),
        None,
    )


def source_of(linkage: Mapping[str, Any]) -> str | None:
    """The id of the DocumentReference that a Linkage says is the source of its other items."""
    return next(
        (
            identifier(i.get("resource"), "DocumentReference")
            for i in objects(linkage.get("item"))
            if i.get("type") == "source"
        ),
        None,
    )


def rows(resource: Mapping[str, Any], document: str | None) -> Iterator[dict[str, Any]]:
    """A row of ENTITIES for each code of the resource; where in the text it stands is not told."""
    kind = resource["resourceType"]
    note = None if document is None else f"DocumentReference/{document}"
    extensions = objects(resource.get("modifierExtension"))
    scores = [number(m.get("valueDecimal")) for m in extensions if _ends(m, "-entity-score")]
    code_scores = [number(m.get("valueDecimal")) for m in extensions if _ends(m, "-concept-score")]
    concept = first(resource.get("medicationCodeableConcept") or resource.get("code"))
    concept = concept or first(first(resource.get("medication")).get("concept"))  # as R5 has it
    codings = [c for c in objects(concept.get("coding")) if text(c.get("code"))]
    common = {
        "entity_id": f"{note or ''}/system/{kind}/{resource.get('id')}",
        "note_id": note,
        "document_id": document,
        "patient_id": identifier(first(resource.get("subject")), "Patient"),
        "encounter_id": identifier(resource.get("encounter") or resource.get("context"), "Encounter"),
        "source": "system",
        "kind": _KINDS[kind],
    }
    if not codings:
        yield common | {"score": _at(scores, 0), "description": text(concept.get("text"))}
    for number_, coding in enumerate(codings):
        yield common | {
            "score": _at(scores, number_),
            "rank": number_ + 1,
            "code_system": _system(text(coding.get("system"))),
            "code": coding["code"],
            "description": text(coding.get("display")) or text(concept.get("text")),
            "code_score": _at(code_scores, number_),
        }


def _system(given: str | None) -> str | None:
    """The code system that the vendor's operation takes its codes from."""
    operation = _SYSTEM.fullmatch(given) if given else None
    return SOURCES.get(operation[1], ("", "", given))[2] if operation else given


def _ends(extension: Mapping[str, Any], ending: str) -> bool:
    url = extension.get("url")
    return isinstance(url, str) and url.startswith(HOST) and url.lower().endswith(ending)


def _at(values: list[float | None], place: int) -> float | None:
    """The value for a coding: each has its own, or the first has that of all."""
    return values[place] if place < len(values) else values[0] if len(values) == 1 else None
