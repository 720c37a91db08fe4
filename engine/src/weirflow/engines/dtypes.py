"""Our types and those of Narwhals, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from weirflow.node.schema import Column, DType, Schema

if TYPE_CHECKING:
    from weirflow.node.payloads import Table

_PLAIN: dict[str, type[nw.dtypes.DType]] = {
    "int8": nw.Int8,
    "int16": nw.Int16,
    "int32": nw.Int32,
    "int64": nw.Int64,
    "uint8": nw.UInt8,
    "uint16": nw.UInt16,
    "uint32": nw.UInt32,
    "uint64": nw.UInt64,
    "float32": nw.Float32,
    "float64": nw.Float64,
    "boolean": nw.Boolean,
    "string": nw.String,
    "categorical": nw.Categorical,
    "binary": nw.Binary,
    "decimal": nw.Decimal,
    "object": nw.Object,
    "null": nw.Unknown,
    "date": nw.Date,
    "time": nw.Time,
}
_KINDS = {dtype: kind for kind, dtype in _PLAIN.items()}
_NEAREST: dict[type[nw.dtypes.DType], str] = {
    nw.Enum: "categorical",
    nw.Float16: "float32",
    nw.Int128: "decimal",
    nw.UInt128: "decimal",
    nw.Datetime: "datetime",
    nw.Duration: "duration",
    nw.Struct: "struct",
}


def to_narwhals(dtype: DType) -> nw.dtypes.DType:
    """The Narwhals type of one of ours: times in microseconds, a struct without fields, null as Unknown."""
    if dtype.kind == "datetime":
        return nw.Datetime("us", dtype.zone)
    if dtype.kind == "duration":
        return nw.Duration("us")
    if dtype.kind == "list":
        return nw.List(to_narwhals(dtype.inner or DType("string")))
    if dtype.kind == "struct":
        return nw.Struct([])
    return _PLAIN[dtype.kind]()


def from_narwhals(dtype: nw.dtypes.DType) -> DType:
    """Our type for a Narwhals type; a fixed-width array is a list, a column of nulls alone is null."""
    if isinstance(dtype, nw.Datetime):
        return DType("datetime", zone=dtype.time_zone)
    if isinstance(dtype, (nw.List, nw.Array)):
        inner: Any = dtype.inner
        return DType("list", from_narwhals(inner() if isinstance(inner, type) else inner))
    base = type(dtype)
    return DType(_KINDS.get(base) or _NEAREST.get(base) or "object")


def schema_of(table: Table) -> Schema:
    """The columns of a table and their types, found without reading it."""
    found = table.collect_schema()
    return Schema(tuple(Column(name, from_narwhals(dtype)) for name, dtype in found.items()))
