"""Columns that are told by the folders of files, as `country=NL`: Hive's way, which Spark and others share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from weirflow.api import Column, DType, NodeError, Schema
from weirflow_tabular.sniff import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NOTHING = "__HIVE_DEFAULT_PARTITION__"


def partitions_of(file: Path) -> dict[str, str | None]:
    """The names and values in the names of a file's folders, the outermost first."""
    found: dict[str, str | None] = {}
    for folder in reversed(file.parents):
        name, sign, value = folder.name.partition("=")
        if sign and name:
            found[unquote(name)] = None if value == _NOTHING else unquote(value)
        else:
            found.clear()  # what lies above a folder that is none of them is no part of the table
    return found


def with_partitions(schema: Schema, files: Sequence[Path]) -> Schema:
    """The schema with a column for each name, of the type that its values are of. Raises NodeError."""
    found = [partitions_of(f) for f in files]
    names = list(found[0])
    for file, parts in zip(files, found, strict=True):
        if list(parts) != names:
            raise NodeError(
                f"{file.name} lies in other folders than the first file",
                hint="the names before `=` must be the same",
            )
    for name in names:
        if name in schema:
            raise NodeError(f"a folder and the files in it both have a column '{name}'", code="WF403")
    kinds = [fitting(v for parts in found if (v := parts[name]) is not None) for name in names]
    return Schema((*schema.items, *(Column(n, DType.parse(k)) for n, k in zip(names, kinds, strict=True))))
