"""Statistics that fit in one row: counts, means, deviations, sums, extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.engines.plain import plain_scalar, prepared, require_number
from weirflow.node.statistics import (
    Count,
    Deviation,
    Maximum,
    Mean,
    Minimum,
    RowCount,
    Scalar,
    Statistic,
    Sum,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from weirflow.node.schema import Schema


class Aggregates:
    """The expressions of one select, each computed once, and the answers read from its row."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._expressions: dict[Statistic[Any], nw.Expr] = {}

    @property
    def expressions(self) -> Collection[nw.Expr]:
        """What to select, each under a name of its own."""
        return [expr.alias(_name(statistic)) for statistic, expr in self._expressions.items()]

    def ask(self, statistic: Statistic[Any]) -> bool:
        """Take a question up; False where it is none that one row can answer."""
        match statistic:
            case RowCount():
                self._expressions[statistic] = nw.len()
            case Count(column):
                dtype = self._schema[column].dtype
                is_float = dtype is not None and dtype.is_float
                self._expressions[statistic] = (
                    nw.col(column).fill_nan(None) if is_float else nw.col(column)
                ).count()
            case Mean(column):
                self._expressions[statistic] = self._float(column, "the mean").mean()
            case Deviation(column, ddof):
                self._expressions[statistic] = self._float(column, "the deviation").std(ddof=ddof)
                self.ask(Minimum(column))
                self.ask(Maximum(column))
                self.ask(Count(column))
            case Sum(column):
                self._expressions[statistic] = self._summed(column)
                self.ask(Count(column))
            case Minimum(column):
                self._expressions[statistic] = prepared(self._schema, column, "the minimum").min()
            case Maximum(column):
                self._expressions[statistic] = prepared(self._schema, column, "the maximum").max()
            case _:
                return False
        return True

    def answer(self, statistic: Statistic[Any], row: Mapping[str, Any]) -> Scalar:
        """The answer to a question taken up, from the row of the select."""
        if isinstance(statistic, Sum) and self._value(Count(statistic.column), row) == 0:
            return None
        if isinstance(statistic, Deviation):
            column = statistic.column
            if self._value(Count(column), row) <= statistic.ddof:
                return None
            if self._value(Minimum(column), row) == self._value(Maximum(column), row):
                return 0.0  # rounding may leave a trace of deviation in a constant column
        return plain_scalar(self._value(statistic, row))

    def _value(self, statistic: Statistic[Any], row: Mapping[str, Any]) -> Any:
        return row[_name(statistic)]

    def _float(self, column: str, what: str) -> nw.Expr:
        require_number(self._schema, column, what)
        return nw.col(column).cast(nw.Float64).fill_nan(None)

    def _summed(self, column: str) -> nw.Expr:
        require_number(self._schema, column, "the sum")
        dtype = self._schema[column].dtype
        if dtype is not None and (dtype.is_integer or dtype.kind == "boolean"):
            # Engines sum in the column's width and wrap around, or in one that depends on the engine.
            return nw.col(column).cast(nw.Int64 if dtype.kind == "boolean" else nw.Int128).sum()
        return self._float(column, "the sum").sum()


def _name(statistic: Statistic[Any]) -> str:
    return repr(statistic)  # of a frozen dataclass: equal questions have equal names, others have not
