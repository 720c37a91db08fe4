"""The order of rows by columns: what sorting has in common with windows that are ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from weirflow_tabular.pandas_text import literal, one_or_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

NULLS = (
    "where missing values go: last, first, or, as Spark has it, where they are the `least` of all: first, and "
    "last where the order is descending"
)


def check_directions(by: Sequence[str], *, descending: bool | tuple[bool, ...]) -> None:
    """Raise ValueError where a list of directions is not as long as that of the columns."""
    if isinstance(descending, tuple) and len(descending) != len(by):
        raise ValueError(f"`descending` has {len(descending)} entries for {len(by)} columns")


@dataclass(frozen=True)
class Order:
    """Columns, the foremost first, with their directions and the place of nulls."""

    by: tuple[str, ...]
    descending: bool | tuple[bool, ...] = False
    nulls: Literal["last", "first", "least"] = "last"

    @property
    def down(self) -> tuple[bool, ...]:
        """Of each column whether the largest comes first."""
        return self.descending if isinstance(self.descending, tuple) else (self.descending,) * len(self.by)

    @property
    def nulls_last(self) -> tuple[bool, ...]:
        """Of each column whether nulls come last."""
        return self.down if self.nulls == "least" else (self.nulls == "last",) * len(self.by)

    def sorted(self, table: pl.LazyFrame) -> pl.LazyFrame:
        """The rows in this order; equal ones keep theirs."""
        return table.sort(
            *self.by, descending=list(self.down), nulls_last=list(self.nulls_last), maintain_order=True
        )

    def pandas_sort(self) -> list[str]:
        """Calls of `sort_values` that do the same one after the other: pandas has one place for all nulls."""
        each = list(zip(self.by, self.down, self.nulls_last, strict=True))
        if len(set(self.nulls_last)) == 1:
            return [_call(self.by, self.down, last=self.nulls_last[0])]
        return [_call([name], [down], last=last) for name, down, last in reversed(each)]


def _call(by: Sequence[str], down: Sequence[bool], *, last: bool) -> str:
    ascending = str(not down[0]) if len(set(down)) == 1 else literal([not d for d in down])
    order = "" if ascending == "True" else f", ascending={ascending}"
    place = "" if last else ', na_position="first"'
    stable = ', kind="stable"' if len(by) == 1 else ""  # by several it always is
    return f"sort_values({one_or_list(by)}{order}{place}{stable})"
