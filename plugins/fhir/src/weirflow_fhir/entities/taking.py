"""The vendor's entities taken out of one file of health records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow_fhir.entities.anchor import place
from weirflow_fhir.entities.generated import (
    document_of,
    is_generated,
    linkage_of,
    rows,
    source_of,
)
from weirflow_fhir.entities.vendor import SOURCES, found
from weirflow_fhir.faults import Faults
from weirflow_fhir.notes.attachment import Content, UnreadError, read
from weirflow_fhir.notes.carriers import CARRIERS, metadata, pieces
from weirflow_fhir.reading import Record, Reject, records
from weirflow_fhir.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from weirflow_fhir.entities.anchor import Place
    from weirflow_fhir.entities.vendor import Found
    from weirflow_fhir.rows import Writer

NO_ID = "resource has no id"
NO_TEXT = "entity has no text"
UNCHECKED = "offsets of an entity are unchecked, for its note has no text here"
NO_SOURCE = "generated resource does not say of which document"


class Taking:
    """Reads the entities of a file. Generated resources that name a Linkage alone wait until it is met."""

    def __init__(self, file: str, entities: Writer, rejects: Writer) -> None:
        self.faults = Faults()
        self._file = file
        self._entities = entities
        self._rejects = rejects
        self._waiting: dict[str, list[Record]] = {}

    def read(self, path: Path, name: str) -> None:
        """Take the entities of the file. Raises OSError where it cannot be read."""
        for record in records(path, name=name):
            if isinstance(record, Reject):
                self._reject(record)
            elif record.resource["resourceType"] in CARRIERS:
                self._take(record)
            elif is_generated(record.resource):
                document, linkage = document_of(record.resource), linkage_of(record.resource)
                if document is None and linkage is not None:
                    self._waiting.setdefault(linkage, []).append(record)
                else:
                    self._add_generated(record, document)

    def read_linkages(self, path: Path, name: str) -> None:
        """Take those generated resources that wait for a Linkage of this file."""
        if not self._waiting:
            return
        for record in records(path, name=name):
            if isinstance(record, Record) and record.resource["resourceType"] == "Linkage":
                for waiting in self._waiting.pop(str(record.resource.get("id")), ()):
                    self._add_generated(waiting, source_of(record.resource))

    def end(self) -> None:
        """Take what waits in vain, without its document."""
        for waiting in self._waiting.values():
            for record in waiting:
                self._add_generated(record, None)

    def _add_generated(self, record: Record, document: str | None) -> None:
        if document is None:
            self.faults.add(NO_SOURCE, record.line)
        for row in rows(record.resource, document):
            self._entities.add(row)

    def _take(self, record: Record) -> None:
        entities = found(record.resource)
        if not entities:
            return
        if text(record.resource.get("id")) is None:
            self._reject(record.reject(NO_ID))
            return
        common = metadata(record.resource)
        base = f"{common['resource_type']}/{common['document_id']}"
        texts, names = _texts(record.resource, base)
        ids: dict[str, int] = {}
        for entity in entities:
            if entity.text is None:
                self.faults.add(NO_TEXT, record.line)
                continue
            at = self._place(texts, entity, record.line)
            note = names[at.note] if names else base
            source, kind, _ = SOURCES[entity.operation]
            kind = entity.kind.lower() if entity.kind and entity.kind != "null" else kind
            where = "?" if at.begin is None else f"{at.begin}-{at.end}"
            key = f"{note}/{source}/{where}/{kind}"
            ids[key] = ids.get(key, 0) + 1
            row = {
                "entity_id": key if ids[key] == 1 else f"{key}/{ids[key]}",
                "note_id": note,
                **{n: common[n] for n in ("document_id", "patient_id", "encounter_id")},
                "source": source,
                "kind": kind,
                **_told(entity, at, texts),
            }
            for codes in _codes(entity):
                self._entities.add(row | codes)

    def _place(self, texts: list[Content], entity: Found, line: int) -> Place:
        from weirflow_fhir.entities.anchor import Place

        assert entity.text is not None
        if not texts:
            self.faults.add(UNCHECKED, line)
            return Place(0, entity.begin, entity.end)
        at = place(texts, entity.text, entity.begin, entity.end)
        if at.fault:
            self.faults.add(at.fault, line)
        return at

    def _reject(self, reject: Reject) -> None:
        self.faults.add(reject.reason, reject.line)
        self._rejects.add(reject.row(self._file))


def _told(entity: Found, at: Place, texts: list[Content]) -> dict[str, Any]:
    """The columns that say what the entity is."""
    has_place = bool(texts) and at.begin is not None
    traits = None if entity.traits is None else ",".join(sorted(entity.traits - {"negation"})) or None
    return {
        "text": texts[at.note].text[at.begin : at.end] if has_place else entity.text,
        "begin": at.begin,
        "end": at.end,
        "score": entity.score,
        "negated": entity.negated,
        "experiencer": entity.experiencer,
        "traits": traits,
        "category": entity.category.lower() if entity.category else None,
    }


def _codes(entity: Found) -> Iterator[dict[str, Any]]:
    """The columns of each code; one without where it has none."""
    system = SOURCES[entity.operation][2]
    if not entity.concepts:
        yield {}
    for rank, concept in enumerate(entity.concepts, 1):
        yield {
            "rank": rank,
            "code_system": system,
            "code": concept.code,
            "description": concept.description,
            "code_score": concept.score,
        }


def _texts(resource: Mapping[str, Any], base: str) -> tuple[list[Content], list[str]]:
    """The texts of a resource that can be read, and the ids of their notes; `fhir.notes` tells of the others."""
    texts, names = [], []
    for number, piece in enumerate(pieces(resource), 1):
        try:
            content = piece.content or read(piece.attachment or {})
        except UnreadError:
            continue
        texts.append(content)
        names.append(base if number == 1 else f"{base}#{number}")
    return texts, names
