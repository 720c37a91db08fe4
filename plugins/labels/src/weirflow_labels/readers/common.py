"""What several readers need: files for DuckDB's readers, small JSON documents, pseudonyms."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import LARGEST, OTHER_TYPE, UnreadableError
from weirflow_labels.readers.manifest_types import once

if TYPE_CHECKING:
    import duckdb

USUAL = 1 << 24
"""Bytes of one JSON value that DuckDB reads without being told; its buffers grow with the limit."""


def patterns(paths: Iterable[str]) -> list[str]:
    """Paths as DuckDB's readers of files want them, which take `[`, `*` and `?` in a path for a pattern."""
    return [glob.escape(p) for p in paths]


def object_size(paths: Iterable[str], most: int = LARGEST) -> int:
    """The limit for one JSON value with which each of some files can be one, in bytes, and `most` at the most."""
    return min(most, max(USUAL, *(Path(p).stat().st_size + 1 for p in paths)))


def one_value_each(db: duckdb.DuckDBPyConnection, table: str, paths: Sequence[str]) -> None:
    """See to it that a table with a column `filename` has one row for each file, which holds one JSON value."""
    counts = dict(db.execute(f"SELECT filename, count(*) FROM {table} GROUP BY filename").fetchall())  # noqa: S608
    for path in paths:
        if path not in counts:
            raise UnreadableError("it is empty")
        if counts[path] > 1:
            raise UnreadableError("it has more than one JSON value")


def document(path: str) -> Any:
    """The JSON value of a file, which is in memory as a whole. Raises UnreadableError where it is none."""
    content = Path(path).read_bytes()
    if not content.strip():
        raise UnreadableError("it is empty")
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"it is not valid JSON from line {error.lineno} on") from error
    except RecursionError as error:
        raise UnreadableError("its JSON is nested too deeply") from error


def insert(db: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Stage rows, which may leave columns out. JSON is given as text, and `attributes` as a dict."""
    insert_all(db, {table: rows})


def insert_all(db: duckdb.DuckDBPyConnection, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Stage rows of several tables: all, or none where one has a value that its column cannot hold."""
    import pyarrow as pa

    types = {"attributes": pa.map_(pa.string(), pa.string())}
    staged = {}
    for table, of in rows.items():
        columns = sorted({name for row in of for name in row})
        try:
            staged[table] = pa.table({c: pa.array([row.get(c) for row in of], types.get(c)) for c in columns})
        except (
            TypeError,
            ValueError,
            OverflowError,
        ) as error:  # half a surrogate pair, a number beyond 64 bits
            raise UnreadableError(OTHER_TYPE) from error
    for table, found in staged.items():
        if not found.num_rows:
            continue
        db.register("rows_to_stage", found)
        try:
            db.execute(f"INSERT INTO staged_{table} BY NAME SELECT * FROM rows_to_stage")  # noqa: S608
        finally:
            db.unregister("rows_to_stage")


def file_ids(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str | None]]:
    """The number and the job of each file that is being loaded, by its path on this machine."""
    found = db.execute("SELECT local, file_id, job FROM loading").fetchall()
    return {local: (file_id, job) for local, file_id, job in found}


def text(value: Any) -> str | None:
    """A JSON value as the text of an attribute: text as it is, null as null, all else as JSON spells it."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
