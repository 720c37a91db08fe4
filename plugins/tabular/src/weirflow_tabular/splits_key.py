"""Split a table so that no key is in two parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weirflow.api import ColumnName, Effect, NodeError, Rows
from weirflow_tabular.spark_hash import hashed
from weirflow_tabular.splits import Split, end_of, ranks

if TYPE_CHECKING:
    import polars as pl

    from weirflow.api import Schema
    from weirflow_tabular.places import Places

_KEYS = frozenset({"boolean", "date", "datetime", "categorical", "string"})


class SplitByKey(Split):
    """Split the rows into parts so that all rows with equal values in some columns are in the same part.

    Rows are put in the order of a hash of their keys (Spark's), and each part ends with the row at its share: a part
    is larger by what else belongs to the last key, so with few keys, or unequal ones, shares are missed. Missing
    values are equal to one another.
    """

    operator = "split.by_key"

    by: tuple[ColumnName, ...] = Field(
        min_length=1, description="columns whose values together are the key; their order is part of the hash"
    )

    def effect(self, schema: Schema) -> Effect:
        """Fewer rows, decided by the keys."""
        for name in self.by:
            dtype = schema.dtype(name)
            if dtype is not None and not (
                dtype.is_integer or dtype.is_float or dtype.is_text or dtype.kind in _KEYS
            ):
                raise NodeError(
                    f"column '{name}' is of type {dtype}, which makes no key",
                    hint=f"cast it first: columns.cast with types {{{name}: string}}, or leave it out",
                    code="WF402",
                )
        return Effect(reads=self.by, rows=Rows.changed(by=self.by))

    def parts(self, frame: pl.DataFrame) -> Places:
        """By the places in the order of the hash."""
        import numpy as np
        import polars as pl

        place = ranks(pl.Series(hashed(frame[name] for name in self.by)))
        return np.searchsorted([end_of(share, frame.height) for share in self.ends], place, side="right")
