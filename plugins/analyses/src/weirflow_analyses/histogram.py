"""`analyse.histogram`: how the values of a column are distributed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from weirflow.api import (
    Analysis,
    Answers,
    Binned,
    Cell,
    Chart,
    ColumnName,
    Count,
    CrossFrequencies,
    Distinct,
    Field,
    Frequencies,
    Maximum,
    Minimum,
    Notice,
    Report,
    RowCount,
    Scalar,
    Schema,
    Statistic,
)
from weirflow_analyses import charts
from weirflow_analyses.bins import nice_edges
from weirflow_analyses.tallies import Names, Tally, name_values, totals_by, where_richest
from weirflow_analyses.values import (
    counted,
    is_personal,
    most_common,
    number,
    percent,
    require_plain_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_COLOURS = 8  # more cannot be told apart in a legend
MOST_PANELS = 9
MOST_CROSSED = 1_000  # distinct values of a column that rows are broken down by


class Histogram(Analysis):
    """Count rows by the values of a column, optionally split by colour (`by`) and over panels (`facet`).

    Numbers fall into about `bins` bars at round edges; other values have a bar each, up to `limit` of them by
    count, and the rest are gathered in one. The counting is the engine's: no rows are transferred.
    """

    operator = "analyse.histogram"

    column: ColumnName = Field(description="column whose values make the axis")
    by: ColumnName | None = Field(default=None, description="column that splits each bar by colour")
    facet: ColumnName | None = Field(default=None, description="column that makes a panel for each value")
    bins: int = Field(default=10, ge=1, le=200, description="how many bars, about, for a numeric column")
    limit: int = Field(default=20, ge=1, le=100, description="most bars for a column that is not numeric")
    title: str = Field(default="", description="the title; by default it names the columns")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        used = [c for c in (self.column, self.by, self.facet) if c is not None]
        if len(set(used)) < len(used):
            raise ValueError("column, by and facet must be different columns")
        return self

    @property
    def _crossed(self) -> tuple[str, ...]:
        return tuple(c for c in (self.by, self.facet) if c is not None)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The range or number of values first, then the counts."""
        require_plain_values(schema, self.column, *self._crossed)
        first: list[Statistic[Any]] = [RowCount(), Count(self.column)]
        first += [Distinct(c) for c in self._crossed]
        if self._numeric(schema):
            first += [Minimum(self.column), Maximum(self.column)]
        else:
            first.append(Distinct(self.column))
        yield from first
        if all(s in known for s in first) and self._obstacle(schema, known) is None:
            yield self._counts(schema, known)

    def _numeric(self, schema: Schema) -> bool:
        dtype = schema.dtype(self.column)
        return dtype is not None and dtype.is_numeric

    def _edges(self, schema: Schema, known: Answers) -> tuple[float, ...]:
        low, high = known[Minimum(self.column)], known[Maximum(self.column)]
        dtype = schema.dtype(self.column)
        assert isinstance(low, (int, float))
        assert isinstance(high, (int, float))
        return nice_edges(low, high, self.bins, whole=dtype is not None and dtype.is_integer)

    def _counts(self, schema: Schema, known: Answers) -> Binned | CrossFrequencies | Frequencies:
        if self._numeric(schema):
            return Binned(self.column, self._edges(schema, known), self._crossed)
        if self._crossed:
            return CrossFrequencies((self.column, *self._crossed))
        return Frequencies(self.column, limit=self.limit)

    def _obstacle(self, schema: Schema, known: Answers) -> str | None:
        """Why no picture can be drawn of this data, or None."""
        if self._numeric(schema) and is_personal(schema, self.column):
            return f"{self.column} is marked personal: bars would show its values, and are left out."
        if not known[RowCount()]:
            return "The table has no rows."
        if not known[Count(self.column)]:
            return f"Every value of {self.column} is null: there is nothing to draw."
        if self._numeric(schema):
            ends = (known[Minimum(self.column)], known[Maximum(self.column)])
            span = float(ends[1]) - float(ends[0])  # type: ignore[arg-type]
            if not math.isfinite(span):
                return f"{self.column} holds infinite values, so that it has no range to divide into bars."
            counted_out = self._crossed
        else:
            counted_out = (self.column, *self._crossed) if self._crossed else ()
        for column in counted_out:
            if (distinct := known[Distinct(column)]) > MOST_CROSSED:
                return (
                    f"{column} has {distinct:,} different values, too many to break the rows down by: "
                    f"at most {MOST_CROSSED:,} can be."
                )
        return None

    def report(self, schema: Schema, answers: Answers) -> Report:
        """A chart and what it leaves out, or a notice that says why there is none."""
        title = self.title or _title(self.column, self.by, self.facet)
        if (obstacle := self._obstacle(schema, answers)) is not None:
            return Report(title=title, blocks=(Notice(text=obstacle),))
        tallies = self._tallies(schema, answers)
        colours = _names(schema, self.by, totals_by(tallies, lambda t: t.colour), MOST_COLOURS)
        panels = _names(schema, self.facet, totals_by(tallies, lambda t: t.facet), MOST_PANELS)
        draw = self._draw_bins if self._numeric(schema) else self._draw_values
        chart, notes = draw(title, schema, answers, tallies, colours, panels)
        for column, found in ((self.by, colours), (self.facet, panels)):
            if column is not None and found is not None and found.gathered:
                notes.append(found.note(column))
        return Report(title=title, blocks=(chart, *(Notice(text=n) for n in notes)))

    def _tallies(self, schema: Schema, answers: Answers) -> list[Tally]:
        """The counts in one shape, whichever statistic they come from."""
        statistic = self._counts(schema, answers)
        rows: Iterable[tuple[tuple[Scalar, ...], int]]
        match statistic:
            case Binned():
                rows = (((index, *by), n) for index, by, n in answers[statistic])
            case CrossFrequencies():
                rows = ((values, n) for values, n in answers[statistic])
            case _:
                rows = (((value,), n) for value, n in answers[statistic])
        tallies: list[Tally] = []
        for (place, *by), n in rows:
            colour = by[0] if self.by is not None else None
            facet = by[-1] if self.facet is not None else None
            tallies.append(Tally(place, colour, facet, n))
        return tallies

    def _draw_bins(
        self,
        title: str,
        schema: Schema,
        answers: Answers,
        tallies: Sequence[Tally],
        colours: Names | None,
        panels: Names | None,
    ) -> tuple[Chart, list[str]]:
        edges = self._edges(schema, answers)
        dtype = schema.dtype(self.column)
        whole = dtype is not None and dtype.is_integer
        spans: dict[Scalar, str] = {i: _span(edges, i, whole=whole) for i in range(len(edges) - 1)}
        records = [
            {"low": edges[r["place"]], "high": edges[r["place"] + 1], **r}
            for r in _records(tallies, {i: i for i in spans}, colours, panels)
        ]
        count, drawn = answers[Count(self.column)], sum(t.rows for t in tallies)
        top, n = max(totals_by(tallies, lambda t: spans[t.place]).items(), key=lambda item: item[1])
        low, high = answers[Minimum(self.column)], answers[Maximum(self.column)]
        reach = f" from {number(low)} to {number(high)}"  # type: ignore[arg-type]
        chart = charts.histogram(
            Chart(
                title=title,
                description=(
                    f"Histogram of {self.column}{reach} over {counted(drawn, 'row')}. "
                    f"The highest bar is {top} with {counted(n, 'row')} ({percent(n, drawn)})."
                    + self._breakdown(tallies, spans, colours, panels)
                ),
                spec=None,
                columns=(f"{self.column} from", f"{self.column} to", *self._crossed, "rows"),
                rows=tuple((r["low"], r["high"], *_crossed(r), r["rows"]) for r in records),
            ),
            [{k: v for k, v in r.items() if k != "place"} for r in records],
            axis=self.column,
            ticks=[e + 0.5 for e in edges[:-1]] if whole and edges[0] != int(edges[0]) else edges,
            colour=_series(self.by, colours),
            facet=_series(self.facet, panels),
        )
        nulls = answers[RowCount()] - count
        return chart, [f"{counted(nulls, 'row')} without a value of {self.column} left out."] if nulls else []

    def _draw_values(
        self,
        title: str,
        schema: Schema,
        answers: Answers,
        tallies: Sequence[Tally],
        colours: Names | None,
        panels: Names | None,
    ) -> tuple[Chart, list[str]]:
        rows = answers[RowCount()]
        totals = totals_by(tallies, lambda t: t.place)
        kinds = answers[Distinct(self.column)] + (answers[Count(self.column)] < rows)
        found = _names(schema, self.column, totals, self.limit, unseen=kinds - len(totals))
        assert found is not None
        records = _records(tallies, found.of, colours, panels)
        if unsent := rows - sum(totals.values()):  # the engine sends no more than `limit` values
            records.append({"place": found.order[-1], "rows": unsent})
        bars = totals_by(tallies, lambda t: found.of[t.place])
        if unsent:
            bars[found.order[-1]] = unsent
        chart = charts.bars(
            Chart(
                title=title,
                description=(
                    f"Histogram of {self.column} over {counted(rows, 'row')}: {most_common(bars)}."
                    + self._breakdown(tallies, found.of, colours, panels)
                ),
                spec=None,
                columns=(self.column, *self._crossed, "rows"),
                rows=tuple((r["place"], *_crossed(r), r["rows"]) for r in records),
            ),
            [
                {"name": r["place"], "value": r["rows"], **{k: r[k] for k in ("colour", "facet") if k in r}}
                for r in records
            ],
            axis=charts.Series(self.column, found.order),
            colour=_series(self.by, colours),
            facet=_series(self.facet, panels),
        )
        return chart, [found.note(self.column)] if found.gathered else []

    def _breakdown(
        self,
        tallies: Sequence[Tally],
        places: Mapping[Scalar, str],
        colours: Names | None,
        panels: Names | None,
    ) -> str:
        """What colours and panels show, in numbers."""
        words = ""
        if colours is not None:
            totals = totals_by(tallies, lambda t: colours.of[t.colour])
            rarest = min(totals, key=lambda name: (totals[name], name))
            words += f" By {self.by}: {most_common(totals)}."
            words += where_richest(tallies, places, colours, rarest)
        if panels is not None:
            words += (
                f" Panels by {self.facet}: {most_common(totals_by(tallies, lambda t: panels.of[t.facet]))}."
            )
        return words


def _title(column: str, by: str | None, facet: str | None) -> str:
    return f"Histogram of {column}" + (f" by {by}" if by else "") + (f", for each {facet}" if facet else "")


def _names(
    schema: Schema, column: str | None, totals: Mapping[Scalar, int], limit: int, *, unseen: int = 0
) -> Names | None:
    """Names for a column's values: text by count, anything else by value."""
    if column is None:
        return None
    dtype = schema.dtype(column)
    by_value = dtype is not None and not dtype.is_text
    return name_values(totals, limit, personal=is_personal(schema, column), by_value=by_value, unseen=unseen)


def _series(column: str | None, found: Names | None) -> charts.Series | None:
    return None if column is None or found is None else charts.Series(column, found.order)


def _records(
    tallies: Sequence[Tally], places: Mapping[Any, Any], colours: Names | None, panels: Names | None
) -> list[dict[str, Any]]:
    """Counts under the names they are shown by, in the order of axis, panels and legend."""

    def key(tally: Tally) -> tuple[Any, ...]:
        panel = None if panels is None else panels.of[tally.facet]
        colour = None if colours is None else colours.of[tally.colour]
        return (places[tally.place], panel, colour)

    axis = {name: i for i, name in enumerate(dict.fromkeys(places.values()))}
    merged = totals_by(tallies, key)
    ordered = sorted(
        merged,
        key=lambda k: (
            axis[k[0]],
            panels.order.index(k[1]) if panels else 0,
            colours.order.index(k[2]) if colours else 0,
        ),
    )
    return [
        {
            "place": place,
            **({"colour": colour} if colours else {}),
            **({"facet": panel} if panels else {}),
            "rows": merged[place, panel, colour],
        }
        for place, panel, colour in ordered
    ]


def _crossed(record: Mapping[str, Any]) -> tuple[Cell, ...]:
    return tuple(record[k] for k in ("colour", "facet") if k in record)


def _span(edges: Sequence[float], index: int, *, whole: bool) -> str:
    """A bar's range in words: `20 to 24` for integers, `20 to 25` for others."""
    low, high = edges[index], edges[index + 1]
    if not whole:
        return f"{number(low)} to {number(high)}"
    first, last = math.ceil(low), math.ceil(high) - 1
    return number(first) if first >= last else f"{number(first)} to {number(last)}"
