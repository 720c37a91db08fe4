"""Records of FHIR to lines of N-Triples or N-Quads."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from weirflow_fhir.definitions import load
from weirflow_fhir.iris import FHIR
from weirflow_fhir.rdf.content import encode, escaped
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.rules import rules
from weirflow_fhir.rdf.terms import OWL, RDF, valid_iri
from weirflow_fhir.rdf.writers import Writers

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Dictionary

    from weirflow_fhir.definitions import Version

_NUMBERS = tuple(map(str, range(10_000)))
_BYTES = 9  # of the hash that labels begin with: no two of a thousand million records share one, but for 1 in 10,000
_ID = re.compile(r"[A-Za-z0-9\-.]+")
_UNSTORED = frozenset(
    {"OperationOutcome"}
)  # a server's answer that has no address, so R4's examples give it no IRI


class Mapping:
    """The mapping of a version of FHIR to RDF, as its specification has it.

    base: what precedes `Type/id` in the IRIs of records and of what they refer to; None for blank nodes.
    graph: the IRI of the graph that lines are of (N-Quads); none for N-Triples.
    concept_iris: `type`, as R4 and R5 have it: SNOMED CT and LOINC codes are their coding's rdf:type; `none`; or the
    IRI of a predicate that leads from any coding to its concept.
    loinc: what precedes a LOINC code in its concept's IRI; the version's own unless given.
    header: whether an ontology header as in the official examples follows each record.
    lenient: leave out elements at fault, and count them in `skipped` by reason and key, in place of failing; a record
    that is no resource fails still.

    A mapping remembers what it has met between records, so threads need one each.
    """

    def __init__(
        self,
        version: Version = "R4",
        *,
        base: str | None = FHIR,
        graph: str | None = None,
        concept_iris: str = "type",
        loinc: str | None = None,
        header: bool = False,
        lenient: bool = False,
    ) -> None:
        for iri in (base, graph, loinc, None if concept_iris in {"type", "none"} else concept_iris):
            if iri is not None and not valid_iri(iri):
                raise ValueError("base, graph, loinc and a predicate for concepts must be absolute IRIs")
        self.version = version
        self.rules = rules(version, base, concept_iris, loinc)
        self.definitions = load(version)
        self.skipped: Counter[tuple[str, str]] = Counter()
        self._header = header
        self._end = f" <{graph}> .\n" if graph else " .\n"
        self._root = (
            f" <{FHIR}nodeRole> <{FHIR}treeRoot>{self._end}"  # of the record itself, not of those within it
        )
        skip = self._skip if lenient else None
        self._plain = Writers(self.definitions, self.rules, self._end, skipped=skip)
        self._with_siblings = Writers(self.definitions, self.rules, self._end, siblings=True, skipped=skip)

    def lines(self, record: bytes | str | Dictionary[str, Any]) -> str:
        """The lines of a record, from its JSON or from what `decode` made of it; each ends with a line feed.

        Labels of blank nodes are a hash of the record's content and a number: they do not depend on where the record
        stands, and two versions of it share none. Fails with `FaultError`.
        """
        if isinstance(record, str):
            record = record.encode("utf-8", "surrogatepass")
        content = record.strip() if isinstance(record, bytes) else encode(record)
        value = escaped(content)
        writers = self._with_siblings if b'"_' in content else self._plain
        prefix = "_:b" + blake2b(content, digest_size=_BYTES).hexdigest()
        label = map(prefix.__add__, chain(_NUMBERS, map(str, count(len(_NUMBERS))))).__next__
        lines: list[str] = []
        iri = self.iri(value)
        node = f"<{iri}>" if iri else label()
        writers.links.begin(iri)
        try:
            writers.resource(value, node, lines.append, label)
        except FaultError as fault:
            fault.path = fault.path.removeprefix("(").replace(")", "", 1)
            raise
        except RecursionError:
            raise FaultError("nested too deeply") from None
        lines.insert(1, node + self._root)
        if self._header:
            lines.append(self._ontology(iri, label))
        return "".join(lines)

    def iri(self, record: Any) -> str:
        """The IRI of a record, empty where it has none."""
        if self.rules.base is None or record.__class__ is not dict:
            return ""
        name, identity = record.get("resourceType"), record.get("id")
        if name.__class__ is not str or identity.__class__ is not str or not identity:
            return ""
        if _ID.fullmatch(identity) is None or (self.version == "R4" and name in _UNSTORED):
            return ""
        return f"{self.rules.base}{name}/{identity}"

    def _ontology(self, iri: str, label: Callable[[], str]) -> str:
        file = f"<{iri}.ttl>" if iri else label()
        build = f"<http://build.fhir.org/{iri.removeprefix(self.rules.base or '')}.ttl>"
        return (
            f"{file} <{RDF}type> <{OWL}Ontology>{self._end}{file} <{OWL}imports> <{FHIR}fhir.ttl>{self._end}"
        ) + (f"{file} <{OWL}versionIRI> {build}{self._end}" if iri else "")

    def _skip(self, fault: FaultError) -> None:
        self.skipped[fault.reason, fault.path] += 1
