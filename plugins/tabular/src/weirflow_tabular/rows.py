"""Operators on rows: limit, sort, shuffle, drop duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Columns, Effect, Inputs, Rows, Transform
from weirflow_tabular.ordering import NULLS, Order, check_directions
from weirflow_tabular.pandas_text import one_or_list
from weirflow_tabular.places import SHUFFLED, shuffled

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table


class LimitRows(Transform):
    """Keep the first rows."""

    operator = "rows.limit"
    ordered = True

    n: int = Field(ge=0, description="how many rows to keep")

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows; no column decides which."""
        del schema
        return Effect(rows=Rows.changed(by=()))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The first rows."""
        return inputs.table.head(self.n)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.head`."""
        code.describe(f"Keep the first {self.n:,} rows")
        code.write(f"df = df.head({self.n})")


class SortRows(Transform):
    """Sort rows by columns, the first one foremost. Equal rows keep their order.

    Missing values come last, unless `nulls` says otherwise, and equal one another.
    """

    operator = "rows.sort"
    ordered = True

    by: tuple[ColumnName, ...] = Field(min_length=1, description="columns to sort by, the foremost first")
    descending: bool | tuple[bool, ...] = Field(
        default=False, description="largest first: for all columns, or a list with one entry for each"
    )
    nulls: Literal["last", "first", "least"] = Field(default="last", description=NULLS)

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        check_directions(self.by, descending=self.descending)
        return self

    @property
    def _order(self) -> Order:
        return Order(self.by, self.descending, self.nulls)

    def effect(self, schema: Schema) -> Effect:
        """Another order of rows, decided by these columns."""
        del schema
        return Effect(reads=self.by, rows=Rows.changed(by=self.by))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Sort the rows."""
        native: pl.LazyFrame = inputs.table.to_native()  # Narwhals does not offer a stable sort
        return nw.from_native(self._order.sorted(native))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.sort_values`, stable."""
        where = {"first": "come first", "least": "count as less than all others"}.get(self.nulls, "come last")
        code.describe(f"Sort the rows; missing values {where}")
        *first, last = self._order.pandas_sort()
        code.write("\n".join(f"df = df.{call}" for call in (*first, f"{last[:-1]}, ignore_index=True)")))


class ShuffleRows(Transform):
    """Put rows in a random order, which depends on the seed and on how many rows there are alone."""

    operator = "rows.shuffle"
    ordered = True
    holds_table = True

    seed: int = Field(default=0, description="another seed gives another order")

    def effect(self, schema: Schema) -> Effect:
        """Another order; no column decides which."""
        del schema
        return Effect(rows=Rows.changed(by=()))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Take the rows in the new order."""
        import numpy as np

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        return nw.from_native(frame[np.argsort(shuffled(frame.height, self.seed))].lazy())

    def to_pandas(self, code: PandasCode) -> None:
        """By the same arithmetic, since no generator of NumPy's gives the same order."""
        code.use("import numpy as np")
        code.describe("Put the rows in a random order")
        place = f"{code.helper(SHUFFLED)}(len(df), {self.seed})"
        code.write(f"df = df.iloc[np.argsort({place})].reset_index(drop=True)")


class DropDuplicates(Transform):
    """Keep the first of rows that are equal in some columns, or in all. Missing values equal one another."""

    operator = "rows.drop_duplicates"
    ordered = True

    columns: Columns | None = Field(default=None, description="columns to compare; all by default")

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the columns compared."""
        del schema
        by = None if self.columns is None else tuple(self.columns)
        return Effect(reads=by or (), rows=Rows.changed(by=by))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The first of equal rows."""
        subset = None if self.columns is None else list(self.columns)
        native: pl.LazyFrame = inputs.table.to_native()
        return nw.from_native(native.unique(subset, keep="first", maintain_order=True))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.drop_duplicates`."""
        subset = "" if self.columns is None else f"subset={one_or_list(self.columns)}, "
        code.describe("Keep the first of rows that are equal" + (" in these columns" if subset else ""))
        code.write(f"df = df.drop_duplicates({subset}ignore_index=True)")
