"""Small cubes: a panel's rows summed up by what it shows and by job, class and day, so that filters work on them.

`assets/model.js` does the same in the page, over the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weirflow_labels.dashboard.spec import Measure, Panel

OTHER = "\0"
"""The key of what is not shown one by one. No data has it: texts lose their control characters before."""
_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")

Key = str | float | None


@dataclass(frozen=True)
class Dimension:
    """What rows are told apart by: the values that occur, and for each cell the position of its own."""

    values: list[Key]
    codes: list[int]


@dataclass(frozen=True)
class Column:
    """What the cells hold for a measure: `a` its sum, least or greatest, `b` the rows of a mean.

    A count of different values has a dimension instead, or is a sum where each was counted once before.
    """

    measure: Measure
    a: list[float | None] = field(default_factory=list)
    b: list[int] = field(default_factory=list)
    dimension: str = ""


@dataclass(frozen=True)
class Cube:
    """Cells: for each, the number of its rows, a code in every dimension and what its measures need."""

    counts: list[int]
    dimensions: dict[str, Dimension]
    columns: dict[str, Column]

    @property
    def rows(self) -> int:
        """How many rows it sums up."""
        return sum(self.counts)


class Group:
    """Cells summed up."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.n = 0
        self._columns = columns
        self._a: dict[str, float | None] = dict.fromkeys(columns)
        self._b: dict[str, int] = dict.fromkeys(columns, 0)
        self._seen: dict[str, set[int]] = {h: set() for h in columns}

    def add(self, cube: Cube, cell: int) -> None:
        """Add a cell."""
        self.n += cube.counts[cell]
        for heading, column in self._columns.items():
            if column.dimension:
                dimension = cube.dimensions[column.dimension]
                if dimension.values[dimension.codes[cell]] is not None:
                    self._seen[heading].add(dimension.codes[cell])
            elif column.a:
                b = column.b[cell] if column.b else 0
                self._put(heading, column.measure.how, column.a[cell], b)

    def merge(self, other: Group) -> None:
        """Add all that another one has."""
        self.n += other.n
        for heading, column in self._columns.items():
            self._seen[heading] |= other._seen[heading]
            self._put(heading, column.measure.how, other._a[heading], other._b[heading])

    def value(self, heading: str) -> float | None:
        """The value of a measure; None where no row has any."""
        column = self._columns[heading]
        if column.measure.how == "count":
            return self.n
        if column.dimension:
            return len(self._seen[heading])
        a = self._a[heading]
        if column.measure.how == "mean":
            return None if a is None or not self._b[heading] else a / self._b[heading]
        return (a or 0) if column.measure.how == "distinct" else a

    def _put(self, heading: str, how: str, a: float | None, b: int) -> None:
        self._b[heading] += b
        if a is None:
            return
        have = self._a[heading]
        if have is None:
            self._a[heading] = a
        elif how == "min":
            self._a[heading] = min(have, a)
        elif how == "max":
            self._a[heading] = max(have, a)
        else:
            self._a[heading] = have + a


Grouped = dict[Key, dict[Key, Group]]
"""Groups by what the rows of a panel are, and by its colours: None where it has none."""


def grouped(cube: Cube, cells: Iterable[int] | None = None) -> Grouped:
    """Sum up a cube, or some of its cells."""
    by, colour = cube.dimensions.get("by"), cube.dimensions.get("colour")
    found: Grouped = {}
    for cell in range(len(cube.counts)) if cells is None else cells:
        row = None if by is None else by.values[by.codes[cell]]
        column = None if colour is None else colour.values[colour.codes[cell]]
        inner = found.setdefault(row, {})
        if column not in inner:
            inner[column] = Group(cube.columns)
        inner[column].add(cube, cell)
    return found


@dataclass(frozen=True)
class Shown:
    """What a panel shows: keys of its rows and colours in order, and a group for each pair that has rows.

    `missing` is the number of rows that have no value to be grouped by.
    """

    rows: list[Key]
    colours: list[Key]
    groups: dict[tuple[Key, Key], Group]
    totals: dict[Key, Group]
    missing: int = 0

    def value(self, row: Key, colour: Key, heading: str) -> float | None:
        """A value; None where there are no rows."""
        group = self.groups.get((row, colour))
        return None if group is None else group.value(heading)


def shown(panel: Panel, found: Grouped, order: list[Key], columns: Mapping[str, Column]) -> Shown:
    """Bring groups into the order in which they are shown, with the smallest as one.

    `order` is that of keys that have one of their own, as days and the bins of a histogram; they are all shown.
    """
    heading = next(iter(columns))
    missing = sum(
        g.n
        for inner in ([found.pop(None)] if panel.by is not None and None in found else [])
        for g in inner.values()
    )
    if panel.colour is not None:
        for inner in found.values():
            missing += inner.pop(None).n if None in inner else 0
    totals = {row: _sum(inner.values(), columns) for row, inner in found.items() if inner}
    rows = order or _ranked(totals, panel.limit, heading, panel.order, bars=panel.kind == "bar")
    across: dict[Key, list[Group]] = {}
    for inner in found.values():
        for key, group in inner.items():
            across.setdefault(key, []).append(group)
    most = 6 if panel.kind == "stacked" else 24
    colours: list[Key] = (
        _ranked({k: _sum(g, columns) for k, g in across.items()}, most, heading, "value")
        if panel.colour
        else [None]
    )
    groups: dict[tuple[Key, Key], Group] = {}
    sums: dict[Key, Group] = {}
    for row, inner in found.items():
        at = row if row in rows else OTHER
        for colour, group in inner.items():
            place = (at, colour if colour in colours else OTHER)
            groups.setdefault(place, Group(columns)).merge(group)
            sums.setdefault(at, Group(columns)).merge(group)
    return Shown(rows, colours, groups, sums, missing)


def _sum(groups: Iterable[Group], columns: Mapping[str, Column]) -> Group:
    total = Group(columns)
    for group in groups:
        total.merge(group)
    return total


def _ranked(
    groups: dict[Key, Group], most: int, heading: str, order: str, *, bars: bool = False
) -> list[Key]:
    """The keys of the greatest values, the greatest first, and last that of all others, if there are any.

    Bars whose keys are numbers, as how many objects there are in a frame, go by these.
    """
    keys = [k for k in groups if k != OTHER]
    keys.sort(key=lambda k: (-(groups[k].value(heading) or 0), str(k)))
    more = OTHER in groups or len(keys) > most
    if more:
        keys = keys[: most - 1]
    if bars and all(_NUMBER.fullmatch(str(k)) for k in keys):
        keys.sort(key=lambda k: (float(str(k)), str(k)))
    elif order == "name":
        keys.sort(key=str)
    return [*keys, OTHER] if more else keys


def palette(found: Shown, ranks: Mapping[Key, int], *, by_colour: bool) -> dict[Key, int]:
    """The number of the colour of each key, from 1; 0 is that of `other`.

    Each keeps the colour that it has without filters, unless another that is shown has the same.
    """
    chosen: dict[Key, int] = {OTHER: 0}
    for key in found.colours if by_colour else found.rows:
        if key == OTHER:
            continue
        wanted = ranks.get(key, 0)
        used = set(chosen.values())
        free = next((i for i in range(1, 9) if i not in used), 8)
        chosen[key] = wanted if 0 < wanted <= 8 and wanted not in used else free  # noqa: PLR2004
    return chosen


def text_of(key: Any) -> str:
    """A key as it is read."""
    if key is None:
        return "(none)"
    if key == OTHER:
        return "other"
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    return str(key)
