"""Bring a database up to date with a lake: what is new, changed or gone since, and nothing else."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.api import NodeError
from weirflow_labels.database import BY_FILE, define_views, rows
from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.registry import ORDER, reader

if TYPE_CHECKING:
    import duckdb

    from weirflow_labels.layout import Layout, Place
    from weirflow_labels.listing import Found, Lake

BATCH_FILES = 512
BATCH_BYTES = 256 << 20
RAW = 2000  # characters of a rejected line that are kept

_LOADING = """
CREATE OR REPLACE TEMP TABLE loading (
  local VARCHAR, file_id INTEGER, path VARCHAR, kind VARCHAR, job VARCHAR, modality VARCHAR, level VARCHAR,
  parent_job VARCHAR, batch VARCHAR, dataset_object_id VARCHAR, iteration INTEGER
)
"""


@dataclass(frozen=True)
class Entry:
    """A file as the database knows it."""

    file_id: int
    size: int
    mtime_ns: int
    etag: str
    state: str


@dataclass
class Changes:
    """What is to be done: files to read, files whose bytes are those that were read, and files that are gone."""

    load: list[tuple[Found, Place, Entry | None]] = field(default_factory=list)
    touched: list[tuple[Found, Entry]] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.load or self.touched or self.gone)


@dataclass
class Summary:
    """What a refresh did."""

    loaded: int = 0
    gone: int = 0
    rejected: list[tuple[str, int | None, str]] = field(default_factory=list)  # path, line, reason


def ledger(db: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """The files that a database knows, by path."""
    found = db.execute("SELECT path, file_id, size, mtime_ns, etag, state FROM files").fetchall()
    return {path: Entry(*rest) for path, *rest in found}


def compare(
    found: Iterable[Found], known: Mapping[str, Entry], layout: Layout, *, hashed: Lake | None = None
) -> Changes:
    """What differs between a lake and what is known of it.

    A file of the same size and time of change counts as the same, unless `hashed` gives the lake whose files are to be
    read for their checksums too. One that could not be read is tried again only when it has changed.
    """
    changes = Changes()
    left = dict(known)
    for file in found:
        entry = left.pop(file.path, None)
        if entry is not None and entry.state != "deleted":
            if (entry.size, entry.mtime_ns) == (file.size, file.mtime_ns) and (
                hashed is None or hashed.remote or _digest(Path(hashed.root, file.path)) == entry.etag
            ):
                continue
            if file.etag is not None and file.etag == entry.etag:
                changes.touched.append((file, entry))
                continue
        place = layout.place(file.path)
        if place is not None:
            changes.load.append((file, place, entry))
        elif entry is not None and entry.state != "deleted":
            changes.gone.append(entry)
    changes.gone += [e for e in left.values() if e.state != "deleted"]
    return changes


class Refresh:
    """One refresh of an open database, which nobody else has open."""

    def __init__(self, db: duckdb.DuckDBPyConnection, lake: Lake) -> None:
        self.db = db
        self.lake = lake
        self.summary = Summary()
        self.now = datetime.now(UTC)
        self.run = int(db.execute("SELECT value FROM about WHERE key = 'run'").fetchall()[0][0]) + 1
        self._next = db.execute("SELECT coalesce(max(file_id), 0) FROM files").fetchall()[0][0]

    def apply(self, changes: Changes) -> Summary:
        """Read what is to be read and put it in the place of what was there.

        Reading goes into temporary tables, in groups of files; all is published in one transaction at the end.
        """
        for table in BY_FILE:
            self.db.execute(f"CREATE OR REPLACE TEMP TABLE staged_{table} AS FROM main.{table} LIMIT 0")
        self.db.execute("CREATE OR REPLACE TEMP TABLE read_files AS FROM main.files LIMIT 0")
        with tempfile.TemporaryDirectory(prefix="weirflow-labels-") as folder:
            for kind in ORDER:
                for batch in _batches([c for c in changes.load if c[1].kind == kind]):
                    self._read(kind, batch, Path(folder))
        self._publish(changes)
        return self.summary

    def _read(self, kind: str, batch: Sequence[tuple[Found, Place, Entry | None]], folder: Path) -> None:
        self.db.execute(_LOADING)
        with tempfile.TemporaryDirectory(dir=folder) as copies:
            known: dict[str, tuple[int, Found]] = {}
            again = []  # changed only in their time
            for file, place, entry in batch:
                number = self._number(entry)
                try:
                    local = self.lake.local(file.path, Path(copies))
                    etag = file.etag or _digest(local)
                except (NodeError, OSError) as error:
                    self._note(number, file, place, entry, file.etag or "", str(error))
                    continue
                if entry is not None and entry.state in {"loaded", "stale", "error"} and entry.etag == etag:
                    again.append((file, entry))
                    continue
                self._note(number, file, place, entry, etag, None)
                facts = (place.job, place.modality, place.level, place.parent_job, place.batch)
                self.db.execute(
                    "INSERT INTO loading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [str(local), number, file.path, kind, *facts, place.dataset_object_id, place.iteration],
                )
                known[str(local)] = (number, file)
            self._touch(again)
            if known:
                self._load(kind, list(known), known)

    def _load(self, kind: str, paths: list[str], known: Mapping[str, tuple[int, Found]]) -> None:
        """Load files together; where that fails, in halves, down to the one that is bad."""
        import duckdb

        try:
            rejects = reader(kind).load(self.db, paths)
        except (duckdb.Error, UnreadableError, UnicodeDecodeError) as error:
            numbers = [known[p][0] for p in paths]
            for table in BY_FILE:
                self.db.execute(f"DELETE FROM staged_{table} WHERE list_contains(?, file_id)", [numbers])  # noqa: S608
            if len(paths) > 1:
                middle = len(paths) // 2
                self._load(kind, paths[:middle], known)
                self._load(kind, paths[middle:], known)
                return
            number, file = known[paths[0]]
            self._fail(number, file, plain(error))
            return
        for reject in rejects:
            number, file = known[reject.local]
            self._reject(number, file, reject)

    def _fail(self, number: int, file: Found, reason: str) -> None:
        """Keep a file that cannot be read in mind: its last good rows stay, if there are any."""
        self.db.execute(
            "UPDATE read_files SET error = ?, state = if(state = 'first', 'error', 'stale') WHERE file_id = ?",
            [reason, number],
        )
        self._reject(number, file, Reject("", None, reason))

    def _reject(self, number: int, file: Found, reject: Reject) -> None:
        raw = None if reject.raw is None else reject.raw[:RAW]
        self.db.execute(
            "INSERT INTO staged_rejects VALUES (?, ?, ?, ?, ?)",
            [number, reject.line_no, reject.reason, raw, self.run],
        )
        self.summary.rejected.append((file.path, reject.line_no, reject.reason))

    def _number(self, entry: Entry | None) -> int:
        if entry is not None:
            return entry.file_id
        self._next += 1
        return int(self._next)

    def _note(
        self, number: int, file: Found, place: Place, entry: Entry | None, etag: str, error: str | None
    ) -> None:
        """Write down a file that is about to be read. `first` and `again` say whether rows of it may stay."""
        state = "again" if entry is not None and entry.state in {"loaded", "stale"} else "first"
        values: list[Any] = [
            number,
            file.path,
            place.kind,
            place.job,
            place.modality,
            place.level,
            place.parent_job,
        ]
        values += [
            place.batch,
            place.dataset_object_id,
            place.iteration,
            file.size,
            file.mtime_ns,
            etag,
            state,
            None,
        ]
        values += [self.now, self.now, self.run]
        self.db.execute(f"INSERT INTO read_files VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
        if error is not None:
            self._fail(number, file, error)

    def _touch(self, files: Sequence[tuple[Found, Entry]]) -> None:
        for file, entry in files:
            self.db.execute(
                "UPDATE files SET size = ?, mtime_ns = ? WHERE file_id = ?",
                [file.size, file.mtime_ns, entry.file_id],
            )

    def _publish(self, changes: Changes) -> None:
        db = self.db
        gone = [e.file_id for e in changes.gone]
        self.summary.gone = len(gone)
        self.summary.loaded = db.execute(
            "SELECT count(*) FROM read_files WHERE state IN ('first', 'again')"
        ).fetchall()[0][0]
        db.execute("BEGIN")
        self._touch(changes.touched)
        db.execute("UPDATE files SET state = 'deleted' WHERE list_contains(?, file_id)", [gone])
        for table in BY_FILE:
            # a file that went bad keeps its rows, and gets what is wrong with it
            stay = "" if table == "rejects" else " WHERE state IN ('first', 'again')"
            db.execute(
                f"DELETE FROM main.{table} WHERE list_contains(?, file_id)"  # noqa: S608
                f" OR file_id IN (SELECT file_id FROM read_files{stay})",
                [gone],
            )
            db.execute(f"INSERT INTO main.{table} FROM staged_{table}")
        db.execute(
            "UPDATE read_files SET first_seen = f.first_seen,"
            " loaded_at = if(read_files.state IN ('stale', 'error'), f.loaded_at, read_files.loaded_at),"
            " loaded_run = if(read_files.state IN ('stale', 'error'), f.loaded_run, read_files.loaded_run)"
            " FROM files f WHERE f.file_id = read_files.file_id"
        )
        db.execute("DELETE FROM files WHERE file_id IN (SELECT file_id FROM read_files)")
        db.execute(
            "INSERT INTO files SELECT * REPLACE (if(state IN ('first', 'again'), 'loaded', state) AS state)"
            " FROM read_files"
        )
        db.execute("UPDATE about SET value = ? WHERE key = 'run'", [str(self.run)])
        define_views(db)
        db.execute("COMMIT")


def set_names(db: duckdb.DuckDBPyConnection, names: Path | None) -> None:
    """Make the table of workers from where they were seen, with the names of a CSV file, if one is given.

    It has a column `worker_id` or `sub`, as the labelling service knows them, and `name`, `email` or both.
    """
    db.execute("DELETE FROM workers")
    db.execute(
        "INSERT INTO workers SELECT worker_id, max(sub), max(identity_provider), NULL, NULL FROM sightings"
        " WHERE worker_id IS NOT NULL GROUP BY worker_id ORDER BY worker_id"
    )
    if names is None:
        return
    import duckdb

    try:
        db.execute(
            "CREATE OR REPLACE TEMP TABLE given AS FROM read_csv(?, header = true, all_varchar = true)",
            [str(names)],
        )
    except duckdb.Error as error:
        raise NodeError(f"'{names.name}' cannot be read as CSV", code="WF603") from error
    columns = {r["column_name"].lower() for r in rows(db, "DESCRIBE given")}
    by = [c for c in ("worker_id", "sub") if c in columns]
    if not by or not columns & {"name", "email"}:
        raise NodeError(
            f"'{names.name}' names no workers",
            code="WF603",
            hint="its first line needs `worker_id` or `sub`, and `name`, `email` or both",
        )
    for key in by:
        shown = "worker" if key == "worker_id" else "sub"
        name, email = ("name" if "name" in columns else "NULL"), ("email" if "email" in columns else "NULL")
        db.execute(
            f"UPDATE workers SET name = coalesce(workers.name, g.name), email = coalesce(workers.email, g.email)"  # noqa: S608
            f" FROM (SELECT '{shown}-' || left(sha256({key}), 10) AS id, max({name}) AS name, max({email}) AS email"
            f" FROM given WHERE {key} IS NOT NULL GROUP BY ALL) g WHERE g.id = workers.{key}"
        )


def plain(error: Exception) -> str:
    """Why a file cannot be read, without the values in it."""
    if isinstance(error, UnreadableError):
        return str(error)
    said = str(error)
    if isinstance(error, UnicodeDecodeError) or "valid UTF-8" in said:
        return "it is not UTF-8"
    if "maximum_object_size" in said:
        return "a JSON value in it is too large"
    if "alformed JSON" in said or "Invalid JSON" in said:
        return (
            "it is not valid JSON" if "unexpected end" not in said else "it ends in the midst of a JSON value"
        )
    if (
        "transform error" in said
        or "onversion" in said
        or "cast" in said.lower()
        or "Could not convert" in said
    ):
        return "a value in it is of another type than the format says"
    return f"it does not have the form of its kind ({type(error).__name__})"


def _batches(
    files: Sequence[tuple[Found, Place, Entry | None]],
) -> Iterator[list[tuple[Found, Place, Entry | None]]]:
    batch: list[tuple[Found, Place, Entry | None]] = []
    size = 0
    for change in files:
        if batch and (len(batch) >= BATCH_FILES or size + change[0].size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += change[0].size
    if batch:
        yield batch


def _digest(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
