"""The loops of the writers: over an object's keys, over lists, and single nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weirflow_fhir.rdf.faults import FaultError
from weirflow_fhir.rdf.terms import FHIR, RDF, XSD

Write = Callable[[str], None]
Label = Callable[[], str]
Writer = Callable[[Any, str, Write, Label], None]
Sibling = Callable[[Any, Any, str, Write, Label], None]
Text = Callable[[Any, str], str]
Skip = Callable[[FaultError], None]

_INDEX = f' <{FHIR}index> "'
_INTEGER = f'"^^<{XSD}integer>'
_FIRST = f" <{RDF}first> "
_REST = f" <{RDF}rest> "
_NIL = f"<{RDF}nil>"


class Table(dict[str, Writer]):
    """The writers of a type's elements by JSON key."""

    __slots__ = ()

    def __missing__(self, key: str) -> Writer:
        raise FaultError("unknown element")


def _at(fault: FaultError, key: str) -> FaultError:
    return fault if fault.reason == "unknown element" and not fault.path else fault.within(key)


def plain(table: Table) -> Writer:
    """Every key of an object by its writer."""

    def fields(value: Any, node: str, write: Write, label: Label) -> None:
        if value.__class__ is not dict:
            raise FaultError("null value" if value is None else "wrong type")
        try:
            for key, each in value.items():
                table[key](each, node, write, label)
        except FaultError as fault:
            raise _at(fault, key) from None

    return fields


def lenient(table: Table, skipped: Skip) -> Writer:
    """The same, leaving out elements at fault."""

    def fields(value: Any, node: str, write: Write, label: Label) -> None:
        if value.__class__ is not dict:
            raise FaultError("null value" if value is None else "wrong type")
        lines: list[str] = write.__self__  # type: ignore[attr-defined]  # append of a list
        for key, each in value.items():
            mark = len(lines)
            try:
                table[key](each, node, write, label)
            except FaultError as fault:
                del lines[mark:]
                skipped(_at(fault, key))

    return fields


def with_siblings(table: Table, siblings: Mapping[str, Sibling], skipped: Skip | None) -> Writer:
    """Every key of an object, primitives together with their siblings."""
    without = plain(table) if skipped is None else lenient(table, skipped)

    def one(key: str, each: Any, value: dict[str, Any], node: str, write: Write, label: Label) -> None:
        if key.startswith("_"):
            if (name := key[1:]) in value:
                return
            sibling, each, name = each, None, name  # noqa: PLW0127
        elif (sibling := value.get("_" + key)) is None:
            table[key](each, node, write, label)
            return
        else:
            name = key
        if (writer := siblings.get(name)) is None:
            raise FaultError("unknown element")
        writer(each, sibling, node, write, label)

    def fields(value: Any, node: str, write: Write, label: Label) -> None:
        if value.__class__ is not dict or not any(key.startswith("_") for key in value):
            without(value, node, write, label)
            return
        lines: list[str] = write.__self__  # type: ignore[attr-defined]  # append of a list
        for key, each in value.items():
            mark = len(lines)
            try:
                one(key, each, value, node, write, label)
            except FaultError as fault:
                if skipped is None:
                    raise _at(fault, key) from None
                del lines[mark:]
                skipped(_at(fault, key))

    return fields


def string(predicate: str, opening: str, closing: str, end: str) -> Writer:
    """A string in a node of its own: what most elements are."""

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        if value.__class__ is not str:
            raise FaultError("null value" if value is None else "wrong type")
        node = label()
        write(f"{subject}{predicate}{node}{end}{node}{opening}{value}{closing}")

    return writer


def text(predicate: str, lines: Text, end: str) -> Writer:
    """Any other primitive in a node of its own."""

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        if value is None:
            raise FaultError("null value")
        node = label()
        write(f"{subject}{predicate}{node}{end}{lines(value, node)}")

    return writer


def literal(predicate: str, end: str) -> Writer:
    """A string without a node."""

    def writer(value: Any, subject: str, write: Write, _: Label) -> None:
        if value.__class__ is not str:
            raise FaultError("null value" if value is None else "wrong type")
        write(f'{subject}{predicate}"{value}"{end}')

    return writer


def single(predicate: str, body: Writer, end: str) -> Writer:
    """An object in a node of its own."""

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        node = label()
        write(f"{subject}{predicate}{node}{end}")
        body(value, node, write, label)

    return writer


def texts(predicate: str, lines: Text, end: str) -> Writer:
    """A list of primitives, each with its index (R4)."""
    return indexed(predicate, lambda value, node, write, _: write(lines(value, node)), end)


def indexed(predicate: str, body: Writer, end: str) -> Writer:
    """A list of nodes, each with its index (R4)."""
    closing = _INTEGER + end

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        if value.__class__ is not list:
            raise FaultError("null value" if value is None else "wrong type")
        index = 0
        try:
            for each in value:
                node = label()
                write(f"{subject}{predicate}{node}{end}{node}{_INDEX}{index}{closing}")
                body(each, node, write, label)
                index += 1
        except FaultError as fault:
            raise fault.within(f"[{index}]") from None

    return writer


def listed(predicate: str, body: Writer, end: str) -> Writer:
    """A list of nodes as RDF has lists (R5 on); none where it is empty."""

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        if value.__class__ is not list:
            raise FaultError("null value" if value is None else "wrong type")
        start = f"{subject}{predicate}"
        index = 0
        try:
            for each in value:
                cell, node = label(), label()
                write(f"{start}{cell}{end}{cell}{_FIRST}{node}{end}")
                body(each, node, write, label)
                start = f"{cell}{_REST}"
                index += 1
        except FaultError as fault:
            raise fault.within(f"[{index}]") from None
        if index:
            write(f"{start}{_NIL}{end}")

    return writer


def modified(usual: Writer, changed: Writer) -> Writer:
    """One writer, and another where a modifier extension changes what the element means."""

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        items = value if value.__class__ is list else (value,)
        is_changed = any(each.__class__ is dict and each.get("modifierExtension") for each in items)
        (changed if is_changed else usual)(value, subject, write, label)

    return writer


def pair(lines: Text, fields: Writer) -> Writer:
    """The body of a primitive and its sibling, given as a tuple; either may be None."""

    def body(value: Any, node: str, write: Write, label: Label) -> None:
        each, sibling = value
        if each is not None:
            write(lines(each, node))
        if sibling is not None:
            fields(sibling, node, write, label)

    return body


def paired(predicate: str, body: Writer, end: str) -> Sibling:
    """A primitive with its sibling."""
    writer = single(predicate, body, end)

    def sibling(value: Any, other: Any, subject: str, write: Write, label: Label) -> None:
        if other.__class__ is not dict:
            raise FaultError("null value" if other is None else "wrong type")
        writer((value, other), subject, write, label)

    return sibling


def zipped(predicate: str, body: Writer, many: Callable[[str, Writer, str], Writer], end: str) -> Sibling:
    """A list of primitives with that of their siblings, of which either may have nulls in the other's places."""
    writer = many(predicate, body, end)

    def sibling(value: Any, other: Any, subject: str, write: Write, label: Label) -> None:
        values = [] if value is None else value
        if values.__class__ is not list or other.__class__ is not list:
            raise FaultError("wrong type")
        long = max(len(values), len(other))
        both = zip(_filled(values, long), _filled(other, long), strict=True)
        writer(list(both), subject, write, label)

    return sibling


def _filled(values: list[Any], long: int) -> list[Any]:
    return values + [None] * (long - len(values))


def inline(
    predicate: str,
    body: Writer,
    name: Callable[[dict[str, Any]], str],
    end: str,
    *,
    many: bool,
    index: str,
    lists: bool,
) -> Writer:
    """Resources within one, each by the IRI that `name` has for it, else in a node of its own."""
    closing = _INTEGER + end

    def writer(value: Any, subject: str, write: Write, label: Label) -> None:
        values = value if many else [value]
        if values.__class__ is not list:
            raise FaultError("null value" if value is None else "wrong type")
        start, place = f"{subject}{predicate}", 0
        try:
            for each in values:
                if each.__class__ is not dict:
                    raise FaultError("not a resource")  # noqa: TRY301
                if lists:
                    cell = label()
                    write(f"{start}{cell}{end}")
                    start = f"{cell}{_FIRST}"
                node = name(each) or label()
                write(f"{start}{node}{end}")
                if index:
                    write(f"{node}{index}{place}{closing}")
                body(each, node, write, label)
                if lists:
                    start = f"{cell}{_REST}"
                place += 1
        except FaultError as fault:
            raise (fault.within(f"[{place}]") if many else fault) from None
        if lists and place:
            write(f"{start}{_NIL}{end}")

    return writer
