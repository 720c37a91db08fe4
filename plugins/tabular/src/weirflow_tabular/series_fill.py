"""Missing values of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import FLOAT64, DType, Effect, Inputs, Made, NewColumn, NodeError, NullWord, Rows, portable
from weirflow_tabular.checks import Value, parsed, require_new, suited
from weirflow_tabular.pandas_text import assign, literal
from weirflow_tabular.series_code import grouped_code, ordered_code
from weirflow_tabular.series_order import Series
from weirflow_tabular.series_statistics import require_lists

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

_UNCOUNTED = frozenset({"list", "struct", "object"})


class FillSeries(Series):
    """Put values in place of the missing ones of series, each series by itself.

    `forward` takes the last value before, `backward` the next one, `most_frequent` that which the series has most
    often, of several the least. `interpolate` draws a straight line between the values before and after, by rows or
    by `time`, in float64; after the last value it stays there, and before the first nothing is put. `drop` fills
    nothing and removes the series of which a larger share than `share` is missing. What is missing still, `leftover`
    fills forward and then backward. Rows without a time come last in their series.

    With `within: cell` each row holds a series of its own, as a list, and `time`, `by` and `sort` have no meaning.
    """

    operator = "series.fill"

    strategy: Literal["constant", "most_frequent", "forward", "backward", "interpolate", "drop"] = Field(
        default="forward", description="what is put in place of missing values"
    )
    value: Value | None = Field(default=None, description='the constant; dates as text, "2024-12-31"')
    parse: bool = Field(
        default=False, description="the constant is a text, to be read as a value of each column's type"
    )
    method: Literal["linear", "time"] = Field(
        default="linear", description="interpolate by the number of rows between, or by the time"
    )
    share: float = Field(default=0, ge=0, le=1, description="the largest share of missing values, for `drop`")
    leftover: NullWord[Literal["null", "forward_backward"]] = Field(
        default="null", description="what becomes of values that are missing still"
    )
    within: Literal["column", "cell"] = Field(
        default="column", description="a series is the values of rows, or a list in a cell"
    )
    output: NewColumn | None = Field(
        default=None,
        description="name of a new column, put last, or of several columns `{output}_{column}`; else in place",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.value is not None) != (self.strategy == "constant"):
            raise ValueError("`value` belongs to `strategy: constant`")
        if self.strategy == "drop" and (self.output is not None or self.leftover != "null"):
            raise ValueError("`drop` fills nothing: leave `output` and `leftover` out")
        if self.within == "cell" and (self.time is not None or self.by or self.sort):
            raise ValueError("`time`, `by` and `sort` are for `within: column`")
        if self.method == "time" and self.strategy == "interpolate" and self.time is None:
            raise ValueError("`method: time` needs `time`")
        return self

    def _name(self, column: str) -> str:
        if self.output is None:
            return column
        return self.output if len(self.columns) == 1 else f"{self.output}_{column}"

    def _checked(self, column: str, dtype: DType | None) -> None:
        """Raises NodeError where the values of a series are of a type that the strategy has no use for."""
        if dtype is None:
            return
        if self.strategy == "constant":
            self._constant(column, dtype)
        elif self.strategy == "interpolate" and not dtype.is_numeric:
            raise NodeError(
                f"column '{column}' is of type {dtype}, between whose values there is none",
                hint="fill it `forward`, or with the `most_frequent`",
                code="WF402",
            )
        elif self.strategy == "most_frequent" and dtype.kind in _UNCOUNTED:
            raise NodeError(
                f"column '{column}' is of type {dtype}, whose values are not counted",
                hint="fill it `forward` or `backward`",
                code="WF402",
            )

    def _constant(self, column: str, dtype: DType) -> object:
        value = self.value
        assert value is not None
        if self.parse and isinstance(value, str) and not dtype.is_text:
            value = parsed(value, dtype, column)
        return suited(value, dtype, column)

    def effect(self, schema: Schema) -> Effect:
        """The columns in place, or new ones; or fewer rows."""
        self._check(schema)
        both = [c for c in self.columns if c in self._keys]
        if both and self.output is None and self.strategy != "drop":
            raise NodeError(
                f"column '{both[0]}' is to be filled, and is among `by` or `time`",
                hint="leave it out of `columns`: a selector has `except` for it",
                code="WF402",
            )
        if self.within == "cell":
            require_lists(schema, self.columns)
        if self.output is not None:
            require_new(schema, [self._name(c) for c in self.columns])
        if self.strategy == "drop":
            by = tuple(dict.fromkeys((*self.columns, *self._keys)))
            return Effect(reads=by, rows=Rows.changed(by=by))
        makes: dict[str, Made] = {}
        for column in self.columns:
            whole = schema.dtype(column)
            dtype = whole.inner if whole is not None and self.within == "cell" else whole
            self._checked(column, dtype)
            if dtype is not None and self.strategy == "interpolate":
                dtype = FLOAT64
            if dtype is not None and self.within == "cell":
                dtype = DType("list", dtype)
            of = tuple(dict.fromkeys((column, *self._keys)))
            makes[self._name(column)] = Made(of=of, dtype=dtype)
        return Effect(makes=makes, reads=self._keys, rows=self._rows)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Fill, or drop."""
        return self._in_cells(inputs.table) if self.within == "cell" else self._along(inputs)

    def _along(self, inputs: Inputs[Table]) -> Table:
        import polars as pl

        schema = portable.schema_of(inputs.table)
        arranged = self._arranged(inputs)
        frame, series = arranged.frame, arranged.series
        if self.strategy == "drop":
            missing = [pl.col(c).is_null().mean().over(series) <= self.share for c in self.columns]
            return self._finished(arranged, frame.filter(*missing))
        at = None
        if self.method == "time" and self.time is not None:
            at = pl.col(arranged.at).to_physical().cast(pl.Float64).forward_fill().fill_null(0)
        made = [
            self._filled(pl.col(c), c, schema.dtype(c), at).over(series).alias(self._name(c))
            for c in self.columns
        ]
        return self._finished(arranged, frame.with_columns(made))

    def _in_cells(self, table: Table) -> Table:
        import polars as pl

        schema = portable.schema_of(table)
        native: pl.LazyFrame = table.to_native()
        if self.strategy == "drop":
            missing = [pl.col(c).list.agg(pl.element().is_null().mean()) <= self.share for c in self.columns]
            return nw.from_native(native.filter(*(m.fill_null(value=True) for m in missing)))
        made: list[pl.Expr] = []
        for column in self.columns:
            dtype = schema.dtype(column)
            inner = None if dtype is None else dtype.inner
            element = self._filled(pl.element(), column, inner, None)
            made.append(pl.col(column).list.eval(element).alias(self._name(column)))
        return nw.from_native(native.with_columns(made))

    def _filled(self, values: pl.Expr, column: str, dtype: DType | None, at: pl.Expr | None) -> pl.Expr:
        import polars as pl

        assert dtype is not None
        if self.strategy == "constant":
            made = values.fill_null(pl.lit(self._constant(column, dtype)))
        elif self.strategy == "forward":
            made = values.forward_fill()
        elif self.strategy == "backward":
            made = values.backward_fill()
        elif self.strategy == "most_frequent":
            made = values.fill_null(values.drop_nulls().mode().min())
        else:
            numbers = values.cast(pl.Float64)
            between = numbers.interpolate() if at is None else numbers.interpolate_by(at)
            made = between.forward_fill()
        return made.forward_fill().backward_fill() if self.leftover == "forward_backward" else made

    def to_pandas(self, code: PandasCode) -> None:
        """As `ffill` and the like, of groups."""
        types = {c: code.schema.dtype(c) for c in self.columns}
        if (
            self.within == "cell"
            or self.strategy == "drop"
            or self.method == "time"
            or None in types.values()
        ):
            code.refuse(
                "it has no short pandas form but along columns of known types, by strategies that fill"
            )
            return
        code.describe(f"Fill missing values of {', '.join(self.columns)}")
        frame = ordered_code(code, self.time, self.by, sort=self.sort)
        if frame is None:
            return
        values = grouped_code(frame, self.by, self.columns)
        made = {self._name(c): self._code(c, types[c], values[c], frame) for c in self.columns}
        code.write(assign(made.items()))
        if self.leftover == "forward_backward":
            for how in ("ffill", "bfill"):
                if frame == "ordered":
                    code.write("ordered = df.loc[ordered.index]")
                again = grouped_code(frame, self.by, made)
                code.write(assign((name, f"{found}.{how}()") for name, found in again.items()))

    def _code(self, column: str, dtype: DType | None, values: str, frame: str) -> str:
        assert dtype is not None
        each = "transform" if self.by else "pipe"
        if self.strategy == "constant":
            return f"{frame}[{literal(column)}].fillna({literal(self._constant(column, dtype))})"
        if self.strategy == "most_frequent":
            most = "lambda values: values.fillna(values.mode().min()) if values.notna().any() else values"
            return f"{values}.{each}({most})"
        if self.strategy == "interpolate":
            return f'{values}.{each}(lambda values: values.astype("float64").interpolate())'
        return f"{values}.{'ffill' if self.strategy == 'forward' else 'bfill'}()"
