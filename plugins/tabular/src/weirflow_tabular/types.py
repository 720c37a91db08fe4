"""Operators that change types: by order, or by what the values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

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
    did_you_mean,
    portable,
)
from weirflow_tabular.cast_code import cast_code, spark_cast_code
from weirflow_tabular.checks import TypeName, require_text
from weirflow_tabular.pandas_text import literal
from weirflow_tabular.sniff import fitting, fitting_as_data_wrangler, is_null_word
from weirflow_tabular.spark_cast import spark_cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    rules: Literal["iso", "spark"] = Field(
        default="iso",
        description="`iso`, strict as above, or `spark`: as Spark casts, which reads text more generously",
    )

    @model_validator(mode="after")
    def _lenient(self) -> Self:
        if self.rules == "spark" and self.invalid == "error":
            raise ValueError("Spark makes null of what it cannot cast: `rules: spark` needs `invalid: null`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, of its new type."""
        if self.rules == "spark":
            for name, to in self.types.items():
                if (dtype := schema.dtype(name)) is not None and not _is_list_as_text(dtype, DType.parse(to)):
                    spark_cast(nw.col(name), DType.parse(to), dtype)
        else:
            _check_casts(self.types, schema)
        return Effect(makes={c: Made(of=(c,), dtype=DType.parse(t)) for c, t in self.types.items()})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Cast the columns."""
        if self.rules == "spark":
            return _cast_as_spark(inputs.table, self.types)
        return _cast(inputs.table, self.types, strict=self.invalid == "error")

    def to_pandas(self, code: PandasCode) -> None:
        """By the way that suits each pair of types."""
        if self.rules == "spark":
            spark_cast_code(code, self.types)
            return
        cast_code(code, self.types, strict=self.invalid == "error")


class FoundTypes(TrainedParameters):
    """The type found for each column.

    With `order` the table must have these columns and no others, and has them in this order afterwards.
    """

    types: dict[str, str]
    order: tuple[str, ...] = ()


class InferTypes(Estimator[FoundTypes]):
    """Give columns of text the type that their values are of, judged by the first rows.

    Missing values, blanks and words that stand for them (NA, N/A, NaN, none, nil, null) do not count. A
    column becomes int64, float64, boolean (true/false), date or datetime (ISO) if at least `share` of what
    counts is of that type; int64 only if no number seen has a fraction. Codes with leading zeros stay text.
    Values that are not of the type, which may come later too, become null.

    By the rules of Data Wrangler, missing values are also texts that begin with such a word; a column that is mostly
    missing stays text; int64 asks for the share among numbers; dates may be written in any way; and values are cast
    as Spark does, which reads text more generously.
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
    rules: Literal["iso", "spark"] = Field(
        default="iso",
        description="`iso`, strict as above, or `spark`: how Data Wrangler infers types and casts",
    )

    def effect(self, schema: Schema) -> Effect:
        """Each column in place; its type is known once fitted."""
        if self.rules == "iso":
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
            seen = answers[Head((name,), self.rows)].get_column(name)
            if self.rules == "spark":
                types[name] = fitting_as_data_wrangler(seen.to_list(), self.rows, self.share)
            else:
                texts = (t for t in seen.drop_nulls().to_list() if not is_null_word(t))
                types[name] = fitting(texts, self.share)
        return FoundTypes(types=types)

    def trained_effect(self, schema: Schema, trained: FoundTypes) -> Effect:
        """Each column in place, of the type found."""
        if trained.order:
            _require_exactly(schema, trained.order)
        elif self.rules == "iso":
            require_text(schema, self.columns)
        makes = {c: Made(of=(c,), dtype=DType.parse(t)) for c, t in trained.types.items()}
        return Effect(makes=makes, order=trained.order or None)

    def transform(self, table: Table, trained: FoundTypes) -> Table:
        """Cast the columns; what is not of the type becomes null."""
        if trained.order:
            _require_exactly(portable.schema_of(table), trained.order)
            table = table.select(*trained.order)
        if self.rules == "spark":
            return _cast_as_spark(table, trained.types)
        return _cast(table, trained.types, strict=False)

    def to_pandas(self, code: PandasCode, trained: FoundTypes) -> None:
        """Cast to the types found."""
        if trained.order:
            code.write(f"df = df[{literal(list(trained.order))}]")
        if self.rules == "spark":
            spark_cast_code(code, trained.types)
        else:
            cast_code(code, trained.types, strict=False)


def _cast_as_spark(table: Table, types: Mapping[str, str]) -> Table:
    schema = portable.schema_of(table)
    made = []
    for name, to in types.items():
        old = schema.dtype(name)
        if old is None:
            raise NodeError(
                f"there is no column '{name}'", hint=did_you_mean(name, schema.names), code="WF401"
            )
        if _is_list_as_text(old, DType.parse(to)):
            table = _list_as_text(table, name)
        else:
            made.append(spark_cast(nw.col(name), DType.parse(to), old).alias(name))
    return table.with_columns(*made) if made else table


def _is_list_as_text(frm: DType, to: DType) -> bool:
    if frm.kind == "struct" and to.kind == "string":  # a sparse vector, as only the table can tell
        return True
    return frm.kind == "list" and frm.inner is not None and frm.inner.kind != "list" and to.kind == "string"


def _list_as_text(table: Table, name: str) -> Table:
    """A list as `[1.0, 0.0]`, a sparse vector as `(3,[0],[1.0])`: Spark's, but that numbers have no exponents."""
    import polars as pl

    native: pl.LazyFrame = table.to_native()
    dtype = native.collect_schema()[name]
    if isinstance(dtype, pl.Struct):
        if [f.name for f in dtype.fields] != ["size", "indices", "values"]:
            raise NodeError(f"column '{name}' of structs cannot be cast to text as Spark does", code="WF402")
        size, *lists = (pl.col(name).struct.field(f.name).cast(_texts(f.dtype)) for f in dtype.fields)
        parts = [size, *(pl.format("[{}]", p.list.join(",")) for p in lists)]
        text = pl.when(pl.col(name).is_not_null()).then(pl.format("({},{},{})", *parts))
        return nw.from_native(native.with_columns(text.alias(name)))
    items = pl.col(name).list.eval(pl.element().cast(pl.String).fill_null("null")).list.join(", ")
    return nw.from_native(native.with_columns((pl.lit("[") + items + pl.lit("]")).alias(name)))


def _texts(dtype: Any) -> Any:
    import polars as pl

    return pl.List(pl.String) if isinstance(dtype, pl.List) else pl.String


def _require_exactly(schema: Schema, names: Sequence[str]) -> None:
    """Refuse a table that lacks columns which were learned from, or has others."""
    lacking = schema.missing(names)
    more = [n for n in schema.names if n not in names]
    told = [f"lacks {_listed(lacking)}"] * bool(lacking) + [f"has {_listed(more)}, not among them"] * bool(
        more
    )
    if told:
        raise NodeError(
            f"the table should have the {len(names)} columns that types were learned for, and {' and '.join(told)}",
            hint="read the file that the flow was made for, or learn its types with --refit",
            code="WF401",
        )


def _listed(names: Sequence[str]) -> str:
    first = ", ".join(f"'{n}'" for n in names[:5])
    return first if len(names) <= 5 else f"{first} and {len(names) - 5} more"  # noqa: PLR2004
