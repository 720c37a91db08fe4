"""Series of one length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    Columns,
    Effect,
    Estimator,
    Made,
    NewColumn,
    NodeError,
    Query,
    TrainedParameters,
    portable,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.series_statistics import require_lists

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import Answers, Schema, Statistic, Table

_LONGEST = 10_000


class SeriesLengths(TrainedParameters):
    """How long the series of each column become."""

    lengths: dict[str, int]


@dataclass(frozen=True)
class _Lengths:
    """How often each length occurs."""

    column: str

    def __call__(self, table: Table) -> Table:
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        size = native.select(length=pl.col(self.column).list.len().cast(pl.Int64)).drop_nulls()
        return nw.from_native(size.group_by("length").agg(rows=pl.len()).sort("length"))


class SetSeriesLength(Estimator[SeriesLengths]):
    """Give all series that are kept as lists one length: longer ones are cut, shorter ones end in missing values.

    The length is `length`, or else learned: the `quantile` of the lengths that occur, without its fraction. A missing
    list stays missing.
    """

    operator = "series.set_length"

    columns: Columns = Field(description="columns of lists")
    length: int | None = Field(default=None, ge=1, le=_LONGEST, description="the length")
    quantile: float | None = Field(
        default=None, ge=0, le=1, description="or this quantile of the lengths that occur, as 0.5"
    )
    to: Literal["list", "columns"] = Field(
        default="list",
        description="lists, or a column for each element, `{column}_0` and so on, in place of the list",
    )
    output: NewColumn | None = Field(
        default=None,
        description="of one column: name of a new one, put last, or what the names of elements begin with",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.length is None) == (self.quantile is None):
            raise ValueError("give either `length` or `quantile`")
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` is for one column")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Lists as before; or columns that the fit will name."""
        require_lists(schema, self.columns)
        if self.length is not None:
            return self._effect(schema, dict.fromkeys(self.columns, self.length))
        if self.to == "columns":
            return Effect(
                drops=() if self.output is not None else tuple(self.columns),
                opens={f"{self._stem(c)}_": (c,) for c in self.columns},
            )
        return self._effect(schema, {})

    def trained_effect(self, schema: Schema, trained: SeriesLengths) -> Effect:
        """The columns by name."""
        require_lists(schema, self.columns)
        return self._effect(schema, trained.lengths)

    def _stem(self, column: str) -> str:
        return self.output if self.output is not None else column

    def _effect(self, schema: Schema, lengths: dict[str, int]) -> Effect:
        if self.to == "list":
            names = {self._stem(c): c for c in self.columns}
            require_new(schema, names, besides=self.columns if self.output is None else ())
            return Effect(makes={n: Made(of=(c,), dtype=schema.dtype(c)) for n, c in names.items()})
        drops = () if self.output is not None else tuple(self.columns)
        makes: dict[str, Made] = {}
        for column in self.columns:
            dtype = schema.dtype(column)
            inner = None if dtype is None else dtype.inner
            for i in range(lengths[column]):
                makes[f"{self._stem(column)}_{i}"] = Made(of=(column,), dtype=inner)
        require_new(schema, makes, besides=drops)
        return Effect(makes=makes, drops=drops)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """How often each length occurs."""
        del schema, known
        return [] if self.length is not None else [self._query(c) for c in self.columns]

    def _query(self, column: str) -> Query:
        return Query((column,), _Lengths(column), max_rows=1_000_000)

    def fit(self, answers: Answers) -> SeriesLengths:
        """Take the quantile."""
        if self.length is not None:
            return SeriesLengths(lengths=dict.fromkeys(self.columns, self.length))
        return SeriesLengths(lengths={c: self._length(c, answers[self._query(c)]) for c in self.columns})

    def _length(self, column: str, found: pl.DataFrame) -> int:
        sizes, rows = found["length"].to_list(), found["rows"].to_list()
        assert self.quantile is not None
        total = sum(rows)
        if not total:
            raise NodeError(
                f"column '{column}' has no list whose length could be learned",
                hint="give `length`",
                code="WF614",
            )
        place = self.quantile * (total - 1)
        below = _at(int(place), sizes, rows)
        above = _at(min(int(place) + 1, total - 1), sizes, rows)
        made = int(below + (above - below) * (place - int(place)))
        if not 1 <= made <= _LONGEST:
            raise NodeError(
                f"the lists of column '{column}' would be {made:,} long, and 1 to {_LONGEST:,} is possible",
                hint="give `length`",
                code="WF614",
            )
        return made

    def transform(self, table: Table, trained: SeriesLengths) -> Table:
        """Cut and pad."""
        import polars as pl

        schema = portable.schema_of(table)
        native: pl.LazyFrame = table.to_native()
        made: list[pl.Expr] = []
        for column in self.columns:
            length = trained.lengths[column]
            items = [pl.col(column).list.get(i, null_on_oob=True) for i in range(length)]
            if self.to == "columns":
                made += [e.alias(f"{self._stem(column)}_{i}") for i, e in enumerate(items)]
            else:
                whole = pl.concat_list(items) if schema.dtype(column) else pl.col(column)
                made.append(pl.when(pl.col(column).is_not_null()).then(whole).alias(self._stem(column)))
        if self.to == "list" or self.output is not None:
            return nw.from_native(native.with_columns(made))
        kept = [n for n in native.collect_schema().names() if n not in self.columns]
        return nw.from_native(native.select(*kept, *made))


def _at(place: int, sizes: list[int], rows: list[int]) -> int:
    """The size at a place of all of them in order."""
    for size, count in zip(sizes, rows, strict=True):
        if place < count:
            return size
        place -= count
    return sizes[-1]
