"""Operators that change types: by order, or by what the values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
from pydantic import Field

from weirflow.api import (
    Answers,
    ColumnName,
    Columns,
    DType,
    Effect,
    Estimator,
    Head,
    Inputs,
    Made,
    NodeError,
    NullWord,
    Selector,
    TrainedParameters,
    Transform,
    portable,
)
from weirflow_tabular.cast_code import cast_code
from weirflow_tabular.checks import TypeName, require_text
from weirflow_tabular.sniff import fitting, is_null_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.api import PandasCode, Schema, Statistic, Table


def _check_casts(types: Mapping[str, str], schema: Schema) -> None:
    for name, to in types.items():
        dtype = schema.dtype(name)
        if dtype is not None:
            try:
                portable.cast_or_null(nw.col(name), DType.parse(to), dtype)
            except NodeError as error:
                raise NodeError(f"column '{name}': {error.message}", hint=error.hint, code="WF402") from None


def _cast(table: Table, types: Mapping[str, str], *, strict: bool) -> Table:
    schema = portable.schema_of(table)
    made = []
    for name, to in types.items():
        old, new = schema.dtype(name), DType.parse(to)
        assert old is not None
        if strict:
            message = f"column '{name}' holds a value that cannot be cast from {old} to {new}"
            value = portable.cast_or_fail(nw.col(name), new, old, "WF613", message)
        else:
            value = portable.cast_or_null(nw.col(name), new, old)
        if new.is_float and old.is_float:
            value = portable.nan_to_null(value)  # nothing else becomes NaN
        made.append(value.alias(name))
    return table.with_columns(*made)


class CastColumns(Transform):
    """Change the types of columns, in place.

    Text is read strictly: ISO dates and times, `true/false/yes/no/t/f/y/n/1/0`, numbers without blanks or
    separators. Floats lose their fraction, towards zero, where they become integers. Null stays null.
    """

    operator = "columns.cast"

    types: dict[ColumnName, TypeName] = Field(
        min_length=1, description="the new type of each column, as {age: int64, since: date}"
    )
    invalid: NullWord[Literal["error", "null"]] = Field(
        default="error", description="what becomes of a value that cannot be cast: the run fails, or null"
    )

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, of its new type."""
        _check_casts(self.types, schema)
        return Effect(makes={c: Made(of=(c,), dtype=DType.parse(t)) for c, t in self.types.items()})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Cast the columns."""
        return _cast(inputs.table, self.types, strict=self.invalid == "error")

    def to_pandas(self, code: PandasCode) -> None:
        """By the way that suits each pair of types."""
        cast_code(code, self.types, strict=self.invalid == "error")


class FoundTypes(TrainedParameters):
    """The type found for each column."""

    types: dict[str, str]


class InferTypes(Estimator[FoundTypes]):
    """Give columns of text the type that their values are of, judged by the first rows.

    Missing values, blanks and words that stand for them (NA, N/A, NaN, none, nil, null) do not count. A
    column becomes int64, float64, boolean (true/false), date or datetime (ISO) if at least `share` of what
    counts is of that type; int64 only if no number seen has a fraction. Codes with leading zeros stay text.
    Values that are not of the type, which may come later too, become null.
    """

    operator = "columns.infer_types"

    columns: Columns = Field(
        default=Columns(selector=Selector(type="string")),
        description="columns of text; all of them by default",
    )
    rows: int = Field(default=5000, ge=1, description="how many rows are looked at")
    share: float = Field(
        default=0.8, gt=0, le=1, description="the share of values, from 0 to 1, that must be of a type"
    )

    def effect(self, schema: Schema) -> Effect:
        """Each column in place; its type is known once fitted."""
        require_text(schema, self.columns)
        return Effect(makes={c: Made(of=(c,)) for c in self.columns})

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The first rows."""
        del schema, known
        return [Head((c,), self.rows) for c in self.columns]

    def fit(self, answers: Answers) -> FoundTypes:
        """Find the type of each column."""
        types = {}
        for name in self.columns:
            seen = answers[Head((name,), self.rows)].get_column(name).drop_nulls().to_list()
            types[name] = fitting((t for t in seen if not is_null_word(t)), self.share)
        return FoundTypes(types=types)

    def trained_effect(self, schema: Schema, trained: FoundTypes) -> Effect:
        """Each column in place, of the type found."""
        require_text(schema, self.columns)
        return Effect(makes={c: Made(of=(c,), dtype=DType.parse(trained.types[c])) for c in self.columns})

    def transform(self, table: Table, trained: FoundTypes) -> Table:
        """Cast the columns; what is not of the type becomes null."""
        return _cast(table, trained.types, strict=False)

    def to_pandas(self, code: PandasCode, trained: FoundTypes) -> None:
        """Cast to the types found."""
        cast_code(code, trained.types, strict=False)
