"""Our types and those of Polars, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl

from weirflow.engines.dtypes import from_narwhals
from weirflow.node.schema import DType

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN: Mapping[str, pl.DataType] = {
    "int8": pl.Int8(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "uint8": pl.UInt8(),
    "uint16": pl.UInt16(),
    "uint32": pl.UInt32(),
    "uint64": pl.UInt64(),
    "float32": pl.Float32(),
    "float64": pl.Float64(),
    "boolean": pl.Boolean(),
    "string": pl.String(),
    "categorical": pl.Categorical(),
    "binary": pl.Binary(),
    "decimal": pl.Decimal(38, 9),
    "object": pl.Object(),
    "null": pl.Null(),
    "date": pl.Date(),
    "time": pl.Time(),
    "duration": pl.Duration("us"),
    "struct": pl.Struct([]),
}


def to_polars(dtype: DType | None) -> pl.DataType:
    """The Polars type of one of ours; text where it is unknown."""
    if dtype is None:
        return pl.String()
    if dtype.kind == "datetime":
        return pl.Datetime("us", dtype.zone)
    if dtype.kind == "list":
        return pl.List(to_polars(dtype.inner))
    return _PLAIN[dtype.kind]


def from_polars(dtype: pl.DataType) -> DType:
    """Our type for a Polars type."""
    return from_narwhals(nw.Schema.from_native(pl.Schema({"": dtype}))[""])
