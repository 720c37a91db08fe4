"""Parts of dates and times as numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

import narwhals as nw
from pydantic import Field

from weirflow.api import FLOAT64, INT64, ColumnName, DType, Effect, Inputs, Made, Transform, portable
from weirflow_tabular.checks import require_new
from weirflow_tabular.moments import Unit, check_moments, moments
from weirflow_tabular.pandas_text import assign, column, literal

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table

Part: TypeAlias = Literal[
    "year", "month", "day", "hour", "minute", "second", "week_of_year", "day_of_year", "quarter"
]
_RANGES: dict[str, tuple[int, int]] = {
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "week_of_year": (1, 53),
    "day_of_year": (1, 366),
    "quarter": (1, 4),
}
_PANDAS = {"week_of_year": "isocalendar().week"}
PARTS: tuple[Part, ...] = (
    "year", "month", "day", "hour", "minute", "second", "week_of_year", "day_of_year", "quarter",
)  # fmt: skip


class ExtractDate(Transform):
    """Make numbers of the parts of dates and times: `{prefix}_year`, `{prefix}_month` and so on, put last.

    Weeks are those of ISO 8601. Months, days, weeks and quarters are counted from 1, or from 0 where `start` says so;
    years, hours, minutes and seconds are as they stand. As `cyclic`, a part p that goes from a to b becomes sine
    `{prefix}_month_1` and cosine `{prefix}_month_2` of 2 pi (p - a) / (1 + b - a), so that December is next to January;
    years, which do not come again, stay numbers. A missing date, and text that is none, gives null.
    """

    operator = "dates.extract"

    column: ColumnName = Field(description="column of dates, times, text, or numbers that count from 1970 on")
    parts: tuple[Part, ...] = Field(
        default=("year", "month", "day"), min_length=1, description="which parts, in whichever order"
    )
    style: Literal["ordinal", "cyclic"] = Field(
        default="ordinal", description="whole numbers, or sine and cosine"
    )
    start: Literal[0, 1] = Field(default=1, description="the first month, day, week and quarter is this")
    to: Literal["columns", "vector"] = Field(
        default="columns", description="a column for each, or one column, `{prefix}`, of lists of float64"
    )
    prefix: str | None = Field(
        default=None, min_length=1, description="what the new names begin with; the column's name by default"
    )
    format: str | None = Field(
        default=None, min_length=1, description="how text is written, as %d/%m/%Y; else each as it looks"
    )
    unit: Unit | None = Field(
        default=None, description="what numbers count: s, ms, us or ns since 1970, or by their size: guess"
    )
    drop: bool = Field(default=False, description="remove the column afterwards")

    @property
    def _parts(self) -> list[Part]:
        return [p for p in PARTS if p in self.parts]

    def _is_cyclic(self, part: Part) -> bool:
        return self.style == "cyclic" and part in _RANGES

    @property
    def _outputs(self) -> dict[str, DType]:
        prefix = self.column if self.prefix is None else self.prefix
        if self.to == "vector":
            return {prefix: DType("list", FLOAT64)}
        found: dict[str, DType] = {}
        for part in self._parts:
            if self._is_cyclic(part):
                found |= {f"{prefix}_{part}_1": FLOAT64, f"{prefix}_{part}_2": FLOAT64}
            else:
                found[f"{prefix}_{part}"] = INT64
        return found

    def effect(self, schema: Schema) -> Effect:
        """New columns, of this one."""
        check_moments(self.column, schema.dtype(self.column), self.unit)
        require_new(schema, list(self._outputs))
        return Effect(
            makes={name: Made(of=(self.column,), dtype=dtype) for name, dtype in self._outputs.items()},
            drops=(self.column,) if self.drop else (),
        )

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Take the parts."""
        import polars as pl

        native: pl.LazyFrame = inputs.table.to_native()
        dtype = portable.schema_of(inputs.table).dtype(self.column)
        assert dtype is not None
        free = "".join(native.collect_schema().names()) + "#"
        native = native.with_columns(moments(self.column, dtype, self.format, self.unit).alias(free))
        made = [e for part in self._parts for e in self._numbers(pl.col(free), part)]
        if self.to == "vector":
            floats = [e.cast(pl.Float64) for e in made]
            joined = pl.concat_list(floats)
            made = [pl.when(pl.col(free).is_not_null()).then(joined)]
        named = [e.alias(name) for e, name in zip(made, self._outputs, strict=True)]
        gone = [free, self.column] if self.drop else [free]
        return nw.from_native(native.with_columns(named).drop(gone))

    def _numbers(self, when: pl.Expr, part: Part) -> list[pl.Expr]:
        import polars as pl

        words = {"week_of_year": "week", "day_of_year": "ordinal_day"}
        number: pl.Expr = getattr(when.dt, words.get(part, part))().cast(pl.Int64)
        low, high = _RANGES.get(part, (0, 0))
        if self._is_cyclic(part):
            angle = (number - low).cast(pl.Float64) * (2 * math.pi / (1 + high - low))
            return [angle.sin(), angle.cos()]
        return [number - 1 if low == 1 and self.start == 0 else number]

    def to_pandas(self, code: PandasCode) -> None:
        """As the attributes of `Series.dt`."""
        dtype = code.schema.dtype(self.column)
        if dtype is None or dtype.kind not in {"date", "datetime"} or self.to == "vector":
            code.refuse("text and numbers as dates, and vectors, have no short pandas form")
            return
        code.describe(f"Take the parts of {self.column}")
        lines: list[tuple[str, str]] = []
        names = iter(self._outputs)
        for part in self._parts:
            low, high = _RANGES.get(part, (0, 0))
            number = f"{column(self.column)}.dt.{_PANDAS.get(part, part)}"
            if self._is_cyclic(part):
                code.use("import numpy as np")
                whole = f'{number}.astype("float64")'
                from_zero = f"({whole} - {low})" if low else whole
                lines += [
                    (next(names), f"np.{wave}({from_zero} * (2 * np.pi / {1 + high - low}))")
                    for wave in ("sin", "cos")
                ]
            else:
                minus = " - 1" if low == 1 and self.start == 0 else ""
                lines.append((next(names), f'{number}.astype("Int64"){minus}'))
        code.write(assign(lines))
        if self.drop:
            code.write(f"df = df.drop(columns={literal(self.column)})")
