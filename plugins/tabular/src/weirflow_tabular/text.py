"""Operators on text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import STRING, ColumnName, DType, Effect, Inputs, Made, NewColumn, Transform, portable
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.pandas_text import assign, column, literal

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Schema, Table


class SplitText(Transform):
    """Split text at a delimiter, taken literally: into one column of lists, or into columns.

    Text without the delimiter is one part. With columns, parts that are not there are null, and parts beyond
    the last name are left out. Null stays null. New columns come last.
    """

    operator = "text.split"

    column: ColumnName = Field(description="column of text")
    delimiter: str = Field(min_length=1, description="what stands between the parts, literally")
    output: NewColumn | tuple[NewColumn, ...] = Field(
        min_length=1, description="a name for one column of lists, or a list of names, one for each part"
    )
    drop: bool = Field(default=False, description="remove the column of text afterwards")

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.drop and self.column in self._outputs:
            raise ValueError(f"'{self.column}' cannot be both made and dropped")
        return self

    @property
    def _outputs(self) -> tuple[str, ...]:
        return (self.output,) if isinstance(self.output, str) else self.output

    def effect(self, schema: Schema) -> Effect:
        """A column of lists or columns of text, made of one."""
        require_text(schema, [self.column])
        require_new(schema, self._outputs, besides=[self.column])
        dtype = DType("list", STRING) if isinstance(self.output, str) else STRING
        return Effect(
            makes={name: Made(of=(self.column,), dtype=dtype) for name in self._outputs},
            drops=(self.column,) if self.drop else (),
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Split the text."""
        parts = portable.split(nw.col(self.column).cast(nw.String), self.delimiter)
        if isinstance(self.output, str):
            table = inputs.table.with_columns(parts.alias(self.output))
        else:
            table = inputs.table.with_columns(
                *(portable.list_item(parts, i).alias(name) for i, name in enumerate(self.output))
            )
        return table.drop(self.column) if self.drop else table

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.split`."""
        code.describe(f"Split {self.column} at each {literal(self.delimiter)}")
        split = f"{column(self.column)}.str.split({literal(self.delimiter)}, regex=False"
        if isinstance(self.output, str):
            code.write(assign([(self.output, f"{split})")]))
        else:
            code.write(f"parts = {split}, expand=True).reindex(columns=range({len(self.output)}))")
            code.write(assign((name, f"parts[{i}]") for i, name in enumerate(self.output)))
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")
