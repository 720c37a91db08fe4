"""Terms as N-Quads writes them."""

from __future__ import annotations

import re
from urllib.parse import quote

XSD = "http://www.w3.org/2001/XMLSchema#"

_ESCAPES = {c: f"\\u{c:04X}" for c in (*range(0x20), 0x7F)} | {
    ord("\b"): "\\b",
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\f"): "\\f",
    ord("\r"): "\\r",
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}
_PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f]*')
_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|^`\\\x7f-\x9f\ue000-\uf8ff]|%(?![0-9A-Fa-f]{2})")
_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d")
_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_MONTH = re.compile(r"-?\d{4,}-\d\d")
_YEAR = re.compile(r"-?\d{4,}")


def iri(text: str) -> str:
    """An IRI in angle brackets; what no IRI may hold is percent-encoded."""
    return f"<{_NOT_IN_IRIS.sub(lambda m: quote(m[0], safe=''), text)}>"


def part(text: str) -> str:
    """A text as a part of an IRI's path, with its slashes."""
    return quote(text, safe="/-._~:")


def literal(text: str, *, type: str | None = None, language: str | None = None) -> str:  # noqa: A002
    """A literal; `type` is the name of a type of XML Schema."""
    if not _PLAIN.fullmatch(text):
        text = text.translate(_ESCAPES)
    if type is not None:
        return f'"{text}"^^<{XSD}{type}>'
    return f'"{text}"' if language is None else f'"{text}"@{language}'


def moment(text: str) -> str:
    """A date of ISO 8601, with the type that its precision has; plain text where it is none."""
    for shape, kind in ((_TIME, "dateTime"), (_DATE, "date"), (_MONTH, "gYearMonth"), (_YEAR, "gYear")):
        if shape.fullmatch(text):
            return literal(text, type=kind)
    return literal(text)
