"""A panel's numbers as a table: what a page shows in cells and a CSV file in lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weirflow_labels.dashboard.cube import Key, Shown
from weirflow_labels.dashboard.spec import Panel, Tone
from weirflow_labels.dashboard.words import csv, key_text, spoken

if TYPE_CHECKING:
    from weirflow_labels.dashboard.panel import PanelData

TOTAL = "total"
DRAWN = {
    "pie": "Pie chart",
    "donut": "Ring chart",
    "bar": "Bars",
    "stacked": "Columns",
    "histogram": "Histogram",
}


@dataclass(frozen=True)
class Cell:
    """A number as it is and as it is read; `tone` and `mark` where it stands out; `colour` is its part of the row."""

    value: float | None
    text: str
    tone: Tone | None = None
    mark: str = ""
    colour: Key = None


@dataclass(frozen=True)
class Row:
    """A line of a table: its key, what it is called, its cells."""

    key: Key
    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """Headings, the first of which is that of the rows' names, and rows. `parts` says that cells are parts of a row."""

    heads: list[str]
    rows: list[Row] = field(default_factory=list)
    parts: bool = False

    def csv(self) -> str:
        """The table as a CSV file, with the numbers as they are."""
        return csv(self.heads, [[r.name, *(c.value for c in r.cells)] for r in self.rows])


def table_of(panel: PanelData, found: Shown) -> Table:
    """The table of a panel; that of a chart has what is drawn."""
    columns = panel.cube.columns
    first = panel.by_title or "value"
    if panel.panel.colour is None:
        heads = [first, *(panel.panel.columns or ([_heading(panel)]))]
        table = Table(heads)
        for row in found.rows:
            group = found.totals.get(row)
            cells = [
                _cell(
                    panel.panel,
                    heading,
                    None if group is None else group.value(heading),
                    c.measure.unit,
                    None,
                )
                for heading, c in columns.items()
            ]
            if group is None and panel.order:
                cells = [Cell(0, spoken(0, c.measure.unit)) for c in columns.values()]
            table.rows.append(Row(row, key_text(row, panel.labels), cells))
        return table
    heading, column = next(iter(columns.items()))
    unit, adds = column.measure.unit, column.measure.adds_up
    names = [key_text(c, {}) for c in found.colours]
    table = Table([first, *names, *([TOTAL] if adds else [])], parts=True)
    for row in found.rows:
        group = found.totals.get(row)
        total = None if group is None else group.value(heading)
        cells = []
        for colour, name in zip(found.colours, names, strict=True):
            value = found.value(row, colour, heading)
            value = 0 if value is None and adds else value
            cells.append(_cell(panel.panel, name, value, unit, total, colour))
        if adds:
            cells.append(Cell(total or 0, spoken(total or 0, unit)))
        table.rows.append(Row(row, key_text(row, panel.labels), cells))
    return table


def described(panel: PanelData, table: Table) -> str:
    """What a chart shows, in a sentence, for those who do not see it."""
    most = (
        table.rows[:3] if not panel.order else sorted(table.rows, key=lambda r: -(r.cells[-1].value or 0))[:3]
    )
    lead = ", ".join(f"{r.name} {r.cells[-1].text}" for r in most if r.cells)
    return f"{DRAWN[panel.panel.kind]} of {len(table.rows)} by {panel.by_title}. The greatest: {lead}."


def _heading(panel: PanelData) -> str:
    """What the only value of a chart is called in its table."""
    measure = next(iter(panel.cube.columns.values())).measure
    if measure.how == "count":
        return "rows"
    return measure.column if measure.how == "sum" else f"{measure.how} of {measure.column}"


def _cell(
    panel: Panel, heading: str, value: float | None, unit: str, total: float | None, colour: Key = None
) -> Cell:
    text = spoken(value, unit)
    for rule in panel.highlight:
        if value is None or heading.lower() not in rule.names:
            continue
        measured = value
        if rule.share:
            if not total:
                continue
            measured = value / total
        low = rule.at_least is None or measured >= rule.at_least
        high = rule.at_most is None or measured <= rule.at_most
        if low and high:
            return Cell(value, text, rule.tone, rule.text, colour)
    return Cell(value, text, colour=colour)
