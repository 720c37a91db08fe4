"""Numbers as they are read. `assets/model.js` writes them in the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from weirflow_labels.dashboard.cube import text_of

NONE = "–"  # noqa: RUF001


def spoken(value: float | None, unit: str = "") -> str:
    """A value with its unit: seconds as minutes or hours where there are many, other numbers to three digits or so."""
    if value is None:
        return NONE
    if unit in {"s", "seconds"}:
        if abs(value) < 60:  # noqa: PLR2004
            return f"{_rounded(value, 1)} s"
        return f"{_rounded(value / 60, 1)} min" if abs(value) < 3600 else f"{_rounded(value / 3600, 1)} h"  # noqa: PLR2004
    text = plain(value)
    return f"{text} {unit}" if unit and unit != "%" else text + unit


def plain(value: float) -> str:
    """A number with thousands set apart: whole ones whole, others to two places, fewer where they are large."""
    if value == int(value):
        return f"{int(value):,}"
    size = abs(value)
    return _rounded(value, 0 if size >= 1000 else 1 if size >= 10 else 2)  # noqa: PLR2004


def percent(part: float, whole: float) -> str:
    """A share in per cent, with one place."""
    return f"{_rounded(100 * part / whole, 1)} %" if whole else NONE


def cell(value: float | None) -> str:
    """A number as a CSV file has it."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))  # noqa: PLR2004


def guarded(text: str) -> str:
    """A text as a cell of a CSV file: one that a spreadsheet would take for a formula begins with an apostrophe."""
    if text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def csv(heads: list[str], rows: Sequence[Sequence[str | float | None]]) -> str:
    """A CSV file: UTF-8, commas, quotes where they are needed, a line feed after every line."""
    lines: list[Sequence[str | float | None]] = [heads, *rows]
    return "".join(
        ",".join(guarded(c) if isinstance(c, str) else cell(c) for c in line) + "\n" for line in lines
    )


def key_text(key: object, labels: dict[str | float | None, str]) -> str:
    """A key of a panel as it is read."""
    return labels.get(key) or text_of(key)  # type: ignore[call-overload]


def _rounded(value: float, places: int) -> str:
    step = Decimal(1).scaleb(-places)
    return f"{Decimal(value).quantize(step, rounding=ROUND_HALF_UP):,}"
