"""What the run asks of a table engine, and the factory that makes one by name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from weirflow.errors import Diagnostic, UsageError, did_you_mean
from weirflow.node.contexts import TableEngine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from weirflow.node.payloads import Table
    from weirflow.node.schema import DType, Schema
    from weirflow.node.statistics import Statistic

ENGINES = ("polars",)


class Engine(TableEngine, Protocol):
    """A table engine: everything that touches rows goes through it."""

    scans: Counter[str]
    """How many scans the plans carried out so far have made, by kind of source: csv, parquet, ipc.

    Reading what `cache` made counts as copy.
    """

    def answer(self, table: Table, statistics: Collection[Statistic[Any]]) -> dict[Statistic[Any], Any]:
        """The answers to questions about one table, each in the cheapest way that bounds memory.

        Raises NodeError where a question does not fit its column, and the engine's errors.
        """
        ...

    def cache(self, table: Table, path: Path) -> Table:
        """Compute a table once, streaming, into a Parquet file at `path`; a table that reads it from there."""
        ...

    def hold(self, table: Table) -> Table:
        """Compute a table into memory, rows in the same order; lazy again over what is held."""
        ...

    def frame(self, table: Table) -> pl.DataFrame:
        """All rows, in memory."""
        ...

    def rows_at(self, table: Table, places: Sequence[int]) -> pl.DataFrame:
        """The rows at these places (from 0), in the table's order."""
        ...

    def from_frame(self, frame: pl.DataFrame) -> Table:
        """A lazy table over rows in memory; NaN is null in it."""
        ...

    def schema(self, table: Table) -> Schema:
        """The columns of a table and their types, found without reading it."""
        ...

    def touch(self, table: Table) -> None:
        """Compute every value of a table and keep none; raises what computing them raises."""
        ...

    def located(self, table: Table, error: BaseException) -> BaseException:
        """An error of computing a table as one that names file and line, where text is read and has the fault."""
        ...

    def empty(self, schema: Schema) -> Table:
        """A table of these columns without rows; a column of unknown type is text."""
        ...

    def ghost(self, table: Table, columns: Mapping[str, DType | None]) -> Table:
        """The table with these columns added or replaced by nulls; one of unknown type is text."""
        ...


def engine(name: str = "polars") -> Engine:
    """A fresh engine of that name, its counters at zero. Raises UsageError on a name that is none."""
    if name not in ENGINES:
        raise UsageError(
            Diagnostic(
                "WF205",
                f"there is no table engine '{name}': it can be {', '.join(ENGINES)}",
                hint=did_you_mean(name, ENGINES),
            )
        )
    from weirflow.engines.polars import PolarsEngine

    return PolarsEngine()
