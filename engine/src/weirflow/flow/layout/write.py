"""A tree in the canonical layout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from weirflow.flow.layout import words
from weirflow.flow.layout.tree import Alias, Collection, Comment, Entry, Node, Scalar, shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from weirflow.flow.layout.comments import Page

WIDTH = 120
"""Columns that a line may take before brackets are broken up."""

ORDER = ("id", "title", "description", "tags", "operator", "inputs", "parameters", "cache", "seed")
"""The keys of a node, in the order in which they are written: what it is, what it takes, what it does."""

_LONGEST_KEY = 1000  # characters; beyond 1024 YAML wants a '? ' before it


def write(page: Page) -> str:
    """The text of a page."""
    root = page.root
    _arrange(root)
    lead, lines = _block(root, 0)
    head = _comments(page.head, 0)
    if head and (root.entries[0].blank or (lead and lead[0].blank)):
        head.append("")
    return "\n".join([*head, *_comments(_flush(lead), 0), *lines]) + "\n"


def rank(key: object) -> int:
    """Where a key of a node stands; those that are not known come last."""
    return ORDER.index(key) if isinstance(key, str) and key in ORDER else len(ORDER)


def _arrange(root: Collection) -> None:
    """Put the keys of nodes in order, where no anchor needs them as they are."""
    for entry in root.entries:
        if _name(entry) != "nodes" or not isinstance(entry.value, Collection):
            continue
        for item in entry.value.entries:
            node = item.value
            if isinstance(node, Collection) and node.mapping and not any(map(_shares, node.entries)):
                node.entries.sort(key=lambda e: rank(_name(e)))


def _shares(entry: Entry) -> bool:
    return shares(entry.key) or shares(entry.value)


def _name(entry: Entry) -> str | None:
    return entry.key.value if isinstance(entry.key, Scalar) else None


def _block(collection: Collection, indent: int) -> tuple[list[Comment], list[str]]:
    """The lines of a collection, one entry after another; the comments above its first entry are apart."""
    lead: list[Comment] = []
    lines: list[str] = []
    for i, entry in enumerate(collection.entries):
        above, body = _entry(entry, indent)
        if i == 0:
            lead = above
        else:
            lines += [*_comments(above, indent), *([""] if entry.blank else [])]
        lines += body
    return lead, [*lines, *_comments(collection.tail, indent)]


def _comments(comments: Iterable[Comment], indent: int) -> list[str]:
    return [line for c in comments for line in ([""] * c.blank + [" " * indent + c.text])]


def _flush(comments: Sequence[Comment]) -> list[Comment]:
    """The comments without an empty line above the first."""
    return [replace(c, blank=c.blank and i > 0) for i, c in enumerate(comments)]


def _entry(entry: Entry, indent: int) -> tuple[list[Comment], list[str]]:
    """The comments above an entry, and its lines."""
    value, margin = entry.value, " " * indent
    above, beside = list(entry.before), list(entry.beside)
    lines: list[str] = []
    start = margin + "-"
    if entry.key is not None:
        start = margin + _key(entry.key)
        if len(start) > _LONGEST_KEY:
            lines, start = [f"{margin}? {_inline(entry.key)}"], margin
        start += ":"
    if value.anchor is not None:
        start += f" &{value.anchor}"
    hoisted: list[Comment] = []
    if isinstance(value, Collection) and not value.entries:
        hoisted += value.tail
    if isinstance(value, Collection) and _as_block(value, len(start) + 1):
        lead, inner = _block(value, indent + 2)
        if entry.key is None and value.anchor is None:  # it begins on the line of the dash
            hoisted += [Comment(c) for c in beside] + lead
            beside = []
            lines += [start + " " + inner[0].lstrip(" "), *inner[1:]]
        else:
            lines += [start + _tail(beside), *_comments(_flush(lead), indent + 2), *inner]
    elif isinstance(value, Scalar) and value.block and (text := words.block(value)) is not None:
        lines += [f"{start} {text[0]}{_tail(beside)}", *_indented(text[1:], indent + 2)]
    else:
        text = _lines(value, len(start) + 1, indent + 2)
        lines += [f"{start} {text[0]}".rstrip(" "), *text[1:]]
        lines[-1] += _tail(beside)
    hoisted += [Comment(c) for c in beside[1:]]
    if hoisted and not above and entry.blank:
        hoisted[0], entry.blank = replace(hoisted[0], blank=True), False
    return above + hoisted, lines


def _tail(beside: Sequence[str]) -> str:
    return f"  {beside[0]}" if beside else ""


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    return [" " * indent + line if line else "" for line in lines]


def _key(key: Node) -> str:
    return _inline(key) + (" " if isinstance(key, Alias) else "")  # a colon may be part of an alias's name


def _as_block(collection: Collection, column: int) -> bool:
    """Whether a collection is written line by line: it was, or brackets cannot hold it well."""
    if not collection.entries:
        return False
    if not collection.flow or _commented(collection):
        return True
    text = _bare(collection)
    keys = [e.key for e in collection.entries if e.key is not None]
    if column + len(text) <= WIDTH and len(text) < _LONGEST_KEY:
        return False
    nested = any(isinstance(e.value, Collection) and e.value.entries for e in collection.entries)
    return nested or any(len(_inline(k)) > _LONGEST_KEY for k in keys)


def _commented(collection: Collection) -> bool:
    return bool(collection.tail) or any(
        e.before or e.beside or (isinstance(e.value, Collection) and _commented(e.value))
        for e in collection.entries
    )


def _lines(node: Node, column: int, indent: int) -> list[str]:
    """A value that begins at a column; its further lines are indented."""
    if isinstance(node, Scalar) and not node.block and "\n" in node.source:
        lines = words.running(node)
        if lines is not None:
            return [lines[0], *_indented(lines[1:], indent)]
    text = _bare(node)
    if isinstance(node, Collection) and node.entries and column + len(text) > WIDTH:
        return _filled(node, column)
    return [text]


def _filled(collection: Collection, column: int) -> list[str]:
    """Brackets over as few lines as they need, all about equally long."""
    opening, closing = "{}" if collection.mapping else "[]"
    texts = [f"{_pair(e)}," for e in collection.entries]
    texts[0] = opening + texts[0]
    texts[-1] = texts[-1][:-1] + closing
    lines = _wrapped(texts, WIDTH - column - 1)
    least = max(map(len, texts))
    for width in range(max(map(len, lines)), least, -1):
        narrower = _wrapped(texts, width)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return [lines[0], *_indented(lines[1:], column + 1)]


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    lines = [texts[0]]
    for text in texts[1:]:
        if len(lines[-1]) + 1 + len(text) > width:
            lines.append(text)
        else:
            lines[-1] += f" {text}"
    return lines


def _pair(entry: Entry) -> str:
    value = _inline(entry.value)
    return value if entry.key is None else f"{_key(entry.key)}: {value}"


def _inline(node: Node) -> str:
    """A node on one line, as brackets may hold it."""
    anchor = f"&{node.anchor} " if node.anchor is not None else ""
    return anchor + (_bare(node) or "null")


def _bare(node: Node) -> str:
    """A node on one line without its anchor; nothing where it was left out."""
    match node:
        case Alias():
            return f"*{node.name}"
        case Scalar():
            return words.written(node)
        case Collection():
            opening, closing = "{}" if node.mapping else "[]"
            return opening + ", ".join(map(_pair, node.entries)) + closing
