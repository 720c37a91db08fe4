"""Writers of elements, made once from the tables: each is a closure that appends N-Triples text for a JSON value.

A writer is called with the value, the subject, `write` (a list's append) and `label` (gives the next blank node). A
body is one that writes what lies within a node that its caller has written. Text that does not depend on the record is
put together when the writer is made; what is left at run time is a lookup by key, a check of type, and one string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from weirflow_fhir.rdf import loops
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.links import Links
from weirflow_fhir.rdf.literals import Literals
from weirflow_fhir.rdf.terms import FHIR, RDF, valid_iri

if TYPE_CHECKING:
    from weirflow_fhir.definitions import Definitions, Element
    from weirflow_fhir.rdf.loops import Label, Write, Writer
    from weirflow_fhir.rdf.rules import Rules

Node = Callable[[dict[str, Any]], str]


class Writers:
    """The writers of all types under some rules; `end` ends a line, with the graph's name where there is one.

    `siblings` tells whether records have keys such as `_birthDate`; `skipped`, if given, is called with each fault in
    place of failing, and the element at fault is left out.
    """

    def __init__(
        self,
        definitions: Definitions,
        rules: Rules,
        end: str,
        *,
        siblings: bool = False,
        skipped: Callable[[FaultError], None] | None = None,
    ) -> None:
        self.definitions = definitions
        self.rules = rules
        self.end = end
        self.with_siblings = siblings
        self.skipped = skipped
        self.links = Links(rules, end)
        self.literals = Literals(rules, end, self.links)
        self.type = f" <{RDF}type> "
        self._tables: dict[str, loops.Table] = {}
        self._fields: dict[str, Writer] = {}

    def fields(self, name: str) -> Writer:
        """The body that writes every element of a type."""
        if (made := self._fields.get(name)) is not None:
            return made
        table = loops.Table()
        siblings: dict[str, loops.Sibling] = {}
        if self.with_siblings:
            loop = loops.with_siblings(table, siblings, self.skipped)
        else:
            loop = loops.plain(table) if self.skipped is None else loops.lenient(table, self.skipped)
        self._fields[name] = loop  # before its elements, which may be of the same type
        kind = self.definitions.types[name]
        for element in kind.elements.values():
            table[element.key] = self.element(element)
            if self.with_siblings and self.definitions.primitive(element.type) and element.type != "xhtml":
                siblings[element.key] = self.sibling(element)
        table["fhir_comments"] = _nothing
        if kind.kind == "resource":
            table["resourceType"] = _nothing
        if name == "Bundle.entry":
            loop = self._fields[name] = self._entry(loop)
        return loop

    def resource(self, value: Any, node: str, write: Write, label: Label) -> None:
        """The body of a resource of any type."""
        if value.__class__ is not dict or (name := value.get("resourceType")).__class__ is not str:
            raise FaultError("not a resource")
        if not self.definitions.resource(name):
            raise FaultError("unknown resource type")
        modified = self.rules.short and bool(value.get("modifierExtension"))
        write(f"{node}{self.type}<{FHIR}{'_' * modified}{name}>{self.end}")
        try:
            self.fields(name)(value, node, write, label)
        except FaultError as fault:
            raise fault.within(f"({name})") from None

    def element(self, element: Element) -> Writer:
        """The writer of an element."""
        if element.type == "xhtml":
            return self._narrative(element)
        if element.type == "Resource":
            return self._inline(element, _blank)
        predicate = f" <{self.rules.predicate(element)}> "
        if self.definitions.primitive(element.type):
            text = self._text(element)
            if element.many:
                return (
                    loops.texts(predicate, text, self.end)
                    if not self.rules.short
                    else loops.listed(predicate, _body(text), self.end)
                )
            if self.literals.plain(element.type) and not self._class(element):
                literals = self.literals
                return loops.string(predicate, literals.opening, literals.closing(element.type), self.end)
            return loops.text(predicate, text, self.end)
        body = self._body(element)
        many = loops.listed if self.rules.short else loops.indexed
        make = many if element.many else loops.single
        if self.rules.short and "modifierExtension" in self.definitions.types[element.type].elements:
            modified = f" <{self.rules.predicate(element, modified=True)}> "
            return loops.modified(make(predicate, body, self.end), make(modified, body, self.end))
        return make(predicate, body, self.end)

    def sibling(self, element: Element) -> loops.Sibling:
        """The writer of a primitive together with its sibling `_key`, which has its id and extensions."""
        predicate = f" <{self.rules.predicate(element)}> "
        pair = loops.pair(self._text(element), self.fields("Element"))
        if not element.many:
            return loops.paired(predicate, pair, self.end)
        return loops.zipped(predicate, pair, (loops.listed if self.rules.short else loops.indexed), self.end)

    def _class(self, element: Element) -> str:
        """The class that a choice's node is told to be of: datatypes since R5, primitives since R6."""
        primitive = self.definitions.primitive(element.type)
        if not self.rules.short or not element.choice or (primitive and not self.rules.draft):
            return ""
        return element.type[0].upper() + element.type[1:]

    def _text(self, element: Element) -> Callable[[Any, str], str]:
        text = self.literals.of(element.type)
        if not (name := self._class(element)):
            return text
        line = f"{self.type}<{FHIR}{name}>{self.end}"
        return lambda value, node: f"{node}{line}{text(value, node)}"

    def _body(self, element: Element) -> Writer:
        """The body of a datatype or backbone element."""
        fields = self.fields(element.type)
        if element.type == "Reference":
            fields = _after(fields, self.links.reference)
        elif element.type == "Coding" and self.rules.concepts != "none":
            fields = _after(fields, self.links.coding)
        if not (name := self._class(element)):
            return fields
        line = f"{self.type}<{FHIR}{name}>{self.end}"

        def body(value: Any, node: str, write: Write, label: Label) -> None:
            write(node + line)
            fields(value, node, write, label)

        return body

    def _narrative(self, element: Element) -> Writer:
        """The writer of a narrative's markup: a literal at once, until R6 gave it a node as others have."""
        predicate, text = f" <{self.rules.predicate(element)}> ", self.literals.xhtml()
        if self.rules.draft:
            return loops.text(predicate, text, self.end)
        return loops.literal(predicate, self.end)

    def _inline(self, element: Element, node: Node) -> Writer:
        """The writer of resources within one: contained, of a bundle's entries, of parameters."""
        contained = element.path == "DomainResource.contained"
        return loops.inline(
            f" <{self.rules.predicate(element)}> ",
            self.resource,
            self._fragment if contained and self.rules.draft else node,
            self.end,
            many=element.many,
            index=f' <{FHIR}index> "' if element.many and not self.rules.short else "",
            lists=self.rules.short and (element.many or not self.rules.draft),
        )

    def _fragment(self, value: dict[str, Any]) -> str:
        """The IRI of a contained resource (R6)."""
        name = value.get("id")
        return self.links.target(f"#{name}") if name.__class__ is str else ""

    def _entry(self, fields: Writer) -> Writer:
        """The body of a bundle's entry, whose resource has the entry's fullUrl for its IRI."""
        element = self.definitions.types["Bundle.entry"].elements["resource"]
        named = [""]
        resource = self._inline(element, lambda _: named[0])

        def body(value: Any, node: str, write: Write, label: Label) -> None:
            if value.__class__ is not dict or "resource" not in value:
                fields(value, node, write, label)
                return
            rest = {key: each for key, each in value.items() if key != "resource"}
            fields(rest, node, write, label)
            url = value.get("fullUrl")
            named[0] = f"<{url}>" if url.__class__ is str and valid_iri(url) else ""
            try:
                resource(value["resource"], node, write, label)
            except FaultError as fault:
                fault.within("resource")
                if self.skipped is None:
                    raise
                self.skipped(fault)

        return body


def _blank(_: dict[str, Any]) -> str:
    """No IRI."""
    return ""


def _nothing(value: Any, subject: str, write: Write, label: Label) -> None:
    """Write nothing: the type is told already, and comments are no content."""


def _body(text: Callable[[Any, str], str]) -> Writer:
    return lambda value, node, write, _: write(text(value, node))


def _after(fields: Writer, told: Callable[[dict[str, Any], str, Write], None]) -> Writer:
    """A body that tells one thing more of a node."""

    def body(value: Any, node: str, write: Write, label: Label) -> None:
        if value.__class__ is not dict:
            raise FaultError("wrong type")
        told(value, node, write)
        fields(value, node, write, label)

    return body
