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
from weirflow_tabular.pandas_text import CHECK_KNOWN, assign, column, literal, loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from weirflow.api import PandasCode, Schema, Statistic, Table

Label: TypeAlias = bool | int | str
"""A category. Text, an integer or a boolean: what compares exactly, and is the same after a round trip."""

_BY_FREQUENCY = """
def by_frequency(values: pd.Series) -> list:
    \"\"\"The values that occur: the most frequent first, of equally frequent ones the least.\"\"\"
    counts = values.value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable").index.tolist()
"""
_ONE_HOT = """
def one_hot(values: pd.Series, categories: list, prefix: str) -> pd.DataFrame:
    \"\"\"A column of 0 and 1 for each category; all are 0 where the value is missing.\"\"\"
    categorical = values.astype(pd.CategoricalDtype(categories))
    return pd.get_dummies(categorical, prefix=prefix, dtype="int64")
"""
_WORDS = 'map({True: "true", False: "false"})'
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
        code.describe("Number the categories from 0")
        names = list(self.columns)
        learning = code.learn and self.order is None
        if learning:
            codes = f"{{label: i for i, label in enumerate({code.helper(_BY_FREQUENCY)}(%s))}}"
        if len(names) == 1 and not learning:
            numbers = code.constant("codes", _numbered(self.order or trained.categories[names[0]]))
            code.write("\n".join(self._body(code, names[0], column(names[0]), numbers)))
        elif len(names) == 1:
            code.write(f"codes = {codes % column(names[0])}")
            code.write("\n".join(self._body(code, names[0], column(names[0]), "codes")))
        elif learning or self.order is not None:
            numbers = "codes" if self.order is None else code.constant("codes", _numbered(self.order))
            first = [f"codes = {codes % 'df[name]'}"] if learning else []
            loop(code, f"name in {literal(names)}", first + self._body(code, None, "df[name]", numbers))
        else:
            every = code.constant("codes", {c: _numbered(v) for c, v in trained.categories.items()})
            loop(code, f"name, codes in {every}.items()", self._body(code, None, "df[name]", "codes"))

    def _body(self, code: PandasCode, name: str | None, values: str, numbers: str) -> list[str]:
        """The numbers in place of one column's categories; in a loop the column has no name of its own."""
        made = f'{values}.map({numbers}).astype("Int64")'
        if self.unseen == "keep":
            made += f".fillna(len({numbers})).where({values}.notna())"
        assignment = f"{values} = {made}" if name is None else assign([(self.output or name, made)])
        if self.unseen != "error" or (code.learn and self.order is None):
            return [assignment]
        return [f"{code.helper(CHECK_KNOWN)}({values}, {numbers})", assignment]


def _numbered(labels: Sequence[Label]) -> dict[Label, int]:
    return {label: i for i, label in enumerate(labels)}


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
        """As dummies of a categorical type, joined to the rest."""
        code.describe("A column of 0 and 1 for each category")
        names = list(self.columns)
        words = {c: self._is_boolean(code, c, trained) for c in names}
        labels: dict[str, list[Label]] = {}
        if not code.learn:
            labels = {c: [_named(v) if words[c] else v for v in trained.categories[c]] for c in names}
        if len(names) > 1 and not any(words.values()):
            every = literal(names) if code.learn else f"{code.constant('categories', labels)}.items()"
            body = self._body(code, "name", "df[name]", "categories", words=False)
            loop(code, f"name in {every}" if code.learn else f"name, categories in {every}", body)
            return
        for name in names:
            known = "categories" if code.learn else code.constant("categories", labels[name])
            prefix = literal(name if self.prefix is None else self.prefix)
            code.write("\n".join(self._body(code, prefix, column(name), known, words=words[name])))

    def _is_boolean(self, code: PandasCode, name: str, trained: Categories) -> bool | None:
        """Whether a column is one of booleans; None where only its data can tell."""
        dtype = code.schema.dtype(name)
        if dtype is not None:
            return dtype.kind == "boolean"
        return None if code.learn else isinstance(trained.categories[name][0], bool)

    def _body(
        self, code: PandasCode, prefix: str, values: str, known: str, *, words: bool | None
    ) -> list[str]:
        lines = []
        given, name = values, values.removeprefix("df[").removesuffix("]")
        if words:
            lines.append(f"values = {values}.{_WORDS}")
        elif words is None:
            test = f"if pd.api.types.is_bool_dtype({values}):"
            lines += [f"values = {values}", test, f"    values = values.{_WORDS}"]
        if words is not False:
            given = "values"
        if code.learn:
            lines.append(f"categories = {code.helper(_BY_FREQUENCY)}({given})")
        elif self.unseen == "error":
            lines.append(f"{code.helper(CHECK_KNOWN)}({given}, {known})")
        else:
            lines.append(f"known = {given}.where({given}.isin({known}))")
            given = "known"
        dummies = (
            f"{code.helper(_ONE_HOT)}({given}, {known}, {prefix}){'.iloc[:, :-1]' if self.drop_last else ''}"
        )
        rest = "df" if self.keep_original else f"df.drop(columns={name})"
        return [*lines, f"df = {rest}.join({dummies})"]
