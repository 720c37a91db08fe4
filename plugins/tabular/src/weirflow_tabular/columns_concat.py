"""Several columns as one column of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    STRING,
    Columns,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NullWord,
    Transform,
    portable,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.spark_text import require_writable, spark_text

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Schema, Table


class ConcatColumns(Transform):
    """Join the text of several columns into one, in the order given, with a delimiter between.

    Integers, fractions, booleans, dates and moments are written as Spark writes them. By default the result is null
    where any of them is; with `skip`, what is null is left out with its delimiter, and the result is never null.
    """

    operator = "columns.concat"

    columns: Columns = Field(description="columns to join")
    output: NewColumn = Field(description="name of the new column, put last, or of one of those joined")
    delimiter: str = Field(default="", description="what to put between")
    twice: bool = Field(default=False, description="join them and then all of them once more")
    missing: NullWord[Literal["null", "skip"]] = Field(
        default="null", description="what null does to the result"
    )

    def effect(self, schema: Schema) -> Effect:
        """One column of text, made of all."""
        require_writable(schema, self.columns)
        require_new(schema, [self.output], besides=self.columns)
        return Effect(makes={self.output: Made(of=tuple(self.columns), dtype=STRING)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Join the text."""
        schema = portable.schema_of(inputs.table)
        texts = [spark_text(nw.col(name), schema.dtype(name) or STRING) for name in self.columns]
        texts *= 2 if self.twice else 1
        joined = nw.concat_str(texts, separator=self.delimiter, ignore_nulls=self.missing == "skip")
        return inputs.table.with_columns(joined.alias(self.output))

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.cat`, or `str.join` of what is there."""
        code.describe(f"Join columns into {self.output}")
        if not all((d := code.schema.dtype(c)) is not None and d.is_text for c in self.columns):
            code.refuse("the texts of other types have no short form in pandas")
            return
        first, *rest = [column(c) for c in self.columns] * (2 if self.twice else 1)
        if self.missing == "skip":
            code.use("import pandas as pd")
            rows = f"zip({', '.join([first, *rest])}, strict=True)"
            text = f"{literal(self.delimiter)}.join(text for text in row if pd.notna(text))"
            made = f'pd.Series([{text} for row in {rows}], index=df.index, dtype="str")'
        elif rest:
            made = f"{first}.str.cat([{', '.join(rest)}], sep={literal(self.delimiter)})"
        else:
            made = first
        code.write(assign([(self.output, made)]))
