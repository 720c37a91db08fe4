"""Operators on missing values, which are null in every type: fill, impute, drop."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    FLOAT64,
    Answers,
    Columns,
    Count,
    Effect,
    Estimator,
    Frequencies,
    Inputs,
    Made,
    Mean,
    NodeError,
    Quantile,
    Rows,
    Selector,
    TrainedParameters,
    Transform,
    portable,
)
from weirflow_tabular.checks import Value, learned, require_numeric, suited
from weirflow_tabular.pandas_text import column, literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import PandasCode, Scalar, Schema, Statistic, Table


class FillMissing(Transform):
    """Put a value in place of missing ones. It must be of the columns' type."""

    operator = "missing.fill"

    columns: Columns = Field(description="columns to fill")
    value: Value = Field(description='the value; dates as text, "2024-12-31"')

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, of the same type."""
        for name in self.columns:
            dtype = schema.dtype(name)
            if dtype is not None:
                suited(self.value, dtype, name)
        return Effect(makes={c: Made(of=(c,), dtype=schema.dtype(c)) for c in self.columns})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Fill the columns."""
        return _filled(inputs.table, dict.fromkeys(self.columns, self.value))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.fillna`."""
        code.describe("Put a value in place of missing ones")
        _fill_code(code, dict.fromkeys(self.columns, self.value))


def _filled(table: Table, values: Mapping[str, Value]) -> Table:
    schema = portable.schema_of(table)
    made = []
    for name, value in values.items():
        dtype = schema[name].dtype
        assert dtype is not None
        other = nw.lit(suited(value, dtype, name)).cast(portable.to_narwhals(dtype))
        made.append(nw.coalesce(nw.col(name), other).alias(name))
    return table.with_columns(*made)


class Surrogates(TrainedParameters):
    """The value for each column; dates and times in ISO form."""

    values: dict[str, bool | int | float | str]


class ImputeMissing(Estimator[Surrogates]):
    """Put a column's mean, median or most frequent value in place of its missing ones.

    The mean and the median (interpolated) make the column float64; the most frequent value (of equally frequent
    ones the least) keeps its type.
    """

    operator = "missing.impute"

    columns: Columns = Field(description="columns to fill; numeric ones for mean and median")
    strategy: Literal["mean", "median", "most_frequent"] = Field(
        default="mean", description="which value to put"
    )

    def effect(self, schema: Schema) -> Effect:
        """Each column in place."""
        self._suit(schema)
        return Effect(
            makes={
                c: Made(of=(c,), dtype=schema.dtype(c) if self.strategy == "most_frequent" else FLOAT64)
                for c in self.columns
            }
        )

    def _suit(self, schema: Schema) -> None:
        if self.strategy != "most_frequent":
            require_numeric(schema, self.columns)
            return
        for name in self.columns:
            dtype = schema.dtype(name)
            if dtype is not None and dtype.kind in {
                "list",
                "struct",
                "binary",
                "object",
                "null",
                "time",
                "duration",
            }:
                raise NodeError(f"column '{name}' is of type {dtype}, which cannot be imputed", code="WF402")

    def _question(self, name: str) -> Statistic[Any]:
        if self.strategy == "mean":
            return Mean(name)
        return Quantile(name, 0.5) if self.strategy == "median" else Frequencies(name, 2)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """What the strategy needs."""
        del known
        self._suit(schema)
        return [ask for c in self.columns for ask in (Count(c), self._question(c))]

    def fit(self, answers: Answers) -> Surrogates:
        """Take the answers over."""
        return Surrogates(values={c: self._value(c, answers) for c in self.columns})

    def _value(self, name: str, answers: Answers) -> bool | float | str:
        question = self._question(name)
        if self.strategy == "most_frequent":
            answer = next((v for v, _ in answers[question] if v is not None), None)
        else:
            answer = learned(question, name, answers)
        if answer is None:
            raise NodeError(f"column '{name}' has no value to learn from", code="WF614")
        value: bool | float | str = answer.isoformat() if isinstance(answer, (date, datetime)) else answer
        return value

    def transform(self, table: Table, trained: Surrogates) -> Table:
        """Fill the columns."""
        if self.strategy != "most_frequent":
            table = table.with_columns(*(nw.col(c).cast(nw.Float64) for c in trained.values))
        return _filled(table, trained.values)

    def to_pandas(self, code: PandasCode, trained: Surrogates) -> None:
        """As `DataFrame.fillna`."""
        most = self.strategy == "most_frequent"
        names, columns = list(self.columns), literal(list(self.columns))
        code.describe(
            f"Put the {self.strategy.replace('_', ' ')}{' value' if most else ''} in place of missing values"
        )
        if not most:
            others = [c for c in names if code.schema.dtype(c) != FLOAT64]
            if others:
                code.write(f"df = df.astype({literal(dict.fromkeys(others, 'float64'))})")
        if not code.learn:
            _fill_code(code, trained.values, "values")
        elif not most:
            code.write(f"df = df.fillna(df[{columns}].{self.strategy}())")
        elif len(names) == 1:
            code.write(f"df = df.fillna({{{literal(names[0])}: {column(names[0])}.mode()[0]}})")
        else:
            code.write(f"df = df.fillna({{name: df[name].mode()[0] for name in {columns}}})")


def _fill_code(code: PandasCode, values: Mapping[str, Value], constant: str = "") -> None:
    """Write `fillna`, with the values in place or as a constant."""
    given: dict[str, Scalar] = {}
    for name, value in values.items():
        dtype = code.schema.dtype(name)
        given[name] = suited(value, dtype, name) if dtype is not None and dtype.is_temporal else value
    if any(isinstance(v, (date, datetime)) for v in given.values()):
        code.use("import pandas as pd")
        constant = ""  # a timestamp is no plain constant
    code.write(f"df = df.fillna({code.constant(constant, given) if constant else literal(given)})")


class DropMissing(Transform):
    """Remove rows in which a value is missing in any of the columns."""

    operator = "missing.drop"

    columns: Columns = Field(
        default=Columns(selector=Selector()), description="columns to look at; all of them by default"
    )

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by these columns."""
        del schema
        return Effect(reads=tuple(self.columns), rows=Rows.changed(by=tuple(self.columns)))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Remove the rows."""
        return inputs.table.drop_nulls(list(self.columns))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.dropna`."""
        code.describe("Drop the rows in which a value is missing")
        code.write(f"df = df.dropna(subset={one_or_list(self.columns)}, ignore_index=True)")
