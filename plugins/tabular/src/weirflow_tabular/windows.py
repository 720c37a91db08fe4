"""A value beside each row, of the rows that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import INT64, ColumnName, Effect, Inputs, Made, NewColumn, Transform, portable
from weirflow_tabular.aggregates import (
    Aggregate,
    expression,
    made_type,
    pandas_call,
    pandas_cast,
    pandas_transform,
    require_aggregable,
    require_keys,
)
from weirflow_tabular.checks import require_new
from weirflow_tabular.ordering import NULLS, Order, check_directions
from weirflow_tabular.pandas_text import assign, literal, pandas_type

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import DType, PandasCode, Schema, Table

Ranking: TypeAlias = Literal["row_number", "rank", "dense_rank"]
Shift: TypeAlias = Literal["lag", "lead"]
Running: TypeAlias = Literal["cumulative_sum", "cumulative_min", "cumulative_max"]

_RANKINGS = frozenset({"row_number", "rank", "dense_rank"})
_SHIFTS = frozenset({"lag", "lead"})
_RUNNING = frozenset({"cumulative_sum", "cumulative_min", "cumulative_max"})
_BY_ORDER = _RANKINGS | _SHIFTS | _RUNNING | {"first", "last"}


class Window(Transform):
    """Put beside each row a value of all rows that have the same keys: an aggregate, its rank, or another row's value.

    The rows of a window are in their own order, or in that of `order`; equal ones keep theirs. Aggregates are of the
    whole window, and mean what they do in `group.aggregate`. `row_number` counts from 1; `rank` gives equal rows the
    number of the first of them, and `dense_rank` leaves no gaps. `lag` and `lead` take the value of the row that is
    `offset` before or after, null beyond the ends. The cumulative ones are of all values up to the row, null before the
    first. The rows stay where they are; the new column comes last.
    """

    operator = "group.window"
    ordered = True

    function: Aggregate | Ranking | Shift | Running = Field(description="which value")
    column: ColumnName | None = Field(
        default=None, description="of which column; none for ranks, and for a `count` of rows"
    )
    by: tuple[ColumnName, ...] = Field(
        default=(), description="the keys: rows that have the same belong together; all do by default"
    )
    order: tuple[ColumnName, ...] = Field(
        default=(),
        description="columns to order each window by, the foremost first; as the rows are by default",
    )
    descending: bool | tuple[bool, ...] = Field(
        default=False, description="largest first: for all columns, or a list with one entry for each"
    )
    nulls: Literal["last", "first", "least"] = Field(default="last", description=NULLS)
    offset: int = Field(default=1, ge=1, description="of `lag` and `lead`, how many rows away")
    output: NewColumn = Field(description="name of the new column, put last")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_directions(self.order, descending=self.descending)
        if self.function in _RANKINGS and self.column is not None:
            raise ValueError(f"`{self.function}` is of the order, not of a `column`")
        if self.function not in _RANKINGS | {"count"} and self.column is None:
            raise ValueError(f"`{self.function}` needs a `column`")
        if self.function in {"rank", "dense_rank"} and not self.order:
            raise ValueError(f"`{self.function}` needs an `order`")
        if self.order and self.function not in _BY_ORDER:
            raise ValueError(f"`{self.function}` is of the whole window, which has no `order`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """One more column."""
        require_keys(schema, (*self.by, *self.order))
        require_new(schema, [self.output])
        if self.column is not None:
            require_aggregable(schema, self.column, self.function)
        of = dict.fromkeys((*(() if self.column is None else (self.column,)), *self.by, *self.order))
        return Effect(makes={self.output: Made(of=tuple(of), dtype=self._made(schema))})

    def _made(self, schema: Schema) -> DType | None:
        if self.column is None:
            return INT64
        return made_type(self.function, schema.dtype(self.column))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Compute the column."""
        native: pl.LazyFrame = inputs.table.to_native()
        schema = portable.schema_of(inputs.table)
        value = self._value(None if self.column is None else schema.dtype(self.column)).alias(self.output)
        if not self.order:
            return nw.from_native(native.with_columns(value))
        place = max([*schema.names, self.output], key=len) + "#"
        ordered = self._order.sorted(native.with_row_index(place)).with_columns(value)
        return nw.from_native(ordered.sort(place).drop(place))

    @property
    def _order(self) -> Order:
        return Order(self.order, self.descending, self.nulls)

    def _value(self, dtype: DType | None) -> pl.Expr:
        import polars as pl

        def over(value: pl.Expr) -> pl.Expr:
            return value.over(*self.by) if self.by else value

        if self.function in _RANKINGS:
            number = over(pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
            if self.function == "row_number":
                return number
            other = [pl.col(c).ne_missing(over(pl.col(c).shift(1))) for c in self.order]
            first = pl.any_horizontal(number == 1, *other)
            if self.function == "dense_rank":
                return over(first.cast(pl.Int64).cum_sum())
            return over(pl.when(first).then(number).forward_fill())
        if self.column is None:
            return over(pl.len().cast(pl.Int64))
        value = pl.col(self.column)
        if self.function in _SHIFTS:
            return over(value.shift(self.offset if self.function == "lag" else -self.offset))
        made = expression(self.function, value, dtype)
        return over(made.forward_fill() if self.function in _RUNNING else made)

    def to_pandas(self, code: PandasCode) -> None:
        """As `DataFrame.groupby` with `transform`, of sorted rows."""
        code.use("import pandas as pd")
        code.describe(
            f"Put {self.output} beside each row{' of each ' + ' and '.join(self.by) if self.by else ''}"
        )
        dtype = None if self.column is None else code.schema.dtype(self.column)
        if self.column is not None and dtype is None:
            code.refuse(f"the type of column '{self.column}' is not known before the run")
            return
        rows = "df"
        if self.order:
            first, *rest = self._order.pandas_sort()
            code.write("\n".join([f"ordered = df.{first}", *(f"ordered = ordered.{call}" for call in rest)]))
            rows = "ordered"
        if self.function in _RANKINGS:
            self._write_ranks(code, rows)
            return
        code.write(assign([(self.output, self._pandas_value(rows, dtype))]))

    def _keys(self, rows: str, *more: str) -> str:
        names = ", ".join(f"{rows}[{literal(c)}]" for c in (*self.by, *more))
        return f"[{names}], sort=False, dropna=False"

    def _write_ranks(self, code: PandasCode, rows: str) -> None:
        grouped = f"{rows}.groupby({literal(list(self.by))}, sort=False, dropna=False)"
        every = f"pd.Series(range(1, len(df) + 1), index={rows}.index)"
        number = f"{grouped}.cumcount() + 1" if self.by else every
        if self.function == "row_number":
            code.write(assign([(self.output, number)]))
            return
        code.write(f"""
            number = {number}
            rank = number.groupby({self._keys(rows, *self.order)}).transform("min")
        """)
        ranks = f"rank.groupby({self._keys(rows)})" if self.by else "rank"
        dense = self.function == "dense_rank"
        code.write(
            assign([(self.output, f'{ranks}.rank(method="dense").astype("Int64")' if dense else "rank")])
        )

    def _pandas_value(self, rows: str, dtype: DType | None) -> str:
        grouped = f"{rows}.groupby({literal(list(self.by))}, sort=False, dropna=False)"
        if self.column is None:
            return f'{grouped}[{literal(self.by[0])}].transform("size")' if self.by else "len(df)"
        values = f"{grouped if self.by else rows}[{literal(self.column)}]"
        if self.function in _SHIFTS:
            return f"{values}.shift({self.offset if self.function == 'lag' else -self.offset})"
        if self.function in _RUNNING:
            cast = pandas_cast(self.function, dtype)
            filled = f".groupby({self._keys(rows)}).ffill()" if self.by else ".ffill()"
            return f"{values}.{self.function.replace('cumulative_', 'cum')}(){filled}{cast}"
        if self.by:
            return f"{values}.{pandas_transform(self.function)}{pandas_cast(self.function, dtype)}"
        made = made_type(self.function, dtype)
        typed = pandas_type(made) if made is not None else None
        value = f"{values}.{pandas_call(self.function)}"
        if self.function in {"first", "last"}:
            value = f"next(iter({values}{'.iloc[::-1]' if self.function == 'last' else ''}), None)"
        return f'pd.Series({value}, index={rows}.index, dtype="{typed or "object"}")'
