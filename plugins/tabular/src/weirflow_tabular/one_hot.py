"""Categories as columns of 0 and 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    Answers,
    Columns,
    Count,
    DType,
    Effect,
    Estimator,
    Frequencies,
    Made,
    Maximum,
    NodeError,
    NullWord,
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
    numbers,
    places,
    require_encodable,
    rows_kept,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.encode import missing_code
from weirflow_tabular.pandas_text import CHECK_KNOWN, column, literal, loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from weirflow.api import PandasCode, Schema, Statistic, Table

_ONE_HOT = """
def one_hot(values: pd.Series, categories: list, prefix: str) -> pd.DataFrame:
    \"\"\"A column of 0 and 1 for each category; all are 0 where the value is missing.\"\"\"
    categorical = values.astype(pd.CategoricalDtype(categories))
    return pd.get_dummies(categorical, prefix=prefix, dtype="TYPE")
"""
_WORDS = 'map({True: "true", False: "false"})'
_SMALL = DType("int32")


def _named(label: Label) -> str:
    """A category as a part of a column's name."""
    return str(label).lower() if isinstance(label, bool) else str(label)


class OneHotEncode(Estimator[Categories]):
    """Make a column `{column}_{category}` of 0 and 1 for each category, most frequent first, ties by value.

    The new columns come last. They are int64 by default: 0 and 1 are then written alike to every file format and by
    every engine, and arithmetic on them neither rounds nor overflows. A row without a value has 0 in all of them,
    unless `missing` says otherwise. Booleans are named `true` and `false`. As a vector they are one list of numbers.
    """

    operator = "encode.one_hot"

    columns: Columns = Field(description="columns of text, integers or booleans")
    prefix: str | None = Field(
        default=None, description="what the new names begin with, before `_`; the column's name by default"
    )
    drop_last: bool | Literal["empty"] = Field(
        default=False,
        description=(
            "leave out the last category, whose rows have 0 in the others (for linear models); `empty`: its column "
            "stays, of nulls alone"
        ),
    )
    keep_original: bool = Field(default=False, description="keep the column that is encoded")
    vector: bool = Field(
        default=False,
        description="make one column of lists, in place of the column that is encoded, and not a column for each",
    )
    sparse: bool = Field(
        default=False,
        description="with `vector`, structs of its `size`, the `indices` of what is not 0 and their `values`",
    )
    unseen: Literal["error", "ignore", "drop", "keep"] = Field(
        default="error",
        description=(
            "what becomes of a category not seen in the fit: the run fails, 0 in all new columns, the row "
            "is dropped, or, in a vector, a last place of its own"
        ),
    )
    missing: NullWord[Literal["ignore", "error", "drop", "keep", "null"]] = Field(
        default="ignore", description="what becomes of null, likewise; `null`: null in all new columns"
    )
    empty_is_missing: bool = Field(default=False, description="empty text counts as null")
    encoded: bool = Field(
        default=False,
        description=(
            "the columns hold the numbers of their categories already: there are as many as the greatest of them says, "
            "and names end in the numbers"
        ),
    )
    type: NumberType = Field(default="int64", description=TYPE)
    as_text: bool = Field(default=False, description=AS_TEXT)
    max_categories: int = Field(default=1000, ge=1, description=MOST)

    @model_validator(mode="after")
    def _one_prefix(self) -> Self:
        if self.prefix is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`prefix` serves one column: encode the others in nodes of their own")
        if "keep" in self._others.values() and not self.vector:
            raise ValueError("`keep` needs `vector: true`: a column for what was not seen has no name")
        if self.sparse and not self.vector:
            raise ValueError("`sparse` needs `vector: true`")
        if self.encoded and (self.as_text or self.empty_is_missing):
            raise ValueError("numbers that are categories already are not looked at as text")
        return self

    @property
    def _others(self) -> dict[str, str]:
        return {"unseen": self.unseen, "missing": self.missing}

    def _prefix(self, name: str) -> str:
        return f"{name if self.prefix is None else self.prefix}_"

    def _vectors(self) -> dict[str, str]:
        """The new columns of lists, by those that they are made of."""
        if not self.keep_original:
            return {c: c for c in self.columns}
        return {c: f"{c}_vector" if self.prefix is None else self.prefix for c in self.columns}

    def _names(self, trained: Categories) -> dict[str, dict[str, Label]]:
        """The new names with their categories, by column."""
        return {
            c: {self._prefix(c) + _named(v): v for v in (labels[:-1] if self.drop_last is True else labels)}
            for c, labels in trained.categories.items()
        }

    def _suit(self, schema: Schema) -> None:
        if not self.encoded:
            require_encodable(schema, self.columns, as_text=self.as_text)
            return
        for name in self.columns:
            dtype = schema.dtype(name)
            if dtype is not None and not dtype.is_numeric and dtype.kind != "boolean":
                raise NodeError(
                    f"column '{name}' is of type {dtype}, and numbers of categories are asked for",
                    hint="leave `encoded` out, or number the categories first: encode.ordinal",
                    code="WF402",
                )

    def effect(self, schema: Schema) -> Effect:
        """Columns of each prefix, which the fit will name."""
        self._suit(schema)
        if self.prefix is not None and len(self.columns) != 1:
            raise NodeError(
                f"`prefix` serves one column, and {len(self.columns)} are to be encoded", code="WF402"
            )
        if self.vector:
            return self._vector_effect(schema)
        return Effect(
            drops=() if self.keep_original else tuple(self.columns),
            opens={self._prefix(c): (c,) for c in self.columns},
            rows=rows_kept(self.columns, self._others),
        )

    def _vector_effect(self, schema: Schema) -> Effect:
        made = self._vectors()
        dtype = DType("struct") if self.sparse else DType("list", DType(self.type))
        require_new(schema, made.values(), besides=() if self.keep_original else self.columns)
        return Effect(
            makes={n: Made(of=(c,), dtype=dtype) for c, n in made.items()},
            rows=rows_kept(self.columns, self._others),
        )

    def trained_effect(self, schema: Schema, trained: Categories) -> Effect:
        """The columns by name."""
        self._suit(schema)
        if self.vector:
            return self._vector_effect(schema)
        names = self._names(trained)
        require_new(schema, (n for made in names.values() for n in made))
        return Effect(
            makes={n: Made(of=(c,), dtype=DType(self.type)) for c, made in names.items() for n in made},
            drops=() if self.keep_original else tuple(self.columns),
            rows=rows_kept(self.columns, self._others),
        )

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The most frequent values, null perhaps among them, and one more to tell that there are too many."""
        del known
        self._suit(schema)
        if self.encoded:
            return [ask(c) for c in self.columns for ask in (Count, Maximum)]
        return [Frequencies(c, self._most) for c in self.columns]

    @property
    def _most(self) -> int:
        return self.max_categories + 2 + self.empty_is_missing

    def fit(self, answers: Answers) -> Categories:
        """Learn the categories by frequency, or how many there are."""
        most = self.max_categories
        if self.encoded:
            return Categories(categories={c: numbers(c, answers, most) for c in self.columns})
        found = {c: answers[Frequencies(c, self._most)] for c in self.columns}
        if self.empty_is_missing:
            found = {c: tuple(v for v in values if v[0] != "") for c, values in found.items()}
        return Categories(categories={c: learned(c, v, most, as_text=self.as_text) for c, v in found.items()})

    def transform(self, table: Table, trained: Categories) -> Table:
        """Add the columns, and remove the encoded ones."""
        schema = portable.schema_of(table)
        if self.vector:
            return self._with_vectors(table, schema, trained)
        names = self._names(trained)
        require_new(schema, (n for made in names.values() for n in made))
        # Each value is looked for once, and what is then compared for every new column is a small number; the
        # check for what was not seen is made once as well, where an engine would repeat it for every column.
        free = max([*schema.names, *(n for made in names.values() for n in made)], key=len) + "#"
        put = {c: f"{free}{i}" for i, (c, made) in enumerate(names.items()) if made}
        number = portable.to_narwhals(DType(self.type))
        made = []
        for name, place in put.items():
            last = len(names[name]) - 1 if self.drop_last == "empty" else -1
            made += [
                (nw.lit(None) if i == last else nw.col(place) == i).cast(number).alias(new)
                for i, new in enumerate(names[name])
            ]
        if made:
            table = self._placed(table, schema, put, trained).with_columns(*made)
        return table.drop(*put.values(), *(() if self.keep_original else names))

    def _with_vectors(self, table: Table, schema: Schema, trained: Categories) -> Table:
        import polars as pl

        made = self._vectors()
        free = max([*schema.names, *made.values()], key=len) + "#"
        put = {c: f"{free}{i}" for i, c in enumerate(made)}
        table = self._placed(table, schema, put, trained)
        vectors = []
        for name, labels in trained.categories.items():
            size = len(labels) + ("keep" in self._others.values()) - bool(self.drop_last)
            value = pl.col(put[name])
            made_of = self._sparse(value, size) if self.sparse else self._dense(value, size)
            vectors.append(pl.when(value.is_not_null()).then(made_of).alias(made[name]))
        native: pl.LazyFrame = table.to_native()
        return nw.from_native(native.with_columns(vectors).drop(*put.values()))

    def _dense(self, value: pl.Expr, size: int) -> pl.Expr:
        import polars as pl

        number = pl.Float64() if self.type == "float64" else pl.Int64()
        ones = [(value == i).cast(number) for i in range(size)]
        return pl.concat_list(ones) if ones else pl.lit([], pl.List(number))

    @staticmethod
    def _sparse(value: pl.Expr, size: int) -> pl.Expr:
        import polars as pl

        inside = (value >= 0) & (value < size)
        one = pl.concat_list(value.cast(pl.Int64))
        return pl.struct(
            size=pl.lit(size, dtype=pl.Int64),
            indices=pl.when(inside).then(one).otherwise(pl.lit([], dtype=pl.List(pl.Int64))),
            values=pl.when(inside)
            .then(pl.concat_list(pl.lit(1.0)))
            .otherwise(pl.lit([], dtype=pl.List(pl.Float64))),
        )

    def _placed(self, table: Table, schema: Schema, put: Mapping[str, str], trained: Categories) -> Table:
        """The rows that stay, with the place of each category: -1 where all numbers are to be 0."""
        others = {**self._others, "missing": "ignore" if self.missing == "null" else self.missing}
        codes, shown, kept = [], [], []
        for name, place in put.items():
            dtype = schema[name].dtype
            assert dtype is not None
            value = nw.col(name)
            if self.empty_is_missing and dtype.is_text:
                if self.keep_original:
                    table = table.with_columns(value.alias(f"{place}#"))
                    kept.append(nw.col(f"{place}#").alias(name))
                table = table.with_columns(nw.when(value.cast(nw.String) != "").then(value).alias(name))
            labels = trained.categories[name]
            codes.append(places(name, labels, dtype, others, _SMALL, encoded=self.encoded).alias(place))
            filled = nw.col(place).fill_null(-1)
            shown.append(
                (nw.when(~value.is_null()).then(filled) if self.missing == "null" else filled).alias(place)
            )
        table = dropped(table.with_columns(*codes), put, others).with_columns(*shown, *kept)
        return table.drop(*(f"{place}#" for place in put.values()), strict=False) if kept else table

    def to_pandas(self, code: PandasCode, trained: Categories) -> None:
        """As dummies of a categorical type, joined to the rest."""
        code.describe("A column of 0 and 1 for each category")
        names = list(self.columns)
        if self.vector:
            code.refuse("lists of 0 and 1 have no short form in pandas")
            return
        if self.encoded or self.drop_last == "empty" or self.missing == "null":
            code.refuse("numbered categories and nulls in new columns have no short form in pandas")
            return
        if self.as_text and not all((d := code.schema.dtype(c)) is not None and d.is_text for c in names):
            code.refuse("categories that are the texts of other types have no short form in pandas")
            return
        if code.learn and "drop" in self._others.values() and len(names) > 1:
            code.refuse(
                "rows that one column drops would be missing where the next one learns; use a node for each"
            )
            return
        if self.keep_original and self._empties(code):
            code.refuse(
                "empty text that counts as missing, in a column that stays, has no short form in pandas"
            )
            return
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

    def _empties(self, code: PandasCode) -> bool:
        """Whether code has to tell empty text from text that was not seen in the fit."""
        return self.empty_is_missing and (code.learn or self.unseen != self.missing)

    def _is_boolean(self, code: PandasCode, name: str, trained: Categories) -> bool | None:
        """Whether a column is one of booleans; None where only its data can tell."""
        dtype = code.schema.dtype(name)
        if dtype is not None:
            return dtype.kind == "boolean"
        return None if code.learn else isinstance(trained.categories[name][0], bool)

    def _body(
        self, code: PandasCode, prefix: str, values: str, known: str, *, words: bool | None
    ) -> list[str]:
        lines, first = [], []
        name = values.removeprefix("df[").removesuffix("]")
        if self._empties(code):
            first = [f'df = df.assign(**{{{name}: {values}.mask({values} == "")}})']
        given = values
        if words:
            lines.append(f"values = {values}.{_WORDS}")
        elif words is None:
            test = f"if pd.api.types.is_bool_dtype({values}):"
            lines += [f"values = {values}", test, f"    values = values.{_WORDS}"]
        if words is not False:
            given = "values"
        if code.learn:
            lines.append(f"categories = {code.helper(BY_FREQUENCY)}({given})")
        elif self.unseen == "error":
            lines.append(f"{code.helper(CHECK_KNOWN)}({given}, {known})")
        else:
            lines.append(f"known = {given}.where({given}.isin({known}))")
            given = "known"
        if "drop" in self._others.values() or self.missing == "error":
            kept = missing_code(code, values, known, self._others)
            lines = [*kept, *lines] if given == "known" else [*lines, *kept]
        last = ".iloc[:, :-1]" if self.drop_last else ""
        helper = code.helper(_ONE_HOT.replace("TYPE", self.type))
        dummies = f"{helper}({given}, {known}, {prefix}){last}"
        rest = "df" if self.keep_original else f"df.drop(columns={name})"
        return [*first, *lines, f"df = {rest}.join({dummies})"]
