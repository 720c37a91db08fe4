"""Which concept of a graph is which of a vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from weirflow_fhir.iris import ICD10CM, LOINC, RXNORM, SNOMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyoxigraph import Store

Link = tuple[str, str, str, str, str]
"""A concept, its notation, the target, the relation, and what they were matched by."""

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_SYSTEMS = {
    "ICD10CM": ICD10CM,
    "SNOMEDCT_US": SNOMED,
    "SNOMEDCT": SNOMED,
    "SCTID": SNOMED,
    "RXNORM": RXNORM,
    "LOINC": LOINC,
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
}
"""Code systems by the prefixes with which ontologies refer to their codes."""

_NAMES = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX oio: <http://www.geneontology.org/formats/oboInOwl#>
SELECT ?c ?label WHERE { ?c skos:prefLabel|skos:altLabel|rdfs:label|oio:hasExactSynonym ?label }"""
_CODES = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX oio: <http://www.geneontology.org/formats/oboInOwl#>
SELECT ?c ?code ?scheme WHERE {
  { ?c skos:notation ?code OPTIONAL { ?c skos:inScheme ?scheme } } UNION { ?c oio:hasDbXref ?code }
}"""
_BROADER = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX meshv: <http://id.nlm.nih.gov/mesh/vocab#>
SELECT DISTINCT ?c ?above WHERE {
  ?c skos:broader|skos:broadMatch|^skos:narrower|rdfs:subClassOf|meshv:broaderDescriptor|meshv:broaderConcept ?above
  FILTER(isIRI(?c) && isIRI(?above))
}"""
_OURS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?c ?code ?scheme WHERE { ?c a skos:Concept ; skos:notation ?code OPTIONAL { ?c skos:inScheme ?scheme } }"""


class Matching:
    """The concepts of a store's other graphs against those of its vocabularies' graphs."""

    def __init__(self, store: Store, vocabularies: Sequence[str], systems: Mapping[str, str]) -> None:
        from pyoxigraph import DefaultGraph, NamedNode

        self._store = store
        self._theirs = [NamedNode(v) for v in vocabularies]
        self._own = [DefaultGraph(), *(g for g in store.named_graphs() if g not in self._theirs)]
        self._systems = {**_SYSTEMS, **systems}
        self.facts: dict[str, int] = {}

    def links(self, by: frozenset[str]) -> Iterator[Link]:
        """The links, by concept; afterwards `facts` tells how many."""
        codes: dict[tuple[str, str], set[str]] = defaultdict(set)
        known: set[str] = set()
        for concept, code, scheme in self._ask(_CODES, self._theirs):
            known.add(concept)
            system, found = self._coded(code, scheme)
            codes[system, found].add(concept)
        labels: dict[str, set[str]] = defaultdict(set)
        for concept, label in self._ask(_NAMES, self._theirs):
            known.add(concept)
            labels[normal(label)].add(concept)
        names: dict[str, set[str]] = defaultdict(set)
        for concept, label in self._ask(_NAMES, self._own):
            names[concept].add(normal(label))
        counts = dict.fromkeys(("concepts", "known", "notation", "label", "ambiguous", "unlinked"), 0)
        ours = {c: (code, scheme) for c, code, scheme in sorted(self._ask(_OURS, self._own), key=str)}
        for concept, (code, scheme) in sorted(ours.items()):
            counts["concepts"] += 1
            same = concept in known
            counts["known"] += same
            exact = codes.get((scheme or "", code), set()) - {concept} if "notation" in by else set()
            if exact:
                counts["notation"] += 1
                yield from ((concept, code, t, "exactMatch", "notation") for t in sorted(exact))
                continue
            named = (
                [labels[n] - {concept} for n in sorted(names[concept]) if n in labels]
                if "label" in by
                else []
            )
            close = sorted({t for targets in named if len(targets) == 1 for t in targets})
            if close:
                counts["label"] += 1
                yield from ((concept, code, t, "closeMatch", "label") for t in close)
            elif any(len(targets) > 1 for targets in named):
                counts["ambiguous"] += 1
            elif not same:
                counts["unlinked"] += 1
        self.facts = {**counts, "vocabulary": len(known)}

    def write(self, links: Iterable[Link], graph: str) -> None:
        """Add the links, and the hierarchies as `skos:broader`, to a graph."""
        from pyoxigraph import NamedNode, Quad

        target = NamedNode(graph)
        quads = [
            Quad(NamedNode(c), NamedNode(_SKOS + relation), NamedNode(t), target)
            for c, _, t, relation, _ in links
        ]
        above = set(self._ask(_BROADER, self._theirs))
        broader = NamedNode(_SKOS + "broader")
        quads += [
            Quad(NamedNode(c), broader, NamedNode(a), target)
            for c, a in sorted(above, key=str)
            if a and c != a
        ]
        self._store.bulk_extend(quads)
        self.facts["broader"] = len(above)

    def _coded(self, code: str, scheme: str | None) -> tuple[str, str]:
        """The code system and the code of a notation, of which either the scheme or a prefix tells."""
        if scheme is not None:
            return self._systems.get(scheme, scheme), code
        prefix, _, rest = code.partition(":")
        return (self._systems.get(prefix, prefix), rest) if rest else ("", code)

    def _ask(self, query: str, graphs: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        answer: Any = self._store.query(query, default_graph=list(graphs))
        for found in answer:
            yield tuple(None if term is None else getattr(term, "value", str(term)) for term in found)


def normal(label: str) -> str:
    """A label without what two writings of it may differ in: capitals, accents, punctuation, spaces."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))
