"""Earlier values of a series beside each of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weirflow.api import DType, Effect, Inputs, Made, Rows
from weirflow_tabular.checks import require_new
from weirflow_tabular.pandas_text import assign, one_or_list
from weirflow_tabular.series_code import grouped_code, ordered_code
from weirflow_tabular.series_order import Series

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table


class LagSeries(Series):
    """Put the values of earlier rows of a series beside each row: `{column}__lag_{n}`, put last.

    With `window`, those of each lag from 1 to `lag`, in a column each or in one list, `{column}__lags`, the latest
    first. Where a series does not reach so far back there is null. Rows of equal time stay in their order, and rows
    without a time come last in their series.
    """

    operator = "series.lag"

    lag: int = Field(ge=1, le=10_000, description="how many rows back")
    window: bool = Field(default=False, description="every lag from 1 to this one")
    to: Literal["columns", "list"] = Field(
        default="columns", description="a column for each lag, or with `window` one column of lists"
    )
    drop: bool = Field(
        default=False, description="remove the first rows of each series, which reach not so far back"
    )

    @property
    def _lags(self) -> range:
        return range(1 if self.window else self.lag, self.lag + 1)

    def _names(self, column: str) -> list[str]:
        return [f"{column}__lags"] if self._is_list else [f"{column}__lag_{n}" for n in self._lags]

    @property
    def _is_list(self) -> bool:
        return self.window and self.to == "list"

    def effect(self, schema: Schema) -> Effect:
        """New columns of the types of the old ones."""
        self._check(schema)
        require_new(schema, [n for c in self.columns for n in self._names(c)])
        makes: dict[str, Made] = {}
        for column in self.columns:
            dtype = schema.dtype(column)
            if self._is_list and dtype is not None:
                dtype = DType("list", dtype)
            of = tuple(dict.fromkeys((column, *self._keys)))
            makes |= {name: Made(of=of, dtype=dtype) for name in self._names(column)}
        rows = Rows.changed(by=self._keys) if self.drop else self._rows
        return Effect(makes=makes, reads=self._keys, rows=rows)

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Shift the values."""
        import polars as pl

        arranged = self._arranged(inputs)
        made: list[pl.Expr] = []
        for column in self.columns:
            lags = [pl.col(column).shift(n).over(arranged.series) for n in self._lags]
            joined = [pl.concat_list(lags)] if self._is_list else lags
            made += [e.alias(n) for e, n in zip(joined, self._names(column), strict=True)]
        frame = arranged.frame.with_columns(made)
        if self.drop:
            frame = frame.filter(pl.int_range(pl.len()).over(arranged.series) >= self.lag)
        return self._finished(arranged, frame)

    def to_pandas(self, code: PandasCode) -> None:
        """As `Series.shift`, of groups."""
        if self._is_list:
            code.refuse("lists of earlier values have no short pandas form")
            return
        code.describe(f"Put earlier values of {', '.join(self.columns)} beside each row")
        frame = ordered_code(code, self.time, self.by, sort=self.sort)
        if frame is None:
            return
        values = grouped_code(frame, self.by, self.columns)
        if self.drop:
            group = one_or_list(self.by) if self.by else f"np.zeros(len({frame}))"
            code.use("import numpy as np")
            code.write(f"place = {frame}.groupby({group}, dropna=False).cumcount()")
        code.write(
            assign(
                (name, f"{values[c]}.shift({n})")
                for c in self.columns
                for n, name in zip(self._lags, self._names(c), strict=True)
            )
        )
        if self.drop:
            code.write(f"df = df[place.reindex(df.index) >= {self.lag}].reset_index(drop=True)")
