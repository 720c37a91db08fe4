"""Operators on lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
from pydantic import Field

from weirflow.api import FLOAT64, ColumnName, DType, Effect, Inputs, Made, NodeError, Transform, portable
from weirflow_tabular.checks import require_new
from weirflow_tabular.pandas_text import PANDAS_TYPES, assign, column, literal
from weirflow_tabular.vectors_assemble import dense

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Schema, Table

MOST = 10_000
"""As many elements become columns at most."""


class FlattenVector(Transform):
    """Make a column of each of a list's first elements: `{prefix}_0`, `{prefix}_1` and so on, put last.

    A shorter list, and a null, give null; what is beyond `length` is left out. A sparse vector (a struct of `size`,
    `indices` and `values`) counts as the list of all its elements.
    """

    operator = "vectors.flatten"

    column: ColumnName = Field(description="column of lists or sparse vectors")
    length: int = Field(ge=1, le=MOST, description="how many elements")
    prefix: str | None = Field(
        default=None, description="what the new names begin with; the column's name by default"
    )
    drop: bool = Field(default=True, description="remove the column of lists afterwards")

    @property
    def _outputs(self) -> list[str]:
        prefix = self.column if self.prefix is None else self.prefix
        return [f"{prefix}_{i}" for i in range(self.length)]

    def effect(self, schema: Schema) -> Effect:
        """A column for each element, of the elements' type."""
        dtype = schema.dtype(self.column)
        if dtype is not None and dtype.kind not in {"list", "struct"}:
            raise NodeError(
                f"column '{self.column}' is of type {dtype}, not a list or a sparse vector",
                hint="text.split makes a list of text" if dtype.is_text else None,
                code="WF402",
            )
        require_new(schema, self._outputs)
        inner = None if dtype is None else FLOAT64 if dtype.kind == "struct" else dtype.inner
        return Effect(
            makes={name: Made(of=(self.column,), dtype=inner) for name in self._outputs},
            drops=(self.column,) if self.drop else (),
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Take the elements apart."""
        dtype = portable.schema_of(inputs.table).dtype(self.column)
        if dtype is not None and dtype.kind == "struct":
            return self._sparse(inputs.table)
        table = inputs.table.with_columns(
            *(portable.list_item(nw.col(self.column), i).alias(name) for i, name in enumerate(self._outputs))
        )
        return table.drop(self.column) if self.drop else table

    def _sparse(self, table: Table) -> Table:
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        schema = native.collect_schema()
        free = max([*schema.names(), *self._outputs], key=len) + "#"
        each = [pl.col(free).list.get(i, null_on_oob=True).alias(n) for i, n in enumerate(self._outputs)]
        native = native.with_columns(dense(self.column, schema[self.column]).alias(free)).with_columns(each)
        return nw.from_native(native.drop(free, *([self.column] if self.drop else [])))

    def to_pandas(self, code: PandasCode) -> None:
        """As `str.get`, which takes lists as well."""
        code.describe(f"Take the lists of {self.column} apart")
        dtype = code.schema.dtype(self.column) or DType("list")
        if dtype.kind == "struct":
            code.refuse("sparse vectors have no short form in pandas")
            return
        inner = dtype.inner
        exact = "" if inner is None or inner.is_text else PANDAS_TYPES.get(inner.kind, "")
        cast = f'.astype("{exact}")' if exact else ""
        code.write(
            assign((name, f"{column(self.column)}.str[{i}]{cast}") for i, name in enumerate(self._outputs))
        )
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")
