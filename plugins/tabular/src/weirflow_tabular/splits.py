"""Split a table into parts."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import ColumnName, Effect, Inputs, NodeError, Port, Rows, Transform
from weirflow_tabular.checks import require_scalars
from weirflow_tabular.pandas_text import CHECK_PRESENT, column
from weirflow_tabular.places import SHUFFLED, groups, shuffled, sizes, within

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import PandasCode, Schema, Table
    from weirflow_tabular.places import Places

_SEED = "another seed gives other parts"


class Split(Transform):
    """Base of the splits: the parts, and how rows come into them.

    Each row gets a place, and each part the places up to where its share ends; rows keep their old order.
    """

    outputs: ClassVar[tuple[Port, ...]] = (Port("train"), Port("validation"), Port("test"))
    ordered = True
    holds_table = True

    shares: dict[Literal["train", "validation", "test"], float] = Field(
        default={"train": 0.8, "test": 0.2},
        min_length=2,
        description="the share of each part, from 0 to 1; they add up to 1",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if any(not 0 < s < 1 for s in self.shares.values()) or abs(sum(self.shares.values()) - 1) > 1e-3:  # noqa: PLR2004
            raise ValueError("the shares should be between 0 and 1, and add up to 1")
        return self

    @property
    def asked(self) -> list[str]:
        """The ports of the parts that are asked for, in order."""
        return [p.name for p in self.outputs if p.name in self.shares]

    @property
    def ends(self) -> list[float]:
        """The share of rows at which each part but the last ends."""
        by_name = {str(name): share for name, share in self.shares.items()}
        return list(accumulate(by_name[name] for name in self.asked))[:-1]

    @abstractmethod
    def parts(self, frame: pl.DataFrame) -> Places:
        """The number of each row's part among those that are asked for."""

    def transform(self, inputs: Inputs[Table]) -> Mapping[str, Table]:
        """The parts; one that is not asked for is empty."""
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        part = self.parts(frame)
        made: dict[str, Table] = {}
        for port in self.outputs:
            number = self.asked.index(port.name) if port.name in self.asked else -1
            made[port.name] = nw.from_native(frame.filter(pl.Series(part == number)).lazy())
        return made

    def write_parts(self, code: PandasCode) -> None:
        """Write pandas code of the parts, from `part`, the number of each row's."""
        code.use("import numpy as np")
        for port in self.outputs:
            chosen = f"df[part == {self.asked.index(port.name)}]" if port.name in self.asked else "df.head(0)"
            code.write(f"{port.name} = {chosen}.reset_index(drop=True)")
        code.result = ", ".join(port.name for port in self.outputs)


class SplitRandomly(Split):
    """Split the rows into parts at random: as many in each as its share says, in their old order.

    Which rows go where depends on the seed and on each row's place alone.
    """

    operator = "split.random"

    seed: int = Field(default=0, description=_SEED)

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows; no column decides which."""
        del schema
        return Effect(rows=Rows.changed(by=()))

    def parts(self, frame: pl.DataFrame) -> Places:
        """By the places after a shuffle."""
        import numpy as np

        ends = [round(share * frame.height) for share in self.ends]
        return np.searchsorted(ends, shuffled(frame.height, self.seed), side="right")

    def to_pandas(self, code: PandasCode) -> None:
        """As places after a shuffle, held against the ends of the parts."""
        code.describe("Split the rows into parts at random")
        place = f"{code.helper(SHUFFLED)}(len(df), {self.seed})"
        ends = ", ".join(f"round({share!r} * len(df))" for share in self.ends)
        code.write(f'part = np.searchsorted([{ends}], {place}, side="right")')
        self.write_parts(code)


class SplitByStrata(Split):
    """Split the rows of each value of a column into parts at random, so that every part has all values in proportion.

    Of each value's rows as many go into a part as its share says, rounded; a part may have none of a value that only
    a few rows have. Missing values are a value of their own.
    """

    operator = "split.stratified"

    by: ColumnName = Field(description="column whose values should be in proportion in every part")
    seed: int = Field(default=0, description=_SEED)

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the values of the column."""
        dtype = schema.dtype(self.by)
        if dtype is not None and not dtype.is_temporal:
            require_scalars(schema, [self.by])
        return Effect(reads=(self.by,), rows=Rows.changed(by=(self.by,)))

    def parts(self, frame: pl.DataFrame) -> Places:
        """By the places among the rows of the same value."""
        import numpy as np

        group = groups(frame[self.by])
        place = within(group, shuffled(frame.height, self.seed))
        part = np.zeros(frame.height, dtype=np.int64)
        for share in self.ends:
            part += place >= np.rint(share * sizes(group)[group])
        return part

    def to_pandas(self, code: PandasCode) -> None:
        """As places within the groups of `DataFrame.groupby`."""
        code.use("import pandas as pd")
        code.describe(f"Split the rows of each value of {self.by} into parts at random")
        place = f"pd.Series({code.helper(SHUFFLED)}(len(df), {self.seed}), index=df.index)"
        after = " + ".join(f"(place >= ({share!r} * size).round()).astype(int)" for share in self.ends)
        code.write(
            f"""
            place = {place}
            place = place.groupby({column(self.by)}, dropna=False).rank(method="first") - 1
            size = place.groupby({column(self.by)}, dropna=False).transform("size")
            part = {after}
            """
        )
        self.write_parts(code)


class SplitInOrder(Split):
    """Split the rows into parts in order: the first ones into the first part, and so on.

    The order is that of the rows, or of a column of numbers, dates or times, least first, in which no value may be
    missing. Rows of equal values stay together, in the earlier part, unless `ties` says otherwise: parts are larger or
    smaller by that.
    """

    operator = "split.ordered"

    by: ColumnName | None = Field(
        default=None, description="column of numbers, dates or times to go by; by default the order of rows"
    )
    ties: Literal["together", "apart"] = Field(
        default="together",
        description="what becomes of rows of equal values: they stay together, or are told apart at random",
    )
    seed: int = Field(default=0, description="another seed tells equal values apart in another way")

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the column."""
        if self.by is None:
            return Effect(rows=Rows.changed(by=()))
        dtype = schema.dtype(self.by)
        if dtype is not None and not (dtype.is_numeric or dtype.is_temporal):
            raise NodeError(
                f"column '{self.by}' is of type {dtype}, neither a number nor a date or a time",
                hint=f"cast it first: columns.cast with types {{{self.by}: float64}}",
                code="WF402",
            )
        return Effect(reads=(self.by,), rows=Rows.changed(by=(self.by,)))

    def parts(self, frame: pl.DataFrame) -> Places:
        """By the places in the order."""
        import numpy as np

        return np.searchsorted(
            [end_of(share, frame.height) for share in self.ends], self._places(frame), side="right"
        )

    def _places(self, frame: pl.DataFrame) -> Places:
        import numpy as np

        if self.by is None:
            return np.arange(frame.height)
        values = frame[self.by]
        if values.null_count():
            raise NodeError(
                f"column '{self.by}' has rows without a value, which have no place in the order",
                hint=f"fill or drop them first: missing.fill, or missing.drop with columns: [{self.by}]",
                code="WF613",
            )
        first = ranks(values)
        if self.ties == "together":
            return first
        places = np.empty(frame.height, dtype=np.int64)
        places[np.lexsort((shuffled(frame.height, self.seed), first))] = np.arange(frame.height)
        return places

    def to_pandas(self, code: PandasCode) -> None:
        """As ranks, held against the ends of the parts."""
        code.use("import math")
        code.describe("Split the rows into parts in order" + (f" of {self.by}" if self.by else ""))
        if self.by is None:
            code.write("place = np.arange(len(df))")
        else:
            code.use("import pandas as pd")
            code.write(
                f"""
                {code.helper(CHECK_PRESENT)}({column(self.by)})
                place = {column(self.by)}.rank(method="min") - 1
                """
            )
        if self.by is not None and self.ties == "apart":
            tie = f"{code.helper(SHUFFLED)}(len(df), {self.seed})"
            code.write(f"place = np.argsort(np.lexsort(({tie}, place)))")
        ends = ", ".join(f"math.ceil(round({share!r} * len(df), 6))" for share in self.ends)
        code.write(f'part = np.searchsorted([{ends}], place, side="right")')
        self.write_parts(code)


def end_of(share: float, rows: int) -> int:
    """The place at which a part ends whose last row is the quantile at a share, not interpolated."""
    return math.ceil(round(share * rows, 6))  # 0.7 + 0.2 is a little less than 0.9, 0.1 + 0.2 more than 0.3


def ranks(values: pl.Series) -> Places:
    """How many values are less than each one."""
    import polars as pl

    return (values.to_physical().rank("min").cast(pl.Int64) - 1).to_numpy()
