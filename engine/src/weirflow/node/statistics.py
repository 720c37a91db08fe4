"""Questions that nodes ask of a table. The engine gathers them and answers them in the cheapest way.

The set is closed and typed: a statistic is also the key of its answer, `answers[Mean("age")]` is a float or
None. What does not fit is a `Query` or a `Sample`. Nulls are ignored except where a statistic counts them;
tables hold no NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    import polars as pl  # noqa: F401 - named in quoted types below

    from weirflow.node.payloads import Table

T = TypeVar("T")

Scalar: TypeAlias = bool | int | float | str | bytes | date | datetime | time | timedelta | None
"""A plain value of a cell. Never a NumPy scalar, a Decimal or an engine's own type."""


class Statistic(Generic[T]):
    """A question whose answer is of type T. Hashable; equal questions are answered once."""

    def columns(self) -> tuple[str, ...]:
        """The columns that it reads; empty for a count of rows."""
        column: str | None = getattr(self, "column", None)
        return () if column is None else (column,)


@dataclass(frozen=True)
class RowCount(Statistic[int]):
    """How many rows there are."""


@dataclass(frozen=True)
class Count(Statistic[int]):
    """How many values of a column are not null."""

    column: str


@dataclass(frozen=True)
class Mean(Statistic["float | None"]):
    """The arithmetic mean; None without a value."""

    column: str


@dataclass(frozen=True)
class Deviation(Statistic["float | None"]):
    """The standard deviation with `ddof` degrees of freedom removed (1: of a sample); None with too few values."""

    column: str
    ddof: int = 1


@dataclass(frozen=True)
class Sum(Statistic["int | float | None"]):
    """The sum: an int for integer and boolean columns; None without a value."""

    column: str


@dataclass(frozen=True)
class Minimum(Statistic[Scalar]):
    """The least value, in the type of the column; None without a value. Text by code point."""

    column: str


@dataclass(frozen=True)
class Maximum(Statistic[Scalar]):
    """The greatest value, in the type of the column; None without a value. Text by code point."""

    column: str


@dataclass(frozen=True)
class Quantile(Statistic["float | None"]):
    """The exact `q`-quantile (0 to 1) of a numeric column, linearly interpolated; None without a value."""

    column: str
    q: float


@dataclass(frozen=True)
class Distinct(Statistic[int]):
    """How many different values there are, null not counted."""

    column: str


@dataclass(frozen=True)
class Frequencies(Statistic["tuple[tuple[Scalar, int], ...]"]):
    """Each value with its count, null included as None: most frequent first, ties by value, null last of its tie.

    With `limit`, only that many; whether there are more, `Distinct` tells.
    """

    column: str
    limit: int | None = None


@dataclass(frozen=True)
class CrossFrequencies(Statistic["tuple[tuple[tuple[Scalar, ...], int], ...]"]):
    """Each combination of values of several columns with its count, nulls included, sorted by the values."""

    of: tuple[str, ...]

    def columns(self) -> tuple[str, ...]:
        """The columns that are crossed."""
        return self.of


@dataclass(frozen=True)
class Binned(Statistic["tuple[tuple[int, tuple[Scalar, ...], int], ...]"]):
    """How many values of a numeric column fall between edges, for each combination of the `by` columns.

    `edges` ascend, in the column's units. Bin i holds `edges[i] <= x < edges[i + 1]`, the last one its upper
    edge too; what lies outside is not counted. Rows of (bin, values of `by`, count), sorted, empty ones left out.
    """

    column: str
    edges: tuple[float, ...]
    by: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """The binned column and those it is broken down by."""
        return (self.column, *self.by)


@dataclass(frozen=True)
class Sample(Statistic["pl.DataFrame"]):
    """Up to `n` rows of some columns, all where there are no more, in row order.

    The choice depends on `seed` and each row's place alone, so it is the same on every engine and machine.
    """

    of: tuple[str, ...]
    n: int
    seed: int = 0

    def columns(self) -> tuple[str, ...]:
        """The columns sampled."""
        return self.of


@dataclass(frozen=True)
class Head(Statistic["pl.DataFrame"]):
    """The first `n` rows of some columns."""

    of: tuple[str, ...]
    n: int

    def columns(self) -> tuple[str, ...]:
        """The columns read."""
        return self.of


@dataclass(frozen=True)
class Query(Statistic["pl.DataFrame"]):
    """Any lazy computation over some columns whose result has at most `max_rows` rows (more is an error).

    `function` is a module-level function of a table, so that equal queries are recognised.
    """

    of: tuple[str, ...]
    function: Callable[[Table], Table]
    max_rows: int = 10_000

    def columns(self) -> tuple[str, ...]:
        """The columns that the function may read."""
        return self.of


class Answers(Mapping[Statistic[Any], Any]):
    """Answers by their questions. A question that was not asked raises KeyError."""

    def __init__(self, answers: Mapping[Statistic[Any], Any] | None = None) -> None:
        self._answers: dict[Statistic[Any], Any] = dict(answers or {})

    def __getitem__(self, statistic: Statistic[T]) -> T:
        answer: T = self._answers[statistic]
        return answer

    @overload
    def get(self, key: Statistic[T], /) -> T | None: ...
    @overload
    def get(self, key: Statistic[T], /, default: T) -> T: ...
    def get(self, key: Statistic[T], /, default: T | None = None) -> T | None:
        """The answer, or the default where it was not asked."""
        return self._answers.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._answers

    def __iter__(self) -> Iterator[Statistic[Any]]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __repr__(self) -> str:
        return f"Answers({self._answers!r})"
