"""How a scalar is written: as plainly as any reader of YAML 1.1 or 1.2 takes for the same text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import yaml
from yaml.resolver import Resolver

from weirflow.flow.layout.comments import BREAKS
from weirflow.flow.scalars import plain

if TYPE_CHECKING:
    from weirflow.flow.layout.tree import Scalar

_SAFE = re.compile(r"[^\W_]([\w ./+()%<=>*;^~|$@-]*[\w./+()%<=>*;^~|$@-])?|[/._][\w./-]*")
_LETTERS = frozenset("yYnN")  # YAML 1.1 has them as booleans, though few of its readers do
_LONG = 1000  # characters; text that is longer may be a number with more digits than Python reads
_resolve: Callable[..., str] = Resolver().resolve
_TEXT = "tag:yaml.org,2002:str"
_NAMED = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
}
_NAMED |= {"\x1b": "\\e", '"': '\\"', "\\": "\\\\"}


def written(scalar: Scalar) -> str:
    """A scalar on one line. Empty where it was left out."""
    text = scalar.value
    if not scalar.plain:
        return text if is_word(text) else quoted(text)
    if any(b in scalar.source for b in BREAKS):
        return text if is_word(text) else quoted(text)
    return quoted(text) if isinstance(plain(text), str) and not _is_old_text(text) else scalar.source


def is_word(text: str) -> bool:
    """Whether a text needs no quotes, wherever it stands and whoever reads it."""
    return (
        len(text) <= _LONG
        and _SAFE.fullmatch(text) is not None
        and text not in _LETTERS
        and text.isprintable()
        and isinstance(plain(text), str)
        and _is_old_text(text)
    )


def _is_old_text(text: str) -> bool:
    """Whether readers of YAML 1.1 take a plain word for text, too: `no`, `1_000` and `12:30` they do not."""
    return _resolve(yaml.ScalarNode, text, (True, False)) == _TEXT


def quoted(text: str) -> str:
    """A text in quotes: double ones, unless single ones spare it escapes."""
    if text.isprintable() and ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character.isprintable():
        return character
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - the widths of YAML's escapes
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def block(scalar: Scalar) -> list[str] | None:
    """The lines of a `|` or `>`, the first with its mark, or None where only quotes can hold the text."""
    if scalar.style == "|":
        return literal(scalar.value)
    mark, lines = _folded(scalar)
    return _held([mark, *lines], scalar.value)


def literal(text: str) -> list[str] | None:
    """The lines of a text as a `|` has them, the first with the mark, or None where only quotes can hold it."""
    mark, lines = _literal(text)
    return _held([mark, *lines], text)


def _held(lines: list[str], text: str) -> list[str] | None:
    printable = all(c.isprintable() or c in "\t\n" for c in text)
    return lines if printable and len(lines) > 1 and _says(lines, text) else None


def _literal(text: str) -> tuple[str, list[str]]:
    lines = text.removesuffix("\n").split("\n")
    chomp = "-" if not text.endswith("\n") else "+" if not lines[-1] else ""
    first = next((line for line in lines if line), "")
    return f"|{'2' if first.startswith(' ') else ''}{chomp}", lines


def _folded(scalar: Scalar) -> tuple[str, list[str]]:
    head, _, body = scalar.source.partition("\n")
    mark = head.partition("#")[0].strip()
    lines = body.removesuffix("\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    if any(c.isdigit() for c in mark):  # where the text begins cannot be told from its lines
        return _literal(scalar.value)
    return mark, [line[indent:] for line in lines]


def running(scalar: Scalar) -> list[str] | None:
    """The lines of a plain or quoted scalar that runs over several, or None where they are better joined."""
    lines = [line.strip(" \t") for line in scalar.source.split("\n")]
    if (
        len(lines) == 1
        or not all(line.isprintable() for line in lines)
        or any(e.endswith("\\") for e in lines)
    ):
        return None
    return lines if _says(lines, scalar.value) else None


def _says(lines: list[str], text: str) -> bool:
    """Whether lines, as they are about to be written, are this text."""
    shown = [f"k: {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return bool(yaml.load("\n".join(shown) + "\n", loader) == {"k": text})  # noqa: S506 - it makes text alone
    except yaml.YAMLError:
        return False
