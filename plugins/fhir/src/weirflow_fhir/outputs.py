"""What the operators that make files of files write: the files, and the table of what was set aside."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from weirflow.api import NodeError
from weirflow_fhir.tables import REJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

_BUFFER = 1 << 20
_LEVEL = 6


@contextmanager
def writer(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    """A file to write; packed without the time and the name, so that the same content makes the same bytes."""
    with path.open("wb", buffering=_BUFFER) as raw:
        if not packed:
            yield raw
            return
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as stream:
            yield cast("BinaryIO", stream)


def rejects(files: list[Path], count: int, limit: int | None, what: str) -> Any:
    """The table of what was set aside, from files of NDJSON; `count` is how many of `what` there are.

    Raises NodeError (WF606) where they are more than the limit.
    """
    import narwhals as nw
    import polars as pl

    if limit is not None and count > limit:
        raise NodeError(
            f"{count} {what} were set aside, and max_bad_{what} is {limit}",
            hint=f"mend or remove them, or raise max_bad_{what}; the good ones are kept",
            code="WF606",
        )
    types = {"string": pl.String, "int64": pl.Int64}
    schema = {n: types[str(t)] for n, t in REJECTS.items()}
    table = pl.scan_ndjson(files, schema=schema) if files else pl.LazyFrame(schema=schema)
    return nw.from_native(table)


def place(row: Mapping[str, Any]) -> str:
    """A row of what was set aside in words: where, and why."""
    places = (f"{kind} {row[kind]}" for kind in ("line", "entry") if row[kind] is not None)
    return ": ".join(filter(None, (", ".join(places), row["reason"])))
