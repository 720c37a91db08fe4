"""The tables as objects: a type by its name, an element by its JSON key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = Literal["R4", "R5", "R6"]


class Element(NamedTuple):
    """An element of a type, one for each type that a choice such as `value[x]` allows."""

    key: str
    """The JSON key, such as `valueQuantity`."""
    path: str
    """Where it is defined, such as `Resource.id`, `Quantity.value` (of an Age too) or `Observation.value[x]`."""
    type: str
    """The name of its type: a primitive, a datatype, a nested one such as `Patient.contact`, or `Resource` for any."""
    many: bool
    """Whether JSON has a list."""
    modifier: bool
    """Whether it changes what the rest means."""
    choice: str
    """The name without a type, such as `value`; empty where it is no choice."""
    reference: bool
    """Whether its content is that of the type's own place in the definitions (contentReference)."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type of FHIR."""

    name: str
    kind: Literal["primitive", "complex", "backbone", "resource"]
    base: str
    """The type that it specialises; empty for the first."""
    abstract: bool
    elements: Mapping[str, Element]
    """By JSON key, in the order of the definitions; none for a primitive, whose siblings have those of Element."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The types of a version of FHIR."""

    version: Version
    release: str
    """The number of the release that the tables are of, such as 4.0.1."""
    types: Mapping[str, Type]

    def primitive(self, name: str) -> bool:
        """Whether a type is a primitive, so that JSON has a value and perhaps a sibling `_key`."""
        return self.types[name].kind == "primitive"

    def resource(self, name: str) -> bool:
        """Whether a name is that of a resource type that a record may have."""
        return (one := self.types.get(name)) is not None and one.kind == "resource" and not one.abstract


@cache
def load(version: Version) -> Definitions:
    """The definitions of a version. R6 has no published tables yet: it takes R5's, under R6's rules for RDF."""
    table = files(__package__).joinpath("r4.json" if version == "R4" else "r5.json")
    content = json.loads(table.read_text("utf-8"))
    rows: dict[str, dict[str, Any]] = content["types"]
    done: dict[str, dict[str, Element]] = {}

    def elements(name: str) -> dict[str, Element]:
        if name not in done:
            row = rows[name]
            base = elements(row["base"]) if row["base"] and row["kind"] != "primitive" else {}
            done[name] = base | {e.key: e for r in row["elements"] for e in _expanded(name, *r)}
        return done[name]

    types = {
        name: Type(name, row["kind"], row["base"], row.get("abstract", False), elements(name))
        for name, row in rows.items()
    }
    return Definitions(version, content["release"], types)


def _expanded(owner: str, name: str, types: str, flags: str = "", path: str = "") -> list[Element]:
    """An element, or one for each type of a choice."""
    stem = name.removesuffix("[x]")
    return [
        Element(
            key=stem + kind[0].upper() + kind[1:] if stem != name else name,
            path=path or f"{owner}.{name}",
            type=kind,
            many="*" in flags,
            modifier="!" in flags,
            choice=stem if stem != name else "",
            reference="#" in flags,
        )
        for kind in types.split("|")
    ]
