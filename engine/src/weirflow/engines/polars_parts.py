"""Tables in folders of several files, on Polars."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from weirflow.node.contexts import Parts

NOTHING = "__HIVE_DEFAULT_PARTITION__"
_ESCAPED = re.compile("[\x00-\x1f\x7f\"#%'*/:=?\\\\{\\[\\]^]")


def in_parts(lazy: pl.LazyFrame, path: Path, parts: Parts) -> tuple[pl.LazyFrame, pl.PartitionBy]:
    """What is written and where: the columns that folders are called by are taken out of the table."""
    schema = lazy.collect_schema()
    free = max(["", *schema.names()], key=len)
    keys = {f"{free}#{number}": name for number, name in enumerate(parts.by)}
    lazy = lazy.with_columns(_text(name, schema[name]).alias(key) for key, name in keys.items()).drop(
        parts.by
    )
    place = f"{free}#place"
    if parts.files > 1 or not keys:
        lazy = lazy.with_row_index(place).with_columns(pl.col(place) % parts.files)

    def provide(given: Any) -> str:
        values: dict[str, Any] = given.partition_keys.row(0, named=True)
        folders = [f"{escaped(name)}={escaped(values[key])}" for key, name in keys.items()]
        return "/".join([*folders, f"part-{values.get(place, 0):05}{parts.ending}"])

    by = [*keys, *([place] if parts.files > 1 or not keys else [])]
    return lazy, pl.PartitionBy(
        path, key=by, include_key=False, file_path_provider=provide, approximate_bytes_per_file=None
    )


def escaped(text: str | None) -> str:
    """A name or a value as it stands in the name of a folder; readers of such folders undo it."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", text) if text else NOTHING


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S%.6f").str.replace(r"\.?0*$", "")
    return column.cast(pl.String)
