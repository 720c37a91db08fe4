"""How values and numbers are written for readers."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from weirflow.api import Cell, DType, NodeError, Scalar, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NULL = "(null)"
LONGEST_NAME = 40
TENTH, THOUSAND = 0.1, 1_000
EXACT = 1e15  # below which a float holds every whole number
_UNORDERED = frozenset({"list", "struct", "binary", "object"})


def has_plain_values(dtype: DType | None) -> bool:
    """Whether a column's values can be counted one by one: not so for lists, structures and bytes."""
    return dtype is None or dtype.kind not in _UNORDERED


def require_plain_values(schema: Schema, *columns: str | None) -> None:
    """Refuse columns whose values cannot be told apart and named."""
    for column in columns:
        dtype = schema.dtype(column) if column else None
        if not has_plain_values(dtype):
            raise NodeError(
                f"column '{column}' is of type {dtype}, whose values cannot be counted one by one",
                hint="choose a column of numbers, text, dates or booleans",
                code="WF402",
            )


def require_numeric(schema: Schema, *columns: str) -> None:
    """Refuse columns that are known to hold no numbers."""
    for column in columns:
        dtype = schema.dtype(column)
        if dtype is not None and not dtype.is_numeric:
            raise NodeError(
                f"column '{column}' is of type {dtype}, and a numeric one was expected",
                hint="choose a numeric column, or cast this one first",
                code="WF402",
            )


def is_personal(schema: Schema, column: str | None) -> bool:
    """Whether the values of a column must not be shown."""
    found = schema.get(column) if column else None
    return found is not None and found.personal


def cell(value: Scalar) -> Cell:
    """A value as JSON can hold it: dates in ISO 8601, durations in seconds, bytes by their length."""
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return f"({len(value):,} bytes)"
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def shown(value: Scalar) -> str:
    """A value as a reader sees it on an axis or in a sentence."""
    match value:
        case None:
            return NULL
        case bool():
            return "true" if value else "false"
        case float():
            return number(value)
        case timedelta():
            return str(value)
    text = " ".join(str(cell(value)).split())
    if not text:
        return "(empty)"
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def names(values: Iterable[Scalar], *, personal: bool = False) -> dict[Scalar, str]:
    """A distinct name for each value; those of a personal column are numbered instead of named."""
    found: dict[Scalar, str] = {}
    taken: set[str] = set()
    for place, value in enumerate(values, start=1):
        plain = NULL if value is None else f"value {place}" if personal else shown(value)
        name, copy = plain, 2
        while name in taken:
            name, copy = f"{plain} ({copy})", copy + 1
        taken.add(name)
        found[value] = name
    return found


def number(value: float) -> str:
    """A number for a sentence: whole if it is, else with four significant digits."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= EXACT or (abs(value) < THOUSAND and value != int(value)):
        return f"{value:.4g}"
    return f"{value:,.0f}"


def signed(value: float) -> str:
    """A metric for a sentence, with three significant digits."""
    if value == 0:
        return "0"
    return f"{value:.3f}" if abs(value) >= TENTH else f"{value:.3g}"


def percent(part: float, whole: float) -> str:
    """A share as `31 %` or `72.3 %`."""
    if not whole:
        return "0 %"
    share = 100 * part / whole
    text = f"{share:.1f}".removesuffix(".0")
    if text == "0" and part:
        return "under 0.1 %"
    return "over 99.9 %" if text == "100" and part < whole else f"{text} %"


def quoted(name: str) -> str:
    """A value's name in a sentence, in quotation marks where it could be taken for a count."""
    return name if any(c.isalpha() for c in name) else f"'{name}'"


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 row`, `1,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(items: Iterable[str], word: str = "and") -> str:
    """Items as a sentence lists them: `a, b and c`."""
    parts = list(items)
    return f" {word} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def most_common(totals: Mapping[str, int], *, most: int = 4) -> str:
    """The largest counts of a breakdown in words: `low risk 700 (70 %) and high risk 300 (30 %)`."""
    whole = sum(totals.values())
    ranked = sorted(totals.items(), key=lambda item: -item[1])
    parts = [f"{quoted(name)} {n:,} ({percent(n, whole)})" for name, n in ranked[:most]]
    if len(ranked) > most:
        rest = sum(n for _, n in ranked[most:])
        parts.append(f"{len(ranked) - most:,} more with {rest:,}")
    return listed(parts)
