"""Operators on values far from the others, and on rare categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    FLOAT64,
    SAME_ROWS,
    STRING,
    Answers,
    Columns,
    Count,
    Deviation,
    Effect,
    Estimator,
    Frequencies,
    Inputs,
    Made,
    Mean,
    NullWord,
    Query,
    Rows,
    Scalar,
    TrainedParameters,
    Transform,
    portable,
)
from weirflow_tabular.categories import AS_TEXT, plain, text_of, typed
from weirflow_tabular.checks import learned, require_numeric, require_scalars, require_text
from weirflow_tabular.pandas_text import assign, column, literal
from weirflow_tabular.quantiles import BETWEEN, Between, asked, quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import PandasCode, Schema, Statistic, Table

_FIX = "what becomes of an outlier: the nearest value that is none (`clip`), null, or its row is removed"
_COLUMNS = "numeric columns; each has limits of its own"

Fix = NullWord[Literal["clip", "null", "remove"]]


class Limits(TrainedParameters):
    """The least and the greatest value that is no outlier, by column; None without a value to learn from."""

    lower: dict[str, float | None]
    upper: dict[str, float | None]


def _effect(schema: Schema, columns: Columns, fix: str) -> Effect:
    require_numeric(schema, columns)
    if fix == "remove":
        return Effect(reads=tuple(columns), rows=Rows.changed(by=tuple(columns)))
    if fix == "null":
        return Effect(makes={c: Made(of=(c,), dtype=schema.dtype(c)) for c in columns})
    return Effect(makes={c: Made(of=(c,), dtype=FLOAT64) for c in columns}, rows=SAME_ROWS)


def _fixed(table: Table, limits: Limits, fix: str, *, missing: bool) -> Table:
    inside = {}
    made = []
    for name, low in limits.lower.items():
        high, value = limits.upper[name], nw.col(name)
        if low is None or high is None:
            continue
        inside[name] = (value >= low) & (value <= high)
        if fix == "clip":
            made.append(value.cast(nw.Float64).clip(low, high).alias(name))
        elif fix == "null":
            made.append(nw.when(inside[name]).then(value).alias(name))
    if fix == "clip":  # also those that there was nothing to learn of
        made += [nw.col(c).cast(nw.Float64).alias(c) for c in limits.lower if c not in inside]
    if fix != "remove":
        return table.with_columns(*made) if made else table
    kept = [t if missing else t | nw.col(c).is_null() for c, t in inside.items()]
    return table.filter(*kept) if kept else table


def _code(code: PandasCode, limits: Limits, fix: str, *, missing: bool, what: str) -> None:
    if code.learn:
        code.refuse("limits are not learned anew in exported code")
        return
    known = {c: [low, limits.upper[c]] for c, low in limits.lower.items() if low is not None}
    name = code.constant("limits", known)
    ways = {"clip": "Clip", "null": "Make missing", "remove": "Remove the rows of"}
    code.describe(f"{ways[fix]} values {what}")
    if fix == "clip":
        body = 'df[name] = df[name].astype("float64").clip(low, high)'
    elif fix == "null":
        body = "df[name] = df[name].where(df[name].between(low, high))"
    else:
        test = "df[name].between(low, high)" + ("" if missing else " | df[name].isna()")
        body = f"df = df[{test}]"
    lines = [f"for name, (low, high) in {name}.items():", f"    {body}"]
    rest = [c for c in limits.lower if c not in known]
    if rest and fix == "clip":
        lines.append(f"df = df.astype({literal(dict.fromkeys(rest, 'float64'))})")
    code.write("\n".join(lines))
    if fix == "remove":
        code.write("df = df.reset_index(drop=True)")


class StandardDeviationOutliers(Estimator[Limits]):
    """Treat values farther from the mean than some standard deviations (of a sample, n - 1).

    Null stays null. With `robust`, mean and deviation are those of the values between two quantiles, so that the
    outliers themselves do not widen the limits.
    """

    operator = "outliers.standard_deviation"

    columns: Columns = Field(description=_COLUMNS)
    deviations: float = Field(default=4.0, ge=0, description="how many standard deviations are still none")
    robust: bool = Field(default=False, description="learn from the values between `lower` and `upper` alone")
    lower: float = Field(
        default=0.25, ge=0, le=1, description="with `robust`, the lower quantile, from 0 to 1"
    )
    upper: float = Field(
        default=0.75, ge=0, le=1, description="with `robust`, the upper quantile, from 0 to 1"
    )
    quantiles: Between = Field(default="linear", description=f"with `robust`, {BETWEEN}")
    fix: Fix = Field(default="clip", description=_FIX)
    drop_missing: bool = Field(default=False, description="with `remove`, remove rows of null as well")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("`lower` must be less than `upper`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or fewer rows."""
        return _effect(schema, self.columns, self.fix)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """Means and deviations; of the values between the quantiles, once these are known."""
        require_numeric(schema, self.columns)
        for name in self.columns:
            if not self.robust:
                yield from (Count(name), Mean(name), Deviation(name))
                continue
            wanted = [s for q in (self.lower, self.upper) for s in asked(name, q, self.quantiles, known)]
            yield from wanted
            if all(s in known for s in wanted):
                yield self._inner(name, known)

    def _inner(self, name: str, answers: Answers) -> Query:
        low, high = (quantile(name, q, self.quantiles, answers) for q in (self.lower, self.upper))
        return Query((name,), _Within(name, low or 0.0, high or 0.0), max_rows=1)

    def fit(self, answers: Answers) -> Limits:
        """The mean, less and plus so many deviations."""
        lower: dict[str, float | None] = {}
        upper: dict[str, float | None] = {}
        for name in self.columns:
            if self.robust:
                mean, deviation = answers[self._inner(name, answers)].row(0)
            else:
                mean, deviation = learned(Mean(name), name, answers), answers[Deviation(name)]
            far = None if deviation is None else self.deviations * deviation
            lower[name] = None if mean is None or far is None else mean - far
            upper[name] = None if mean is None or far is None else mean + far
        return Limits(lower=lower, upper=upper)

    def transform(self, table: Table, trained: Limits) -> Table:
        """Treat what lies outside the limits."""
        return _fixed(table, trained, self.fix, missing=self.drop_missing)

    def to_pandas(self, code: PandasCode, trained: Limits) -> None:
        """As comparisons with constants."""
        what = f"farther than {self.deviations:g} standard deviations from the mean"
        _code(code, trained, self.fix, missing=self.drop_missing, what=what)


@dataclass(frozen=True)
class _Within:
    """Mean and deviation of the values between two others."""

    column: str
    low: float
    high: float

    def __call__(self, table: Table) -> Table:
        value = nw.col(self.column).cast(nw.Float64)
        inside = table.select(value.alias("0")).filter(nw.col("0") >= self.low, nw.col("0") <= self.high)
        return inside.select(nw.col("0").mean().alias("mean"), nw.col("0").std(ddof=1).alias("deviation"))


class QuantileOutliers(Estimator[Limits]):
    """Treat values below one quantile or above another. Quantiles are exact."""

    operator = "outliers.quantile"

    columns: Columns = Field(description=_COLUMNS)
    lower: float = Field(default=0.01, ge=0, le=1, description="the lower quantile, from 0 to 1")
    upper: float = Field(default=0.99, ge=0, le=1, description="the upper quantile, from 0 to 1")
    quantiles: Between = Field(default="linear", description=BETWEEN)
    fix: Fix = Field(default="clip", description=_FIX)
    drop_missing: bool = Field(default=False, description="with `remove`, remove rows of null as well")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.lower >= self.upper:
            raise ValueError("`lower` must be less than `upper`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or fewer rows."""
        return _effect(schema, self.columns, self.fix)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The quantiles."""
        require_numeric(schema, self.columns)
        both = (self.lower, self.upper)
        return [s for c in self.columns for q in both for s in asked(c, q, self.quantiles, known)]

    def fit(self, answers: Answers) -> Limits:
        """Take the quantiles over."""
        return Limits(
            lower={c: quantile(c, self.lower, self.quantiles, answers) for c in self.columns},
            upper={c: quantile(c, self.upper, self.quantiles, answers) for c in self.columns},
        )

    def transform(self, table: Table, trained: Limits) -> Table:
        """Treat what lies outside the quantiles."""
        return _fixed(table, trained, self.fix, missing=self.drop_missing)

    def to_pandas(self, code: PandasCode, trained: Limits) -> None:
        """As comparisons with constants."""
        what = f"outside the quantiles at {100 * self.lower:g} % and {100 * self.upper:g} %"
        _code(code, trained, self.fix, missing=self.drop_missing, what=what)


class RangeOutliers(Transform):
    """Treat values below or above limits that the flow gives."""

    operator = "outliers.range"

    columns: Columns = Field(description="numeric columns")
    minimum: float = Field(description="the least value that is no outlier")
    maximum: float = Field(description="the greatest value that is no outlier")
    fix: Fix = Field(default="clip", description=_FIX)
    drop_missing: bool = Field(default=False, description="with `remove`, remove rows of null as well")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError("`minimum` is greater than `maximum`")
        return self

    @property
    def _limits(self) -> Limits:
        return Limits(
            lower=dict.fromkeys(self.columns, self.minimum), upper=dict.fromkeys(self.columns, self.maximum)
        )

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or fewer rows."""
        return _effect(schema, self.columns, self.fix)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Treat what lies outside the limits."""
        return _fixed(inputs.table, self._limits, self.fix, missing=self.drop_missing)

    def to_pandas(self, code: PandasCode) -> None:
        """As comparisons with constants."""
        if code.learn:
            code.learn = False  # nothing is learned
        what = f"outside {self.minimum:g} to {self.maximum:g}"
        _code(code, self._limits, self.fix, missing=self.drop_missing, what=what)


class Common(TrainedParameters):
    """The categories of each column that are not rare."""

    common: dict[str, tuple[str, ...]]


class ReplaceRare(Estimator[Common]):
    """Put one word in place of categories that few rows have, and of those not seen in the fit.

    A category is common if more rows have it than `count`, and than `share` of all. Null stays null unless `missing`.
    """

    operator = "outliers.rare"

    columns: Columns = Field(description="columns of text")
    share: float = Field(
        default=0.005, ge=0, le=1, description="the share of rows, from 0 to 1, up to which it is rare"
    )
    count: int = Field(default=10, ge=0, description="the number of rows up to which it is rare")
    most: int | None = Field(
        default=1000, ge=1, description="how many categories are kept at most, the most frequent ones"
    )
    replacement: str | None = Field(
        default="Other", description="what is put in place of the others; null makes them missing"
    )
    missing: bool = Field(default=False, description="put it in place of null as well")
    as_text: bool = Field(default=False, description=AS_TEXT)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, as text."""
        self._suit(schema)
        return Effect(makes={c: Made(of=(c,), dtype=STRING) for c in self.columns})

    def _suit(self, schema: Schema) -> None:
        (require_scalars if self.as_text else require_text)(schema, self.columns)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The most frequent values, and how many rows there are."""
        del known
        self._suit(schema)
        return [Frequencies(c) for c in self.columns]

    def fit(self, answers: Answers) -> Common:
        """Choose the frequent ones."""
        found: dict[str, tuple[tuple[Scalar, int], ...]] = {c: answers[Frequencies(c)] for c in self.columns}
        return Common(common={c: self._common(counts) for c, counts in found.items()})

    def _common(self, found: Iterable[tuple[Any, int]]) -> tuple[str, ...]:
        counted = list(found)
        least = max(self.share * sum(n for _, n in counted), self.count)
        return tuple(text_of(v) for v, n in counted if v is not None and n > least)[: self.most]

    def transform(self, table: Table, trained: Common) -> Table:
        """Replace the others."""
        schema = portable.schema_of(table)
        made = []
        other = nw.lit(self.replacement, dtype=nw.String)
        for name, common in trained.common.items():
            dtype = schema[name].dtype
            assert dtype is not None
            value = plain(name, dtype)
            if dtype.is_text:
                kept = value.is_in(list(common)) if common else nw.lit(value=False)
                new = nw.when(kept).then(value).otherwise(other)
            else:
                pairs = [(v, common[i]) for v, i in typed(common, dtype)]
                new = portable.map_values(value, pairs, other, STRING)
            made.append((new if self.missing else nw.when(~value.is_null()).then(new)).alias(name))
        return table.with_columns(*made)

    def to_pandas(self, code: PandasCode, trained: Common) -> None:
        """As `Series.where`."""
        if code.learn:
            code.refuse("the frequent categories are not learned anew in exported code")
            return
        if not all((d := code.schema.dtype(c)) is None or d.is_text for c in self.columns):
            code.refuse("categories that are the texts of other types have no short form in pandas")
            return
        what = "nothing" if self.replacement is None else literal(self.replacement)
        code.describe(f"Put {what} in place of rare categories")
        code.write(assign((c, self._kept(code, c, v)) for c, v in trained.common.items()))

    def _kept(self, code: PandasCode, name: str, common: tuple[str, ...]) -> str:
        known = code.constant(f"common_{name}" if len(self.columns) > 1 else "common", list(common))
        test = f"{column(name)}.isin({known})" + ("" if self.missing else f" | {column(name)}.isna()")
        return f"{column(name)}.where({test}, {literal(self.replacement)})"
