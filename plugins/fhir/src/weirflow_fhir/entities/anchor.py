"""Where an entity stands in a text, whatever its offsets count in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow_fhir.notes.attachment import Content

EXACT = ""
MOVED = "offsets of an entity do not fit its text: it was found elsewhere"
LOST = "text of an entity is not in the note: it has no offsets"


class Place(NamedTuple):
    """Which of several texts, where in it, in code points, and what was wrong with the offsets."""

    note: int
    begin: int | None
    end: int | None
    fault: str = EXACT


def place(texts: Sequence[Content], wanted: str, begin: int | None, end: int | None) -> Place:
    """The place of a text whose offsets are said to be `begin` and `end`.

    They count code points as a rule; those in units of UTF-16 or bytes of UTF-8 are understood too. What they lead to
    must be the text. If it is not, the nearest place counts that has it, else none.
    """
    for index, content in enumerate(texts):
        if begin is None or end is None:
            break
        at = _counted(content.raw, wanted, begin, end)
        if at is not None and content.raw is content.text:
            return Place(index, at, at + len(wanted))
        if at is not None and (moved := _same_occurrence(content, wanted, at)) is not None:
            return Place(index, moved, moved + len(wanted))
    return _nearest(texts, wanted, begin)


def _counted(raw: str, wanted: str, begin: int, end: int) -> int | None:
    """Where offsets lead, in code points; None where that is not the text in any unit."""
    if not 0 <= begin <= end:
        return None
    if raw[begin:end] == wanted:
        return begin
    if raw.isascii():
        return None
    for charset, width in (("utf-16-le", 2), ("utf-8", 1)):
        data, sought = raw.encode(charset, "surrogatepass"), wanted.encode(charset, "surrogatepass")
        if data[begin * width : end * width] == sought:
            return len(data[: begin * width].decode(charset, "surrogatepass"))
    return None


def _same_occurrence(content: Content, wanted: str, at: int) -> int | None:
    """The place in the text without markup: as many places that have it come before; None where some were lost."""
    if content.raw.count(wanted) != content.text.count(wanted):
        return None
    found = -1
    for _ in range(content.raw.count(wanted, 0, at) + 1):
        found = content.text.find(wanted, found + 1 if found < 0 else found + len(wanted))
    return found if found >= 0 else None


def _nearest(texts: Sequence[Content], wanted: str, begin: int | None) -> Place:
    pattern = re.compile(r"\s+".join(map(re.escape, wanted.split())), re.IGNORECASE)
    places = [
        (abs(match.start() - (begin or 0)), index, match.start(), match.end())
        for index, content in enumerate(texts)
        for match in (pattern.finditer(content.text) if pattern.pattern else ())
    ]
    if not places or (begin is None and len(places) > 1):
        return Place(0, None, None, LOST)
    _, index, start, stop = min(places)
    return Place(index, start, stop, MOVED)
