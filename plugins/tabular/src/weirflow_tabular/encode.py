"""Categories as numbers: ordinal and one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    INT64,
    Answers,
    Columns,
    DType,
    Effect,
    Estimator,
    Frequencies,
    Made,
    NewColumn,
    NodeError,
    NullWord,
    Query,
    Scalar,
    TrainedParameters,
    portable,
)
from weirflow_tabular.checks import require_categories, require_new
from weirflow_tabular.pandas_text import assign, column, literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from weirflow.api import PandasCode, Schema, Statistic, Table

Label: TypeAlias = bool | int | str
"""A category. Text, an integer or a boolean: what compares exactly, and is the same after a round trip."""

_BY_FREQUENCY = 'value_counts().sort_index().sort_values(ascending=False, kind="stable").index'
_SMALL = DType("int32")
_MOST = (
    "how many categories a column may have; more is an error, since such a column is rarely one of categories"
)


class Categories(TrainedParameters):
    """The categories of each column, in order."""

    categories: dict[str, tuple[Label, ...]]


def _learned(name: str, found: tuple[tuple[Scalar, int], ...], most: int) -> tuple[Label, ...]:
    """The categories in the order of a `Frequencies` answer."""
    labels = tuple(v for v, _ in found if isinstance(v, (bool, int, str)))
    if not labels:
        raise NodeError(f"column '{name}' has no value to learn categories from", code="WF614")
    if len(labels) > most:
        raise NodeError(
            f"column '{name}' has more than {most} categories",
            hint="leave it out, or raise `max_categories`",
            code="WF402",
        )
    return labels


def _named(label: Label) -> str:
    """A category as a part of a column's name."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _plain(name: str, dtype: DType) -> nw.Expr:
    return nw.col(name).cast(nw.String) if dtype.kind == "categorical" else nw.col(name)


def _codes(name: str, labels: Sequence[Label], dtype: DType, unseen: str, code: DType) -> nw.Expr:
    """Each category's place among the labels, as type `code`. Null stays null."""
    value = _plain(name, dtype)
    default: nw.Expr | None = None
    if unseen == "keep":
        default = nw.when(~value.is_null()).then(nw.lit(len(labels), dtype=portable.to_narwhals(code)))
    elif unseen == "error":
        message = f"column '{name}' holds a category that was not seen when the node was fitted"
        default = portable.fail_when(~value.is_null(), "WF610", message, code)
    return portable.map_values(value, [(v, i) for i, v in enumerate(labels)], default, code)


def _refuse_others(name: str, categories: int, rows: int) -> None:
    if categories:
        raise NodeError(
            f"column '{name}' holds {_counted(categories, 'category', 'categories')} that `order` does not "
            f"list, in {_counted(rows, 'row', 'rows')}",
            hint="list them all, or say what becomes of others: `unseen: null` or `unseen: keep`",
            code="WF610",
        )


@dataclass(frozen=True)
class _Others:
    """Counts what a column holds besides some categories: how many others, and in how many rows.

    Where there are none this is cheaper than to count all: readers look for others in a file's dictionaries.
    """

    column: str
    listed: tuple[tuple[type, Label], ...]
    """The categories with their types, since 1 and true are equal and not the same."""

    def __call__(self, table: Table) -> Table:
        dtype = portable.schema_of(table)[self.column].dtype
        assert dtype is not None
        kind = bool if dtype.kind == "boolean" else int if dtype.is_integer else str
        value = nw.col("0")
        others = table.select(_plain(self.column, dtype).alias("0")).filter(
            ~value.is_null(), *(value != nw.lit(label) for of, label in self.listed if of is kind)
        )
        counted = others.group_by("0").agg(nw.len().alias("n"))
        return counted.select(nw.len().alias("categories"), nw.col("n").sum().alias("rows"))


def _check_code(name: str | None, values: str, known: str) -> list[str]:
    """Pandas code that raises on a category that is not among the known; in a loop the column is `name`."""
    message = 'f"column {name}: a category was not seen in training"'
    if name is not None:
        message = literal(f"column {name}: a category was not seen in training")
    return [
        f"if ({values}.notna() & ~{values}.isin({known})).any():",
        f"    raise ValueError({message})",
    ]


def _each(code: PandasCode, every: str, item: str, body: list[str]) -> None:
    """Write a body for each column of a mapping of what was learned."""
    code.write("\n".join([f"for name, {item} in {every}.items():", *("    " + line for line in body)]))


class OrdinalEncode(Estimator[Categories]):
    """Number categories from 0, as int64: in the order given, else the most frequent first, ties by value.

    Null stays null. With `order`, a category that it does not list counts as unseen, in the fit as well.
    """

    operator = "encode.ordinal"

    columns: Columns = Field(description="columns of text, integers or booleans; each is numbered by itself")
    order: tuple[Label, ...] | None = Field(
        default=None,
        min_length=1,
        description="the categories in order, the first being 0; by frequency if left out",
    )
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column, put last; by default the column is replaced (one column only)",
    )
    unseen: NullWord[Literal["error", "null", "keep"]] = Field(
        default="error",
        description="what becomes of a category not seen in the fit: the run fails, null, or the number after the last",
    )
    max_categories: int = Field(default=1000, ge=1, description=_MOST)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        order = self.order or ()
        if len({(type(v), v) for v in order}) < len(order):
            raise ValueError("`order` lists a category twice")
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` names one column, so there must be one column to encode")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        require_categories(schema, self.columns)
        if self.output is None:
            return Effect(makes={c: Made(of=(c,), dtype=INT64) for c in self.columns})
        if len(self.columns) != 1:
            raise NodeError(
                f"`output` names one column, and {len(self.columns)} are to be encoded", code="WF402"
            )
        require_new(schema, [self.output], besides=self.columns)
        return Effect(makes={self.output: Made(of=(self.columns[0],), dtype=INT64)})

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The frequencies, unless the order is given and no category can be wrong."""
        del known
        require_categories(schema, self.columns)
        if self.order is not None and self.unseen != "error":
            return []
        return [self._frequencies(c) if self.order is None else self._others(c) for c in self.columns]

    def _frequencies(self, name: str) -> Frequencies:
        # null may be among them, and one more tells that there are too many
        return Frequencies(name, self.max_categories + 2)

    def _others(self, name: str) -> Query:
        return Query((name,), _Others(name, tuple((type(v), v) for v in self.order or ())), max_rows=1)

    def fit(self, answers: Answers) -> Categories:
        """Take the order given, or learn it."""
        if self.order is None:
            return Categories(
                categories={
                    c: _learned(c, answers[self._frequencies(c)], self.max_categories) for c in self.columns
                }
            )
        if self.unseen == "error":
            for name in self.columns:
                _refuse_others(name, *answers[self._others(name)].row(0))
        return Categories(categories=dict.fromkeys(self.columns, self.order))

    def transform(self, table: Table, trained: Categories) -> Table:
        """Replace categories by their numbers."""
        schema = portable.schema_of(table)
        made = []
        for name, labels in trained.categories.items():
            dtype = schema[name].dtype
            assert dtype is not None
            made.append(_codes(name, labels, dtype, self.unseen, INT64).alias(self.output or name))
        return table.with_columns(*made)

    def to_pandas(self, code: PandasCode, trained: Categories) -> None:
        """As `Series.map`."""
        codes = {c: {v: i for i, v in enumerate(labels)} for c, labels in trained.categories.items()}
        learn = "{label: i for i, label in enumerate(%s." + _BY_FREQUENCY + ")}"
        if len(codes) == 1:
            name = self.columns[0]
            if self.order is not None:
                numbers = code.constant("codes", codes[name])
            else:
                numbers = code.value("codes", codes[name], learn % column(name))
            body = self._body(name, column(name), numbers, assign([(self.output or name, "{mapped}")]))
            code.write("\n".join(body))
        else:
            several = f"{{name: {learn % 'df[name]'} for name in {literal(list(self.columns))}}}"
            every = code.value("all_codes", codes, None if self.order is not None else several)
            _each(
                code,
                every,
                "codes",
                self._body(None, "df[name]", "codes", "df = df.assign(**{name: {mapped}})"),
            )

    def _body(self, name: str | None, values: str, numbers: str, assignment: str) -> list[str]:
        mapped = f"{values}.map({numbers})"
        if self.unseen == "keep":
            mapped += f".where({values}.isna() | {values}.isin(list({numbers})), len({numbers}))"
        check = _check_code(name, values, f"list({numbers})") if self.unseen == "error" else []
        return [*check, assignment.replace("{mapped}", f'{mapped}.astype("Int64")')]


class OneHotEncode(Estimator[Categories]):
    """Make a column `{column}_{category}` of 0 and 1 for each category, most frequent first, ties by value.

    The new columns come last. They are int64, not floats or small integers: 0 and 1 are then written alike to
    every file format and by every engine, and arithmetic on them neither rounds nor overflows. A row without a
    value has 0 in all of them. Booleans are named `true` and `false`.
    """

    operator = "encode.one_hot"

    columns: Columns = Field(description="columns of text, integers or booleans")
    prefix: str | None = Field(
        default=None, description="what the new names begin with, before `_`; the column's name by default"
    )
    drop_last: bool = Field(
        default=False,
        description="leave out the last category, whose rows have 0 in the others (for linear models)",
    )
    keep_original: bool = Field(default=False, description="keep the column that is encoded")
    unseen: Literal["error", "ignore"] = Field(
        default="error",
        description="what becomes of a category not seen in the fit: the run fails, or 0 in all new columns",
    )
    max_categories: int = Field(default=1000, ge=1, description=_MOST)

    @model_validator(mode="after")
    def _one_prefix(self) -> Self:
        if self.prefix is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`prefix` serves one column: encode the others in nodes of their own")
        return self

    def _prefix(self, name: str) -> str:
        return f"{name if self.prefix is None else self.prefix}_"

    def _names(self, trained: Categories) -> dict[str, dict[str, Label]]:
        """The new names with their categories, by column."""
        return {
            c: {self._prefix(c) + _named(v): v for v in (labels[:-1] if self.drop_last else labels)}
            for c, labels in trained.categories.items()
        }

    def effect(self, schema: Schema) -> Effect:
        """Columns of each prefix, which the fit will name."""
        require_categories(schema, self.columns)
        if self.prefix is not None and len(self.columns) != 1:
            raise NodeError(
                f"`prefix` serves one column, and {len(self.columns)} are to be encoded", code="WF402"
            )
        return Effect(
            drops=() if self.keep_original else tuple(self.columns),
            opens={self._prefix(c): (c,) for c in self.columns},
        )

    def trained_effect(self, schema: Schema, trained: Categories) -> Effect:
        """The columns by name."""
        require_categories(schema, self.columns)
        names = self._names(trained)
        require_new(schema, (n for made in names.values() for n in made))
        return Effect(
            makes={n: Made(of=(c,), dtype=INT64) for c, made in names.items() for n in made},
            drops=() if self.keep_original else tuple(self.columns),
        )

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The most frequent values, null perhaps among them, and one more to tell that there are too many."""
        del known
        require_categories(schema, self.columns)
        return [Frequencies(c, self.max_categories + 2) for c in self.columns]

    def fit(self, answers: Answers) -> Categories:
        """Learn the categories by frequency."""
        most = self.max_categories
        return Categories(
            categories={c: _learned(c, answers[Frequencies(c, most + 2)], most) for c in self.columns}
        )

    def transform(self, table: Table, trained: Categories) -> Table:
        """Add the columns, and remove the encoded ones."""
        schema = portable.schema_of(table)
        names = self._names(trained)
        require_new(schema, (n for made in names.values() for n in made))
        # Each value is looked for once, and what is then compared for every new column is a small number; the
        # check for what was not seen is made once as well, where an engine would repeat it for every column.
        free = max([*schema.names, *(n for made in names.values() for n in made)], key=len) + "#"
        places = {c: f"{free}{i}" for i, (c, made) in enumerate(names.items()) if made}
        codes, made = [], []
        for name, place in places.items():
            dtype = schema[name].dtype
            assert dtype is not None
            code = _codes(name, trained.categories[name], dtype, self.unseen, _SMALL)
            codes.append(code.fill_null(-1).alias(place))
            made += [(nw.col(place) == i).cast(nw.Int64).alias(new) for i, new in enumerate(names[name])]
        if made:
            table = table.with_columns(*codes).with_columns(*made)
        return table.drop(*places.values(), *(() if self.keep_original else names))

    def to_pandas(self, code: PandasCode, trained: Categories) -> None:
        """As a frame of comparisons, joined to the rest."""
        code.use("import pandas as pd")
        names = {
            c: {self._prefix(c) + _named(v): v for v in labels} for c, labels in trained.categories.items()
        }
        if len(names) == 1:
            name = self.columns[0]
            prefix = literal(self._prefix(name))
            learn = self._learn(code.schema, f"{prefix} + ", column(name))
            labels = code.value("categories", names[name], learn)
            code.write("\n".join(self._body(name, column(name), labels)))
        else:
            learn = self._learn(code.schema, 'name + "_" + ', "df[name]")
            if learn is not None:
                learn = f"{{name: {learn} for name in {literal(list(self.columns))}}}"
            _each(
                code,
                code.value("all_categories", names, learn),
                "categories",
                self._body(None, "df[name]", "categories"),
            )
        if not self.keep_original:
            code.write(f"df = df.drop(columns={one_or_list(self.columns)})")

    def _learn(self, schema: Schema, prefix: str, values: str) -> str | None:
        """A pandas expression for one column's new names and categories; None where the naming is not known."""
        kinds = {d.kind == "boolean" if (d := schema.dtype(c)) else None for c in self.columns}
        if len(kinds) != 1 or None in kinds:
            return None
        label = "str(label).lower()" if True in kinds else "str(label)"
        return f"{{{prefix}{label}: label for label in {values}.{_BY_FREQUENCY}}}"

    def _body(self, name: str | None, values: str, categories: str) -> list[str]:
        check = _check_code(name, values, f"list({categories}.values())") if self.unseen == "error" else []
        items = f"list({categories}.items())[:-1]" if self.drop_last else f"{categories}.items()"
        return [
            *check,
            "made = {",
            f'    new: {values}.isin([category]).astype("int64") for new, category in {items}',
            "}",
            "df = df.join(pd.DataFrame(made, index=df.index))",
        ]
