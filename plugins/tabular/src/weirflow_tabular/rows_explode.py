"""A row for each element of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    STRING,
    ColumnName,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Rows,
    Transform,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.json_text import JSON_TEXT, NoJsonError, as_text, decoded
from weirflow_tabular.pandas_text import assign, column, literal, pandas_type
from weirflow_tabular.text_edit import by_value

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import DType, PandasCode, Schema, Table


class ExplodeRows(Transform):
    """Make a row of each element of a list; the values of the other columns are repeated beside it.

    Text is read as a JSON array, whose elements become text: a text as it is, and anything else as JSON. Lists within
    lists stay lists: explode them again.
    """

    operator = "rows.explode"

    column: ColumnName = Field(description="column of lists, or of JSON arrays as text")
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column of the elements, put last; by default they replace the lists",
    )
    empty: Literal["keep", "drop"] = Field(
        default="keep",
        description="what becomes of a row whose list is empty or missing: it stays, with null, or goes",
    )
    drop: bool = Field(default=False, description="with an `output`, remove the column of lists")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.drop and self.output in {None, self.column}:
            raise ValueError("`drop` needs the name of an `output`")
        return self

    @property
    def _output(self) -> str:
        return self.column if self.output is None else self.output

    def effect(self, schema: Schema) -> Effect:
        """A column of elements, with other rows."""
        dtype = schema.dtype(self.column)
        if dtype is not None and not (dtype.kind == "list" or dtype.is_text):
            raise NodeError(
                f"column '{self.column}' is of type {dtype}, neither a list nor text",
                hint="columns.unnest makes columns of structs" if dtype.kind == "struct" else None,
                code="WF402",
            )
        require_new(schema, [self._output], besides=[self.column])
        return Effect(
            makes={self._output: Made(of=(self.column,), dtype=_element(dtype))},
            drops=(self.column,) if self.drop else (),
            rows=Rows.changed(by=(self.column,)),
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Explode the lists."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        lists = pl.col(self.column)
        dtype = native.collect_schema()[self.column]
        if isinstance(dtype, pl.Array):
            lists = lists.arr.to_list()
        elif not isinstance(dtype, pl.List):
            lists = by_value(lists.cast(pl.String), self._array, pl.List(pl.String()))
        keep = self.empty == "keep"
        made = native.with_columns(lists.alias(self._output)).explode(
            self._output, empty_as_null=keep, keep_nulls=keep
        )
        return nw.from_native(made.drop(self.column) if self.drop else made)

    def _array(self, text: str) -> list[str | None]:
        try:
            return [as_text(v) for v in decoded(text, list)]
        except NoJsonError:
            raise NodeError(
                f"column '{self.column}' holds text that is no JSON array",
                hint="filter such rows out first, or split the text: text.split",
                code="WF613",
            ) from None

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.explode`."""
        code.use("import pandas as pd")
        code.describe(f"Make a row of each element of {self.column}")
        dtype, lists = code.schema.dtype(self.column), column(self.column)
        if dtype is None:
            code.refuse(f"the type of column '{self.column}' is not known before the run")
            return
        if dtype.is_text:
            code.use("import json")
            array = code.helper(_JSON_ARRAY.format(json_text=code.helper(JSON_TEXT)))
            code.write(assign([(self._output, f'{lists}.astype("object").map({array}, na_action="ignore")')]))
        elif self._output != self.column:
            code.write(assign([(self._output, lists)]))
        made = column(self._output)
        if self.empty == "drop":
            code.write(f"df = df[{made}.str.len() > 0]")
        element = _element(dtype)
        exact = None if element is None else pandas_type(element)
        cast = f'.astype({{{literal(self._output)}: "{exact}"}})' if exact else ""
        code.write(f"df = df.explode({literal(self._output)}, ignore_index=True){cast}")
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")


_JSON_ARRAY = '''
def json_array(text: str) -> list:
    """The elements of a JSON array, each as text."""
    array = json.loads(text)
    if not isinstance(array, list):
        raise ValueError("a text is no JSON array")
    return [{json_text}(value) for value in array]
'''
"""A function of exported code."""


def _element(dtype: DType | None) -> DType | None:
    if dtype is None:
        return None
    return STRING if dtype.is_text else dtype.inner
