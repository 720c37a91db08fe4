"""Values replaced by an explicit map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import (
    BOOLEAN,
    FLOAT64,
    INT64,
    STRING,
    Columns,
    DType,
    Effect,
    Inputs,
    Made,
    NewColumn,
    NodeError,
    NullWord,
    Transform,
    portable,
)
from weirflow_tabular.checks import Value, require_new, suited
from weirflow_tabular.pandas_text import CHECK_KNOWN, PANDAS_TYPES, assign, column, literal, loop

if TYPE_CHECKING:
    from weirflow.api import PandasCode, Scalar, Schema, Table


class MapValues(Transform):
    """Replace values by an explicit map.

    The type of the result follows from the map's values: all integers int64, integers and fractions float64,
    text string, true/false boolean; a value of null gives null. Null stays null.
    """

    operator = "encode.map"

    columns: Columns = Field(description="columns to map, all by the same map")
    mapping: dict[Value, Value | None] = Field(
        min_length=1, description="new values by old ones, as {little: 1}"
    )
    otherwise: NullWord[Literal["error", "null", "keep"]] = Field(
        default="error",
        description="what becomes of a value that the map does not hold: the run fails, null, or kept",
    )
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column, put last; by default the column is replaced (one column only)",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _ = self._made
        if self.output is not None and self.columns.resolved and len(self.columns) != 1:
            raise ValueError("`output` names one column, so there must be one column to map")
        return self

    @property
    def _made(self) -> DType:
        """The type of the map's values."""
        types = {type(v) for v in self.mapping.values() if v is not None}
        if types <= {int} and types:
            return INT64
        if types <= {int, float} and types:
            return FLOAT64
        if types <= {bool} and types:
            return BOOLEAN
        if types <= {str}:
            return STRING
        raise ValueError(
            "the map's values are of several types: make them all numbers, all text or all true/false"
        )

    def _result(self, name: str, dtype: DType | None) -> DType | None:
        """The type of a mapped column, None where it cannot be told yet."""
        made = self._made
        if dtype is not None:
            self._keys(name, dtype)
        if self.otherwise != "keep":
            return made
        if dtype is None:
            return None
        if dtype == made or (dtype.is_text and made == STRING):
            return made
        if dtype.is_integer and made == INT64 and dtype.kind != "uint64":
            return INT64
        if dtype.is_numeric and made in {INT64, FLOAT64}:
            return FLOAT64
        raise NodeError(
            f"column '{name}' is of type {dtype} and the map gives {made}: values kept would be of another type",
            hint="let the map hold every value and use `otherwise: error`, or use `otherwise: null`",
            code="WF402",
        )

    def _keys(self, name: str, dtype: DType) -> list[tuple[Scalar, Scalar]]:
        """The map with keys of the column's type; keys in a JSON file are always text."""
        return [(suited(_from_json(key, dtype), dtype, name), value) for key, value in self.mapping.items()]

    def effect(self, schema: Schema) -> Effect:
        """Each column in place, or one new column."""
        if self.output is None:
            return Effect(
                makes={c: Made(of=(c,), dtype=self._result(c, schema.dtype(c))) for c in self.columns}
            )
        if len(self.columns) != 1:
            raise NodeError(
                f"`output` names one column, and {len(self.columns)} are to be mapped", code="WF402"
            )
        require_new(schema, [self.output], besides=self.columns)
        name = self.columns[0]
        return Effect(makes={self.output: Made(of=(name,), dtype=self._result(name, schema.dtype(name)))})

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Map the columns."""
        schema = portable.schema_of(inputs.table)
        made = []
        for name in self.columns:
            dtype = schema[name].dtype
            result = self._result(name, dtype)
            assert dtype is not None
            assert result is not None
            value = nw.col(name).cast(nw.String) if dtype.kind == "categorical" else nw.col(name)
            default = None
            if self.otherwise == "keep":
                default = value
            elif self.otherwise == "error":
                default = portable.fail_when(~value.is_null(), "WF610", _message(name), result)
            mapped = portable.map_values(value, self._keys(name, dtype), default, result)
            made.append(mapped.alias(self.output or name))
        return inputs.table.with_columns(*made)

    def to_pandas(self, code: PandasCode) -> None:
        """As `Series.map`."""
        code.describe("Replace values by an explicit map")
        made: dict[str, tuple[str, str]] = {}
        for name in self.columns:
            dtype = code.schema.dtype(name)
            result = self._result(name, dtype)
            if result is None:
                code.refuse(f"the type of column '{name}' is not known before the run")
                return
            pairs = list(self.mapping.items()) if dtype is None else self._keys(name, dtype)
            keyed: dict[Any, Any] = dict(pairs)
            made[name] = code.constant("", keyed), "string" if result == STRING else PANDAS_TYPES[result.kind]
        if len(made) > 1 and len(set(made.values())) == 1:
            table, result_type = next(iter(made.values()))
            body = self._body(code, None, "df[name]", table, result_type)
            loop(code, f"name in {literal(list(made))}", body)
            return
        for name, (table, result_type) in made.items():
            code.write("\n".join(self._body(code, name, column(name), table, result_type)))

    def _body(self, code: PandasCode, name: str | None, values: str, table: str, result: str) -> list[str]:
        """The new values of one column; in a loop it has no name of its own."""
        lines = []
        if self.otherwise == "error":
            lines.append(f"{code.helper(CHECK_KNOWN)}({values}, {table})")
        made = f'{values}.map({table}).astype("{result}")'
        if self.otherwise == "keep":
            made = f'{values}.map({table}).where({values}.isin(list({table})), {values}).astype("{result}")'
        return [*lines, f"{values} = {made}" if name is None else assign([(self.output or name, made)])]


def _message(name: str) -> str:
    return f"column '{name}' holds a value that `mapping` does not"


def _from_json(key: Value, dtype: DType) -> Value:
    if not isinstance(key, str) or dtype.is_text or dtype.is_temporal:
        return key
    if dtype.kind == "boolean":
        return {"true": True, "false": False}.get(key, key)
    try:
        return int(key) if dtype.is_integer else float(key)
    except ValueError:
        return key
