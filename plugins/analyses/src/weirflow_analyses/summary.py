"""`analyse.summary`: what a table holds, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow.api import (
    Analysis,
    Answers,
    Block,
    Cell,
    Column,
    Columns,
    Count,
    Deviation,
    Distinct,
    Field,
    Frequencies,
    Maximum,
    Mean,
    Minimum,
    Notice,
    Quantile,
    Report,
    RowCount,
    Scalar,
    Schema,
    Selector,
    Statistic,
    TableBlock,
)
from weirflow_analyses.values import cell, counted, has_plain_values

if TYPE_CHECKING:
    from collections.abc import Iterable

QUARTILES = (0.25, 0.5, 0.75)
MOST_COUNTED = 1_000  # distinct values up to which all of them are counted to find the rarest
WITHHELD = "(withheld)"

_NUMERIC = ("column", "count", "nulls", "mean", "std", "min", "25%", "50%", "75%", "max")
_TEMPORAL = ("column", "count", "nulls", "distinct", "earliest", "latest")
_OTHER = (
    *("column", "count", "nulls", "distinct"),
    *("most frequent", "most frequent count", "least frequent", "least frequent count"),
)


class Summary(Analysis):
    """Summarise each column, as `describe` does in pandas.

    Numeric columns: values that are not null, nulls, mean, sample standard deviation, least value, quartiles
    (linearly interpolated) and greatest value. Dates and times: distinct values, earliest and latest. Others:
    distinct values, the most and the least frequent one with their counts; ties go to the lesser value. Where a
    column has more than 1,000 distinct values the rarest is not looked for. Values of personal columns are
    withheld.
    """

    operator = "analyse.summary"

    columns: Columns = Field(default=Columns(selector=Selector()), description="columns to summarise")
    title: str = Field(default="Table summary", description="the title of the report")

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Counts first; frequencies once the number of distinct values is known."""
        yield RowCount()
        for name in self.columns:
            yield Count(name)
            match _family(schema[name]):
                case "numeric":
                    yield from (Mean(name), Deviation(name), Minimum(name), Maximum(name))
                    yield from (Quantile(name, q) for q in QUARTILES)
                case "temporal":
                    yield from (Distinct(name), Minimum(name), Maximum(name))
                case "other":
                    yield Distinct(name)
                    if (distinct := known.get(Distinct(name))) is not None and not schema[name].personal:
                        yield _frequencies(name, distinct)

    def report(self, schema: Schema, answers: Answers) -> Report:
        """A table for each family of columns."""
        rows = answers[RowCount()]
        tables: dict[str, list[tuple[Cell, ...]]] = {"numeric": [], "temporal": [], "other": []}
        unsought: list[str] = []
        for name in self.columns:
            column = schema[name]
            count = answers[Count(name)]
            start = (name, count, rows - count)
            match _family(column):
                case "numeric":
                    facts = _number_facts(column, answers)
                    tables["numeric"].append(start + facts)
                case "temporal":
                    ends = (answers[Minimum(name)], answers[Maximum(name)])
                    tables["temporal"].append((*start, answers[Distinct(name)], *_values(column, ends)))
                case "other":
                    distinct = answers[Distinct(name)]
                    if distinct > MOST_COUNTED and not column.personal:
                        unsought.append(name)
                    tables["other"].append((*start, distinct, *_extremes(column, answers)))
                case _:
                    tables["other"].append((*start, None, None, None, None, None))
        note = (
            f"The rarest value is not looked for where there are more than {MOST_COUNTED:,} distinct ones: "
            f"{', '.join(unsought)}."
            if unsought
            else ""
        )
        blocks: list[Block] = []
        if not rows:
            blocks.append(Notice(text="The table has no rows."))
        for key, title, columns in (
            ("numeric", "Numbers", _NUMERIC),
            ("temporal", "Dates and times", _TEMPORAL),
            ("other", "Text and other values", _OTHER),
        ):
            if found := tables[key]:
                blocks.append(
                    TableBlock(
                        title=f"{title}: {counted(len(found), 'column')} of {counted(rows, 'row')}",
                        columns=columns,
                        rows=tuple(found),
                        note=note if key == "other" else "",
                    )
                )
        return Report(title=self.title, blocks=tuple(blocks))


def _family(column: Column) -> str:
    if not has_plain_values(column.dtype):
        return "opaque"
    if column.dtype is None:
        return "other"
    if column.dtype.is_numeric:
        return "numeric"
    return "temporal" if column.dtype.is_temporal else "other"


def _frequencies(name: str, distinct: int) -> Frequencies:
    """All values with null where that is little, else enough to find the most frequent one besides null."""
    return Frequencies(name, limit=distinct + 1 if distinct <= MOST_COUNTED else 2)


def _values(column: Column, values: Iterable[Scalar]) -> tuple[Cell, ...]:
    return tuple(WITHHELD if column.personal and v is not None else cell(v) for v in values)


def _number_facts(column: Column, answers: Answers) -> tuple[Cell, ...]:
    name = column.name
    quartiles = (answers[Quantile(name, q)] for q in QUARTILES)
    ends = (answers[Minimum(name)], answers[Maximum(name)])
    # of one row, or of equal ones, the mean is a value too
    return _values(column, (answers[Mean(name)], answers[Deviation(name)], ends[0], *quartiles, ends[1]))


def _extremes(column: Column, answers: Answers) -> tuple[Cell, ...]:
    """The most and the least frequent value, each with its count."""
    if column.personal:
        return (WITHHELD, None, WITHHELD, None)
    distinct = answers[Distinct(column.name)]
    found = [(v, n) for v, n in answers[_frequencies(column.name, distinct)] if v is not None]
    if not found:
        return (None, None, None, None)
    top, times = found[0]
    if distinct > MOST_COUNTED:
        return (cell(top), times, None, None)
    fewest = found[-1][1]
    rarest = next(v for v, n in found if n == fewest)  # frequencies come by value within a tie
    return (cell(top), times, cell(rarest), fewest)
