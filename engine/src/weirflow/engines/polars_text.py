"""Delimited text on Polars: which types it reads itself, and how the others become and leave text."""

from __future__ import annotations

import codecs
import hashlib
import shutil
from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl

from weirflow.engines.casts import cast_or_fail, cast_or_null
from weirflow.engines.polars_dtypes import to_polars
from weirflow.errors import NodeError
from weirflow.node.delimited import csv_records, open_text
from weirflow.node.schema import STRING, DType, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from weirflow.node.contexts import CsvFormat
    from weirflow.node.payloads import Table

_AS_TEXT = frozenset({"boolean", "date", "datetime", "time", "categorical", "null"})
_GUARDED = frozenset({"boolean", "date", "datetime"})
_UTF8 = frozenset({"utf-8", "utf-8-sig", "ascii"})


def text_dtype(name: str, dtype: DType | None) -> pl.DataType:
    """The type in which Polars is to read a column. Raises NodeError on one that delimited text cannot hold."""
    if dtype is None or dtype.kind in _AS_TEXT:
        return pl.String()
    if not (dtype.is_integer or dtype.is_float or dtype.kind == "string"):
        raise NodeError(f"column '{name}' of type {dtype} cannot be read from delimited text", code="WF402")
    return to_polars(dtype)


def from_text(table: Table, schema: Schema) -> Table:
    """The columns as read turned into their types: null for null and for NaN; what is not of its type fails."""
    native = [
        e for c in schema if c.dtype is not None and (e := _native(pl.col(c.name), c.dtype)) is not None
    ]
    portable = [
        _strict(c.name, c.dtype)
        for c in schema
        if c.dtype is not None and c.dtype.kind in _GUARDED and c.dtype.zone is None
    ]
    if native:
        table = nw.from_native(nw.to_native(table).with_columns(native))
    return table.with_columns(portable) if portable else table


def _native(column: pl.Expr, dtype: DType) -> pl.Expr | None:
    if dtype.is_float:
        return column.fill_nan(None)
    if dtype.kind in {"categorical", "null"}:
        return column.cast(to_polars(dtype))
    if dtype.kind == "time":
        return column.str.to_time("%H:%M:%S%.f")
    if dtype.zone:
        iso = column.str.replace(" ", "T", literal=True).str.replace(r"[Zz]\z", "+00:00")
        moment = iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us")
        return moment.dt.convert_time_zone(dtype.zone)
    return None


def _strict(name: str, dtype: DType) -> nw.Expr:
    message = f"column '{name}' holds a value that is not of type {dtype}"
    return cast_or_fail(nw.col(name), dtype, STRING, "WF603", message)


def to_text(name: str, dtype: pl.DataType) -> pl.Expr | None:
    """What turns a column that delimited text cannot hold into text; None for all others."""
    column = pl.col(name)
    if isinstance(dtype, (pl.List, pl.Array)):
        # Only structs can be encoded: wrap the list in one, and cut the wrapping `{"":` and `}` off again.
        wrapped = pl.struct(column.alias("")).struct.json_encode()
        return pl.when(column.is_not_null()).then(wrapped.str.slice(4).str.head(-1)).alias(name)
    if isinstance(dtype, pl.Struct):
        return pl.when(column.is_not_null()).then(column.struct.json_encode()).alias(name)
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    if isinstance(dtype, pl.Binary):
        return column.bin.encode("base64")
    return None


def first_misfit(texts: Sequence[str], dtype: DType, nulls: Collection[str]) -> int | None:
    """The place of the first text that is not of the type, as columns are read; None where none is found."""
    column = pl.Series("", texts, dtype=pl.String)
    known = ~column.is_in(list(nulls))
    if dtype.is_integer or dtype.is_float:
        bare = column.str.strip_chars_start(" \t")
        known &= bare != ""
        read = bare.cast(to_polars(dtype), strict=False)
    elif dtype.kind in _GUARDED and dtype.zone is None:
        frame = nw.from_native(column.to_frame("")).select(cast_or_null(nw.col(""), dtype, STRING))
        read = frame.to_native().to_series()
    else:
        return None
    wrong = known & read.is_null()
    return wrong.arg_max() if wrong.any() else None


def recoded(file: Path, fmt: CsvFormat, folder: Callable[[], Path]) -> Path:
    """The file itself where it is UTF-8, else a copy of it in UTF-8 in a folder for scratch files."""
    codec = codecs.lookup(fmt.encoding).name
    if codec in _UTF8:
        return file
    facts = file.stat()
    key = f"{file.resolve()}\n{codec}\n{facts.st_size}\n{facts.st_mtime_ns}"
    copy = folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.csv"
    if not copy.exists():
        unfinished = copy.with_suffix(".part")
        try:
            with open_text(file, codec) as read, unfinished.open("w", encoding="utf-8", newline="") as write:
                shutil.copyfileobj(read, write, 1 << 20)
        except UnicodeError:
            for _ in csv_records(file, fmt):  # which names the line
                pass
            raise NodeError(f"{file.name} is not {fmt.encoding} text", code="WF603") from None
        unfinished.replace(copy)
    return copy
