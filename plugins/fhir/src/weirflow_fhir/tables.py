"""The columns of the family's tables: notes, their entities, and what was set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow.api import BOOLEAN, FLOAT64, INT64, STRING, Effect, Made, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.api import DType

NOTES: Mapping[str, DType] = {
    "note_id": STRING,  # `DocumentReference/<id>`, with `#<n>` (from 2 on) for a further text of the same resource
    "resource_type": STRING,  # DocumentReference, DiagnosticReport or Composition
    "document_id": STRING,  # the resource's id
    "patient_id": STRING,  # the id that its subject names, without `Patient/`
    "encounter_id": STRING,  # likewise
    "date": STRING,  # when it was written, in ISO 8601 as the record has it
    "status": STRING,
    "type_system": STRING,
    "type_code": STRING,
    "type": STRING,  # the type's display, or its text
    "category": STRING,
    "title": STRING,
    "author": STRING,  # a reference, or its display where it has none
    "content_type": STRING,  # as the record has it, without parameters
    "charset": STRING,  # by which the text was read
    "language": STRING,
    "text": STRING,
    "file": STRING,  # by name, where the record lies
    "line": INT64,  # of the file, from 1
}
"""A row for each text of a record."""

ENTITIES: Mapping[str, DType] = {
    "entity_id": STRING,  # stable: `<note_id>/<source>/<begin>-<end>/<kind>`, and more where that is not one
    "note_id": STRING,  # as in the notes
    "document_id": STRING,
    "patient_id": STRING,
    "encounter_id": STRING,
    "source": STRING,  # who found it: icd10, rxnorm, detect (the vendor's), system (SYSTEM_GENERATED), tagger
    "kind": STRING,  # what it is: condition, medication, procedure; the vendor's type in lower case
    "text": STRING,  # as the note has it
    "begin": INT64,  # of the text within the note, in characters (Unicode code points) from 0
    "end": INT64,  # after its last character
    "score": FLOAT64,  # 0 to 1, null where nobody scored it
    "negated": BOOLEAN,  # null where nobody looked
    "experiencer": STRING,  # patient, or family for anybody else; null where nobody looked
    "traits": STRING,  # what else was said of it, in lower case, by comma: diagnosis, hypothetical, sign, symptom
    "category": STRING,  # the vendor's, in lower case, as medical_condition; null for others
    "section": STRING,  # heading of the note's section, null where unknown
    "rank": INT64,  # of the code among the entity's codes, from 1; null without a code
    "code_system": STRING,  # URI of the code system, as FHIR names it
    "code": STRING,
    "description": STRING,
    "code_score": FLOAT64,
}
"""A row for each entity of a note and each code that it may mean; one row where it has no code."""

REJECTS: Mapping[str, DType] = {
    "file": STRING,  # by name
    "line": INT64,  # from 1; null where the file as a whole is at fault
    "entry": INT64,  # of a bundle, from 0; null outside one
    "reason": STRING,  # a class of fault, never content
    "digest": STRING,  # first 16 hex digits of the line's SHA-256, to find it by
}
"""What was set aside, and why."""

PERSONAL = frozenset(
    {
        *("note_id", "document_id", "patient_id", "encounter_id", "entity_id"),
        *("date", "title", "author", "text"),
    }
)
"""Those of them that reports must not show the values of."""


def effect(columns: Mapping[str, DType]) -> Effect:
    """What a node does that makes such a table, with its personal columns marked."""
    makes = {n: Made(dtype=dtype, personal=n in PERSONAL) for n, dtype in columns.items()}
    return Effect(makes=makes, rows=Rows.changed(by=()))
