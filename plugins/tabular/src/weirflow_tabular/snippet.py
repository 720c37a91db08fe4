"""Running a pandas snippet: the frame in, what goes wrong, the frame out."""

from __future__ import annotations

import math
import signal
import threading
import warnings
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl

from weirflow.api import NodeError, did_you_mean
from weirflow_tabular.old_pandas import old_names
from weirflow_tabular.spark_session import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

NAME = "<snippet>"

_TELLING = (NameError, AttributeError, TypeError, ImportError)
"""Errors whose text names things of the program, not values of the table."""


def run_snippet(code: str, frame: pl.DataFrame, *, data_wrangler: bool = False) -> pl.DataFrame:
    """Run a snippet on a frame called `df`, and take `df` back. Raises NodeError.

    For `data_wrangler`, columns without any value come back as empty text, and names are there that pandas and NumPy
    have removed since the service's versions of them.
    """
    df, altered = to_pandas(frame)
    before = {name: df[name].copy() for name in altered}
    with _as_before_pandas_3(), old_names() if data_wrangler else nullcontext():
        space = execute(code, {"df": df, "pd": pd, "np": np}, frame.columns)
    made = from_pandas(left(space, pd.DataFrame), frame, before)
    if data_wrangler and made.height:
        made = made.with_columns(pl.lit("").alias(c.name) for c in made if c.null_count() == made.height)
    return made


def execute(code: str, space: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """Run a snippet with these names, and give the names that it leaves. Raises NodeError."""
    space["__name__"] = NAME
    with _ctrl_c() as pressed:
        try:
            exec(compile(code, NAME, "exec"), space)  # noqa: S102 -- allowed by --allow-code
        except BaseException as error:
            if pressed:
                raise
            raise _explained(error, columns) from None  # whatever a snippet raises is its own
    return space


def left(space: dict[str, Any], kind: type) -> Any:
    """The frame that a snippet leaves. Raises NodeError where there is none."""
    if "df" not in space:
        raise NodeError(
            "the snippet left no frame: `df` is gone",
            hint="`df` must be a DataFrame at the end",
            code="WF609",
        )
    result = space["df"]
    if not isinstance(result, kind):
        raise NodeError(
            f"the snippet left no frame: `df` is of type {type(result).__name__}",
            hint="`df` must be a DataFrame at the end",
            code="WF609",
        )
    return result


@contextmanager
def _as_before_pandas_3() -> Iterator[None]:
    with warnings.catch_warnings():
        chained = getattr(pd.errors, "ChainedAssignmentError", None)
        if chained is not None:
            warnings.simplefilter("error", chained)
        warnings.filterwarnings("ignore", message=".*future.infer_string.*")
        with pd.option_context("future.infer_string", False):  # noqa: FBT003 -- pandas' own signature
            yield


@contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """The signals that interrupted the block: a KeyboardInterrupt without one was raised by what runs in it."""
    pressed: list[int] = []
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    handlers = {s: handler for s, handler in before.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread():
        handlers = {}

    def heed(number: int, at: FrameType | None) -> None:
        pressed.append(number)
        handlers[signal.Signals(number)](number, at)

    for number in handlers:
        signal.signal(number, heed)
    try:
        yield pressed
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _explained(error: BaseException, columns: list[str]) -> NodeError:
    line, depth, trace = 0, 0, error.__traceback__
    while trace is not None:
        depth += 1
        if trace.tb_frame.f_code.co_filename == NAME:
            line, depth = trace.tb_lineno, 0
        trace = trace.tb_next
    if type(error).__name__ == "ChainedAssignmentError":
        return NodeError(
            f"line {line} of the snippet assigns to a copy of a column, which changes nothing in `df`",
            hint="write df.loc[rows, 'column'] = value, or df['column'] = df['column'].fillna(value)",
            code="WF608",
        )
    text = ""
    in_pandas = isinstance(error, KeyError) and depth > 0  # which looks for a column or a row by its label
    if in_pandas or isinstance(error, _TELLING):
        text = f": {error}"
    elif said := told(error):
        text = f": {said}"
    near = did_you_mean(str(error.args[0]), columns) if isinstance(error, KeyError) and error.args else None
    return NodeError(
        f"line {line} of the snippet raised {type(error).__name__}{text}",
        hint=near and f"for that column, {near}",
        code="WF608",
    )


def to_pandas(frame: pl.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The frame as pandas before version 3 gave it, and the columns whose type it cannot hold as it is."""
    made: dict[str, pd.Series[Any]] = {}
    altered = []
    for series in frame:
        dtype, gaps = series.dtype, series.null_count() > 0
        if dtype.is_float() or ((dtype.is_integer() or dtype == pl.Boolean) and not gaps):
            made[series.name] = pd.Series(series.to_numpy(), copy=True)
            continue
        if dtype == pl.String:
            made[series.name] = pd.Series(series.to_list(), dtype=object)
            continue
        altered.append(series.name)
        if dtype.is_integer():
            made[series.name] = pd.Series(series.cast(pl.Float64).to_numpy(), copy=True)
        elif isinstance(dtype, pl.Datetime):
            made[series.name] = _moments(series, dtype)
        elif isinstance(dtype, pl.Duration):
            made[series.name] = pd.Series(series.to_numpy(), copy=True)
        else:
            made[series.name] = pd.Series(series.to_list(), dtype=object)
    columns = pd.Index(frame.columns, dtype=object)
    return pd.DataFrame(made, index=pd.RangeIndex(frame.height), columns=columns), altered


def _moments(series: pl.Series, dtype: pl.Datetime) -> pd.Series[Any]:
    values = pd.Series(
        series.dt.replace_time_zone(None).to_numpy()
        if not dtype.time_zone
        else series.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
    )
    with suppress(pd.errors.OutOfBoundsDatetime, OverflowError):  # more than nanoseconds can say
        values = values.astype("datetime64[ns]")
    return values.dt.tz_localize("UTC").dt.tz_convert(dtype.time_zone) if dtype.time_zone else values


def from_pandas(df: pd.DataFrame, frame: pl.DataFrame, before: dict[str, pd.Series[Any]]) -> pl.DataFrame:
    """A pandas frame as a Polars frame. Columns that are as they were handed over keep their types."""
    names = [str(c) for c in df.columns]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise NodeError(f"the snippet left two columns called '{twice}'", code="WF403")
    made = []
    for place, name in enumerate(names):
        series = df.iloc[:, place]
        old = before.get(name)
        if old is not None and series.dtype == old.dtype and len(series) == len(old) and series.equals(old):
            made.append(frame.get_column(name))
        else:
            known = frame.schema.get(name)
            made.append(_column(name, series, known))
    return pl.DataFrame(made)


def _column(name: str, series: pd.Series[Any], known: pl.DataType | None) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        series = series.astype(object)
    elif dtype.kind in "mM" and not isinstance(dtype, pd.DatetimeTZDtype):
        unit: Any = pl.Datetime("us") if dtype.kind == "M" else pl.Duration("us")
        return pl.Series(name, series.to_numpy()).cast(unit)
    elif dtype.kind in "iufb" and not pd.api.types.is_extension_array_dtype(dtype):
        values = pl.Series(name, series.to_numpy(copy=True))
        return values.fill_nan(None) if values.dtype.is_float() else values
    objects = [None if _is_missing(v) else _plain(v) for v in series.tolist()]
    return _of_objects(name, objects, known)


def _is_missing(value: Any) -> bool:
    return (
        value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    )


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):  # NumPy scalars and arrays
        return value.tolist()
    return value


def _of_objects(name: str, values: list[Any], known: pl.DataType | None) -> pl.Series:
    """Objects of one type as that type; of several, or none that a table knows, as text."""
    types = {type(v) for v in values if v is not None}
    if not types:
        return pl.Series(name, values, dtype=known or pl.String)
    if types == {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    if types == {int} and not all(v is None or -(2**63) <= v < 2**63 for v in values):
        types = set()
    if len(types) == 1 and next(iter(types)) in {str, bool, int, float, date, datetime, bytes, Decimal}:
        return pl.Series(name, values)
    if types <= {list, tuple}:
        try:
            return pl.Series(name, [None if v is None else list(v) for v in values])
        except (TypeError, pl.exceptions.PolarsError):
            pass
    return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
