"""What Amazon HealthLake found in a text, out of the extensions that it adds to the record.

Everything is known by its URL, wherever it stands: the tree is `aws-cm/` > an operation > entities > their parts, as
https://docs.aws.amazon.com/healthlake/latest/devguide/integrating-nlp.html shows it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from weirflow_fhir.iris import ICD10CM, RXNORM, SNOMED
from weirflow_fhir.values import number, text, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOST = "http://healthlake.amazonaws.com/"

_OPERATION = re.compile(re.escape(HOST) + r"aws-cm/([a-z0-9-]+)/(.*)", re.IGNORECASE)
_ENTITY = re.compile(r"aws-cm-[a-z0-9]+-entity", re.IGNORECASE)
_PART = re.compile(r"aws-cm-[a-z0-9]+-entity-(.+)", re.IGNORECASE)
_RAW = re.compile(r"([{}\[\]])|\b(BeginOffset|EndOffset): (\d+)|\bTraits: (?=\[)|\bName: ([A-Z_]+)")
_RELATED = "pertains_to_family"

SOURCES = {
    "infer-icd10": ("icd10", "condition", ICD10CM),
    "infer-icd10cm": ("icd10", "condition", ICD10CM),
    "infer-rxnorm": ("rxnorm", "medication", RXNORM),
    "infer-snomedct": ("snomed", "condition", SNOMED),
    "detect-entities": ("detect", "entity", None),
}
"""Of each operation: its entities' source, what they are where they do not say, and the system of their codes."""


class Concept(NamedTuple):
    """A code that an entity may mean."""

    code: str
    description: str | None
    score: float | None


class Found(NamedTuple):
    """An entity as the vendor has it; `traits` is None where it told none of any entity of the operation."""

    operation: str
    text: str | None
    begin: int | None
    end: int | None
    score: float | None
    kind: str | None
    category: str | None
    traits: frozenset[str] | None
    concepts: tuple[Concept, ...]

    @property
    def negated(self) -> bool | None:
        """Whether it is said not to be there."""
        return None if self.traits is None else "negation" in self.traits

    @property
    def experiencer(self) -> str | None:
        """Whose it is."""
        return None if self.traits is None else "family" if _RELATED in self.traits else "patient"


def found(resource: Mapping[str, Any]) -> list[Found]:
    """The entities that the vendor added to a resource, in its order."""
    entities: list[Found] = []
    raw: dict[str, dict[tuple[int, int], frozenset[str]]] = {}
    for operation, part, node in _nodes(resource):
        if part == "raw-response":
            raw.setdefault(operation, {}).update(_raw_traits(text(node.get("valueString")) or ""))
        elif _ENTITY.fullmatch(part):
            entities.append(_entity(operation, node))
    told = {e.operation for e in entities if e.traits} | {o for o, traits in raw.items() if traits}
    return [_with_traits(e, raw.get(e.operation, {}), told) for e in entities]


def _nodes(resource: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The extensions of operations, as (operation, rest of the URL, extension); not what is in an entity."""
    stack: list[Any] = [resource]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += reversed(node)
        elif isinstance(node, dict):
            url = node.get("url")
            known = _OPERATION.fullmatch(url) if isinstance(url, str) else None
            if known and known[1].lower() in SOURCES and known[2]:
                yield known[1].lower(), known[2].strip("/"), node
            else:
                stack += reversed([v for v in node.values() if isinstance(v, (dict, list))])


def _entity(operation: str, entity: Mapping[str, Any]) -> Found:
    leaves: dict[str, Any] = {}
    concepts: list[list[Any]] = []
    traits: set[str] = set()
    stack = _children(entity)
    while stack:
        node = stack.pop()
        name = _name(node)
        value = next((v for k, v in node.items() if k.startswith("value")), None)
        if name.startswith("concept"):
            _concept(name.rpartition("-")[2], value, concepts)
        elif "trait" in name:
            if isinstance(value, str) and not name.endswith("score"):
                traits.add(value.lower())
        elif value is not None:
            leaves.setdefault(name, value)
        stack += _children(node)
    ranked = sorted(
        (Concept(c, text(d), number(s)) for c, d, s in concepts if isinstance(c, str) and c),
        key=lambda c: -1.0 if c.score is None else c.score,
        reverse=True,
    )
    return Found(
        operation,
        text(leaves.get("text")),
        whole(leaves.get("begin-offset")),
        whole(leaves.get("end-offset")),
        number(leaves.get("score")),
        text(leaves.get("type")),
        text(leaves.get("category")),
        frozenset(traits) or None,
        tuple(ranked),
    )


def _children(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The extensions within, the first last, for a stack."""
    within = node.get("extension")
    return [c for c in reversed(within) if isinstance(c, dict)] if isinstance(within, list) else []


def _name(node: Mapping[str, Any]) -> str:
    """The part's name, in lower case, after that of the entity: `begin-offset`, `concepts-code`."""
    url = node.get("url")
    known = _PART.fullmatch(url.rpartition("/")[2]) if isinstance(url, str) else None
    return known[1].lower() if known else ""


def _concept(part: str, value: object, concepts: list[list[Any]]) -> None:
    """Put a part of a concept to the others of it; one that it has already begins the next."""
    place = {"code": 0, "description": 1, "score": 2}.get(part)
    if place is None:
        concepts.append([None, None, None])
    elif not concepts or concepts[-1][place] is not None:
        concepts.append([None, None, None])
        concepts[-1][place] = value
    else:
        concepts[-1][place] = value


def _with_traits(entity: Found, raw: Mapping[tuple[int, int], frozenset[str]], told: set[str]) -> Found:
    if entity.operation not in told:
        return entity
    place = (-1 if entity.begin is None else entity.begin, -1 if entity.end is None else entity.end)
    return entity._replace(traits=(entity.traits or frozenset()) | raw.get(place, frozenset()))


def _raw_traits(raw: str) -> dict[tuple[int, int], frozenset[str]]:
    """The traits of each place in a raw response, which is no JSON and has them where the extensions have none.

    It is written as `{Entities: [{BeginOffset: 1,EndOffset: 2,Traits: [{Name: NEGATION,Score: 0.9}]}]}`, in one order
    or another, with attributes that are built like entities.
    """
    traits: dict[tuple[int, int], frozenset[str]] = {}
    objects: list[dict[str, Any]] = []
    listing = False  # the next bracket begins a list of traits
    owners: list[dict[str, Any] | None] = []  # of the lists that are open
    for match in _RAW.finditer(raw):
        bracket, offset, digits, name = match.groups()
        if bracket == "{":
            objects.append({"names": []})
        elif bracket == "[":
            owners.append(objects[-1] if listing and objects else None)
        elif bracket == "]" and owners:
            owners.pop()
        elif bracket == "}" and objects:
            ended = objects.pop()
            if "BeginOffset" in ended and "EndOffset" in ended:
                traits[ended["BeginOffset"], ended["EndOffset"]] = frozenset(ended["names"])
        elif offset and objects and len(digits) < 10:  # noqa: PLR2004 - of a text that fits into memory
            objects[-1][offset] = int(digits)
        elif name and owners and (owner := owners[-1]) is not None:
            owner["names"].append(name.lower())
        listing = bracket is None and not offset and not name
    return traits
