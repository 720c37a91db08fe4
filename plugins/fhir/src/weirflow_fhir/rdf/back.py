"""RDF to records of FHIR: the way back of `mapping`, to the JSON that the lines were made from.

What RDF as FHIR has it does not hold cannot come back: comments (`fhir_comments`), lists that are empty, siblings
(`_key`) that say nothing, and since R5 the type of a choice where primitives are written alike, such as `valueCode` and
`valueString`; two resources of a Bundle with one `fullUrl` are one node, and a fault here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow_fhir.definitions import load
from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.kinds import Kinds, primitive
from weirflow_fhir.rdf.rules import rules
from weirflow_fhir.rdf.terms import FHIR, RDF

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from pyoxigraph import Quad

    from weirflow_fhir.definitions import Element, Version

    Nodes: TypeAlias = dict[Any, dict[str, list[Any]]]

_TYPE = RDF + "type"
_INDEX = FHIR + "index"
_FIRST, _REST, _NIL = (RDF + name for name in ("first", "rest", "nil"))


def described(quads: Iterable[Quad]) -> Nodes:
    """What is told of each node: objects by predicate, in the order in which they come."""
    nodes: Nodes = {}
    for quad in quads:
        nodes.setdefault(quad.subject, {}).setdefault(quad.predicate.value, []).append(quad.object)
    return nodes


class Back:
    """The way back of a version of FHIR."""

    def __init__(self, version: Version = "R4") -> None:
        self.rules = rules(version, None, "none", None)
        self.definitions = load(version)
        self._kinds = Kinds(self.definitions, self.rules)
        self.identity = self.rules.predicate(self.definitions.types["Resource"].elements["id"])

    def resource(self, nodes: Nodes, root: Any) -> dict[str, Any]:
        """The record at a node.

        Keys are in the order of the definitions. Numbers with a fraction or an exponent are `Number`, as `decode` makes
        them. Fails with `FaultError`.
        """
        try:
            return _Tree(self, nodes).resource(root)
        except FaultError as fault:
            fault.path = fault.path.removeprefix("(").replace(")", "", 1)
            raise
        except RecursionError:
            raise FaultError("nested too deeply") from None

    def kinds(self, name: str) -> Kinds:
        """The tables, ready for a type."""
        self._kinds.ready(name)
        return self._kinds


class _Tree:
    """One record: each node is read once, so that neither a ring nor a node in two places passes for content."""

    def __init__(self, back: Back, nodes: Nodes) -> None:
        self.back = back
        self.nodes = nodes
        self.short = back.rules.short
        self.value = back.rules.value
        self.seen: set[Any] = set()

    def resource(self, node: Any) -> dict[str, Any]:
        name = self._name(node)
        try:
            if len(set(self._told(node).get(self.back.identity, ()))) > 1:
                raise FaultError("resources of one IRI")  # noqa: TRY301
            return {"resourceType": name, **self._fields(node, name)}
        except FaultError as fault:
            raise fault.within(f"({name})") from None

    def _name(self, node: Any) -> str:
        """The type of a resource: of several, as references may tell too, the one that has what is told."""
        names = self._classes(node)
        names = [n for n in dict.fromkeys(names) if self.back.definitions.resource(n)]
        if not names:
            raise FaultError("unknown resource type" if self._told(node).get(_TYPE) else "not a resource")
        return next((name for name in names[:-1] if self._fits(node, name)), names[-1])

    def _fits(self, node: Any, name: str) -> bool:
        table = self.back.kinds(name).tables[name]
        own = f"{FHIR}{name}."
        return all(p in table or _is_link(objects) for p, objects in self._told(node).items()) and (
            self.short or any(p.startswith(own) for p in self._told(node))
        )

    def _classes(self, node: Any) -> list[str]:
        """Classes of FHIR that a node is told to be of, without the mark of a modifier extension."""
        values = (each.value for each in self._told(node).get(_TYPE, ()))
        return [v.removeprefix(FHIR).removeprefix("_") for v in values if v.startswith(FHIR)]

    def _told(self, node: Any) -> dict[str, list[Any]]:
        return self.nodes.get(node, {})

    def _fields(self, node: Any, name: str) -> dict[str, Any]:
        """The elements of a node by key."""
        if node in self.seen:
            raise FaultError("node in two places")
        self.seen.add(node)
        table = self.back.kinds(name).tables[name]
        found = []
        for predicate, objects in self._told(node).items():
            if (step := table.get(predicate)) is not None:
                found.append((step, objects))
            elif predicate.startswith(FHIR) and not self._is_mark(predicate, name) and not _is_link(objects):
                raise FaultError("unknown element")
        found.sort(key=_order)
        made: dict[str, Any] = {}
        for (_, elements), objects in found:
            key = elements[0].key
            try:
                self._element(elements, objects, made)
            except FaultError as fault:
                raise fault.within(key) from None
        return made

    def _is_mark(self, predicate: str, name: str) -> bool:
        """Whether a statement tells the place or the value of a node and no element."""
        return (predicate == _INDEX and not self.short) or (predicate == self.value and name == "Element")

    def _element(self, elements: list[Element], objects: list[Any], made: dict[str, Any]) -> None:
        """Put an element, of one of several types, among those made."""
        items = self._items(elements[0], objects)
        element = elements[0]
        if element.choice and len(elements) > 1 and items:
            element = self._chosen(elements, items[0])
        if element.key in made or "_" + element.key in made:
            raise FaultError("more than one value")
        if not element.many and len(items) > 1:
            raise FaultError("more than one value")
        if element.type == "xhtml":
            made[element.key] = self._markup(items[0])
        elif self.back.definitions.primitive(element.type):
            self._primitives(element, items, made)
        else:
            values = self._objects(element, items)
            made[element.key] = values if element.many else values[0]

    def _objects(self, element: Element, items: list[Any]) -> list[Any]:
        values: list[Any] = []
        for place, item in enumerate(items):
            try:
                if not _is_node(item):
                    raise FaultError("wrong type")  # noqa: TRY301
                values.append(self._object(element.type, item))
            except FaultError as fault:
                raise (fault.within(f"[{place}]") if element.many else fault) from None
        return values

    def _object(self, name: str, node: Any) -> dict[str, Any]:
        if name == "Resource":
            return self.resource(node)
        made = self._fields(
            node, name
        )  # a resource of which only one type may be there is not told to be of it
        return {"resourceType": name, **made} if self.back.definitions.resource(name) else made

    def _markup(self, item: Any) -> str | None:
        """A narrative's markup: a literal at once, or in a node as R6 has it."""
        if not _is_node(item):
            text: str = item.value
            return text
        self._fields(item, "Element")
        return self._literal(item)

    def _primitives(self, element: Element, items: list[Any], made: dict[str, Any]) -> None:
        """Put the values of primitives and their siblings, each where there is any."""
        values, others = [], []
        for item in items:
            if not _is_node(item):
                raise FaultError("wrong type")
            text = self._literal(item)
            values.append(None if text is None else primitive(element.type, text))
            others.append(self._fields(item, "Element") or None)
        if not element.many:
            if values[0] is not None:
                made[element.key] = values[0]
            if others[0] or values[0] is None:
                made["_" + element.key] = others[0] or {}
            return
        if any(value is not None for value in values):
            made[element.key] = values
        if any(others):
            made["_" + element.key] = others

    def _literal(self, node: Any) -> str | None:
        """The value of a primitive's node, as it is spelled."""
        objects = self._told(node).get(self.value)
        if objects is None:
            return None
        if len(set(objects)) > 1:
            raise FaultError("more than one value")
        if _is_node(objects[0]):
            raise FaultError("wrong type")
        text: str = objects[0].value
        return text

    def _chosen(self, elements: list[Element], node: Any) -> Element:
        """The one of a choice's types that a node is of: by its class, else by its literal."""
        told, classes = self._told(node), self._classes(node)
        for element in elements:
            if element.type[0].upper() + element.type[1:] in classes:
                return element
        value = next((o for o in told.get(self.value, ()) if not _is_node(o)), None)
        datatype, text = (value.datatype.value, value.value) if value else (None, "")
        canonical = self.back.rules.link in told or text.startswith("#")
        return self.back.kinds("Element").chosen(elements, datatype, canonical=canonical)

    def _items(self, element: Element, objects: list[Any]) -> list[Any]:
        """The nodes of an element in their order."""
        if len(objects) > 1:
            objects = list(dict.fromkeys(objects))
        if self.short:
            if len(objects) > 1:
                raise FaultError("more than one value")
            head = objects[0]
            is_list = element.many or (_is_node(head) and _FIRST in self._told(head))
            return self._members(head) if is_list else objects
        if not element.many or len(objects) == 1:
            return objects
        places = [self._told(each).get(_INDEX, []) for each in objects]
        if not all(len(set(each)) == 1 and each[0].value.isdecimal() for each in places):
            raise FaultError("list without an order")
        ordered = sorted((int(place[0].value), at) for at, place in enumerate(places))
        if len({place for place, _ in ordered}) < len(ordered):
            raise FaultError("list without an order")
        return [objects[at] for _, at in ordered]

    def _members(self, cell: Any) -> list[Any]:
        """The members of an RDF list."""
        members = []
        while not (_is_node(cell) and cell.value == _NIL):
            told = self._told(cell)
            first, rest = told.get(_FIRST, []), told.get(_REST, [])
            if len(set(first)) != 1 or len(set(rest)) != 1 or cell in self.seen:
                raise FaultError("list without an order")
            self.seen.add(cell)
            members.append(first[0])
            cell = rest[0]
        return members


def _order(found: tuple[tuple[int, list[Element]], list[Any]]) -> int:
    return found[0][0]


def _is_node(term: Any) -> bool:
    return not hasattr(term, "datatype")


def _is_link(objects: list[Any]) -> bool:
    """Whether statements lead to IRIs: to concepts, targets and roles, which are no content."""
    return all(term.__class__.__name__ == "NamedNode" for term in objects)
