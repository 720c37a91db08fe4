"""The casts of columns of a table, by either set of rules, for the operators that cast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import narwhals as nw

from weirflow.api import DATE, DATETIME, STRING, DType, NodeError, did_you_mean, portable
from weirflow_tabular.date_formats import date_format, moment
from weirflow_tabular.spark_cast import spark_cast
from weirflow_tabular.spark_text import spark_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.api import Schema, Table

Rules: TypeAlias = Literal["iso", "spark"]


def lenient(name: str, to: DType, frm: DType, rules: Rules, fmt: str | None = None) -> nw.Expr:
    """A column's values in type `to`, null where they do not fit; `fmt` says how dates and times are written.

    Raises NodeError that names the column where no cast is known.
    """
    try:
        if rules == "spark":
            if _is_list_as_text(frm, to):
                return nw.col(name)  # `cast_table` has made it text
            return spark_cast(nw.col(name), to, frm, date_format(fmt) if fmt else None)
        if fmt is not None and (frm.is_text or frm.is_integer):
            read = moment(portable.cast_or_null(nw.col(name), STRING, frm), date_format(fmt))
            return read if to == DATETIME else portable.cast_or_null(read, DATE, DATETIME)
        value = portable.cast_or_null(nw.col(name), to, frm)
    except NodeError as error:
        raise NodeError(f"column '{name}': {error.message}", hint=error.hint, code="WF402") from None
    return portable.nan_to_null(value) if to.is_float and frm.is_float else value  # nothing else becomes NaN


def strict(name: str, to: DType, frm: DType, fmt: str | None = None) -> nw.Expr:
    """As `lenient` by ISO rules, but the run fails where a value does not fit."""
    message = f"column '{name}' holds a value that cannot be cast from {frm} to {to}"
    value = lenient(name, to, frm, "iso", fmt)
    if fmt is not None:
        wrong = ~nw.col(name).is_null() & value.is_null()
        return nw.coalesce(value, portable.fail_when(wrong, "WF613", message, to))
    made = portable.cast_or_fail(nw.col(name), to, frm, "WF613", message)
    return portable.nan_to_null(made) if to.is_float and frm.is_float else made


def misfits(name: str, value: nw.Expr, frm: DType, rules: Rules) -> nw.Expr:
    """The values that were lost, as text; empty text where none was, null where there was none to lose."""
    if _is_list_as_text(frm, STRING):
        written = nw.lit("")  # no list is lost
    else:
        written = (spark_text if rules == "spark" else _text)(nw.col(name), frm)
    lost = nw.when(value.is_null()).then(written).otherwise(nw.lit(""))
    return nw.when(~nw.col(name).is_null()).then(lost)


def _text(expr: nw.Expr, frm: DType) -> nw.Expr:
    return portable.cast_or_null(expr, STRING, frm)


def lists_as_text(table: Table, types: Mapping[str, str], rules: Rules) -> Table:
    """The table with its lists and sparse vectors as text, where they are to be and Spark's rules know how."""
    schema = portable.schema_of(table)
    for name, to in types.items():
        if rules == "spark" and _is_list_as_text(known(schema, name), DType.parse(to)):
            table = _list_as_text(table, name)
    return table


def cast_table(table: Table, types: Mapping[str, str], rules: Rules) -> Table:
    """The table with these columns cast; what does not fit becomes null."""
    table = lists_as_text(table, types, rules)
    schema = portable.schema_of(table)
    made = [lenient(n, DType.parse(t), known(schema, n), rules).alias(n) for n, t in types.items()]
    return table.with_columns(*made) if made else table


def known(schema: Schema, name: str) -> DType:
    """The type of a column. Raises NodeError where there is no such column."""
    dtype = schema.dtype(name)
    if dtype is None:
        raise NodeError(f"there is no column '{name}'", hint=did_you_mean(name, schema.names), code="WF401")
    return dtype


def _is_list_as_text(frm: DType, to: DType) -> bool:
    if frm.kind == "struct" and to.kind == "string":  # a sparse vector, as only the table can tell
        return True
    return frm.kind == "list" and frm.inner is not None and frm.inner.kind != "list" and to.kind == "string"


def _list_as_text(table: Table, name: str) -> Table:
    """A list as `[1.0, 0.0]`, a sparse vector as `(3,[0],[1.0])`: Spark's, but that numbers have no exponents."""
    import polars as pl

    native: pl.LazyFrame = table.to_native()
    dtype = native.collect_schema()[name]
    if isinstance(dtype, pl.Struct):
        if [f.name for f in dtype.fields] != ["size", "indices", "values"]:
            raise NodeError(f"column '{name}' of structs cannot be cast to text as Spark does", code="WF402")
        size, *lists = (pl.col(name).struct.field(f.name).cast(_texts(f.dtype)) for f in dtype.fields)
        parts = [size, *(pl.format("[{}]", p.list.join(",")) for p in lists)]
        text = pl.when(pl.col(name).is_not_null()).then(pl.format("({},{},{})", *parts))
        return nw.from_native(native.with_columns(text.alias(name)))
    items = pl.col(name).list.eval(pl.element().cast(pl.String).fill_null("null")).list.join(", ")
    return nw.from_native(native.with_columns((pl.lit("[") + items + pl.lit("]")).alias(name)))


def _texts(dtype: Any) -> Any:
    import polars as pl

    return pl.List(pl.String) if isinstance(dtype, pl.List) else pl.String
