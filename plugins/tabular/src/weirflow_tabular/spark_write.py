"""Values as Spark writes them to delimited text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from weirflow.api import portable
from weirflow_tabular.casting import cast_table
from weirflow_tabular.spark_text import spark_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from weirflow.api import DType, Table

_BLANKS = "".join(map(chr, range(33)))  # what Java trims
_MILLISECONDS = "%Y-%m-%dT%H:%M:%S%.3f"


def as_spark_writes(table: Table, *, besides: Collection[str] = ()) -> Table:
    """The table as Spark's writer of CSV spells it with its defaults, in a session whose time zone is UTC.

    Structs other than sparse vectors, and lists of lists, stay as they are. So do the columns in `besides`.
    """
    schema = portable.schema_of(table)
    kinds = {c.name: c.dtype for c in schema.columns if c.dtype is not None and c.name not in besides}
    table = cast_table(table, dict.fromkeys(_lists(table, kinds), "string"), "spark")
    made = []
    for name, dtype in kinds.items():
        if dtype.is_float:
            made.append(spark_text(nw.col(name), dtype).alias(name))
        elif dtype.kind == "datetime":
            moment = nw.col(name) if dtype.zone is None else nw.col(name).dt.convert_time_zone("UTC")
            made.append(nw.concat_str(moment.dt.to_string(_MILLISECONDS), nw.lit("Z")).alias(name))
        elif dtype.kind == "string":
            made.append(nw.col(name).str.strip_chars(_BLANKS).alias(name))
    return table.with_columns(*made) if made else table


def _lists(table: Table, kinds: dict[str, DType]) -> list[str]:
    """The columns of lists and of sparse vectors, which Spark writes as text."""
    fields = table.to_native().collect_schema()

    def is_one(name: str, dtype: DType) -> bool:
        if dtype.kind == "struct":
            return [f.name for f in fields[name].fields] == ["size", "indices", "values"]
        return dtype.kind == "list" and dtype.inner is not None and dtype.inner.kind not in {"list", "struct"}

    return [name for name, dtype in kinds.items() if is_one(name, dtype)]
