"""What the page shows, from an index and from entities. Texts are given as they are, never as markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weirflow_fhir.page.groups import GROUPS
from weirflow_fhir.page.pieces import pieces
from weirflow_fhir.search.index import Filters

if TYPE_CHECKING:
    from weirflow_fhir.page import asks
    from weirflow_fhir.page.entities import Entities
    from weirflow_fhir.search.index import Searcher

_VALUES = 200  # of a column, that are offered
_PATIENTS = 10_000_000  # that are counted
_LONGEST = 400_000  # characters of a document that are shown


class Answers:
    """The answers to what the page asks (`asks`)."""

    def __init__(
        self,
        searcher: Searcher,
        entities: Entities | None,
        *,
        title: str,
        patient: str,
        similar: bool = False,
    ) -> None:
        self._searcher, self._entities = searcher, entities
        self._title, self._patient = title, patient
        self._similar = similar
        self._patients = len(searcher.facets(patient, _PATIENTS)) if patient in searcher.metadata else None

    def start(self, _: asks.Nothing) -> Mapping[str, Any]:
        """What there is to search, and by what."""
        columns = [
            {"name": name, "label": _label(name), "values": self._searcher.facets(name, _VALUES)}
            for name in self._searcher.metadata
        ]
        return {
            "title": self._title,
            "documents": int(self._searcher.facts["documents"]),
            "patients": self._patients,
            "columns": columns,
            "patient": self._patient if self._patient in self._searcher.metadata else None,
            "groups": [{"name": name, "label": label} for name, (label, _) in GROUPS.items()],
            "entities": self._entities is not None,
            "similar": self._similar,
        }

    def search(self, asked: asks.Search) -> Mapping[str, Any]:
        """Documents with excerpts: segments of text, each with whether it is what was looked for."""
        filters = Filters(asked.values, asked.since or None, asked.until or None, asked.codes)
        found = self._searcher.search(asked.question, filters, asked.limit, asked.offset)
        hits = [
            {
                "document": h.document,
                "title": h.title,
                "day": h.day,
                "metadata": h.metadata,
                "excerpt": [(s.text, s.hit) for s in h.excerpt],
            }
            for h in found.hits
        ]
        return {"total": found.total, "hits": hits}

    def document(self, asked: asks.OfDocument) -> Mapping[str, Any] | None:
        """A document in pieces, its entities, and what they stand for."""
        found = self._searcher.document(asked.document)
        if found is None:
            return None
        mentions, concepts = self._entities.of(asked.document) if self._entities else ([], {})
        text = found.text[:_LONGEST]
        return {
            "document": found.document,
            "title": found.title,
            "day": found.day,
            "metadata": found.metadata,
            "pieces": pieces(text, [(m.begin, m.end) for m in mentions]),
            "cut": len(found.text) > _LONGEST,
            "mentions": mentions,
            "concepts": [*concepts.values()],
        }

    def sharing(self, asked: asks.Sharing) -> Mapping[str, Any] | None:
        """Some documents with an entity, those most like `document` first, and how many there are."""
        if self._entities is None:
            return None
        total, rows = self._entities.sharing(asked.concept, asked.document)
        documents = []
        for note, patient, shared in rows:
            known = self._searcher.document(note)
            if known is not None:
                facts = {"document": note, "title": known.title, "day": known.day}
                documents.append({**facts, "patient": patient, "shared": shared})
        return {"total": total, "documents": documents}

    def suggest(self, asked: asks.Suggest) -> Mapping[str, Any] | None:
        """Entities that go with what is typed."""
        if self._entities is None:
            return None
        typed = asked.typed.strip()
        return {"concepts": self._entities.suggest(typed) if typed else []}

    def cohort(self, asked: asks.Cohort) -> Mapping[str, Any] | None:
        """Patients who have some entities, and what else they have."""
        if self._entities is None:
            return None
        found = self._entities.cohort(asked.having, asked.lacking)
        return {
            "total": found.total,
            "of": found.of,
            "patients": found.patients,
            "others": [{"concept": concept, "patients": n} for concept, n in found.others],
        }

    def similar(self, asked: asks.Similar) -> Mapping[str, Any] | None:
        """Patients like one, the most alike first."""
        if self._entities is None or not self._similar:
            return None
        return {"patients": self._entities.alike(asked.patient)}


def _label(column: str) -> str:
    """What a column is called on the page: `patient_id` is Patient."""
    return column.removesuffix("_id").replace("_", " ").capitalize()
