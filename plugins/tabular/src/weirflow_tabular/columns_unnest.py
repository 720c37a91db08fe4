"""The fields of structs, and of JSON objects in text, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    Answers,
    ColumnName,
    DType,
    Effect,
    Estimator,
    Head,
    Made,
    NewColumn,
    NodeError,
    NullWord,
    TrainedParameters,
    portable,
)
from weirflow_tabular.checks import TypeName, require_new
from weirflow_tabular.json_text import JSON_TEXT, NoJsonError, decoded, type_of, typed
from weirflow_tabular.native import is_nested, polars_type
from weirflow_tabular.pandas_text import assign, column, literal, pandas_type
from weirflow_tabular.text_edit import by_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from weirflow.api import PandasCode, Schema, Statistic, Table


class FoundFields(TrainedParameters):
    """The keys in order, and the type of the values of each."""

    order: tuple[str, ...]
    types: dict[str, str]

    def typed(self) -> dict[str, DType]:
        """The types by key, in order."""
        return {k: DType.parse(self.types[k]) for k in self.order}


class UnnestColumn(Estimator[FoundFields]):
    """Make a column of each key of structs, or of JSON objects in text: `{prefix}_{key}`, put last.

    Which keys there are is learned, in the order in which they are met, and of JSON the types too: integers, fractions,
    booleans and text; of a key whose values are of several types, or are arrays or objects, the column is text, with
    the JSON of what is no text itself. A key that an object lacks is null. Only the keys of the first level are taken:
    unnest a column of them again for those within.
    """

    operator = "columns.unnest"

    column: ColumnName = Field(description="column of structs, or of JSON objects as text")
    keys_: tuple[str, ...] | None = Field(
        default=None,
        alias="keys",
        min_length=1,
        description="which keys, in the order wanted; all that are found by default",
    )
    types: dict[str, TypeName] = Field(
        default={}, description="types of keys of JSON, in place of those that would be learned"
    )
    prefix: NewColumn | None = Field(
        default=None, description="what the new names begin with; the column's name by default"
    )
    invalid: NullWord[Literal["error", "null"]] = Field(
        default="error",
        description="what becomes of text that is no JSON object, and of values of another type: an error, or null",
    )
    rows: int = Field(
        default=5000, ge=1, description="how many of the first rows are looked at to learn from"
    )
    drop: bool = Field(default=True, description="remove the column afterwards")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        keys = self.keys_ or ()
        twice = next((k for k in keys if keys.count(k) > 1), None)
        if twice is not None:
            raise ValueError(f"key '{twice}' is named twice")
        stray = next((k for k in self.types if self.keys_ is not None and k not in keys), None)
        if stray is not None:
            raise ValueError(f"`types` names '{stray}', which is not among the keys")
        return self

    def _name(self, key: str) -> str:
        return f"{self.column if self.prefix is None else self.prefix}_{key}"

    def _check(self, schema: Schema) -> None:
        dtype = schema.dtype(self.column)
        if dtype is None:
            return
        if not (dtype.kind == "struct" or dtype.is_text):
            hint = "rows.explode makes rows of lists" if dtype.kind == "list" else None
            raise NodeError(
                f"column '{self.column}' is of type {dtype}, neither a struct nor text",
                hint=hint,
                code="WF402",
            )
        if self.types and dtype.kind == "struct":
            raise NodeError(
                f"column '{self.column}' holds structs, which have types",
                hint="leave out `types`, and cast the new columns: columns.cast",
                code="WF402",
            )

    def effect(self, schema: Schema) -> Effect:
        """Columns that the fit will name, or those of the keys that are asked for."""
        self._check(schema)
        drops = (self.column,) if self.drop else ()
        if self.keys_ is None:
            return Effect(opens={self._name(""): (self.column,)}, drops=drops)
        given = {k: DType.parse(self.types[k]) if k in self.types else None for k in self.keys_}
        return self._effect(schema, given, drops)

    def trained_effect(self, schema: Schema, trained: FoundFields) -> Effect:
        """The columns by name."""
        self._check(schema)
        return self._effect(schema, dict(trained.typed()), (self.column,) if self.drop else ())

    def _effect(self, schema: Schema, types: dict[str, DType | None], drops: tuple[str, ...]) -> Effect:
        require_new(schema, map(self._name, types), besides=drops)
        makes = {self._name(k): Made(of=(self.column,), dtype=dtype) for k, dtype in types.items()}
        return Effect(makes=makes, drops=drops)

    def ask(self, schema: Schema, known: Answers) -> Iterable[Statistic[Any]]:
        """The first rows."""
        del known
        self._check(schema)
        return [Head((self.column,), self.rows)]

    def fit(self, answers: Answers) -> FoundFields:
        """Learn the keys and their types."""
        frame = answers[Head((self.column,), self.rows)]
        values = frame.get_column(self.column)
        if portable.schema_of(nw.from_native(frame.lazy()))[self.column].dtype == DType("struct"):
            fields = portable.schema_of(nw.from_native(frame.select(self.column).lazy().unnest(self.column)))
            found = {c.name: str(c.dtype) for c in fields}
            gone = next((k for k in self.keys_ or () if k not in found), None)
            if gone is not None:
                raise NodeError(f"the structs of column '{self.column}' have no field '{gone}'", code="WF401")
        else:
            found = self._found(values)
        order = self.keys_ or tuple(found)
        return FoundFields(order=order, types={k: found[k] for k in order})

    def _found(self, texts: pl.Series) -> dict[str, str]:
        """The keys of JSON objects, with the types of their values."""
        values: dict[str, list[object]] = {k: [] for k in (*(self.keys_ or ()), *self.types)}
        for text in texts.drop_nulls():
            for key, value in (self._object(text) or {}).items():
                if self.keys_ is None or key in values:
                    values.setdefault(key, []).append(value)
        if not values:
            raise NodeError(
                f"column '{self.column}' has no JSON object with a key to learn from",
                hint="look at more `rows`, or name the `keys`",
                code="WF614",
            )
        return {k: self.types.get(k) or str(type_of(v)) for k, v in values.items()}

    def _object(self, text: str) -> dict[str, object] | None:
        try:
            found: dict[str, object] = decoded(text, dict)
        except NoJsonError:
            if self.invalid == "null":
                return None
            raise NodeError(
                f"column '{self.column}' holds text that is no JSON object",
                hint="filter such rows out first, or make null of them: `invalid: null`",
                code="WF613",
            ) from None
        return found

    def transform(self, table: Table, trained: FoundFields) -> Table:
        """Take the fields apart."""
        import polars as pl

        native: pl.LazyFrame = table.to_native()
        names = native.collect_schema()
        dtype = names[self.column]
        types = trained.typed()
        if isinstance(dtype, pl.Struct):
            fields = {f.name: f.dtype for f in dtype.fields}
            native = native.with_columns(
                _field(self.column, k, t, known=k in fields).alias(self._name(k)) for k, t in types.items()
            )
            return nw.from_native(native.drop(self.column) if self.drop else native)
        free = max([*names, *map(self._name, types)], key=len) + "#"
        made = pl.Struct({k: polars_type(t) for k, t in types.items()})

        def taken(text: str) -> dict[str, Any] | None:
            found = self._object(text)
            return None if found is None else {k: self._value(k, found.get(k), t) for k, t in types.items()}

        native = native.with_columns(by_value(pl.col(self.column).cast(pl.String), taken, made).alias(free))
        native = native.with_columns(pl.col(free).struct.field(k).alias(self._name(k)) for k in types)
        return nw.from_native(native.drop(free, *([self.column] if self.drop else [])))

    def _value(self, key: str, value: object, dtype: DType) -> Any:
        try:
            return typed(value, dtype)
        except NoJsonError:
            if self.invalid == "null":
                return None
            raise NodeError(
                f"column '{self.column}' holds a value of key '{key}' that is not of type {dtype}",
                hint=f"say which type holds them all, as `types: {{{key}: string}}`, or `invalid: null`",
                code="WF613",
            ) from None

    def to_pandas(self, code: PandasCode, trained: FoundFields) -> None:
        """As `json.loads`, or as items of dicts."""
        code.use("import pandas as pd")
        code.describe(f"Make columns of the keys of {self.column}")
        dtype = code.schema.dtype(self.column)
        if code.learn or dtype is None or (dtype.is_text and self.invalid == "null"):
            code.refuse(
                "keys and types are not learned anew in exported code"
                if code.learn
                else f"the type of column '{self.column}' is not known before the run"
                if dtype is None
                else "JSON that may be invalid has no short form in pandas"
            )
            return
        text = dtype.is_text
        if text:
            code.use("import json")
            code.write(
                f'objects = {column(self.column)}.astype("object").map({code.helper(_JSON_OBJECT)}, na_action="ignore")'
            )
        else:
            code.write(f"objects = {column(self.column)}")
        made = []
        for key, kind in trained.typed().items():
            value = f"objects.str.get({literal(key)})"
            if text and kind.is_text:
                value += f'.map({code.helper(JSON_TEXT)}, na_action="ignore")'
            exact = pandas_type(kind)
            made.append((self._name(key), value + (f'.astype("{exact}")' if exact else "")))
        code.write(assign(made))
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")


def _field(column: str, key: str, dtype: DType, *, known: bool) -> pl.Expr:
    """A field of a struct, in the type that it had when it was learned; null where there is none now."""
    import polars as pl

    if not known and is_nested(dtype):
        raise NodeError(
            f"the structs of column '{column}' have no field '{key}' any more",
            hint="learn anew with --refit, or name other `keys`",
            code="WF401",
        )
    if not known:
        return pl.lit(None, dtype=polars_type(dtype))
    value = pl.col(column).struct.field(key)
    return value if is_nested(dtype) else value.cast(polars_type(dtype))


_JSON_OBJECT = '''
def json_object(text: str) -> dict:
    """The JSON object that a text is."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a text is no JSON object")
    return found
'''
"""A function of exported code."""
