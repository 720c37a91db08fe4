"""Tables of the way back: the elements of a type by their predicate, and primitives from their literals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from weirflow_fhir.rdf.content import Number
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.terms import DATATYPES, DATES, NUMBERS, XSD

if TYPE_CHECKING:
    from weirflow_fhir.definitions import Definitions, Element
    from weirflow_fhir.rdf.rules import Rules

    Step = tuple[int, list[Element]]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_DIGITS = 4_000  # of an integer: Python reads 4,300 at most
_STRING = XSD + "string"
_USUAL = {
    name: place
    for place, name in enumerate(
        ("string", "code", "markdown", "id", "uri", "url", "oid", "uuid", "dateTime")
    )
}  # which of the types that are written alike is meant, first the most usual


class Kinds:
    """The tables of the types, made when a type is met."""

    def __init__(self, definitions: Definitions, rules: Rules) -> None:
        self.definitions = definitions
        self.rules = rules
        self.tables: dict[str, dict[str, Step]] = {}

    def ready(self, name: str) -> None:
        """Make the table of a type: by predicate, the place in the order of the definitions and the elements.

        There are several where a choice has one predicate for all its types (R5 on).
        """
        if name in self.tables:
            return
        table = self.tables[name] = {}
        for place, element in enumerate(self.definitions.types[name].elements.values()):
            names = [self.rules.predicate(element)]
            if self.rules.short:
                names.append(self.rules.predicate(element, modified=True))
            for predicate in names:
                table.setdefault(predicate, (place, []))[1].append(element)

    def chosen(self, elements: list[Element], datatype: str | None, *, canonical: bool) -> Element:
        """The type of a choice's primitive, by the datatype of its literal and whether it looks canonical.

        Types that are written alike cannot be told apart: the most usual is taken. Fails where none fits.
        """
        able = [e for e in elements if self.definitions.primitive(e.type)]
        able = [e for e in able if datatype is None or datatype in self._datatypes(e.type)]
        if not able:
            raise FaultError("wrong type")
        if canonical:
            able = [e for e in able if e.type == "canonical"] or able
        return min(able, key=lambda e: _USUAL.get(e.type, len(_USUAL)))

    def _datatypes(self, name: str) -> set[str]:
        if name in {"date", "dateTime"}:
            longer = {XSD + "dateTime"} if name == "dateTime" else set()
            return {*DATES.values(), _STRING} | longer
        if name == "decimal":
            return {XSD + "decimal", XSD + "double"}
        return {DATATYPES.get(name) or self.rules.datatype(name) or _STRING}


def primitive(name: str, text: str) -> Any:
    """The JSON value of a primitive from its literal, to the digit. Fails with `FaultError`."""
    if name == "boolean":
        if text not in _TRUTH:
            raise FaultError("wrong type")
        return _TRUTH[text]
    if name == "decimal" or name in NUMBERS:
        found = _NUMBER.fullmatch(text)
        if found is None or (name in NUMBERS and found.lastindex):
            raise FaultError("wrong type")
        return Number(text) if found.lastindex or len(text) > _DIGITS else int(text)
    return text
