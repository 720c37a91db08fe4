"""How numbers, times and cells are written on the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from weirflow.report.html import Html, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.node.report import Cell

_LONGEST = 160  # characters of a cell
_ROWS_SHOWN = 200
_MINUTE, _HOUR = 60, 3600


def number(value: float | None) -> str:
    """A number for reading: four significant digits, thousands apart, a true minus sign."""
    if value is None:
        return "not defined"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "\N{MINUS SIGN}")
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if size and (size >= 1e9 or size < 1e-4):  # noqa: PLR2004 - where zeros stop being readable
        text = f"{value:.3e}"
    else:
        places = max(0, 3 - math.floor(math.log10(size))) if size else 0
        text = f"{value:,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")


def count(value: int | None, one: str = "", many: str = "") -> str:
    """How many, with a noun that agrees: `1 row`, `1,000 rows`, `not counted`."""
    if value is None:
        return "not counted"
    noun = one if value == 1 else (many or f"{one}s") if one else ""
    return f"{value:,} {noun}".rstrip()


def seconds(value: float) -> str:
    """A length of time: `0.004 s`, `2.31 s`, `3 min 12 s`, `1 h 4 min`."""
    if value >= _HOUR:
        hours, minutes = divmod(round(value / _MINUTE), 60)
        return f"{hours} h {minutes} min"
    if round(value) >= _MINUTE:
        minutes, rest = divmod(round(value), _MINUTE)
        return f"{minutes} min {rest} s"
    if value < 0.0005:  # noqa: PLR2004 - less than the last digit shown
        return "under 1 ms"
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"  # noqa: PLR2004


def memory(value: int) -> str:
    """An amount of memory in bytes, as the terminal says it: in MiB."""
    return f"{value / 2**20:,.0f} MiB"


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    name: str,
    marked: Sequence[Html | None] | None = None,
    thousands: bool = False,
) -> Html:
    """A table that scrolls sideways by itself, reachable by keyboard under its name.

    `marked` gives each heading a mark. `thousands` sets them apart, which what was counted wants and a sample
    of the data does not: it may hold years. Past 200 rows the rest is left out and said to be.
    """
    numeric = [_is_numeric([row[i] for row in rows]) for i in range(len(columns))]
    marks = marked or [None] * len(columns)
    head = join(
        *(
            tag("th", column, mark, scope="col", class_="number" if right else None)
            for column, mark, right in zip(columns, marks, numeric, strict=True)
        )
    )
    body = join(
        *(
            tag(
                "tr",
                *(
                    _cell(value, right=right, thousands=thousands)
                    for value, right in zip(row, numeric, strict=True)
                ),
            )
            for row in rows[:_ROWS_SHOWN]
        )
    )
    shown = tag("table", tag("thead", tag("tr", head)), tag("tbody", body))
    rest = len(rows) - _ROWS_SHOWN
    return join(
        tag("div", shown, class_="scroll", role="region", aria_label=name, tabindex="0"),
        tag("p", f"{rest:,} more rows are left out here.", class_="note") if rest > 0 else None,
    )


def plain(value: Any, *, thousands: bool = False) -> str:
    """A scalar as it would be typed in a flow; or with its `thousands` apart, for reading."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.6g}" if thousands else f"{value:.6g}"
    if isinstance(value, int) and thousands:
        return f"{value:,}"
    return str(value)


def _is_numeric(values: Sequence[Cell]) -> bool:
    kinds = {type(v) for v in values if v is not None}
    return bool(kinds) and kinds <= {int, float}


def _cell(value: Cell, *, right: bool, thousands: bool) -> Html:
    kind = "number" if right else None
    if value is None:
        return tag("td", tag("span", "null", class_="null"), class_=kind)
    if value == "":
        return tag("td", tag("span", "empty", class_="null"))
    text = plain(value, thousands=thousands)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return tag("td", text, class_=kind)
