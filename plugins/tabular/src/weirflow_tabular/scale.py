"""Scalers. Every one of them gives float64, in place; null stays null.

A column that held no value in the fit is null afterwards, whatever comes later. Where there is nothing to divide
by, the result is a constant, never NaN: each scaler says which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    Answers,
    Columns,
    Count,
    Deviation,
    Effect,
    Estimator,
    Made,
    Maximum,
    Mean,
    Minimum,
    TrainedParameters,
)
from weirflow_tabular.checks import finite, learned, require_numeric
from weirflow_tabular.quantiles import BETWEEN, Between, asked, quantile
from weirflow_tabular.scale_code import Scaling, scaling_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import PandasCode, Schema, Statistic, Table

_NUMERIC = "numeric columns to scale"


def _in_place(schema: Schema, columns: Columns) -> Effect:
    require_numeric(schema, columns)
    return Effect(makes={c: Made(of=(c,), dtype=FLOAT64) for c in columns})


def _divided(name: str, less: float | None, by: float | None, constant: float = 0.0) -> nw.Expr:
    """`(x - less) / by`: the constant where `by` is 0, null where either was not learned."""
    value = nw.col(name).cast(nw.Float64)
    if less is None or by is None:
        return nw.lit(None, dtype=nw.Float64).alias(name)
    if by == 0:
        return nw.when(~nw.col(name).is_null()).then(nw.lit(constant, dtype=nw.Float64)).alias(name)
    value = value - less if less else value
    return (value / by if by != 1 else value).alias(name)


class MeansAndDeviations(TrainedParameters):
    """Means and sample standard deviations; empty where not wanted, None without a value to learn from."""

    mean: dict[str, float | None] = Field(default_factory=dict)
    deviation: dict[str, float | None] = Field(default_factory=dict)


class StandardScale(Estimator[MeansAndDeviations]):
    """Divide columns by their sample standard deviation (n - 1), and centre them on their mean if asked to.

    A constant column, which has no deviation, becomes 0.
    """

    operator = "scale.standard"

    columns: Columns = Field(description=_NUMERIC)
    center: bool = Field(default=False, description="subtract the mean first")
    scale: bool = Field(default=True, description="divide by the standard deviation")

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, as float64."""
        return _in_place(schema, self.columns)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Counts, means and deviations, and the extremes, which tell a constant column without rounding."""
        del known
        require_numeric(schema, self.columns)
        for name in self.columns:
            yield Count(name)
            if self.center:
                yield Mean(name)
            if self.scale:
                yield from (Deviation(name), Minimum(name), Maximum(name))

    def fit(self, answers: Answers) -> MeansAndDeviations:
        """Take means and deviations over; that of a constant column is 0."""
        return MeansAndDeviations(
            mean={c: learned(Mean(c), c, answers) for c in self.columns} if self.center else {},
            deviation={c: _deviation(c, answers) for c in self.columns} if self.scale else {},
        )

    def transform(self, table: Table, trained: MeansAndDeviations) -> Table:
        """Scale the columns."""
        return table.with_columns(
            *(_divided(c, trained.mean.get(c, 0.0), trained.deviation.get(c, 1.0)) for c in self.columns)
        )

    def to_pandas(self, code: PandasCode, trained: MeansAndDeviations) -> None:
        """As a formula for one column, one over constants for several."""
        means = "subtract the mean" if self.center else ""
        divided = "divide by the standard deviation" if self.scale else ""
        code.describe(" and ".join(w for w in (means, divided) if w) or "make numbers floats")
        deviation = "values.std() if values.min() < values.max() else 0.0"
        less = ("mean", trained.mean, "values.mean()") if self.center else None
        by = ("deviation", trained.deviation, deviation) if self.scale else None
        scaling_code(code, self.columns, Scaling(less, by))


def _deviation(name: str, answers: Answers) -> float | None:
    least, most = learned(Minimum(name), name, answers), learned(Maximum(name), name, answers)
    if least is None or least == most:
        return None if least is None else 0.0
    return learned(Deviation(name), name, answers)


class Quantiles(TrainedParameters):
    """Medians and distances between the two quantiles; None without a value to learn from."""

    median: dict[str, float | None] = Field(default_factory=dict)
    range: dict[str, float | None] = Field(default_factory=dict)


class RobustScale(Estimator[Quantiles]):
    """Divide columns by the distance between two quantiles, and centre them on their median if asked to.

    Quantiles are exact. A column whose two quantiles are equal becomes 0.
    """

    operator = "scale.robust"

    columns: Columns = Field(description=_NUMERIC)
    lower: float = Field(default=0.25, ge=0, le=1, description="the lower quantile, from 0 to 1")
    upper: float = Field(default=0.75, ge=0, le=1, description="the upper quantile, from 0 to 1")
    center: bool = Field(default=False, description="subtract the median first")
    scale: bool = Field(default=True, description="divide by the distance between the quantiles")
    quantiles: Between = Field(default="linear", description=BETWEEN)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("`lower` must be less than `upper`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, as float64."""
        return _in_place(schema, self.columns)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Counts and quantiles."""
        require_numeric(schema, self.columns)
        wanted = [0.5] * self.center + [self.lower, self.upper] * self.scale
        for name in self.columns:
            yield Count(name)
            for q in wanted:
                yield from asked(name, q, self.quantiles, known)

    def fit(self, answers: Answers) -> Quantiles:
        """Take medians over, and distances between quantiles."""
        return Quantiles(
            median={c: self._quantile(c, 0.5, answers) for c in self.columns} if self.center else {},
            range={c: self._distance(c, answers) for c in self.columns} if self.scale else {},
        )

    def _quantile(self, name: str, q: float, answers: Answers) -> float | None:
        return finite(quantile(name, q, self.quantiles, answers), name, answers)

    def _distance(self, name: str, answers: Answers) -> float | None:
        low, high = (self._quantile(name, q, answers) for q in (self.lower, self.upper))
        return None if low is None or high is None else high - low

    def transform(self, table: Table, trained: Quantiles) -> Table:
        """Scale the columns."""
        return table.with_columns(
            *(_divided(c, trained.median.get(c, 0.0), trained.range.get(c, 1.0)) for c in self.columns)
        )

    def to_pandas(self, code: PandasCode, trained: Quantiles) -> None:
        """As a formula for one column, one over constants for several."""
        if code.learn and self.quantiles == "element":
            code.refuse("quantiles that are values are not learned anew in exported code")
            return
        low, high = (f"values.quantile({q!r})" for q in (self.lower, self.upper))
        share = f"{100 * self.lower:g} % and {100 * self.upper:g} %"
        median = "subtract the median" if self.center else ""
        divided = f"divide by the distance between the quantiles at {share}" if self.scale else ""
        code.describe(" and ".join(w for w in (median, divided) if w) or "make numbers floats")
        less = ("median", trained.median, "values.quantile(0.5)") if self.center else None
        by = ("spread", trained.range, f"{high} - {low}") if self.scale else None
        scaling_code(code, self.columns, Scaling(less, by))


class Extremes(TrainedParameters):
    """Least and greatest values; None without a value to learn from."""

    minimum: dict[str, float | None]
    maximum: dict[str, float | None]


class MinMaxScale(Estimator[Extremes]):
    """Stretch columns so that their least value becomes `minimum` and their greatest `maximum`.

    Later values beyond those of the fit fall outside the range. A constant column becomes the middle of it.
    """

    operator = "scale.min_max"

    columns: Columns = Field(description=_NUMERIC)
    minimum: float = Field(default=0.0, description="what the least value becomes")
    maximum: float = Field(default=1.0, description="what the greatest value becomes")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("`minimum` must be less than `maximum`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, as float64."""
        return _in_place(schema, self.columns)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Counts, least and greatest values."""
        del known
        require_numeric(schema, self.columns)
        return [ask(c) for c in self.columns for ask in (Count, Minimum, Maximum)]

    def fit(self, answers: Answers) -> Extremes:
        """Take the extremes over."""
        return Extremes(
            minimum={c: learned(Minimum(c), c, answers) for c in self.columns},
            maximum={c: learned(Maximum(c), c, answers) for c in self.columns},
        )

    def transform(self, table: Table, trained: Extremes) -> Table:
        """Stretch the columns."""
        return table.with_columns(*(self._stretched(c, trained) for c in self.columns))

    def _stretched(self, name: str, trained: Extremes) -> nw.Expr:
        low, high = trained.minimum[name], trained.maximum[name]
        if low is None or high is None or low == high:
            span = None if low is None else 0.0
            return _divided(name, low, span, (self.minimum + self.maximum) / 2)
        share = _divided(name, low, high - low)
        width = self.maximum - self.minimum
        share = share * width if width != 1 else share
        return share + self.minimum if self.minimum else share

    def to_pandas(self, code: PandasCode, trained: Extremes) -> None:
        """As a formula for one column, one over constants for several."""
        code.describe(f"stretch onto the range from {self.minimum:g} to {self.maximum:g}")
        stretch = f" * {self.maximum - self.minimum!r}" if self.maximum - self.minimum != 1 else ""
        shift = f" {'-' if self.minimum < 0 else '+'} {abs(self.minimum)!r}" if self.minimum else ""
        scaling = Scaling(
            less=("minimum", trained.minimum, "values.min()"),
            by=("maximum", trained.maximum, "values.max()"),
            then=stretch + shift,
            constant=(self.minimum + self.maximum) / 2,
            span=True,
        )
        scaling_code(code, self.columns, scaling)


class Magnitudes(TrainedParameters):
    """Largest magnitudes; None without a value to learn from."""

    largest: dict[str, float | None]


class MaxAbsScale(Estimator[Magnitudes]):
    """Divide columns by their largest magnitude, which puts them between -1 and 1. All zeros stay 0."""

    operator = "scale.max_abs"

    columns: Columns = Field(description=_NUMERIC)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, as float64."""
        return _in_place(schema, self.columns)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Counts, least and greatest values."""
        del known
        require_numeric(schema, self.columns)
        return [ask(c) for c in self.columns for ask in (Count, Minimum, Maximum)]

    def fit(self, answers: Answers) -> Magnitudes:
        """The larger magnitude of the two extremes."""
        largest: dict[str, float | None] = {}
        for name in self.columns:
            low, high = learned(Minimum(name), name, answers), learned(Maximum(name), name, answers)
            largest[name] = None if low is None or high is None else max(abs(low), abs(high))
        return Magnitudes(largest=largest)

    def transform(self, table: Table, trained: Magnitudes) -> Table:
        """Scale the columns."""
        return table.with_columns(*(_divided(c, 0.0, trained.largest[c]) for c in self.columns))

    def to_pandas(self, code: PandasCode, trained: Magnitudes) -> None:
        """As a formula for one column, one over constants for several."""
        code.describe("divide by the largest magnitude")
        by = ("magnitude", trained.largest, "values.abs().max()")
        scaling_code(code, self.columns, Scaling(None, by))
