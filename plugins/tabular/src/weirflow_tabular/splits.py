"""Split a table into parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import narwhals as nw
from pydantic import Field, model_validator

from weirflow.api import Effect, Inputs, Port, Rows, Transform

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from weirflow.api import Schema, Table


class SplitRandomly(Transform):
    """Split the rows into parts at random: as many in each as its share says, in their old order.

    Which rows go where depends on the seed and on each row's place alone.
    """

    operator = "split.random"
    outputs: ClassVar[tuple[Port, ...]] = (Port("train"), Port("validation"), Port("test"))
    ordered = True
    holds_table = True

    shares: dict[Literal["train", "validation", "test"], float] = Field(
        default={"train": 0.8, "test": 0.2},
        min_length=2,
        description="the share of each part, from 0 to 1; they add up to 1",
    )
    seed: int = Field(default=0, description="another seed gives other parts")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if any(not 0 < s < 1 for s in self.shares.values()) or abs(sum(self.shares.values()) - 1) > 1e-3:  # noqa: PLR2004
            raise ValueError("the shares should be between 0 and 1, and add up to 1")
        return self

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows; no column decides which."""
        del schema
        return Effect(rows=Rows.changed(by=()))

    def transform(self, inputs: Inputs[Table]) -> Mapping[str, Table]:
        """The parts; one that is not asked for is empty."""
        import polars as pl

        frame: pl.DataFrame = inputs.table.collect(backend="polars").to_native()
        rank = _shuffled(frame.height, self.seed)
        made: dict[str, Table] = {}
        begin, share = 0, 0.0
        for port in self.outputs:
            part = {str(k): v for k, v in self.shares.items()}.get(port.name)
            end = begin
            if part is not None:
                share += part
                end = frame.height if share > 1 - 1e-3 else round(share * frame.height)
            inside = pl.Series((rank >= begin) & (rank < end))
            made[port.name] = nw.from_native(frame.filter(inside).lazy())
            begin = end
        return made


def _shuffled(rows: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The place of each row after a shuffle (splitmix64 of seed and row, sorted)."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = np.arange(1, rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z += np.uint64((seed * 0xD1342543DE82EF95) % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    rank = np.empty(rows, dtype=np.int64)
    rank[np.argsort(z, kind="stable")] = np.arange(rows)
    return rank
