"""Markup that is escaped unless it says that it is markup already."""

from __future__ import annotations

import re
from html import escape
from typing import TypeAlias

from weirflow.graph.draw.model import printable

_CODE = re.compile(r"`([^`\n]+)`")
_VOID = {"br", "col", "hr", "meta"}


class Html(str):
    """Text that is markup already, and safe."""

    __slots__ = ()


Content: TypeAlias = str | int | None
"""What an element holds: `Html` as it is, other text escaped, None nothing."""


def tag(name: str, /, *children: Content, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` is `class`, `_` in an attribute's name is `-`; None and False leave it out."""
    written = "".join(_attribute(k, v) for k, v in attributes.items() if v is not None and v is not False)
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Content) -> Html:
    """Several pieces one after another."""
    return Html("".join(_escaped(c) for c in children if c is not None))


def lines(text: str) -> Html:
    """Text that keeps its line ends, for preformatted blocks and paragraphs of a user's own."""
    return Html(escape(printable(text, lines=True)))


def prose(text: str) -> Html:
    """Text in which backticks mark code, as they do in docstrings and messages."""
    return Html(_CODE.sub(r"<code>\1</code>", lines(text)))


def _escaped(child: str | int) -> str:
    return child if isinstance(child, Html) else escape(printable(str(child)))


def _attribute(name: str, value: str | int) -> str:
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(printable(str(value)))}"'
