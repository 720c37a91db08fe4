"""Resources that carry texts: DocumentReference, DiagnosticReport and Composition, of R4, R4B and R5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow_fhir.notes.attachment import Content
from weirflow_fhir.values import coding, first, identifier, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CARRIERS = ("DocumentReference", "DiagnosticReport", "Composition")

_DEEPEST = 40  # sections within sections


class Piece(NamedTuple):
    """A text of a resource: an attachment that is still to be read, or a text that stands in the resource."""

    attachment: Mapping[str, Any] | None = None
    content: Content | None = None


def metadata(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of NOTES that all texts of a resource have in common."""
    kind = resource["resourceType"]
    is_report = kind == "DiagnosticReport"
    concept = first(resource.get("code" if is_report else "type"))
    system, code, display = coding(concept)
    author = first(resource.get("performer" if is_report else "author"))
    title = text(resource.get("title")) if kind == "Composition" else text(resource.get("description"))
    return {
        "resource_type": kind,
        "document_id": text(resource.get("id")),
        "patient_id": identifier(first(resource.get("subject")), "Patient"),
        "encounter_id": _encounter(resource),
        "date": _date(resource),
        "status": text(resource.get("status")),
        "type_system": system,
        "type_code": code,
        "type": display,
        "category": coding(first(resource.get("category") or resource.get("class")))[2],
        "title": (text(concept.get("text")) or display) if is_report else title,
        "author": text(author.get("reference")) or text(author.get("display")),
        "language": text(resource.get("language")),
    }


def pieces(resource: Mapping[str, Any]) -> Iterator[Piece]:
    """The texts of a resource, in its order.

    A report's conclusion counts as a text, which readers look for first. It stands in the report's form as a rule:
    whoever reads that leaves the conclusion out then.
    """
    kind = resource["resourceType"]
    if kind == "DocumentReference":
        for content in objects(resource.get("content")):
            for attachment in objects(content.get("attachment")):
                yield Piece(attachment)
    elif kind == "DiagnosticReport":
        for attachment in objects(resource.get("presentedForm")):
            yield Piece(attachment)
        if conclusion := text(resource.get("conclusion")):
            yield Piece(content=Content(conclusion, conclusion, None, None))
    elif found := _sections(resource):
        yield Piece(content=Content(found, found, None, None))


def _sections(composition: Mapping[str, Any]) -> str:
    """The text of a composition: its sections with their titles as headings; its narrative where they have none."""
    from weirflow_fhir.notes.markup import text_of

    def told(sections: object, depth: int) -> Iterator[str]:
        for section in objects(sections):
            div = text(first(section.get("text")).get("div"))
            within = [p for p in (text_of(div).strip() if div else "", *told_within(section, depth)) if p]
            title = text(section.get("title")) or coding(section.get("code"))[2]
            if within and title:
                yield "#" * depth + " " + " ".join(title.split())
            yield from within

    def told_within(section: Mapping[str, Any], depth: int) -> Iterator[str]:
        if depth < _DEEPEST:
            yield from told(section.get("section"), depth + 1)

    found = "\n\n".join(told(composition.get("section"), 1))
    if not found and (div := text(first(composition.get("text")).get("div"))):
        found = text_of(div).strip()
    return found


def _encounter(resource: Mapping[str, Any]) -> str | None:
    """The id of its encounter: R4 has it in `context.encounter`, R5 in `context`, others in `encounter`."""
    context = resource.get("context")
    places = [
        *objects(resource.get("encounter")),
        *(e for c in objects(context) for e in objects(c.get("encounter"))),
        *objects(context),
    ]
    return next((i for p in places if (i := identifier(p, "Encounter")) is not None), None)


def _date(resource: Mapping[str, Any]) -> str | None:
    """When it was written; of a report when what it tells of was seen, or else when it was issued."""
    return (
        text(resource.get("date"))
        or text(resource.get("effectiveDateTime"))
        or text(first(resource.get("effectivePeriod")).get("start"))
        or text(resource.get("issued"))
        or text(resource.get("created") or resource.get("indexed"))  # DSTU2 and STU3
    )
