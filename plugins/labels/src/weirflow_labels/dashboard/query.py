"""One panel's query: from its fields to a cube as fine as there is room for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from weirflow_labels.dashboard.cube import Column, Cube, Dimension, Key
from weirflow_labels.dashboard.offered import add_zeros
from weirflow_labels.dashboard.panel import PanelData
from weirflow_labels.dashboard.scales import GRAINS, grain_of, number, said, starts
from weirflow_labels.dashboard.scales import width as width_of
from weirflow_labels.dashboard.spec import AttributeOf, By, DateOf, Measure, Panel
from weirflow_labels.dashboard.sql import (
    NoDataError,
    Rows,
    WrongPanelError,
    as_text,
    chosen_attribute,
    clean,
    first_line,
)
from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

MOST_CELLS = 8_000
"""Cells of a cube; where there would be more, days become weeks, months, years, and then filters go."""
MOST_KEYS = 300
"""Rows of a panel, beyond which the rarest are one, `other`."""
MOST_DIFFERENT = 400
"""Different values that are counted exactly under every filter, as dimension of a cube."""


@dataclass
class Query:
    """One panel's query in the making."""

    db: duckdb.DuckDBPyConnection
    panel: Panel
    index: int
    rows: Rows
    occurring: dict[str, int]
    notes: list[str] = field(default_factory=list)
    order: list[Key] = field(default_factory=list)
    labels: dict[Key, str] = field(default_factory=dict)

    def run(self) -> PanelData:
        """Sum up. Raises NoDataError where there are no rows, WrongPanelError where SQL cannot be made of it."""
        import duckdb

        try:
            return self._run()
        except duckdb.Error as error:
            raise WrongPanelError("from", first_line(error)) from error

    def _run(self) -> PanelData:
        panel = self.panel
        if self.db.execute(f"SELECT 1 FROM {self.rows.sql} LIMIT 1").fetchall() == []:  # noqa: S608
            raise NoDataError("there are no rows")
        filters = self.rows.filters(panel)
        selects: dict[str, str] = {}
        if panel.by is not None:
            selects["by"] = self._by(panel.by, "by")
            if panel.kind == "histogram":
                selects["by"] = self._bins(selects["by"])
        if panel.colour is not None:
            selects["colour"] = self._by(panel.colour, "colour")
        for name, column in filters.items():
            if name != "date":
                selects[name] = as_text(quoted(column))
            elif not self.rows.is_instant(column):
                raise WrongPanelError("filters", f"`{column}` holds no dates")
        measures, extra = self._measures()
        for heading, name in extra.items():
            selects[name] = as_text(self.rows.column(measures[heading].column, "value"))
        cube, selects = self._cube(selects, filters.get("date"), measures, extra)
        if panel.kind != "table" and all(_is_void(c) for c in cube.columns.values()):
            raise NoDataError(f"no row has a value of `{next(iter(measures.values())).column}`")
        offered = self.rows.offered(self.db, panel)
        if offered is not None:
            names = {
                part: chosen_attribute(by.names, self.occurring)
                for part, by in (("by", panel.by), ("colour", panel.colour))
                if isinstance(by, AttributeOf)
            }
            add_zeros(self.db, panel, cube, offered, names=names, filters=filters)
        return PanelData(
            panel=panel,
            name="",
            index=self.index,
            cube=cube,
            rows=self.rows,
            selects=selects,
            order=self.order,
            labels=self.labels,
            notes=self.notes,
            by_title="" if panel.by is None else self._title(panel.by),
            missing_title=self._missing_title(),
        )

    def _missing_title(self) -> str:
        """What rows may lack: an attribute, a date or a number."""
        for by in (self.panel.by, self.panel.colour):
            if by is not None and (not isinstance(by, str) or self.panel.kind == "histogram"):
                return self._title(by)
        return ""

    def _title(self, by: By) -> str:
        if isinstance(by, AttributeOf):
            return chosen_attribute(by.names, self.occurring).replace("_", " ")
        return "date" if isinstance(by, DateOf) else by.replace("_", " ")

    def _by(self, by: By, field: str) -> str:
        if isinstance(by, AttributeOf):
            if not self.rows.types.get("attributes", "").startswith("MAP"):
                raise WrongPanelError(field, "its rows have no column `attributes`")
            name = chosen_attribute(by.names, self.occurring)
            return self._capped(clean(f"attributes[{literal(name)}]"))
        if isinstance(by, DateOf):
            column = self.rows.column(by.date, field)
            if not self.rows.is_instant(by.date):
                raise WrongPanelError(field, f"`{by.date}` holds no dates")
            return self._buckets(column, keep=field == "by")
        column = self.rows.column(by, field)
        return column if self.panel.kind == "histogram" else self._capped(as_text(column))

    def _capped(self, expression: str) -> str:
        """Let the rarest values be one where there are too many to carry along."""
        found = self.db.execute(
            f"SELECT {expression} AS k, count(*) AS n FROM {self.rows.sql} WHERE k IS NOT NULL GROUP BY k"  # noqa: S608
            f" ORDER BY n DESC, k LIMIT {MOST_KEYS + 1}"
        ).fetchall()
        if len(found) <= MOST_KEYS:
            return expression
        self.notes.append(f"The {MOST_KEYS} most frequent are told apart.")
        kept = ", ".join(literal(r[0]) for r in found[:MOST_KEYS])
        return f"CASE WHEN {expression} IS NULL OR {expression} IN ({kept}) THEN {expression} ELSE chr(0) END"

    def _buckets(self, column: str, *, keep: bool) -> str:
        low, high = self.db.execute(
            f"SELECT min(CAST({column} AS DATE)), max(CAST({column} AS DATE)) FROM {self.rows.sql}"  # noqa: S608
        ).fetchall()[0]
        if low is None:
            raise NoDataError("no row has a date")
        grain = grain_of(low, high)
        if keep:
            self.order = list(starts(low, high, grain))
            self.labels = {k: said(str(k), grain) for k in self.order}
            if grain != "day":
                self.notes.append(f"Each bar is a {grain}.")
        return f"strftime(date_trunc('{grain}', CAST({column} AS DATE)), '%Y-%m-%d')"

    def _bins(self, column: str) -> str:
        by = self.panel.by
        assert isinstance(by, str)
        if not self.rows.is_number(by):
            raise WrongPanelError("by", f"`{by}` holds no numbers")
        low, high, whole, different = self.db.execute(
            f"SELECT min({column}), max({column}), bool_and({column} = floor({column})), count(DISTINCT {column})"  # noqa: S608
            f" FROM {self.rows.sql} WHERE isfinite(CAST({column} AS DOUBLE))"
        ).fetchall()[0]
        if low is None:
            raise NoDataError(f"no row has a number in `{by}`")
        low, high = float(low), float(high)
        width = width_of(high - low, whole=bool(whole), different=int(different))
        first, last = math.floor(low / width), math.floor(high / width)
        for i in range(first, last + 1):
            key = float(i)
            self.order.append(key)
            top = (i + 1) * width - (1 if whole else 0)
            self.labels[key] = (
                number(i * width) if whole and width == 1 else f"{number(i * width)} to {number(top)}"
            )
        return f"CASE WHEN isfinite(CAST({column} AS DOUBLE)) THEN CAST(floor({column} / {width!r}) AS DOUBLE) END"

    def _measures(self) -> tuple[dict[str, Measure], dict[str, str]]:
        """The measures, and the dimensions of those that count different values and can do so exactly."""
        measures = self.panel.measures
        extra: dict[str, str] = {}
        field = "columns" if self.panel.columns else "value"
        for i, (heading, measure) in enumerate(measures.items()):
            if not measure.column:
                continue
            column = self.rows.column(measure.column, field)
            if measure.how == "distinct":
                if different(self.db, self.rows, as_text(column), MOST_DIFFERENT) < MOST_DIFFERENT:
                    extra[heading] = f"x{i}"
            elif not self.rows.is_number(measure.column):
                raise WrongPanelError(field, f"`{measure.column}` holds no numbers")
        return measures, extra

    def _cube(
        self, selects: dict[str, str], day: str | None, measures: dict[str, Measure], extra: dict[str, str]
    ) -> tuple[Cube, dict[str, str]]:
        """Sum up as finely as there is room for."""
        for grain, without in _coarser(day is not None, [f for f in ("class", "job") if f in selects]):
            tried = {k: v for k, v in selects.items() if k not in without}
            if grain is not None:
                assert day is not None
                column = quoted(day)
                tried["date"] = f"strftime(date_trunc('{grain}', CAST({column} AS DATE)), '%Y-%m-%d')"
            query, headings = self._sql(tried, measures, extra)
            table = self.db.sql(f"{query} LIMIT {MOST_CELLS + 1}").to_arrow_table()
            last = not (grain or any(f in tried for f in ("class", "job")))
            if table.num_rows <= MOST_CELLS or last:
                break
        lost = [*without, *(["date"] if day is not None and grain is None else [])]
        if grain not in {None, "day"}:
            self.notes.append(
                f"Dates are counted by {grain}: a filter takes the {grain}s that begin in its span."
            )
        if lost:
            self.notes.append(f"There is too much here to filter it by {' or '.join(lost)}.")
        cells = table.slice(0, MOST_CELLS).to_pydict()
        if last and table.num_rows > MOST_CELLS:
            self.notes.append(f"Only the first {MOST_CELLS:,} groups are counted.")
        dimensions = {name: _encoded(cells[f"d_{name}"]) for name in tried}
        columns = {
            heading: Column(
                measure,
                _floats(cells.get(f"a_{i}", [])),
                [int(v) for v in cells.get(f"b_{i}", [])],
                extra.get(heading, ""),
            )
            for i, (heading, measure) in headings.items()
        }
        return Cube([int(n) for n in cells["n"]], dimensions, columns), tried

    def _sql(
        self, selects: dict[str, str], measures: dict[str, Measure], extra: dict[str, str]
    ) -> tuple[str, dict[int, tuple[str, Measure]]]:
        inner = [f"{expression} AS d_{name}" for name, expression in selects.items()]
        outer = [f"d_{name}" for name in selects] + ["count(*) AS n"]
        groups = [f"d_{g}" for g in ("by", "colour") if g in selects]
        for i, (heading, measure) in enumerate(measures.items()):
            if not measure.column or heading in extra:
                continue
            column = quoted(measure.column)
            if measure.how == "distinct":
                # each value counts where it is met first, so that the parts add up
                apart = ", ".join([*(selects[g[2:]] for g in groups), column])
                order = ", ".join([selects[f] for f in ("date", "job", "class") if f in selects] or ["1"])
                inner.append(
                    f"CASE WHEN {column} IS NOT NULL AND row_number() OVER (PARTITION BY {apart} ORDER BY {order}) = 1"
                    f" THEN 1 ELSE 0 END AS m_{i}"
                )
                outer.append(f"sum(m_{i}) AS a_{i}")
                continue
            inner.append(f"CAST({column} AS DOUBLE) AS m_{i}")
            how = "sum" if measure.how == "mean" else measure.how
            outer.append(f"{how}(m_{i}) AS a_{i}")
            if measure.how == "mean":
                outer.append(f"count(m_{i}) AS b_{i}")
        keys = ", ".join(f"d_{name}" for name in selects)
        query = f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner) or '1'} FROM {self.rows.sql})"  # noqa: S608
        if keys:
            query += f" GROUP BY {keys} ORDER BY {keys}"
        return query, dict(enumerate(measures.items()))


def different(db: duckdb.DuckDBPyConnection, rows: Rows, expression: str, most: int) -> int:
    """How many different values there are, `NULL` counted, up to `most`."""
    query = f"SELECT count(*) FROM (SELECT DISTINCT {expression} FROM {rows.sql} LIMIT {most})"  # noqa: S608
    return int(db.execute(query).fetchall()[0][0])


def _coarser(dated: bool, filters: list[str]) -> Iterator[tuple[str | None, list[str]]]:  # noqa: FBT001
    """Ever coarser ways to sum up: a grain of dates, or None for none, and the filters that are left out."""
    if dated:
        for grain in GRAINS:
            yield grain, []
    for i in range(len(filters) + 1):
        yield None, filters[:i]


def _is_void(column: Column) -> bool:
    """Whether no cell has a value, as where a tool does not write times."""
    return bool(column.a) and all(v is None for v in column.a)


def _encoded(values: list[Any]) -> Dimension:
    where: dict[Any, int] = {}
    codes = [where.setdefault(v, len(where)) for v in values]
    return Dimension(list(where), codes)


def _floats(values: list[Any]) -> list[float | None]:
    return [None if v is None or not math.isfinite(v) else float(v) for v in values]
