"""A sample of a table's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Effect, Inputs, Rows, Transform
from weirflow_tabular.checks import require_scalars
from weirflow_tabular.pandas_text import column
from weirflow_tabular.places import SHUFFLED, groups, shuffled

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table


class SampleRows(Transform):
    """Keep some rows drawn at random, in their old order: so many, or a share of them.

    With `by`, each value of a column keeps its proportion: of its rows as many are drawn as its share of the sample
    is, rounded up or down so that the whole is as large as asked for. Missing values are a value of their own. Which
    rows are drawn depends on the seed and on each row's place alone, and on the values of `by`.
    """

    operator = "rows.sample"
    ordered = True
    holds_table = True

    n: int | None = Field(
        default=None, ge=0, description="how many rows to draw; all where there are no more"
    )
    share: float | None = Field(
        default=None, ge=0, le=1, description="which share of the rows to draw, from 0 to 1; or `n`"
    )
    by: ColumnName | None = Field(
        default=None, description="column whose values should be in proportion; none by default"
    )
    seed: int = Field(default=0, description="another seed draws other rows")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.n is None) == (self.share is None):
            raise ValueError("give either `n` or `share`")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the column that is to be in proportion."""
        if self.by is None:
            return Effect(rows=Rows.changed(by=()))
        dtype = schema.dtype(self.by)
        if dtype is not None and not dtype.is_temporal:
            require_scalars(schema, [self.by])
        return Effect(reads=(self.by,), rows=Rows.changed(by=(self.by,)))

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The rows drawn."""
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        return nw.from_native(frame.filter(pl.Series(self._drawn(frame))).lazy())

    def _drawn(self, frame: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        import numpy as np

        rows = frame.height
        n = round(self.share * rows) if self.share is not None else min(self.n or 0, rows)
        place = shuffled(rows, self.seed)
        if self.by is None:
            return place < n
        group = groups(frame[self.by])
        first = np.full(rows, rows)
        np.minimum.at(first, group, place)
        order = np.lexsort((place, first[group]))  # the values one after the other, each shuffled
        place[order] = np.arange(rows)
        begin = int(shuffled(max(rows, 1), self.seed + 1)[0])  # at even distances, from anywhere on
        return (place * n + n + begin) // max(rows, 1) > (place * n + begin) // max(rows, 1)

    def to_pandas(self, code: PandasCode) -> None:
        """As places after a shuffle."""
        code.use("import numpy as np")
        by = f", in proportion to the values of {self.by}" if self.by else ""
        code.describe(f"Draw rows at random{by}")
        count = f"min({self.n}, len(df))" if self.share is None else f"round({self.share!r} * len(df))"
        shuffle = code.helper(SHUFFLED)
        place = f"{shuffle}(len(df), {self.seed})"
        if self.by is None:
            code.write(f"df = df[{place} < {count}].reset_index(drop=True)")
            return
        code.use("import pandas as pd")
        code.write(
            f"""
            rows, n = max(len(df), 1), {count}
            place = pd.Series({place}, index=df.index)
            first = place.groupby({column(self.by)}, dropna=False).transform("min")
            place = np.argsort(np.lexsort((place, first)))  # the values one after the other, each shuffled
            begin = {shuffle}(rows, {self.seed + 1})[0]  # at even distances, from anywhere on
            drawn = (place * n + n + begin) // rows > (place * n + begin) // rows
            df = df[drawn].reset_index(drop=True)
            """
        )
