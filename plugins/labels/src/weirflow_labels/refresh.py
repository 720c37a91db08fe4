"""Bring a database up to date with a lake: read what is new or changed, take out what is gone."""

from __future__ import annotations

import contextlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from weirflow.api import remote
from weirflow_labels.database import BY_FILE
from weirflow_labels.failures import is_ours, plain
from weirflow_labels.readers.base import Reject
from weirflow_labels.readers.registry import ORDER, reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from weirflow_labels.changes import Change, Changes, Entry
    from weirflow_labels.listing import Lake

BATCH_FILES = 1024
BATCH_BYTES = 256 << 20
FETCHES = 16  # objects that are fetched at a time
NOTHING = "nothing for the tables can be read from it"
RAW = 2000  # characters of a rejected line that are kept

_PERSONAL = frozenset({"responses", "activity"})  # kinds whose lines say who somebody is
_PLACE = (
    *("path VARCHAR", "kind VARCHAR", "job VARCHAR", "modality VARCHAR", "level VARCHAR"),
    *("parent_job VARCHAR", "batch VARCHAR", "dataset_object_id VARCHAR", "iteration INTEGER"),
)
_LOADING = ("local VARCHAR", "file_id INTEGER", *_PLACE)
_FILES = (
    *("file_id INTEGER", *_PLACE),
    *("size BIGINT", "mtime_ns BIGINT", "etag VARCHAR", "state VARCHAR", "error VARCHAR"),
)
_REJECTS = (
    *("file_id INTEGER", "line_no BIGINT", "place VARCHAR", "reason VARCHAR", "raw VARCHAR"),
    "run INTEGER",
)
_TOUCHED = ("file_id INTEGER", "size BIGINT", "mtime_ns BIGINT")


@dataclass(frozen=True)
class LeftOut:
    """What could not be read: a line, an element at a place, or a whole file."""

    path: str
    line: int | None
    place: str | None
    reason: str
    stale: bool = False

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        place = "" if self.place is None else f", at {self.place}"
        rest = "; the last good rows of the file stay" if self.stale else ""
        return f"{self.path}{line}{place}: {self.reason}{rest}"


@dataclass
class Summary:
    """What a refresh did: files read and gone, what was left out, and how much still is since earlier ones."""

    loaded: int = 0
    gone: int = 0
    rejected: list[LeftOut] = field(default_factory=list)
    standing: int = 0


@dataclass
class _Reading:
    """A file that is being read. It gets a number of its own each time: its former rows stay until the end."""

    number: int
    change: Change
    local: str
    etag: str
    error: str | None

    @property
    def former(self) -> Entry | None:
        """What is known of the file."""
        return self.change.entry

    @property
    def stays(self) -> bool:
        """Whether the former rows stay, because the file cannot be read any more."""
        return self.error is not None and self.former is not None and self.former.state in {"loaded", "stale"}

    @property
    def file_id(self) -> int:
        """The number that the file has when all is done."""
        return self.former.file_id if self.stays and self.former is not None else self.number

    @property
    def state(self) -> str:
        """The state that it has then."""
        return "loaded" if self.error is None else "stale" if self.stays else "error"


class Refresh:
    """One refresh of an open database that nobody else has open, and that is thrown away if it fails.

    folder: an empty one, for copies of remote files.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, lake: Lake, folder: Path) -> None:
        self.db = db
        self.lake = lake
        self.folder = folder
        self.summary = Summary()
        self.run = int(_one(db, "SELECT value FROM about WHERE key = 'run'")) + 1
        self._next = int(_one(db, "SELECT coalesce(max(file_id), 0) FROM files"))
        self._rejects: list[tuple[Any, ...]] = []

    def apply(self, changes: Changes) -> Summary:
        """Read what is to be read, and put it in the place of what was there."""
        done: list[_Reading] = []
        with _staged(self.db):
            for kind in ORDER:
                for batch in _batches(c for c in changes.load if c.file.place.kind == kind):
                    done += self._read(kind, batch)
        self._publish(changes, done)
        self.summary.loaded = sum(r.error is None for r in done)
        self.summary.gone = len(changes.gone)
        return self.summary

    def _read(self, kind: str, batch: Sequence[Change]) -> list[_Reading]:
        copies = self.folder / "copies"
        copies.mkdir()
        if self.lake.remote:
            with ThreadPoolExecutor(FETCHES) as pool:
                fetched = list(pool.map(lambda c: self._fetch(c, copies), batch))
        else:
            fetched = [self._fetch(c, copies) for c in batch]
        readings = []
        for change, (local, fault) in zip(batch, fetched, strict=True):
            if local or fault:
                self._next += 1
                readings.append(_Reading(self._next, change, local, change.etag if local else "", fault))
        loading = {r.local: r for r in readings if r.local}
        _put(self.db, "loading", _LOADING, [(r.local, r.number, *_place(r.change)) for r in loading.values()])
        self._load(kind, loading)
        for reading in readings:
            if reading.error not in {None, NOTHING}:
                self._reject(reading, Reject(reading.local, None, reading.error))
        shutil.rmtree(copies)
        return readings

    def _fetch(self, change: Change, copies: Path) -> tuple[str, str | None]:
        """The path of a file on this machine, or why there is none; neither where a new file is gone again."""
        if change.fault is not None:
            return "", change.fault
        try:
            return str(self.lake.local(change.file, copies)), None
        except remote.ObjectError as error:
            if error.fault != "gone":
                return "", f"it cannot be fetched: {error.reason}"
            return "", None if change.entry is None else "it was taken away while it was to be read"

    def _load(self, kind: str, readings: Mapping[str, _Reading]) -> None:
        """Load files together; where that fails, in halves, down to the one that is bad."""
        if not readings:
            return
        paths = list(readings)
        try:
            rejects = reader(kind).load(self.db, paths)
        except Exception as error:
            if is_ours(error):
                raise
            self._remove([r.number for r in readings.values()], prefix="staged_")
            middle = len(paths) // 2
            if middle:
                self._load(kind, {p: readings[p] for p in paths[:middle]})
                self._load(kind, {p: readings[p] for p in paths[middle:]})
                return
            reading = readings[paths[0]]
            reading.error = plain(error)
            if not os.path.exists(reading.local):  # noqa: PTH110 - as DuckDB has it
                reading.error, reading.etag = "it was taken away while it was read", ""
            return
        self._keep_rows(readings[path] for path in {r.local for r in rejects})
        for reject in rejects:
            self._reject(readings[reject.local], reject)

    def _keep_rows(self, incomplete: Iterable[_Reading]) -> None:
        """Of files that had to leave something out: those of which nothing is left are as bad as a file can be."""
        left = {r.number: r for r in incomplete}
        for table in BY_FILE if left else ():
            found = self.db.execute(
                f"SELECT DISTINCT file_id FROM staged_{table} WHERE file_id IN (SELECT unnest(?::INTEGER[]))",  # noqa: S608
                [list(left)],
            ).fetchall()
            for (number,) in found:
                del left[number]
        for reading in left.values():
            reading.error = NOTHING

    def _reject(self, reading: _Reading, reject: Reject) -> None:
        file = reading.change.file
        raw = reject.raw
        kept = None if raw is None or file.place.kind in _PERSONAL else raw[:RAW]
        about = (reject.line_no, reject.place, reject.reason)
        self._rejects.append((reading.file_id, *about, kept, self.run))
        self.summary.rejected.append(LeftOut(file.path, *about, reading.stays))

    def _remove(self, numbers: Collection[int], *, tables: Sequence[str] = BY_FILE, prefix: str = "") -> None:
        for table in tables if numbers else ():
            self.db.execute(
                f"DELETE FROM {prefix}{table} WHERE file_id IN (SELECT unnest(?::INTEGER[]))",  # noqa: S608
                [list(numbers)],
            )

    def _publish(self, changes: Changes, done: Sequence[_Reading]) -> None:
        db = self.db
        gone = [e.file_id for e in changes.gone]
        touched = [(e.file_id, f.size, f.mtime_ns) for f, e in changes.touched]
        former = [(r.former.file_id, r.stays) for r in done if r.former is not None]
        _put(db, "touched", _TOUCHED, touched)
        _put(db, "left_out", _REJECTS, self._rejects)
        _put(db, "done", _FILES, [(r.file_id, *_place(r.change), *_facts(r)) for r in done])
        db.execute("BEGIN")
        self._remove([*gone, *(number for number, stays in former if not stays)])
        self._remove([number for number, stays in former if stays], tables=("rejects",))
        db.execute("INSERT INTO rejects FROM left_out")
        db.execute(
            "UPDATE files SET size = t.size, mtime_ns = t.mtime_ns FROM touched t WHERE t.file_id = files.file_id"
        )
        db.execute(
            "UPDATE files SET state = 'deleted', error = NULL WHERE file_id IN (SELECT unnest(?::INTEGER[]))",
            [gone],
        )
        db.execute(
            "CREATE TEMP TABLE ledger AS SELECT d.*, coalesce(f.first_seen, $now) AS first_seen,"
            " CASE d.state WHEN 'loaded' THEN $now WHEN 'stale' THEN f.loaded_at END AS loaded_at,"
            " CASE d.state WHEN 'loaded' THEN $run WHEN 'stale' THEN f.loaded_run END AS loaded_run"
            " FROM done d LEFT JOIN files f USING (path)",
            {"now": datetime.now(UTC), "run": self.run},
        )
        db.execute("DELETE FROM files WHERE path IN (SELECT path FROM done)")
        db.execute("INSERT INTO files BY NAME FROM ledger")
        db.execute("UPDATE about SET value = ? WHERE key = 'run'", [str(self.run)])
        db.execute("COMMIT")
        self.summary.standing = int(_one(db, f"SELECT count(*) FROM rejects WHERE run < {self.run}"))  # noqa: S608


@contextlib.contextmanager
def _staged(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let readers put rows straight into the tables under the names that they know, so that nothing is copied."""
    for table in BY_FILE:
        db.execute(f"ALTER TABLE {table} RENAME TO staged_{table}")
    yield
    for table in BY_FILE:
        db.execute(f"ALTER TABLE staged_{table} RENAME TO {table}")


def _place(change: Change) -> tuple[Any, ...]:
    place = change.file.place
    job = (place.job, place.modality, place.level, place.parent_job, place.batch)
    return change.file.path, place.kind, *job, place.dataset_object_id, place.iteration


def _facts(reading: _Reading) -> tuple[Any, ...]:
    file = reading.change.file
    return file.size, file.mtime_ns, reading.etag, reading.state, reading.error


def _put(
    db: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Make a temporary table of rows, through Arrow: to insert them one by one takes a hundred times as long."""
    import pyarrow as pa

    types = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BIGINT": pa.int64()}
    schema = pa.schema([(c.split()[0], types[c.split()[1]]) for c in columns])
    arrays = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)]
    db.register("put", pa.Table.from_arrays(arrays, schema=schema))
    db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM put")
    db.unregister("put")


def _one(db: duckdb.DuckDBPyConnection, query: str) -> Any:
    return db.execute(query).fetchall()[0][0]


def _batches(changes: Iterable[Change]) -> Iterator[list[Change]]:
    batch: list[Change] = []
    size = 0
    for change in changes:
        if batch and (len(batch) >= BATCH_FILES or size + change.file.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += change.file.size
    if batch:
        yield batch
