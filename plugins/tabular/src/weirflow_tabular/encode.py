"""Categories as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
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
    portable,
)
from weirflow_tabular.categories import (
    AS_TEXT,
    BY_FREQUENCY,
    MOST,
    TYPE,
    Categories,
    Label,
    NumberType,
    dropped,
    learned,
    places,
    plain,
    require_encodable,
    rows_kept,
    typed,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.pandas_text import CHECK_KNOWN, CHECK_PRESENT, assign, column, literal, loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from weirflow.api import PandasCode, Schema, Statistic, Table


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


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
    as_text: bool = False

    def __call__(self, table: Table) -> Table:
        dtype = portable.schema_of(table)[self.column].dtype
        assert dtype is not None
        kind = bool if dtype.kind == "boolean" else int if dtype.is_integer else str
        value = nw.col("0")
        if self.as_text:
            known: list[Scalar] = [v for v, _ in typed([label for _, label in self.listed], dtype)]
        else:
            known = [label for of, label in self.listed if of is kind]
        others = table.select(plain(self.column, dtype).alias("0")).filter(
            ~value.is_null(), *(value != nw.lit(label) for label in known)
        )
        counted = others.group_by("0").agg(nw.len().alias("n"))
        return counted.select(nw.len().alias("categories"), nw.col("n").sum().alias("rows"))


class OrdinalEncode(Estimator[Categories]):
    """Number categories from 0: in the order given, else the most frequent first, ties by value.

    Null stays null unless `missing` says otherwise. With `order`, a category that it does not list counts as unseen,
    in the fit as well.
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
    unseen: NullWord[Literal["error", "null", "keep", "drop"]] = Field(
        default="error",
        description=(
            "what becomes of a category not seen in the fit: the run fails, null, the number after the last, or the "
            "row is dropped"
        ),
    )
    missing: NullWord[Literal["null", "error", "keep", "drop"]] = Field(
        default="null", description="what becomes of null, likewise"
    )
    type: NumberType = Field(default="int64", description=TYPE)
    as_text: bool = Field(default=False, description=AS_TEXT)
    max_categories: int = Field(default=1000, ge=1, description=MOST)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        order = self.order or ()
        if len({(type(v), v) for v in order}) < len(order):
            raise ValueError("`order` lists a category twice")
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` names one column, so there must be one column to encode")
        if self.as_text and self.order and not all(isinstance(v, str) for v in self.order):
            raise ValueError("with `as_text`, `order` lists texts")
        return self

    @property
    def _others(self) -> dict[str, str]:
        return {"unseen": self.unseen, "missing": self.missing}

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        require_encodable(schema, self.columns, as_text=self.as_text)
        rows, dtype = rows_kept(self.columns, self._others), DType(self.type)
        if self.output is None:
            return Effect(makes={c: Made(of=(c,), dtype=dtype) for c in self.columns}, rows=rows)
        if len(self.columns) != 1:
            raise NodeError(
                f"`output` names one column, and {len(self.columns)} are to be encoded", code="WF402"
            )
        require_new(schema, [self.output], besides=self.columns)
        return Effect(makes={self.output: Made(of=(self.columns[0],), dtype=dtype)}, rows=rows)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The frequencies, unless the order is given and no category can be wrong."""
        del known
        require_encodable(schema, self.columns, as_text=self.as_text)
        if self.order is not None and self.unseen != "error":
            return []
        return [self._frequencies(c) if self.order is None else self._unlisted(c) for c in self.columns]

    def _frequencies(self, name: str) -> Frequencies:
        # null may be among them, and one more tells that there are too many
        return Frequencies(name, self.max_categories + 2)

    def _unlisted(self, name: str) -> Query:
        listed = tuple((type(v), v) for v in self.order or ())
        return Query((name,), _Others(name, listed, as_text=self.as_text), max_rows=1)

    def fit(self, answers: Answers) -> Categories:
        """Take the order given, or learn it."""
        if self.order is None:
            return Categories(
                categories={
                    c: learned(c, answers[self._frequencies(c)], self.max_categories, as_text=self.as_text)
                    for c in self.columns
                }
            )
        if self.unseen == "error":
            for name in self.columns:
                _refuse_others(name, *answers[self._unlisted(name)].row(0))
        return Categories(categories=dict.fromkeys(self.columns, self.order))

    def transform(self, table: Table, trained: Categories) -> Table:
        """Replace categories by their numbers."""
        schema = portable.schema_of(table)
        made = {}
        for name, labels in trained.categories.items():
            dtype = schema[name].dtype
            assert dtype is not None
            made[name] = places(name, labels, dtype, self._others, DType(self.type))
        if "drop" not in self._others.values():
            return table.with_columns(*(code.alias(self.output or name) for name, code in made.items()))
        free = max([*schema.names, self.output or ""], key=len) + "#"
        put = {c: f"{free}{i}" for i, c in enumerate(made)}
        table = dropped(table.with_columns(*(made[c].alias(p) for c, p in put.items())), put, self._others)
        return table.with_columns(*(nw.col(p).alias(self.output or c) for c, p in put.items())).drop(
            *put.values()
        )

    def to_pandas(self, code: PandasCode, trained: Categories) -> None:
        """As `Series.map`."""
        code.describe("Number the categories from 0")
        names = list(self.columns)
        learning = code.learn and self.order is None
        if self.as_text and (learning or not all(self._texts(code, c) for c in names)):
            code.refuse("categories that are the texts of other types have no short form in pandas")
            return
        if learning:
            codes = f"{{label: i for i, label in enumerate({code.helper(BY_FREQUENCY)}(%s))}}"
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
        made = f'{values}.map({numbers}).astype("{"Int64" if self.type == "int64" else "float64"}")'
        if self.unseen == "keep" and self.missing == "keep":
            made += f".fillna(len({numbers}))"
        elif self.unseen == "keep":
            made += f".fillna(len({numbers})).where({values}.notna())"
        elif self.missing == "keep":
            made += f".where({values}.notna(), len({numbers}))"
        assignment = f"{values} = {made}" if name is None else assign([(self.output or name, made)])
        lines = []
        if self.unseen == "error" and not (code.learn and self.order is None):
            lines.append(f"{code.helper(CHECK_KNOWN)}({values}, {numbers})")
        return [*lines, *missing_code(code, values, numbers, self._others), assignment]

    def _texts(self, code: PandasCode, name: str) -> bool:
        """Whether a column is of text, whose values are their own texts."""
        dtype = code.schema.dtype(name)
        return dtype is not None and dtype.is_text


def missing_code(code: PandasCode, values: str, known: str, others: Mapping[str, str]) -> list[str]:
    """Lines that refuse or drop rows for what is missing, or not known, in a column."""
    lines = []
    if others["missing"] == "error":
        lines.append(f"{code.helper(CHECK_PRESENT)}({values})")
    if "drop" in others.values():
        keep = f"{values}.isin(list({known}))"
        if others["missing"] != "drop":
            keep += f" | {values}.isna()"
        elif others["unseen"] != "drop":
            keep = f"{values}.notna()"
        lines.append(f"df = df[{keep}].reset_index(drop=True)")
    return lines


def _numbered(labels: Sequence[Label]) -> dict[Label, int]:
    return {label: i for i, label in enumerate(labels)}
