"""A YAML text as a tree that still knows how it was written: styles, anchors, offsets, comments, blank lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SPACE_OR_COMMENT = re.compile(r"(?:[ \t\n\x85\u2028\u2029]|#[^\n\x85\u2028\u2029]*)*")


@dataclass
class Comment:
    """A comment with its `#`, without what follows its last letter; `blank` if an empty line stands above it."""

    text: str
    blank: bool = False


@dataclass
class Scalar:
    """A scalar. `source` is its text without the anchor, and `value` what that text says."""

    start: int
    end: int
    anchor: str | None
    body: int  # where `source` begins
    source: str
    value: str
    style: str  # "" for plain, else ' " | >

    @property
    def plain(self) -> bool:
        """Whether it is written without quotes."""
        return self.style == ""

    @property
    def block(self) -> bool:
        """Whether it is a block: `|` or `>`."""
        return self.style in {"|", ">"}


@dataclass
class Alias:
    """`*name`."""

    start: int
    end: int
    name: str
    anchor: None = None


@dataclass
class Collection:
    """A mapping or a list. `flow` if it is written in brackets; `column` is where its first entry begins."""

    start: int
    end: int
    anchor: str | None
    mapping: bool
    flow: bool
    entries: list[Entry] = field(default_factory=list)
    tail: list[Comment] = field(default_factory=list)  # comments after the last entry
    column: int = 0


Node: TypeAlias = Scalar | Alias | Collection


@dataclass
class Entry:
    """A key with its value, or an item of a list.

    `before` are the comments above it, `beside` those on its lines; `blank` if an empty line stands right above.
    """

    key: Node | None
    value: Node
    start: int = 0
    end: int = 0
    before: list[Comment] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    blank: bool = False


def read(text: str) -> Collection | None:
    """The root of a text that `yaml_reader.read` accepts, without comments; None where it is no collection."""
    stream = _events(text)
    next(stream)  # the stream's start
    next(stream)  # the document's start
    root = _node(next(stream), stream, text)
    return root if isinstance(root, Collection) else None


def _events(text: str) -> Iterator[Any]:
    loader = _Loader(text)
    while True:
        yield loader.get_event()


def _node(event: Any, stream: Iterator[Any], text: str) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, AliasEvent):
        return Alias(start, end, str(event.anchor))
    if isinstance(event, ScalarEvent):
        return _scalar(event, text)
    assert isinstance(event, (MappingStartEvent, SequenceStartEvent))
    body = _body(event, text)
    found = Collection(start, end, event.anchor, isinstance(event, MappingStartEvent), bool(event.flow_style))
    if found.mapping:
        while not isinstance(item := next(stream), MappingEndEvent):
            key = _node(item, stream, text)
            value = _node(next(stream), stream, text)
            found.entries.append(Entry(key, value, key.start, max(key.end, value.end)))
    else:
        while not isinstance(item := next(stream), SequenceEndEvent):
            value = _node(item, stream, text)
            found.entries.append(Entry(None, value, value.start, value.end))
    if found.flow and text[body : body + 1] in {"[", "{"}:
        found.end = item.end_mark.index
    elif (
        found.entries
    ):  # the parser ends a block where the next thing begins; `[a: 1]` has no brackets of its own
        found.end = max(e.end for e in found.entries)
    return found


def _body(event: Any, text: str) -> int:
    """Where a node begins behind its anchor."""
    start: int = event.start_mark.index
    if event.anchor is None:
        return start
    space = _SPACE_OR_COMMENT.match(text, start + 1 + len(event.anchor))
    assert space is not None
    return space.end()


def _scalar(event: Any, text: str) -> Scalar:
    start, end = event.start_mark.index, event.end_mark.index
    style = event.style or ""
    body = min(_body(event, text), end) if style in {"|", ">"} or end > start else start
    source = text[body:end]
    if style in {"|", ">"} and "+" not in source.partition("\n")[0].partition("#")[0]:
        source = source.rstrip(" \t\n")  # empty lines below are the layout's, unless they are to be kept
        end = body + len(source)
    return Scalar(start, end, event.anchor, body, source, str(event.value), style)


def scalars(node: Node) -> Iterator[Scalar]:
    """All scalars, in the order of the text."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Collection):
        for entry in node.entries:
            if entry.key is not None:
                yield from scalars(entry.key)
            yield from scalars(entry.value)


def shares(node: Node | None) -> bool:
    """Whether there is an anchor or an alias in it: its parts may not change places."""
    match node:
        case None:
            return False
        case Alias():
            return True
        case Scalar():
            return node.anchor is not None
        case Collection():
            return node.anchor is not None or any(shares(e.key) or shares(e.value) for e in node.entries)
