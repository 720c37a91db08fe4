"""Features of series that are kept as lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import FLOAT64, Columns, DType, Effect, Inputs, Made, NewColumn, Transform
from weirflow_tabular.checks import require_new
from weirflow_tabular.series_statistics import FEATURES, Feature, feature, require_lists

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema, Table


class SeriesFeatures(Transform):
    """Compute features of the series that a row holds as a list: `{column}__{feature}`, put last.

    Missing values within a list do not count. `standard_deviation` and `variance` are those of a population. Of no
    value, `length` and `sum_values` are 0 and the rest null; a missing list gives null. Names and formulas of the
    features are tsfresh's.
    """

    operator = "series.features"

    columns: Columns = Field(description="columns of lists of numbers")
    features: tuple[Feature, ...] = Field(
        default=FEATURES, min_length=1, description="which features, in this order"
    )
    to: Literal["columns", "list"] = Field(
        default="columns",
        description="a column for each feature, or one column, `{column}__features`, of lists of float64",
    )
    output: NewColumn | None = Field(
        default=None,
        description="of one column: what the names begin with, before `__{feature}`, or the name of the lists' column",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` is for one column")
        return self

    def _names(self, column: str) -> list[str]:
        if self.to == "list":
            return [f"{column}__features" if self.output is None else self.output]
        return [f"{self.output or column}__{f}" for f in self.features]

    def effect(self, schema: Schema) -> Effect:
        """New columns, of these."""
        require_lists(schema, self.columns, numeric=True)
        require_new(schema, [n for c in self.columns for n in self._names(c)])
        dtype = DType("list", FLOAT64) if self.to == "list" else FLOAT64
        return Effect(makes={n: Made(of=(c,), dtype=dtype) for c in self.columns for n in self._names(c)})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Compute the features of each list."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        made: list[pl.Expr] = []
        for column in self.columns:
            found = [pl.col(column).list.agg(feature(f, pl.element())) for f in self.features]
            if self.to == "list":
                joined = pl.concat_list(found)
                found = [pl.when(pl.col(column).is_not_null()).then(joined)]
            made += [e.alias(n) for e, n in zip(found, self._names(column), strict=True)]
        return nw.from_native(native.with_columns(made))
