"""Entities of notes in the vocabulary that AWS's sample published, which its web application asks.

From aws-samples/aws-cdk-healthlake-knowledge-analyzer (MIT-0), re-expressed: the rules are those of its Lambda, down to
md5 of a text as the name of a token, so that a note and an entity of the same text would be one node. One thing is
mended: an occurrence had a random name (uuid1), and has one here that follows from what it is (a UUID of version 5).
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from weirflow_fhir.graph.nquads import iri, literal
from weirflow_fhir.iris import ICD10CM, RXNORM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GRAPH = "http://example.org/graph/comprehend-entities"
LEAST = 0.70
"""The score below which the Lambda leaves an entity out."""

_A = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_TYPE = "http://example.org/entity-type/"
_RELATION = "http://example.org/relationship/"
_RESOURCE = "http://example.org/resource/"
_TYPES = {
    ICD10CM: ("icd10text", "icd10code", "icd10description"),
    RXNORM: ("rxnorm", "rxnormcode", "rxnormdescription"),
}
_OF_SOURCE = {"icd10": _TYPES[ICD10CM], "rxnorm": _TYPES[RXNORM]}
_END = f" <{GRAPH}> .\n"


class Published:
    """Writes lines of N-Quads, document by document; it remembers which tokens it has written."""

    def __init__(self) -> None:
        self._tokens: set[str] = set()

    def document(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """The lines of a document, from the rows of its entities; nothing where none of them counts."""
        row = rows[0]
        best: dict[tuple[str, str], None] = {}
        for entity in rows:
            for kind, text, score in _said(entity):
                cleaned = text.lower().replace("'", "").replace('"', "")
                if len(text) > 1 and (score is None or score >= LEAST):
                    best.setdefault((kind, cleaned))
        if not best:
            return ""
        name = f"source/{row['patient_id'] or ''}___{row['document_id'] or ''}.txt"
        file = f"<{_RESOURCE}{_md5(name)}>"
        lines = [f"{file} {_LABEL} {literal(name, language='en-US')}", f"{file} {_A} <{_TYPE}document>"]
        for kind, text in sorted(best):
            token = f"<{_RESOURCE}{_md5(text)}>"
            if token not in self._tokens:
                self._tokens.add(token)
                lines.append(f"{token} {_LABEL} {literal(text, language='en-US')}")
            found = uuid.uuid5(uuid.NAMESPACE_URL, f"{name}\n{kind}\n{text}")
            occurrence = f"<{_RESOURCE}{found}>"
            lines += [
                f"{occurrence} {_A} {iri(_TYPE + kind.replace(' ', '_'))}",
                f"{occurrence} <{_RELATION}has-text> {token}",
                f"{occurrence} <{_RELATION}found-in> {file}",
            ]
        return "".join([line + _END for line in lines])


def _said(row: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    """What the Lambda's rows would have of an entity: its text, and its code and description, each with a type."""
    names = _OF_SOURCE.get(row["source"]) or _TYPES.get(row["code_system"])
    if names is None:
        if row["text"]:
            yield row["kind"] or "other", row["text"], row["score"]
        return
    if row["text"]:
        yield names[0], row["text"], row["score"]
    score = row["score"] if row["code_score"] is None else row["code_score"]
    for kind, column in zip(names[1:], ("code", "description"), strict=True):
        if row[column]:
            yield kind, row[column], score


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
