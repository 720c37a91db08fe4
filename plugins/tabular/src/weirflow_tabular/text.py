"""Operators on text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import STRING, ColumnName, DType, Effect, Inputs, Made, NewColumn, Transform, portable
from weirflow_tabular.checks import require_new, require_text
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.text_edit import by_value, check_finding

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Schema, Table

_CUT = "\uffff"  # in no text: Unicode gives it no meaning for ever


class SplitText(Transform):
    """Split text at a delimiter, taken literally unless `regex` is set: into one column of lists, or into columns.

    Text without the delimiter is one part. With columns, parts that are not there are null, and parts beyond
    the last name are left out. Null stays null. New columns come last.
    """

    operator = "text.split"

    column: ColumnName = Field(description="column of text")
    delimiter: str = Field(min_length=1, description="what stands between the parts")
    regex: bool = Field(default=False, description="whether the delimiter is a regular expression")
    limit: int | None = Field(
        default=None, ge=1, description="at most how many parts; the last one holds the rest of the text"
    )
    output: NewColumn | tuple[NewColumn, ...] = Field(
        min_length=1, description="a name for one column of lists, or a list of names, one for each part"
    )
    drop: bool = Field(default=False, description="remove the column of text afterwards")

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.drop and self.column in self._outputs:
            raise ValueError(f"'{self.column}' cannot be both made and dropped")
        if self.regex and re.compile(check_finding(self.delimiter)).groups:
            raise ValueError("the delimiter has groups: write them as (?:...)")
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
        if self.limit is not None:
            table = self._limited(inputs.table)
        else:
            text, delimiter = nw.col(self.column).cast(nw.String), self.delimiter
            if self.regex:
                text, delimiter = text.str.replace_all(delimiter, _CUT), _CUT
            parts = portable.split(text, delimiter)
            if isinstance(self.output, str):
                table = inputs.table.with_columns(parts.alias(self.output))
            else:
                table = inputs.table.with_columns(
                    *(portable.list_item(parts, i).alias(name) for i, name in enumerate(self.output))
                )
        return table.drop(self.column) if self.drop else table

    def _limited(self, table: Table) -> Table:
        import polars as pl

        delimiter, most = self.delimiter, (self.limit or 0) - 1

        def cut(text: str) -> list[str]:
            if not most:
                return [text]
            return re.split(delimiter, text, maxsplit=most) if self.regex else text.split(delimiter, most)

        native: pl.LazyFrame = table.to_native()
        parts = by_value(pl.col(self.column).cast(pl.String), cut, pl.List(pl.String()))
        if isinstance(self.output, str):
            return nw.from_native(native.with_columns(parts.alias(self.output)))
        free = max([*native.collect_schema().names(), *self.output], key=len) + "#"
        each = [pl.col(free).list.get(i, null_on_oob=True).alias(n) for i, n in enumerate(self.output)]
        return nw.from_native(native.with_columns(parts.alias(free)).with_columns(each).drop(free))

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.split`."""
        code.describe(f"Split {self.column} at each {literal(self.delimiter)}")
        split = f"{column(self.column)}.str.split({literal(self.delimiter)}, regex={self.regex}"
        if self.limit == 1:
            split = f"{column(self.column)}.str.split({literal(_CUT)}, regex=False"  # which is nowhere
        elif self.limit is not None:
            split += f", n={self.limit - 1}"
        if isinstance(self.output, str):
            code.write(assign([(self.output, f"{split})")]))
        else:
            code.write(f"parts = {split}, expand=True).reindex(columns=range({len(self.output)}))")
            code.write(assign((name, f"parts[{i}]") for i, name in enumerate(self.output)))
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")
