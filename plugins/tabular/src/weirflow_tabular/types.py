"""Operators that change types: by order, or by what the values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from weirflow.api import (
    SAME_ROWS,
    STRING,
    Answers,
    ColumnName,
    Columns,
    DType,
    Effect,
    Estimator,
    Head,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    NullWord,
    Rows,
    Selector,
    TrainedParameters,
    Transform,
    portable,
)
from weirflow_tabular.cast_code import Lost, cast_code
from weirflow_tabular.casting import cast_table, known, lenient, lists_as_text, misfits, strict
from weirflow_tabular.checks import TypeName, require_new, require_text
from weirflow_tabular.date_formats import date_format
from weirflow_tabular.pandas_text import literal
from weirflow_tabular.sniff import fitting, fitting_as_data_wrangler, is_null_word
from weirflow_tabular.spark_cast_code import spark_cast_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import narwhals as nw

    from weirflow.api import PandasCode, Schema, Statistic, Table


def _readable(text: str) -> str:
    date_format(text)
    return text


DateFormatText = Annotated[str, AfterValidator(_readable)]


class CastColumns(Transform):
    """Change the types of columns, in place.

    Text is read strictly: ISO dates and times, `true/false/yes/no/t/f/y/n/1/0`, numbers without blanks or
    separators. Floats lose their fraction, towards zero, where they become integers. Null stays null.

    A format says how dates and times are written, in text or in digits alone: in Python's words, `%d/%m/%Y`, or in
    those of Spark and Java, `dd/MM/yyyy`. It is for the whole text. What has an offset is taken to UTC.
    """

    operator = "columns.cast"

    types: dict[ColumnName, TypeName] = Field(
        min_length=1, description="the new type of each column, as {age: int64, since: date}"
    )
    invalid: NullWord[Literal["error", "null", "drop"]] = Field(
        default="error",
        description="what becomes of a value that cannot be cast: the run fails, null, or its row is dropped",
    )
    rules: Literal["iso", "spark"] = Field(
        default="iso",
        description="`iso`, strict as above, or `spark`: as Spark casts, which reads text more generously",
    )
    formats: dict[ColumnName, DateFormatText] = Field(
        default={}, description="how dates and times are written, by column, as {since: %d/%m/%Y}"
    )
    errors_to: dict[ColumnName, NewColumn] = Field(
        default={},
        description=(
            "by column, a new one, put last, for what cannot be cast, as text; empty where nothing was lost"
        ),
    )

    @model_validator(mode="after")
    def _lenient(self) -> Self:
        if self.rules == "spark" and self.invalid == "error":
            raise ValueError("Spark makes null of what it cannot cast: `rules: spark` needs `invalid: null`")
        if self.errors_to and self.invalid != "null":
            raise ValueError("`errors_to` needs `invalid: null`: else there is no such value")
        for field in ("formats", "errors_to"):
            for name in getattr(self, field):
                if name not in self.types:
                    raise ValueError(f"`{field}` names column '{name}', which `types` does not")
        for name in self.formats:
            if self.types[name] not in {"date", "datetime"}:
                raise ValueError(
                    f"a format is for dates and times, and column '{name}' becomes {self.types[name]}"
                )
        return self

    def _value(self, name: str, frm: DType) -> nw.Expr:
        to, fmt = DType.parse(self.types[name]), self.formats.get(name)
        if self.invalid == "error":
            return strict(name, to, frm, fmt)
        return lenient(name, to, frm, self.rules, fmt)

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, of its new type; then those of what was lost."""
        require_new(schema, self.errors_to.values())
        for name in self.types:
            if (dtype := schema.dtype(name)) is not None:
                value = self._value(name, dtype)
                if name in self.errors_to:
                    misfits(name, value, dtype, self.rules)
        makes = {c: Made(of=(c,), dtype=DType.parse(t)) for c, t in self.types.items()}
        makes |= {new: Made(of=(c,), dtype=STRING) for c, new in self.errors_to.items()}
        return Effect(
            makes=makes, rows=Rows.changed(by=tuple(self.types)) if self.invalid == "drop" else SAME_ROWS
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Cast the columns."""
        table = lists_as_text(inputs.table, self.types, self.rules)
        schema = portable.schema_of(table)
        values = {name: self._value(name, known(schema, name)) for name in self.types}
        made = [value.alias(name) for name, value in values.items()]
        for name, new in self.errors_to.items():
            made.append(misfits(name, values[name], known(schema, name), self.rules).alias(new))
        if self.invalid == "drop":
            import narwhals as nw

            for name, value in values.items():
                table = table.filter(nw.col(name).is_null() | ~value.is_null())
        return table.with_columns(*made)

    def to_pandas(self, code: PandasCode) -> None:
        """By the way that suits each pair of types."""
        lost = Lost(self.invalid == "drop", self.errors_to)
        if self.rules == "spark":
            spark_cast_code(code, self.types, self.formats, lost)
        else:
            cast_code(code, self.types, strict=self.invalid == "error", formats=self.formats, lost=lost)


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
        return cast_table(table, trained.types, self.rules)

    def to_pandas(self, code: PandasCode, trained: FoundTypes) -> None:
        """Cast to the types found."""
        if trained.order:
            code.write(f"df = df[{literal(list(trained.order))}]")
        if self.rules == "spark":
            spark_cast_code(code, trained.types)
        else:
            cast_code(code, trained.types, strict=False)


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
