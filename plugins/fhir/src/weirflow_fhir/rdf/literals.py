"""Primitives as literals: a function for each type, from a JSON value and its node to the lines about that node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from weirflow_fhir.rdf.content import Number
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.terms import DATATYPES, DATES, NUMBERS, RDF, URIS, XSD, valid_iri

if TYPE_CHECKING:
    from weirflow_fhir.rdf.links import Links
    from weirflow_fhir.rdf.rules import Rules

Text = Callable[[Any, str], str]

_SPELLED = {"base64Binary", "instant", "time"}  # of one datatype, and strings in JSON
_MINUTES = 11  # characters of a date and the T that begins its time


class Literals:
    """The functions of the types under some rules; `opening` and `closing` enclose a literal within its line."""

    def __init__(self, rules: Rules, end: str, links: Links) -> None:
        self.rules = rules
        self.end = end
        self.links = links
        self.opening = f' <{rules.value}> "'

    def closing(self, name: str) -> str:
        """What ends the line of a literal of a type whose values have one datatype."""
        datatype = DATATYPES.get(name) or self.rules.datatype(name)
        return f'"^^<{datatype}>{self.end}' if datatype else f'"{self.end}'

    def plain(self, name: str) -> bool:
        """Whether values of a type are strings written as they are, and nothing else is told of their node."""
        if name in URIS:
            return not self.rules.draft and name != "canonical"
        return name not in {"date", "dateTime"} and (name not in DATATYPES or name in _SPELLED)

    def of(self, name: str) -> Text:
        """The function of a type."""
        if name == "boolean":
            return self._boolean()
        if name in NUMBERS:
            return self._integer(name)
        if name == "integer64":
            return self._long()
        if name == "decimal":
            return self._decimal()
        if name in {"date", "dateTime"}:
            return self._date()
        if name in URIS and (self.rules.draft or name == "canonical"):
            return self._linked(name)
        return self._string(name)

    def xhtml(self) -> Text:
        """The function of narratives, whose literal R6 types."""
        opening = self.opening
        closing = f'"^^<{RDF}XMLLiteral>{self.end}' if self.rules.draft else f'"{self.end}'

        def text(value: Any, node: str) -> str:
            if value.__class__ is not str:
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}"

        return text

    def _string(self, name: str) -> Text:
        opening, closing = self.opening, self.closing(name)

        def text(value: Any, node: str) -> str:
            if value.__class__ is not str:
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}"

        return text

    def _linked(self, name: str) -> Text:
        opening, closing, links = self.opening, self.closing(name), self.links
        lines = links.lines if name == "canonical" else self._absolute

        def text(value: Any, node: str) -> str:
            if value.__class__ is not str:
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}{lines(value, node)}"

        return text

    def _absolute(self, value: str, node: str) -> str:
        return f"{node} <{self.rules.link}> <{value}>{self.end}" if valid_iri(value) else ""

    def _boolean(self) -> Text:
        true, false = (f"{self.opening}{word}{self.closing('boolean')}" for word in ("true", "false"))

        def text(value: Any, node: str) -> str:
            if value is True:
                return node + true
            if value is False:
                return node + false
            raise FaultError("wrong type")

        return text

    def _integer(self, name: str) -> Text:
        opening, closing = self.opening, self.closing(name)

        def text(value: Any, node: str) -> str:
            if value.__class__ is not int:
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}"

        return text

    def _long(self) -> Text:
        opening, closing = self.opening, self.closing("integer64")

        def text(value: Any, node: str) -> str:  # JSON has it as a string, to be safe from readers' floats
            if value.__class__ is not int and not (
                value.__class__ is str and value.removeprefix("-").isdecimal() and value.isascii()
            ):
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}"

        return text

    def _decimal(self) -> Text:
        opening, closing = self.opening, self.closing("decimal")
        double = f'"^^<{XSD}double>{self.end}' if self.rules.draft else closing

        def text(value: Any, node: str) -> str:
            if value.__class__ is Number:
                exponent = "e" in value or "E" in value
                return f"{node}{opening}{value}{double if exponent else closing}"
            if value.__class__ is not int:
                raise FaultError("wrong type")
            return f"{node}{opening}{value}{closing}"

        return text

    def _date(self) -> Text:
        opening, end = self.opening, self.end
        by_length = {length: f'"^^<{datatype}>{end}' for length, datatype in DATES.items()}
        longer, other = f'"^^<{XSD}dateTime>{end}', f'"{end}'

        def text(value: Any, node: str) -> str:
            if value.__class__ is not str:
                raise FaultError("wrong type")
            length = len(value)
            closing = longer if length > _MINUTES else by_length.get(length, other)
            return f"{node}{opening}{value}{closing}"

        return text
