"""Comments and empty lines: found in a text, and given to the entries of its tree that they are about."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from weirflow.flow.layout.tree import Collection, Comment, Entry, read, scalars

BREAKS = "\n\x85\u2028\u2029"
"""What YAML takes for the end of a line, once carriage returns are gone."""

_COMMENT = re.compile(rf"#[^{BREAKS}]*")
_HEADER = re.compile(rf"[|>][0-9+-]*[ \t]*(#[^{BREAKS}]*)?")
_DIRECTIVE = re.compile(rf"(?:^|[{BREAKS}])%[^{BREAKS}]*\Z")
_BREAK = re.compile(rf"[{BREAKS}]")
_SPACE = " \t" + BREAKS
_INK = re.compile(rf"[^{BREAKS}]")
_FRONT = re.compile(rf"(?:^%[^{BREAKS}]*[{BREAKS}]|^[ \t]*(?:#[^{BREAKS}]*)?[{BREAKS}])*^---", re.MULTILINE)


@dataclass(frozen=True)
class _Found:
    start: int
    text: str


def _find(text: str, root: Collection) -> tuple[list[_Found], str, str]:
    """The comments; the text without them, and without scalars too, all offsets as they were."""
    front = _FRONT.match(text)
    spans = [(s.body, s.end) for s in scalars(root)]
    found: list[_Found] = []
    for scalar in scalars(root):
        header = _HEADER.match(text, scalar.body) if scalar.block else None
        if header is not None and header[1]:
            found.append(_Found(header.start(1), header[1].rstrip()))
    at = 0
    for start, end in [*sorted(spans), (len(text), len(text))]:
        for match in _COMMENT.finditer(text, at, start):
            directive = front is not None and match.start() < front.end()
            if not (directive and _DIRECTIVE.search(text, 0, match.start())):
                found.append(_Found(match.start(), match[0].rstrip()))
        at = max(at, end)
    found.sort(key=lambda c: c.start)
    bare = _blanked(text, [(c.start, c.start + len(c.text)) for c in found])
    return found, bare, _blanked(bare, spans)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces in the place of these spans; lines stay."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        parts += [text[at:start], _INK.sub(" ", text[start:end])]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _ink_before(text: str, at: int) -> int:
    """The last character before an offset that is no space; -1 where there is none."""
    at -= 1
    while at >= 0 and text[at] in _SPACE:
        at -= 1
    return at


def comments(text: str) -> list[str]:
    """The comments of a text that `yaml_reader.read` accepts, in its order."""
    root = read(text)
    return [] if root is None else [c.text for c in _find(text, root)[0]]


@dataclass
class Page:
    """A text as a tree with its comments: `head` are those above everything, `comments` all, in the text's order."""

    root: Collection
    head: list[Comment]
    comments: list[str]


def read_page(text: str) -> Page | None:
    """Read a text that `yaml_reader.read` accepts; None where it holds no mapping or list."""
    root = read(text)
    return None if root is None else _Attach(text, root).page()


class _Attach:
    def __init__(self, text: str, root: Collection) -> None:
        self.text = text
        self.root = root
        self.found, self.bare, self.outside = _find(text, root)
        self.lines = [0, *(m.end() for m in _BREAK.finditer(text))]
        self.kept = {
            line
            for s in scalars(root)
            if s.block and s.source.endswith("\n")
            for line in self.lines[bisect_right(self.lines, s.start) : bisect_left(self.lines, s.end)]
        }
        self.head: list[Comment] = []
        self.last: tuple[object, int] = (None, 0)  # the gap of the comment before, and how deep it went

    def page(self) -> Page:
        self._places(self.root)
        for comment in self.found:
            line = self._line(comment.start)
            if self.text[line : comment.start].strip():
                self._beside(comment)
            else:
                self._own_line(comment, comment.start - line)
        return Page(self.root, self.head, [c.text for c in self.found])

    def _places(self, collection: Collection) -> None:
        """Where each entry begins: at its `-` or `?`, if it has one."""
        for entry in collection.entries:
            if not collection.mapping:
                if not collection.flow:
                    entry.start = self.outside.rindex("-", 0, entry.value.start)
                    entry.end = max(entry.end, entry.start + 1)
            else:
                mark = _ink_before(self.outside, entry.start)
                if mark >= 0 and self.outside[mark] == "?" and self.text[mark + 1] in _SPACE:
                    entry.start = mark
            line = self._line(entry.start)
            # the first key behind a `-` may change places: the empty line is its item's
            entry.blank = not self.text[line : entry.start].strip() and self._blank_above(line)
            for node in (entry.key, entry.value):
                if isinstance(node, Collection):
                    self._places(node)
        if collection.entries:
            first = collection.entries[0].start
            collection.column = first - self._line(first)

    def _line(self, at: int) -> int:
        """Where the line of an offset begins."""
        return self.lines[bisect_right(self.lines, at) - 1]

    def _blank_above(self, line: int) -> bool:
        """Whether the line above is empty, and not one that a `|+` keeps."""
        above = self._line(line - 1) if line else 0
        return line > 0 and above not in self.kept and not self.text[above : line - 1].strip()

    def _path(self, at: int) -> list[Entry]:
        """The entries that lie around an offset, outermost first."""
        found: list[Entry] = []
        node: object = self.root
        while isinstance(node, Collection):
            i = bisect_right(node.entries, at, key=lambda e: e.start) - 1
            if i < 0 or node.entries[i].end <= at:
                break
            found.append(node.entries[i])
            node = node.entries[i].value
        return found

    def _beside(self, comment: _Found) -> None:
        """A comment behind something on its line goes with that."""
        at = _ink_before(self.bare, comment.start)
        if at >= 0 and self.outside[at] == ",":
            at = _ink_before(self.bare, at)
        path = self._path(at)
        if path:
            path[-1].beside.append(comment.text)
        else:
            self.head.append(Comment(comment.text))

    def _own_line(self, comment: _Found, column: int) -> None:
        made = Comment(comment.text, self._blank_above(comment.start - column))
        path = self._path(comment.start)
        around = path[-1].value if path else self.root
        if not isinstance(around, Collection) or not around.entries:
            (path[-1].before if path else self.head).append(made)
            return
        i = bisect_right(around.entries, comment.start, key=lambda e: e.start)
        after = around.entries[i] if i < len(around.entries) else None
        if i == 0 and not path:
            self.head.append(made)
        elif i == 0:
            around.entries[0].before.append(made)
        else:
            self._between(made, column, around, around.entries[i - 1], after)

    def _between(
        self, comment: Comment, column: int, around: Collection, prior: Entry, after: Entry | None
    ) -> None:
        """A comment behind an entry belongs to the next one, or, by its column, to the end of what is above."""
        depth, owner = 0, around
        below = prior.value
        limit = self.last[1] if self.last[0] is prior else None
        while (
            isinstance(below, Collection)
            and not below.flow
            and below.entries
            and _under(column, below, owner)
            and (limit is None or depth < limit)
        ):
            depth, owner = depth + 1, below
            below = below.entries[-1].value
        if owner.flow:
            depth = 0
        self.last = (prior, depth)
        if depth == 0 and after is not None:
            after.before.append(comment)
        else:
            owner.tail.append(comment)


def _under(column: int, inner: Collection, outer: Collection) -> bool:
    """Whether a comment at a column can belong to the inner of two; a list may begin where its key does."""
    return column >= inner.column and column > outer.column
