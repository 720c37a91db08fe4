"""Notes and their entities as RDF, in weirflow's vocabulary: see docs/reference/notes-vocabulary.md."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from weirflow_fhir.graph.nquads import iri, literal, moment, part
from weirflow_fhir.iris import concept_iri, resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TERMS = "urn:weirflow:notes#"
GRAPH = "urn:weirflow:notes"

_A = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_OA = "http://www.w3.org/ns/oa#"
_PROV = "http://www.w3.org/ns/prov#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_DCT = "http://purl.org/dc/terms/"
_ORIGINS = {
    "icd10": "the vendor's inference of ICD-10-CM codes",
    "rxnorm": "the vendor's inference of RxNorm codes",
    "detect": "the vendor's detection of entities",
    "system": "resources that the vendor's system has made",
    "tagger": "weirflow's tagger",
}


class Vocabulary:
    """Writes lines of N-Quads, block by block; it remembers which concepts and origins it has met."""

    def __init__(self, graph: str = GRAPH, base: str | None = None) -> None:
        self._end = f" {iri(graph)} .\n"
        self._base = {} if base is None else {"base": base}
        self._concepts: dict[tuple[str, str], Counter[str]] = {}
        self._origins: set[str] = set()

    def note(self, row: Mapping[str, Any]) -> str:
        """The lines of a note."""
        about = self._resource(row["note_id"])
        said = [f"{_A} <{TERMS}Note>", f"{_A} <{_PROV}Entity>"]
        record = row["note_id"].partition("#")[0]
        said.append(f"<{TERMS}record> {self._resource(record)}")
        said += self._whose(row)
        for column, term in (("title", "title"), ("language", "language")):
            if row[column]:
                said.append(f"<{_DCT}{term}> {literal(row[column])}")
        if row["date"]:
            said.append(f"<{_DCT}created> {moment(row['date'])}")
        if row["status"]:
            said.append(f"<{TERMS}status> {literal(row['status'])}")
        if row["type_system"] and row["type_code"]:
            concept = concept_iri(row["type_system"], row["type_code"])
            if concept is not None:
                self._meet(row["type_system"], row["type_code"], row["type"])
                said.append(f"<{_DCT}type> {iri(concept)}")
        if row["file"]:
            lines = "" if row["line"] is None else f"#line={row['line'] - 1},{row['line']}"
            source = iri(f"urn:weirflow:file:{part(row['file'])}{lines}")
            said.append(f"<{_PROV}hadPrimarySource> {source}")
        return self._block(about, said)

    def entity(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """The lines of an entity, from its rows: one for each code, the best first."""
        row = rows[0]
        name = f"urn:weirflow:entity:{part(row['entity_id'])}"
        about, note = iri(name), self._resource(row["note_id"])
        said = [f"{_A} <{TERMS}Entity>", f"{_A} <{_OA}Annotation>"]
        if row["text"] is not None:
            said.append(f"{_LABEL} {literal(row['text'])}")
        said.append(f"<{TERMS}note> {note}")
        said += self._whose(row)
        if row["kind"]:
            said.append(f"<{TERMS}kind> {literal(row['kind'])}")
        if row["score"] is not None:
            said.append(f"<{TERMS}score> {literal(repr(row['score']), type='double')}")
        if row["negated"] is not None:
            said.append(f"<{TERMS}negated> {literal(str(row['negated']).lower(), type='boolean')}")
        if row["experiencer"] is not None:
            relative = str(row["experiencer"] != "patient").lower()
            said.append(f"<{TERMS}relative> {literal(relative, type='boolean')}")
        if row["section"]:
            said.append(f"<{TERMS}section> {literal(row['section'])}")
        said.append(f"<{_PROV}wasDerivedFrom> {note}")
        if row["source"]:
            self._origins.add(row["source"])
            said.append(f"<{_PROV}wasGeneratedBy> {iri('urn:weirflow:activity:' + part(row['source']))}")
        placed = row["begin"] is not None and row["end"] is not None
        said.append(f"<{_OA}hasTarget> {iri(name + '#target') if placed else note}")
        candidates = ""
        coded = [(r, c) for r in rows if (c := _concept(r)) is not None]
        said.append(f"<{_OA}motivatedBy> <{_OA}{'identifying' if coded else 'tagging'}>")
        for place, (coding, concept) in enumerate(coded):
            self._meet(coding["code_system"], coding["code"], coding["description"])
            if place == 0:
                said += [f"<{TERMS}concept> {iri(concept)}", f"<{_OA}hasBody> {iri(concept)}"]
            rank = coding["rank"] or place + 1
            candidate = iri(f"{name}#code-{place + 1}")
            said.append(f"<{TERMS}candidate> {candidate}")
            of = [
                f"{_A} <{TERMS}Candidate>",
                f"<{TERMS}concept> {iri(concept)}",
                f"<{TERMS}rank> {literal(str(rank), type='integer')}",
            ]
            if coding["code_score"] is not None:
                of.append(f"<{TERMS}score> {literal(repr(coding['code_score']), type='double')}")
            candidates += self._block(candidate, of)
        lines = self._block(about, said) + candidates
        return lines + self._target(name, note, row) if placed else lines

    def _target(self, name: str, note: str, row: Mapping[str, Any]) -> str:
        """Where in the note an entity stands, as the Web Annotation vocabulary says it."""
        position, quoted = iri(name + "#position"), iri(name + "#quote")
        target = [
            f"{_A} <{_OA}SpecificResource>",
            f"<{_OA}hasSource> {note}",
            f"<{_OA}hasSelector> {position}",
        ]
        if row["text"] is not None:
            target.append(f"<{_OA}hasSelector> {quoted}")
        lines = self._block(iri(name + "#target"), target)
        lines += self._block(
            position,
            [
                f"{_A} <{_OA}TextPositionSelector>",
                f"<{_OA}start> {literal(str(row['begin']), type='nonNegativeInteger')}",
                f"<{_OA}end> {literal(str(row['end']), type='nonNegativeInteger')}",
            ],
        )
        if row["text"] is not None:
            lines += self._block(
                quoted, [f"{_A} <{_OA}TextQuoteSelector>", f"<{_OA}exact> {literal(row['text'])}"]
            )
        return lines

    def rest(self) -> Iterator[str]:
        """The concepts and origins that were met, sorted."""
        for system in sorted({s for s, _ in self._concepts}):
            yield self._block(iri(system), [f"{_A} <{_SKOS}ConceptScheme>"])
        for (system, code), names in sorted(self._concepts.items()):
            concept = concept_iri(system, code)
            assert concept is not None
            said = [
                f"{_A} <{_SKOS}Concept>",
                f"<{_SKOS}notation> {literal(code)}",
                f"<{_SKOS}inScheme> {iri(system)}",
            ]
            by_use = sorted(names, key=lambda n: (-names[n], n))
            said += [
                f"<{_SKOS}{'altLabel' if i else 'prefLabel'}> {literal(n)}" for i, n in enumerate(by_use)
            ]
            yield self._block(iri(concept), said)
        for origin in sorted(self._origins):
            agent = iri(f"urn:weirflow:agent:{part(origin)}")
            label = f"{_LABEL} {literal(_ORIGINS.get(origin, origin))}"
            activity = [f"{_A} <{_PROV}Activity>", label, f"<{_PROV}wasAssociatedWith> {agent}"]
            yield self._block(iri(f"urn:weirflow:activity:{part(origin)}"), activity)
            yield self._block(agent, [f"{_A} <{_PROV}SoftwareAgent>", label])

    def _whose(self, row: Mapping[str, Any]) -> Iterator[str]:
        for column, term in (("patient", "Patient"), ("encounter", "Encounter")):
            if row[f"{column}_id"]:
                whose = self._resource(f"{term}/{row[f'{column}_id']}")
                yield f"<{TERMS}{column}> {whose}"

    def _resource(self, reference: str) -> str:
        return iri(resource(reference, **self._base))

    def _meet(self, system: str, code: str, name: str | None) -> None:
        names = self._concepts.setdefault((system, code), Counter())
        if name:
            names[name] += 1

    def _block(self, about: str, said: Iterable[str]) -> str:
        end = self._end
        return "".join([f"{about} {s}{end}" for s in said])


def _concept(row: Mapping[str, Any]) -> str | None:
    return concept_iri(row["code_system"], row["code"]) if row["code_system"] and row["code"] else None
