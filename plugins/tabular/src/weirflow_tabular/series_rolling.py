"""Features of the last values of a series, beside each of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from weirflow.api import FLOAT64, DType, Effect, Inputs, Made, NewColumn
from weirflow_tabular.checks import require_new, require_numeric
from weirflow_tabular.series_order import Series
from weirflow_tabular.series_statistics import FEATURES, Feature, feature

if TYPE_CHECKING:
    from weirflow.api import Schema, Table


class RollingSeries(Series):
    """Compute features of the last values of a series, this row's among them: `{column}_window_{n}__{feature}`.

    At its start a series has fewer values than the window holds, and `length` says how many; missing ones do not
    count. `standard_deviation` and `variance` are those of a population. Of no value, `length` and `sum_values` are 0
    and the rest null. Names and formulas of the features are tsfresh's. New columns are put last.
    """

    operator = "series.rolling"

    window: int = Field(ge=1, le=100_000, description="how many rows a window holds, this one included")
    features: tuple[Feature, ...] = Field(
        default=FEATURES, min_length=1, description="which features, in this order"
    )
    to: Literal["columns", "list", "values"] = Field(
        default="columns",
        description=(
            "a column for each feature, or one column of lists of float64: of the features, or of the `values` in the "
            "window themselves"
        ),
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
        stem = f"{column}_window_{self.window}" if self.output is None else self.output
        return [stem] if self.to != "columns" else [f"{stem}__{f}" for f in self.features]

    def effect(self, schema: Schema) -> Effect:
        """New columns, of the values and of what orders them."""
        self._check(schema)
        require_numeric(schema, self.columns)
        require_new(schema, [n for c in self.columns for n in self._names(c)])
        dtype = DType("list", FLOAT64) if self.to != "columns" else FLOAT64
        makes: dict[str, Made] = {}
        for column in self.columns:
            of = tuple(dict.fromkeys((column, *self._keys)))
            makes |= {n: Made(of=of, dtype=dtype) for n in self._names(column)}
        return Effect(makes=makes, reads=self._keys, rows=self._rows)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Compute the features of each window."""
        import polars as pl

        arranged = self._arranged(inputs)
        place = arranged.at  # what orders the rows has done its work
        frame = arranged.frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(place))
        made: list[pl.Expr] = []
        for column in self.columns:
            found = [feature(f, pl.col(column)) for f in self.features]
            if self.to == "list":
                found = [pl.concat_list(found)]
            elif self.to == "values":
                found = [pl.col(column).cast(pl.Float64)]
            made += [e.alias(n) for e, n in zip(found, self._names(column), strict=True)]
        windows = frame.rolling(
            place, period=f"{self.window}i", closed="right", group_by=arranged.series
        ).agg(made)
        made_columns = windows.sort(place).drop(place, arranged.series)
        return self._finished(arranged, pl.concat([frame, made_columns], how="horizontal"))
