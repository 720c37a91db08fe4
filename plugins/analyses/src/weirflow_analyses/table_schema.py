"""`analyse.schema`: the columns of a table, their types and their nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weirflow.api import (
    Analysis,
    Answers,
    Count,
    Effect,
    Field,
    Report,
    RowCount,
    Schema,
    Statistic,
    TableBlock,
)
from weirflow_analyses.values import counted

if TYPE_CHECKING:
    from collections.abc import Iterable


class TableSchema(Analysis):
    """List the columns with their types and null counts, as `DataFrame.info` does in pandas."""

    operator = "analyse.schema"

    title: str = Field(default="Schema", description="the title of the report")

    def effect(self, schema: Schema) -> Effect:
        """Reads every column, to count its nulls."""
        return Effect(reads=schema.names)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """How many rows, and how many values of each column."""
        del known
        yield RowCount()
        yield from (Count(name) for name in schema.names)

    def report(self, schema: Schema, answers: Answers) -> Report:
        """One line a column."""
        rows = answers[RowCount()]
        counts = [answers[Count(name)] for name in schema.names]
        lines = [
            (place, column.name, str(column.dtype or "unknown"), count, rows - count)
            for place, (column, count) in enumerate(zip(schema, counts, strict=True), start=1)
        ]
        nulls, holed = rows * len(schema) - sum(counts), sum(count < rows for count in counts)
        return Report(
            title=self.title,
            blocks=(
                TableBlock(
                    title=f"{counted(rows, 'row')}, {counted(len(schema), 'column')}",
                    columns=("#", "column", "type", "non-null", "null"),
                    rows=tuple(lines),
                    note=f"{counted(nulls, 'null')} in {counted(holed, 'column')}."
                    if nulls
                    else "No column has nulls.",
                ),
            ),
        )
