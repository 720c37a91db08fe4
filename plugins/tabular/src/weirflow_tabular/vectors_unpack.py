"""Lists as columns, as many as are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    Answers,
    ColumnName,
    Effect,
    Estimator,
    Inputs,
    NodeError,
    Query,
    TrainedParameters,
)
from weirflow_tabular.vectors import MOST, FlattenVector

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import PandasCode, Schema, Statistic, Table


class Length(TrainedParameters):
    """How many columns there are."""

    length: int = Field(ge=1, le=MOST)


class UnpackVector(Estimator[Length]):
    """Make a column of each element of lists: `{prefix}_0`, `{prefix}_1` and so on, put last.

    How many there are is learned: as many as the longest list has, or the first. A shorter list, and a null, give null;
    what is beyond is left out. A sparse vector (a struct of `size`, `indices` and `values`) counts as the list of all
    its elements. Where the number is known, `vectors.flatten` takes it and has nothing to learn.
    """

    operator = "vectors.unpack"

    column: ColumnName = Field(description="column of lists or sparse vectors")
    as_many_as: Literal["longest", "first"] = Field(
        default="longest", description="the list that says how many: the longest, or the first that there is"
    )
    prefix: str | None = Field(
        default=None, description="what the new names begin with; the column's name by default"
    )
    drop: bool = Field(default=True, description="remove the column of lists afterwards")

    def _flatten(self, length: int) -> FlattenVector:
        return FlattenVector(column=self.column, length=length, prefix=self.prefix, drop=self.drop)

    def effect(self, schema: Schema) -> Effect:
        """Columns that the fit will count."""
        known = self._flatten(1).effect(schema)  # which refuses what is no list
        prefix = self.column if self.prefix is None else self.prefix
        return Effect(opens={f"{prefix}_": (self.column,)}, drops=known.drops)

    def trained_effect(self, schema: Schema, trained: Length) -> Effect:
        """A column for each element."""
        return self._flatten(trained.length).effect(schema)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The length."""
        del known
        self.effect(schema)
        return [self._query]

    @property
    def _query(self) -> Query:
        return Query((self.column,), _Lengths(self.column, self.as_many_as), max_rows=1)

    def fit(self, answers: Answers) -> Length:
        """Take the length over."""
        found = answers[self._query].get_column("length").to_list()
        length = found[0] if found else None
        if not length:
            raise NodeError(f"column '{self.column}' has no list with an element to learn from", code="WF614")
        if length > MOST:
            raise NodeError(
                f"the lists of column '{self.column}' have {length:,} elements, and at most {MOST:,} become columns",
                hint="take fewer: vectors.flatten with `length`",
                code="WF402",
            )
        return Length(length=length)

    def transform(self, table: Table, trained: Length) -> Table:
        """Take the elements apart."""
        return self._flatten(trained.length).transform(Inputs([("default", table)]))

    def to_pandas(self, code: PandasCode, trained: Length) -> None:
        """As `str.get`, which takes lists as well."""
        if code.learn:
            code.refuse("how many elements there are is not learned anew in exported code")
            return
        self._flatten(trained.length).to_pandas(code)


@dataclass(frozen=True)
class _Lengths:
    """The length of the first list, or of the longest one."""

    column: str
    take: str

    def __call__(self, table: Table) -> Table:
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        there = native.filter(pl.col(self.column).is_not_null())
        vector = pl.col(self.column)
        dtype = native.collect_schema()[self.column]
        if isinstance(dtype, pl.Struct):
            lengths = vector.struct.field("size")
        else:
            lengths = vector.arr.to_list().list.len() if isinstance(dtype, pl.Array) else vector.list.len()
        lengths = lengths.cast(pl.Int64).alias("length")
        found = there.select(lengths).head(1) if self.take == "first" else there.select(lengths.max())
        return nw.from_native(found)
