"""Vectors of numbers and of other vectors, and sparse vectors as lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    FLOAT64,
    ColumnName,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    Transform,
)
from weirflow_tabular.checks import require_new

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema, Table


class AssembleVector(Transform):
    """Put numbers and vectors side by side in one column of lists of float64, in the order of `columns`.

    Integers, floats and booleans give one element each, lists all of theirs, and sparse vectors (structs of `size`,
    `indices` and `values`) as many as their size. A missing number is a missing element; a row in which a whole
    vector is null becomes null, since nobody can tell how long it would be. The new column comes last.
    """

    operator = "vectors.assemble"

    columns: tuple[ColumnName, ...] = Field(
        min_length=1, description="columns of numbers, booleans, lists of numbers or sparse vectors, in order"
    )
    output: NewColumn = Field(description="name of the new column")

    def effect(self, schema: Schema) -> Effect:
        """One column of lists."""
        for name in self.columns:
            dtype = schema.dtype(name)
            if dtype is not None and not _assembles(dtype):
                raise NodeError(
                    f"column '{name}' is of type {dtype}, neither a number nor a vector",
                    hint="encode or cast it first (encode.one_hot, columns.cast), or leave it out",
                    code="WF402",
                )
        require_new(schema, [self.output], besides=self.columns)
        return Effect(makes={self.output: Made(of=self.columns, dtype=DType("list", FLOAT64))})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Join the elements."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        schema = native.collect_schema()
        parts = [_elements(name, schema[name]) for name in self.columns]
        return nw.from_native(native.with_columns(pl.concat_list(parts).alias(self.output)))


def _assembles(dtype: DType) -> bool:
    if dtype.kind == "list":
        dtype = dtype.inner or FLOAT64
    return dtype.is_numeric or dtype.kind in {"boolean", "struct"}


def _elements(name: str, dtype: pl.DataType) -> pl.Expr:
    import polars as pl

    if isinstance(dtype, pl.Struct):
        return dense(name, dtype)
    if isinstance(dtype, pl.List):
        return pl.col(name).cast(pl.List(pl.Float64))
    value = pl.col(name).cast(pl.Float64)
    return value.reshape((-1, 1)).arr.to_list()


def dense(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column of sparse vectors as lists of all their elements. Raises NodeError for other structs."""
    import polars as pl

    fields = {f.name for f in dtype.fields} if isinstance(dtype, pl.Struct) else set()
    if not fields >= {"size", "indices", "values"}:
        raise NodeError(
            f"column '{name}' holds structs that are no sparse vectors",
            hint="a sparse vector has the fields `size`, `indices` and `values`",
            code="WF402",
        )
    return pl.col(name).map_batches(_dense, return_dtype=pl.List(pl.Float64), is_elementwise=True)


def _dense(vectors: pl.Series) -> pl.Series:
    import polars as pl

    rows = pl.DataFrame({"vector": vectors}).with_row_index("row")
    there = rows.filter(pl.col("vector").is_not_null()).select(
        "row",
        size=pl.col("vector").struct.field("size").cast(pl.Int64),
        index=pl.col("vector").struct.field("indices").cast(pl.List(pl.Int64)),
        value=pl.col("vector").struct.field("values").cast(pl.List(pl.Float64)),
    )
    places = there.select("row", index=pl.int_ranges(0, pl.col("size"))).explode("index").drop_nulls("index")
    given = there.select("row", "index", "value").explode("index", "value").drop_nulls("index")
    full = (
        places.join(given, on=["row", "index"], how="left", maintain_order="left")
        .with_columns(pl.col("value").fill_null(0.0))
        .group_by("row", maintain_order=True)
        .agg("value")
    )
    found = rows.join(full, on="row", how="left", maintain_order="left")
    empty = pl.lit([], dtype=pl.List(pl.Float64))
    kept = pl.when(pl.col("vector").is_not_null()).then(pl.col("value").fill_null(empty))
    return found.select(kept.alias(vectors.name)).to_series()
