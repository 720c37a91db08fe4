"""What a document must have to be found at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_ICD = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{0,4})?", re.ASCII)
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Filters:
    """What a document must have: one of the values of each metadata column, a day, codes.

    `since` and `until` are days (`2024-02-29`, or the beginning of one, as `2024-02`), both included. A document of
    which only the month or year is known is found where it may be meant. A code of ICD-10 stands for those below it
    too, as `E11` for `E11.9`; a document that denies it does not have it.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    codes: Sequence[str] = ()

    def conditions(self, metadata: Sequence[str]) -> tuple[str, list[object]]:
        """As SQL on `documents d` that follows a condition, and its values. Raises NodeError of what cannot be."""
        where, values = "", list[object]()
        for name, some in sorted(self.values.items()):
            number = number_of(name, metadata)
            if some:
                where += f" AND d.meta_{number} IN ({', '.join('?' * len(some))})"
                values += some
        if self.since:
            where += " AND d.day >= substr(?, 1, length(d.day))"
            values.append(_day(self.since))
        if self.until:
            where += " AND substr(d.day, 1, ?) <= ?"
            values += [len(self.until), _day(self.until)]
        for code in self.codes:
            below = code + _LAST if _ICD.fullmatch(code) else code
            where += " AND d.id IN (SELECT c.document FROM meanings m JOIN codes c ON c.meaning = m.id"
            where += " WHERE m.code BETWEEN ? AND ? AND NOT c.negated)"
            values += [code, below]
        return where, values


NONE = Filters()


def number_of(name: str, metadata: Sequence[str]) -> int:
    """The number of a metadata column. Raises NodeError where there is none of that name."""
    if name not in metadata:
        raise NodeError(
            f"one cannot filter by '{name}'",
            hint=f"by {', '.join(metadata)}" if metadata else "name it in `metadata` of search.index",
        )
    return list(metadata).index(name)


def _day(text: str) -> str:
    if not _DAY.fullmatch(text):
        raise NodeError("a day to filter by is none", hint="write `2024-02-29`, `2024-02` or `2024`")
    return text
