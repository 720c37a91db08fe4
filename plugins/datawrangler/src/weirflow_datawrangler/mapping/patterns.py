"""Regular expressions of Java and Python, as far as they find the same here."""

from __future__ import annotations

import re

from weirflow_datawrangler.step import UnmappedError

_LOOKING = re.compile(r"\(\?(<?[=!]|>)|\\[1-9]|[*+?}]\+")
_CLASSES = {"s": r" \t\n\x0b\f\r", "d": "0-9", "w": "a-zA-Z0-9_"}
"""What Java means by its short classes, where others know letters and digits of all languages."""


def checked(pattern: str, *, finding: bool = False) -> str:
    """A pattern that can be searched for here; with `finding`, one that finds no empty text."""
    try:
        found = re.compile(pattern)
    except re.error:
        raise UnmappedError("its pattern has no equal") from None
    if _LOOKING.search(re.sub(r"\\\\|\\[+*?}(]", "", pattern)):
        raise UnmappedError("its pattern looks around, refers back or is possessive")
    if finding and found.search(""):
        raise UnmappedError("its pattern finds empty text too")
    return pattern


def java_pattern(pattern: str, *, finding: bool = False) -> str:
    """A pattern of Java, whose short classes are of ASCII alone, as one that means it here."""
    made: list[str] = []
    inside = False
    for part in re.findall(r"\\.|&&|.", pattern, re.DOTALL):
        escaped = part[1:] if part[0] == "\\" and len(part) > 1 else ""
        if escaped in _CLASSES:
            part = _CLASSES[escaped] if inside else f"[{_CLASSES[escaped]}]"  # noqa: PLW2901
        elif escaped.lower() in _CLASSES:
            if inside:
                raise UnmappedError("its pattern has a negated class within a class")
            part = f"[^{_CLASSES[escaped.lower()]}]"  # noqa: PLW2901
        elif inside and part in {"[", "&&"}:
            raise UnmappedError("its pattern has a class within a class")
        elif part in {"[", "]"}:
            inside = part == "["
        made.append(part)
    return checked("".join(made), finding=finding)
