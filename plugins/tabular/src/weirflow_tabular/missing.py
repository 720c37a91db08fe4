"""Operators on missing values, which are null in every type: fill, impute, drop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    BOOLEAN,
    FLOAT64,
    Answers,
    Columns,
    Count,
    DType,
    Effect,
    Estimator,
    Frequencies,
    Inputs,
    Made,
    Mean,
    NewColumn,
    NodeError,
    Quantile,
    Query,
    Rows,
    Selector,
    TrainedParameters,
    Transform,
    portable,
)
from weirflow_tabular.checks import Value, learned, parsed, require_new, require_numeric, suited
from weirflow_tabular.pandas_text import assign, column, literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import PandasCode, Scalar, Schema, Statistic, Table


_BLANK = "in columns of text, blank text counts as missing too; `spaces`: text of nothing but spaces, as Spark trims it"

Blank: TypeAlias = bool | Literal["spaces"]


class FillMissing(Transform):
    """Put a value in place of missing ones. It must be of the columns' type."""

    operator = "missing.fill"

    columns: Columns = Field(description="columns to fill")
    value: Value = Field(description='the value; dates as text, "2024-12-31"')
    parse: bool = Field(
        default=False, description="the value is a text, to be read as a value of each column's type"
    )
    blank: Blank = Field(default=False, description=_BLANK)

    def _value(self, dtype: DType | None, name: str) -> Value:
        if not self.parse or dtype is None or dtype.is_text or not isinstance(self.value, str):
            return self.value
        return parsed(self.value, dtype, name)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, of the same type."""
        for name in self.columns:
            dtype = schema.dtype(name)
            if dtype is not None:
                suited(self._value(dtype, name), dtype, name)
        return Effect(makes={c: Made(of=(c,), dtype=schema.dtype(c)) for c in self.columns})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Fill the columns."""
        schema = portable.schema_of(inputs.table)
        table = without_blanks(inputs.table, self.columns, self.blank) if self.blank else inputs.table
        return _filled(table, {c: self._value(schema.dtype(c), c) for c in self.columns})

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.fillna`."""
        code.describe("Put a value in place of missing ones")
        if self.parse and any(code.schema.dtype(c) is None for c in self.columns):
            code.refuse("the types of its columns are not known before the run")
            return
        if self.blank:
            blank_code(code, self.columns, self.blank)
        _fill_code(code, {c: self._value(code.schema.dtype(c), c) for c in self.columns})


def _written(name: str, blank: Blank) -> nw.Expr:
    """Whether there is more to a text than blanks; null where it is null."""
    text = nw.col(name)
    text = text.str.strip_chars(" ") if blank == "spaces" else text.str.strip_chars()
    return text.str.len_chars() > 0


def without_blanks(table: Table, columns: Iterable[str], blank: Blank) -> Table:
    """The table with null in place of blank text."""
    schema = portable.schema_of(table)
    texts = [c for c in columns if (d := schema.dtype(c)) is not None and d.kind == "string"]
    made = [nw.when(_written(c, blank)).then(nw.col(c)).alias(c) for c in texts]
    return table.with_columns(*made) if made else table


def _strip(blank: Blank) -> str:
    return 'str.strip(" ")' if blank == "spaces" else "str.strip()"


def blank_code(code: PandasCode, columns: Iterable[str], blank: Blank) -> None:
    """Write the same for pandas."""
    texts = [c for c in columns if (d := code.schema.dtype(c)) is None or d.kind == "string"]
    if texts:
        code.write(assign((c, f'{column(c)}.where({column(c)}.{_strip(blank)} != "")') for c in texts))


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

    The mean and the median (interpolated) make the column float64, unless `keep_type`; the lower median, which is
    an element, and the most frequent value (of equally frequent ones the least) keep its type.
    """

    operator = "missing.impute"

    columns: Columns = Field(description="columns to fill; numeric ones for mean and median")
    strategy: Literal["mean", "median", "median_low", "most_frequent"] = Field(
        default="mean", description="which value to put"
    )
    keep_type: bool = Field(
        default=False, description="keep integers as they are: a mean or median loses its fraction"
    )
    blank: Blank = Field(default=False, description=_BLANK)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place."""
        self._suit(schema)
        return Effect(
            makes={c: Made(of=(c,), dtype=schema.dtype(c) if self._keeps else FLOAT64) for c in self.columns}
        )

    @property
    def _keeps(self) -> bool:
        return self.keep_type or self.strategy in {"most_frequent", "median_low"}

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
        if self.strategy == "median_low":
            return Query((name,), _LowMedian(name), max_rows=1)
        if self.blank:
            return Frequencies(name)  # blank text may be the most frequent
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
            blank = " " if self.blank == "spaces" else None
            found = (v for v, _ in answers[question] if v is not None)
            answer = next(
                (v for v in found if not (self.blank and isinstance(v, str) and not v.strip(blank))), None
            )
        elif self.strategy == "median_low":
            answer = answers[question].item()
        else:
            answer = learned(question, name, answers)
        if answer is None:
            raise NodeError(f"column '{name}' has no value to learn from", code="WF614")
        value: bool | float | str = answer.isoformat() if isinstance(answer, (date, datetime)) else answer
        return value

    def transform(self, table: Table, trained: Surrogates) -> Table:
        """Fill the columns."""
        if not self._keeps:
            table = table.with_columns(*(nw.col(c).cast(nw.Float64) for c in trained.values))
        if self.blank:
            table = without_blanks(table, trained.values, self.blank)
        return _filled(table, self._suited(portable.schema_of(table), trained))

    def _suited(self, schema: Schema, trained: Surrogates) -> dict[str, Value]:
        """The values as those of the columns' types."""
        made: dict[str, Value] = {}
        for name, value in trained.values.items():
            dtype, new = schema.dtype(name), value
            if dtype is not None and isinstance(value, str) and not dtype.is_text:
                new = parsed(value, dtype, name)  # a category of numbers, as others write it
            elif dtype is not None and dtype.is_integer and self._keeps and isinstance(value, float):
                new = int(value)
            made[name] = new
        return made

    def to_pandas(self, code: PandasCode, trained: Surrogates) -> None:
        """As `DataFrame.fillna`."""
        most = self.strategy == "most_frequent"
        names, columns = list(self.columns), literal(list(self.columns))
        code.describe(
            f"Put the {self.strategy.replace('_', ' ')}{' value' if most else ''} in place of missing values"
        )
        if self.blank:
            blank_code(code, names, self.blank)
        if not self._keeps:
            others = [c for c in names if code.schema.dtype(c) != FLOAT64]
            if others:
                code.write(f"df = df.astype({literal(dict.fromkeys(others, 'float64'))})")
        if not code.learn:
            _fill_code(code, self._suited(code.schema, trained), "values")
        elif self.strategy == "median_low" or (self.keep_type and not most):
            code.refuse("a value that keeps the type is not learned anew in exported code")
        elif not most:
            code.write(f"df = df.fillna(df[{columns}].{self.strategy}())")
        elif len(names) == 1:
            code.write(f"df = df.fillna({{{literal(names[0])}: {column(names[0])}.mode()[0]}})")
        else:
            code.write(f"df = df.fillna({{name: df[name].mode()[0] for name in {columns}}})")


@dataclass(frozen=True)
class _LowMedian:
    """The median, of an even number of values the lower of the two in the middle."""

    column: str

    def __call__(self, table: Table) -> Table:
        value = nw.col(self.column).cast(nw.Float64)
        return table.select(value.quantile(0.5, interpolation="lower").alias("0"))


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
    """Remove rows in which a value is missing in any of the columns, or in all of them."""

    operator = "missing.drop"

    columns: Columns = Field(
        default=Columns(selector=Selector()), description="columns to look at; all of them by default"
    )
    how: Literal["any", "all"] = Field(
        default="any", description="whether a row goes where any of the values is missing, or where all are"
    )
    blank: Blank = Field(default=False, description=_BLANK)

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by these columns."""
        del schema
        return Effect(reads=tuple(self.columns), rows=Rows.changed(by=tuple(self.columns)))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Remove the rows."""
        if not self.columns:
            return inputs.table
        schema = portable.schema_of(inputs.table)
        there = []
        for name in self.columns:
            dtype, value = schema.dtype(name), nw.col(name)
            text = self.blank and dtype is not None and dtype.kind == "string"
            found = _written(name, self.blank) if text else ~value.is_null()
            there.append(found.fill_null(value=False) if text else found)
        return inputs.table.filter(reduce(and_ if self.how == "any" else or_, there))

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.dropna`."""
        what = "a value is" if self.how == "any" else "all values are"
        code.describe(f"Drop the rows in which {what} missing")
        names = list(self.columns)
        texts = [c for c in names if (d := code.schema.dtype(c)) is None or d.kind == "string"]
        if not names:
            code.skip()
        elif self.blank and texts and self.how == "all":
            blanks = [f'{column(c)}.{_strip(self.blank)}.fillna("").eq("")' for c in texts]
            gone = " & ".join([*blanks, *(f"{column(c)}.isna()" for c in names if c not in texts)])
            code.write(f"df = df[~({gone})].reset_index(drop=True)")
        else:
            if self.blank and texts:
                code.write(
                    "\n".join(f'df = df[{column(c)}.{_strip(self.blank)}.fillna("") != ""]' for c in texts)
                )
            how = ', how="all"' if self.how == "all" else ""
            code.write(f"df = df.dropna(subset={one_or_list(names)}{how}, ignore_index=True)")


class MissingIndicator(Transform):
    """Make a boolean column `{column}_indicator` that says where a value is missing. The new columns come last."""

    operator = "missing.indicator"

    columns: Columns = Field(description="columns to look at")
    output: NewColumn | None = Field(
        default=None,
        description="name of the new column, where there is one; by default `{column}_indicator`",
    )
    blank: Blank = Field(default=False, description=_BLANK)

    def _named(self, column: str) -> str:
        return f"{column}_indicator" if self.output is None else self.output

    def effect(self, schema: Schema) -> Effect:
        """A new column for each."""
        if self.output is not None and len(self.columns) != 1:
            raise NodeError(f"`output` names one column, and {len(self.columns)} are looked at", code="WF402")
        require_new(schema, [self._named(c) for c in self.columns])
        return Effect(makes={self._named(c): Made(of=(c,), dtype=BOOLEAN) for c in self.columns})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Add the columns."""
        schema = portable.schema_of(inputs.table)
        made = []
        for name in self.columns:
            dtype, gone = schema.dtype(name), nw.col(name).is_null()
            if self.blank and dtype is not None and dtype.kind == "string":
                gone = gone | (~_written(name, self.blank)).fill_null(value=True)
            made.append(gone.alias(self._named(name)))
        return inputs.table.with_columns(*made)

    def to_pandas(self, code: PandasCode) -> None:
        """As `Series.isna`."""
        code.describe("Say where values are missing")
        made = []
        for name in self.columns:
            dtype = code.schema.dtype(name)
            if self.blank and dtype is None:
                code.refuse(f"the type of column '{name}' is not known before the run")
                return
            text = self.blank and dtype is not None and dtype.kind == "string"
            test = (
                f'{column(name)}.{_strip(self.blank)}.fillna("").eq("")' if text else f"{column(name)}.isna()"
            )
            made.append((self._named(name), test))
        code.write(assign(made))
