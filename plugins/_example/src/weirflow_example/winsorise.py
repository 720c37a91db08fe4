"""`example.winsorise`: an Estimator, which learns from the data it is fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import narwhals as nw
from pydantic import model_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    Columns,
    Effect,
    Estimator,
    Field,
    Made,
    NodeError,
    PandasCode,
    Quantile,
    Schema,
    TrainedParameters,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import Table


class Bounds(TrainedParameters):
    """The least and the greatest value allowed, by column. A column without any value has no bounds."""

    bounds: dict[str, tuple[float, float]]


class Winsorise(Estimator[Bounds]):
    """Pull values beyond two quantiles back to them.

    The quantiles are learned once; new data is held to the same bounds. Unlike dropping outliers this keeps
    every row. The columns become floating-point numbers, and nulls stay nulls.
    """

    operator: ClassVar[str] = "example.winsorise"

    columns: Columns = Field(description="numeric columns to limit")
    lower: float = Field(default=0.05, ge=0, le=1, description="the quantile below which values are raised")
    upper: float = Field(default=0.95, ge=0, le=1, description="the quantile above which values are lowered")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("lower must be less than upper")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column is changed in place. Only numbers will do."""
        for column in self.columns:
            dtype = schema.dtype(column)
            if dtype is not None and not dtype.is_numeric:
                raise NodeError(
                    f"column '{column}' is of type {dtype}, and a number was expected",
                    hint="leave it out, or choose columns with {type: numeric}",
                )
        return Effect(makes={c: Made(of=(c,), dtype=FLOAT64) for c in self.columns})

    def ask(self, schema: Schema, known: Answers) -> Iterable[Quantile]:
        """Two quantiles of each column."""
        del schema, known
        return [Quantile(c, q) for c in self.columns for q in (self.lower, self.upper)]

    def fit(self, answers: Answers) -> Bounds:
        """The quantiles are the bounds."""
        bounds = {}
        for column in self.columns:
            low, high = answers[Quantile(column, self.lower)], answers[Quantile(column, self.upper)]
            if low is not None and high is not None:
                bounds[column] = (low, high)
        return Bounds(bounds=bounds)

    def transform(self, table: Table, trained: Bounds) -> Table:
        """The table with its columns held to their bounds."""
        return table.with_columns(
            nw.col(c).cast(nw.Float64).clip(*trained.bounds.get(c, (None, None))) for c in self.columns
        )

    def to_pandas(self, code: PandasCode, trained: Bounds) -> None:
        """Do the same in pandas."""
        columns = list(self.columns)
        quantiles = f"zip({columns!r}, df[{columns!r}].quantile([{self.lower}, {self.upper}]).T.to_numpy())"
        bounds = code.value(
            "bounds", trained.bounds, learn=f"{{column: tuple(pair) for column, pair in {quantiles}}}"
        )
        code.write(
            f"""
            for column in {columns!r}:
                limited = df[column].astype("float64").clip(*{bounds}.get(column, (None, None)))
                df = df.assign(**{{column: limited}})
            """
        )
