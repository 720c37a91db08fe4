"""Bring the classes of a column into balance by leaving out rows, or by repeating some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
from pydantic import Field

from weirflow.api import ColumnName, Effect, Inputs, NodeError, Rows, Transform
from weirflow_tabular.checks import require_scalars
from weirflow_tabular.pandas_text import column
from weirflow_tabular.places import SHUFFLED, groups, shuffled, sizes, within

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table
    from weirflow_tabular.places import Places

_CHECKED = """
def check_classes(classes: pd.Series, ratio: float) -> None:
    \"\"\"Raise ValueError if a class is missing, or if there is nothing to balance.\"\"\"
    counts = classes.value_counts()
    if classes.isna().any():
        raise ValueError(f"column '{classes.name}' has rows of no class")
    if len(counts) == 1 or counts.min() / counts.max() > ratio:
        raise ValueError(f"the classes of column '{classes.name}' are in better balance, or one only")
"""


class Balance(Transform):
    """Base of the operators that balance classes, which are the values of a column."""

    ordered = True
    holds_table = True

    column: ColumnName = Field(description="column of the classes, in which no value may be missing")
    ratio: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="how many rows the rarest class has for each one of the most frequent class afterwards",
    )

    def effect(self, schema: Schema) -> Effect:
        """Other rows, decided by the classes."""
        require_scalars(schema, [self.column])
        return Effect(reads=(self.column,), rows=Rows.changed(by=(self.column,)))

    def classes(self, frame: pl.DataFrame) -> Places:
        """The class of each row. Raises NodeError where they cannot be balanced, or are so already."""
        values = frame[self.column]
        if values.null_count():
            raise NodeError(
                f"column '{self.column}' has rows without a value, which are of no class",
                hint=f"drop them first: missing.drop with columns: [{self.column}]",
                code="WF613",
            )
        group = groups(values)
        counts = sizes(group)
        if len(counts) == 1:
            raise NodeError(
                f"column '{self.column}' has one class only, and there is nothing to balance", code="WF614"
            )
        if len(counts) and counts.min() / counts.max() > self.ratio:
            raise NodeError(
                f"the classes of column '{self.column}' are in better balance than `ratio` asks for: the rarest "
                f"has {counts.min() / counts.max():.3g} rows for each one of the most frequent",
                hint="raise `ratio`, or leave the node out",
                code="WF614",
            )
        return group


class Undersample(Balance):
    """Leave out rows of the more frequent classes, drawn at random; the others keep their order.

    The rarest class keeps all its rows, and every other one at most as many as that divided by `ratio`, rounded.
    """

    operator = "balance.undersample"

    seed: int = Field(default=0, description="another seed leaves out other rows")

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The rows that are kept."""
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        group = self.classes(frame)
        most = round(sizes(group).min(initial=frame.height) / self.ratio)
        place = within(group, shuffled(frame.height, self.seed))
        return nw.from_native(frame.filter(pl.Series(place < most)).lazy())

    def to_pandas(self, code: PandasCode) -> None:
        """As places within the groups of `DataFrame.groupby`."""
        code.use("import numpy as np")
        code.use("import pandas as pd")
        code.describe(f"Leave out rows of the more frequent classes of {self.column}")
        code.write(
            f"""
            {code.helper(_CHECKED)}({column(self.column)}, {self.ratio!r})
            place = pd.Series({code.helper(SHUFFLED)}(len(df), {self.seed}), index=df.index)
            classes = place.groupby({column(self.column)})
            most = classes.transform("size").min() / {self.ratio!r}
            df = df[classes.rank(method="first") <= round(most)].reset_index(drop=True)
            """
        )


class Oversample(Balance):
    """Append copies of rows of the rarer classes, drawn and put in order at random.

    Every class has at least as many rows afterwards as the most frequent one times `ratio`, rounded. The rows of a
    class are copied equally often, or some of them once more than others.
    """

    operator = "balance.oversample"

    seed: int = Field(default=0, description="another seed copies other rows, in another order")

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The rows with the copies after them."""
        import numpy as np
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        group = self.classes(frame)
        size = sizes(group)[group]
        more = np.maximum(round(size.max(initial=0) * self.ratio) - size, 0)
        place = within(group, shuffled(frame.height, self.seed))
        copied = np.repeat(np.arange(frame.height), more // size + (place < more % size))
        copied = copied[np.argsort(shuffled(len(copied), self.seed))]
        return nw.from_native(pl.concat([frame, frame[copied]]).lazy())

    def to_pandas(self, code: PandasCode) -> None:
        """As copies by `DataFrame.iloc`."""
        code.use("import numpy as np")
        code.use("import pandas as pd")
        code.describe(f"Append copies of rows of the rarer classes of {self.column}")
        shuffle = code.helper(SHUFFLED)
        code.write(
            f"""
            {code.helper(_CHECKED)}({column(self.column)}, {self.ratio!r})
            classes = pd.Series({shuffle}(len(df), {self.seed}), index=df.index).groupby({column(self.column)})
            place, size = classes.rank(method="first") - 1, classes.transform("size")
            more = (round(size.max() * {self.ratio!r}) - size).clip(lower=0)
            copied = np.repeat(np.arange(len(df)), more // size + (place < more % size))
            copied = copied[np.argsort({shuffle}(len(copied), {self.seed}))]
            df = pd.concat([df, df.iloc[copied]], ignore_index=True)
            """
        )
