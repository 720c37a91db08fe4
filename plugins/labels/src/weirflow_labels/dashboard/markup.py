"""Markup that is escaped unless it says that it is markup already."""

from __future__ import annotations

import re
from html import escape

_VOID = {"input", "link", "meta", "br"}
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Text that is markup already, and safe."""

    __slots__ = ()


def tag(name: str, /, *children: str | int | None, **attributes: str | int | bool | None) -> Html:
    """An element. `class_` is `class`, `_` in an attribute's name is `-`; None and False leave it out."""
    written = "".join(_attribute(k, v) for k, v in attributes.items() if v is not None and v is not False)
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str | int | None) -> Html:
    """Several pieces one after another."""
    return Html("".join(c if isinstance(c, Html) else escape(fit(str(c))) for c in children if c is not None))


def fit(text: str) -> str:
    """Text without what no document may hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def _attribute(name: str, value: str | int) -> str:
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(fit(str(value)))}"'
