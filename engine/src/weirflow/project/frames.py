"""Frames that callers hand in, as Polars frames; and results as the kind that was handed in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from weirflow.errors import Diagnostic, UsageError

if TYPE_CHECKING:
    import polars as pl

Kind: TypeAlias = Literal["pandas", "polars", "rows"]


@dataclass(frozen=True)
class Given:
    """What was handed in: the frame, which kind it was of, and the index of a pandas frame."""

    frame: pl.DataFrame
    kind: Kind
    index: Any = None

    def back(self, result: pl.DataFrame, kind: Kind | None, *, same_rows: bool) -> Any:
        """A result as that kind, or as another; a pandas frame gets its index back if the rows are the same."""
        kind = kind or self.kind
        if kind == "polars":
            return result
        if kind == "rows":
            return result.to_dicts()
        found = result.to_pandas()
        if self.index is not None and same_rows:
            found.index = self.index
        return found


def given(X: Any) -> Given:  # noqa: N803 - the protocol's name
    """Take a pandas or Polars frame, or a list of rows as dicts. Raises UsageError on anything else."""
    import polars as pl

    if isinstance(X, pl.DataFrame):
        return Given(X, "polars")
    if isinstance(X, pl.LazyFrame):
        return Given(X.collect(), "polars")
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(X, pandas.DataFrame):
        return Given(_from_pandas(X), "pandas", X.index)
    if isinstance(X, (list, tuple)) and all(isinstance(row, Mapping) for row in X):
        try:
            frame = pl.from_dicts([dict(r) for r in X], infer_schema_length=None) if X else pl.DataFrame()
        except Exception:  # noqa: BLE001 - its text would quote values
            raise UsageError(
                Diagnostic("WF205", "the rows cannot be read as a table: a value is of no type of columns")
            ) from None
        return Given(frame, "rows")
    name = f"{type(X).__module__.partition('.')[0]}.{type(X).__qualname__}".removeprefix("builtins.")
    raise UsageError(
        Diagnostic(
            "WF205",
            f"a pandas or Polars frame, or a list of rows as dicts, was expected; this is a {name}",
            hint="for one row, give a list of one dict: [row]"
            if isinstance(X, Mapping)
            else "columns are found by their names: give a frame that has them",
        )
    )


def _from_pandas(frame: Any) -> pl.DataFrame:
    import polars as pl

    names = [str(n) for n in frame.columns]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise UsageError(Diagnostic("WF205", f"the frame has two columns called '{twice[0]}'"))
    try:
        taken: pl.DataFrame = pl.from_pandas(frame, nan_to_null=True)
        empty = [n for n, dtype in zip(names, frame.dtypes, strict=True) if _untyped(taken[n], dtype.kind)]
    except Exception:  # noqa: BLE001 - its text would quote values
        wrong = [name for name, place in zip(names, range(len(names)), strict=True) if _mixed(frame, place)]
        what = f"column '{wrong[0]}' of the frame" if wrong else "a column of the frame"
        raise UsageError(
            Diagnostic(
                "WF402", f"{what} holds values of several types", hint="give it one type: frame.astype(...)"
            )
        ) from None
    return taken.with_columns(pl.lit(None).alias(n) for n in empty) if empty else taken


def _untyped(column: pl.Series, kind: str) -> bool:
    """Whether a column without a value has its type from pandas alone: object, and float where all is NaN."""
    rows = column.len()
    return (kind == "O" or (kind == "f" and rows > 0)) and column.null_count() == rows


def _mixed(frame: Any, place: int) -> bool:
    """Whether a column of a pandas frame cannot be taken."""
    import polars as pl

    try:
        pl.from_pandas(frame.iloc[:, place], nan_to_null=True)
    except Exception:  # noqa: BLE001 - that it fails is the answer
        return True
    return False
