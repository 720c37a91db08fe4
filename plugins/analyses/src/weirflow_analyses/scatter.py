"""`analyse.scatter`: two numeric columns against each other."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from weirflow.api import (
    Analysis,
    Answers,
    Block,
    Chart,
    ColumnName,
    Field,
    Notice,
    Report,
    RowCount,
    Sample,
    Schema,
    Statistic,
)
from weirflow_analyses import charts
from weirflow_analyses.tallies import Names, name_values
from weirflow_analyses.values import (
    counted,
    is_personal,
    most_common,
    number,
    require_numeric,
    require_plain_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_COLOURS = 8
MOST_PANELS = 9
STRENGTHS = ((0.1, "hardly"), (0.3, "weakly"), (0.6, "moderately"))


class Scatter(Analysis):
    """Draw a point for each of up to `limit` rows, placed by two numeric columns and coloured by a third.

    A `facet` makes a panel for each of its values.

    Where there are more rows, a sample is drawn that depends on `seed` and each row's place alone. Personal
    columns have no scatter plot, since every point shows a value.
    """

    operator = "analyse.scatter"

    x: ColumnName = Field(description="numeric column of the horizontal axis")
    y: ColumnName = Field(description="numeric column of the vertical axis")
    color: ColumnName | None = Field(default=None, description="column that colours the points")
    facet: ColumnName | None = Field(default=None, description="column that makes a panel for each value")
    limit: int = Field(default=5_000, ge=1, le=50_000, description="most rows to draw")
    seed: int = Field(default=0, ge=0, description="which rows are drawn where there are more")
    title: str = Field(default="", description="the title; by default it names the columns")

    @property
    def _sample(self) -> Sample:
        return Sample(tuple(dict.fromkeys((self.x, self.y, *self._parted))), self.limit, self.seed)

    @property
    def _parted(self) -> tuple[str, ...]:
        """The columns that points are told apart by."""
        return tuple(c for c in (self.color, self.facet) if c is not None)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """A sample, and of how many rows."""
        del known
        require_numeric(schema, self.x, self.y)
        require_plain_values(schema, *self._parted)
        yield RowCount()
        if not self._withheld(schema):
            yield self._sample

    def _withheld(self, schema: Schema) -> list[str]:
        return [c for c in dict.fromkeys((self.x, self.y)) if is_personal(schema, c)]

    def report(self, schema: Schema, answers: Answers) -> Report:
        """A chart, its correlation in words, and what is not drawn."""
        title = self.title or f"{self.y} against {self.x}" + (f" by {self.color}" if self.color else "") + (
            f", for each {self.facet}" if self.facet else ""
        )
        if withheld := self._withheld(schema):
            text = f"{withheld[0]} is marked personal: a scatter plot would show its values, and is left out."
            return Report(title=title, blocks=(Notice(text=text),))
        rows = answers[RowCount()]
        sample = answers[self._sample]
        read = zip(*(sample[c].to_list() for c in (self.x, self.y, *self._parted)), strict=True)
        complete = [(_plain(x), _plain(y), *by) for x, y, *by in read if _drawable(x) and _drawable(y)]
        notes: list[str] = []
        if rows > self.limit:
            notes.append(f"{sample.height:,} of {counted(rows, 'row')} drawn (seed {self.seed}).")
        if left_out := sample.height - len(complete):
            notes.append(f"{counted(left_out, 'row')} without a finite {self.x} or {self.y} left out.")
        if not complete:
            notes.append("No row has both values: there is nothing to draw.")
            return Report(title=title, blocks=tuple(Notice(text=n) for n in notes))
        words = _words(self.x, self.y, [(x, y) for x, y, *_ in complete])
        series: dict[str, charts.Series] = {}
        named: list[tuple[Any, ...]] = [p[:2] for p in complete]
        for place, column in enumerate(self._parted, start=2):
            key = "colour" if column == self.color and "colour" not in series else "facet"
            found = self._names(schema, column, key, [p[place] for p in complete])
            of = [found.of[p[place]] for p in complete]
            words += f" {'By' if key == 'colour' else 'Panels by'} {column}: {most_common(Counter(of))}."
            notes += [found.note(column)] if found.gathered else []
            series[key] = charts.Series(column, found.order)
            named = [(*p, name) for p, name in zip(named, of, strict=True)]
        chart = charts.points(
            Chart(
                title=title,
                description=words,
                spec=None,
                columns=(self.x, self.y, *self._parted),
                rows=tuple(named),
            ),
            [dict(zip(("x", "y", *series), p, strict=True)) for p in named],
            x=self.x,
            y=self.y,
            colour=series.get("colour"),
            facet=series.get("facet"),
        )
        blocks: list[Block] = [chart, *(Notice(text=n) for n in notes)]
        return Report(title=title, blocks=tuple(blocks))

    def _names(self, schema: Schema, column: str, role: str, values: list[Any]) -> Names:
        """What the values of a column are called in the picture, and in which order."""
        dtype = schema.dtype(column)
        return name_values(
            Counter(values),
            MOST_COLOURS if role == "colour" else MOST_PANELS,
            personal=is_personal(schema, column),
            by_value=dtype is not None and not dtype.is_text,
        )


def _drawable(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _plain(value: Any) -> int | float:
    """A number that JSON can hold; decimals become floats."""
    return value if isinstance(value, int) else float(value)


def _words(x: str, y: str, places: list[tuple[float, float]]) -> str:
    """The ranges and the linear correlation, in a sentence or two."""
    across, up = zip(*places, strict=True)
    words = (
        f"Scatter plot of {counted(len(places), 'row')}: {x} from {number(min(across))} to {number(max(across))}, "
        f"{y} from {number(min(up))} to {number(max(up))}."
    )
    r = _correlation(across, up)
    if r is None:
        return words
    strength = next((word for most, word in STRENGTHS if abs(r) < most), "strongly")
    course = "rises" if r > 0 else "falls"
    return f"{words} {y} {strength} {course} with {x} (Pearson correlation {r:.2f})."


def _correlation(across: tuple[float, ...], up: tuple[float, ...]) -> float | None:
    """Pearson's correlation, or None where a column has one value alone."""
    n = len(across)
    mean_x, mean_y = math.fsum(across) / n, math.fsum(up) / n
    spread_x = math.fsum((x - mean_x) ** 2 for x in across)
    spread_y = math.fsum((y - mean_y) ** 2 for y in up)
    if spread_x == 0 or spread_y == 0:
        return None
    both = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(across, up, strict=True))
    r = both / math.sqrt(spread_x) / math.sqrt(spread_y)
    return r if math.isfinite(r) else None
