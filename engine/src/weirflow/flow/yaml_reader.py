"""YAML into plain data, or into a tree of positions: two walks over one stream of parser events.

Events, not the parser's own composer: it recurses in C, and a hostile file overflows its stack.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from weirflow.flow.positions import Entry
from weirflow.flow.scalars import plain
from weirflow.flow.syntax import (
    TOO_DEEP,
    MalformedTextError,
    SyntaxFault,
    Twice,
    conflict,
    from_reader,
    from_yaml,
    too_deep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MOST_ALIASED = 10_000  # values that aliases may repeat in one file; a generous flow repeats a few dozen


class _Walk:
    """What both walks share: the event stream with errors translated."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        try:
            self._next: Callable[[], Any] = _Loader(text).get_event
        except ReaderError as error:
            raise MalformedTextError(from_reader(error)) from None

    def event(self) -> Any:
        try:
            return self._next()
        except ReaderError as error:
            raise MalformedTextError(from_reader(error)) from None
        except yaml.MarkedYAMLError as error:
            raise MalformedTextError(conflict(self.text) or from_yaml(self.text, error)) from None

    def document(self) -> Any:
        """The event that begins the only document's content, or None in an empty stream."""
        self.event()  # the stream's start
        first = self.event()
        return self.event() if isinstance(first, yaml.DocumentStartEvent) else None

    def finish(self) -> None:
        self.event()  # the document's end
        more = self.event()
        if isinstance(more, yaml.DocumentStartEvent):
            raise MalformedTextError(
                SyntaxFault(
                    more.start_mark.index if more.start_mark else 0,
                    "a second document begins here",
                    "a file holds one flow: remove the '---'",
                )
            )

    def deeper(self, event: Any) -> None:
        self.depth += 1
        if too_deep(self.depth):
            raise MalformedTextError(SyntaxFault(event.start_mark.index, TOO_DEEP))


class _Data(_Walk):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twice: list[Twice] = []
        self.tags: list[tuple[int, str]] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.built = 0
        self.aliased = 0

    def value(self, event: Any) -> Any:
        kind = type(event)
        if kind is AliasEvent:
            return self.alias(event)
        before = self.built
        self.built += 1
        if event.tag is not None:
            self.tags.append((event.start_mark.index, event.tag))
        result: Any
        if kind is ScalarEvent:
            result = self.scalar(event)
        elif kind is MappingStartEvent:
            result = self.mapping(event)
        else:
            result = self.sequence(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (result, self.built - before)
        return result

    def scalar(self, event: Any) -> Any:
        if not event.implicit[0]:
            return event.value
        try:
            return plain(event.value)
        except ValueError:
            raise MalformedTextError(
                SyntaxFault(event.start_mark.index, "a number has too many digits", "put it in quotes")
            ) from None

    def sequence(self, event: Any) -> list[Any]:
        self.deeper(event)
        result = []
        while type(item := self.event()) is not SequenceEndEvent:
            result.append(self.value(item))
        self.depth -= 1
        return result

    def mapping(self, event: Any) -> dict[Any, Any]:
        self.deeper(event)
        result: dict[Any, Any] = {}
        starts: dict[Any, int] = {}
        while type(item := self.event()) is not MappingEndEvent:
            key = self.value(item)
            at = item.start_mark.index
            if not isinstance(key, Hashable):
                raise MalformedTextError(
                    SyntaxFault(
                        at,
                        "a key is a list or a mapping, and keys are plain words",
                        "put text that begins with '{' or '[' in quotes",
                    )
                )
            value = self.value(self.event())
            if key in starts:
                self.twice.append(Twice(str(item.value), starts[key], at))
            else:
                starts[key] = at
                result[key] = value
        self.depth -= 1
        return result

    def alias(self, event: Any) -> Any:
        found = self.anchors.get(event.anchor)
        if found is None:
            fault = SyntaxFault(
                event.start_mark.index,
                f"nothing above is marked '&{event.anchor}'",
                "put text that begins with '*' in quotes",
            )
            raise MalformedTextError(fault)
        value, size = found
        self.built += size
        self.aliased += size
        if self.aliased > _MOST_ALIASED:
            fault = SyntaxFault(
                event.start_mark.index,
                f"aliases repeat more than {_MOST_ALIASED:,} values",
                "write the values out, or make a subflow of what repeats",
            )
            raise MalformedTextError(fault, code="WF104")
        return value


@dataclass(frozen=True)
class YamlData:
    """What a YAML text holds, with what is wrong in it that does not stop the reading."""

    value: Any
    twice: tuple[Twice, ...]
    tags: tuple[tuple[int, str], ...]


def read(text: str) -> YamlData:
    """Read the only document of a text. Raises MalformedTextError."""
    walk = _Data(text)
    first = walk.document()
    if first is None:
        return YamlData(None, (), ())
    value = walk.value(first)
    walk.finish()
    return YamlData(value, tuple(walk.twice), tuple(walk.tags))


@dataclass(frozen=True)
class YamlPlace:
    """A value's span, and the entries of a mapping or a list."""

    start: int
    end: int
    entries: tuple[Entry, ...] = ()


class _Places(_Walk):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.anchors: dict[str, YamlPlace] = {}

    def place(self, event: Any) -> YamlPlace:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, AliasEvent):
            target = self.anchors.get(str(event.anchor))
            return YamlPlace(start, end, target.entries if target else ())
        entries: list[Entry] = []
        item = event
        if type(event) is MappingStartEvent:
            self.deeper(event)
            while type(item := self.event()) is not MappingEndEvent:
                key = self.place(item)
                value = self.place(self.event())
                entries.append(Entry(_name(item), key.start, key.end, value))
            self.depth -= 1
        elif type(event) is SequenceStartEvent:
            self.deeper(event)
            while type(item := self.event()) is not SequenceEndEvent:
                value = self.place(item)
                entries.append(Entry(len(entries), value.start, value.end, value))
            self.depth -= 1
        place = YamlPlace(start, max(end, item.end_mark.index), tuple(entries))
        if event.anchor is not None:
            self.anchors[event.anchor] = place
        return place


def _name(event: Any) -> Any:
    if type(event) is not ScalarEvent:
        return None
    return plain(event.value) if event.implicit[0] else event.value


def places(text: str) -> YamlPlace:
    """The positions of everything in a text. Raises MalformedTextError."""
    walk = _Places(text)
    first = walk.document()
    return YamlPlace(0, 0) if first is None else walk.place(first)
