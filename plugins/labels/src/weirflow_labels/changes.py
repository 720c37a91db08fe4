"""What differs between a lake and what a database knows of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from weirflow_labels.listing import Found, Lake


@dataclass(frozen=True)
class Entry:
    """A file as the database knows it. The ETag is empty where its content could not be looked at."""

    file_id: int
    size: int
    mtime_ns: int
    etag: str
    state: str
    error: str | None


@dataclass(frozen=True)
class Change:
    """A file to read, with its ETag and what is known of it, or the fault for which it cannot be read."""

    file: Found
    etag: str
    entry: Entry | None = None
    fault: str | None = None


@dataclass
class Changes:
    """What is to be done.

    load: files to read.
    touched: files whose time or size differs, and not their bytes.
    gone: files that are there no more.
    kept: how many are as they were.
    """

    load: list[Change] = field(default_factory=list)
    touched: list[tuple[Found, Entry]] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    kept: int = 0

    def __bool__(self) -> bool:
        return bool(self.load or self.touched or self.gone)

    @property
    def nothing_there(self) -> bool:
        """Whether the lake has no file at all that could be read."""
        return not (self.load or self.touched or self.kept)


def ledger(db: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """The files that a database knows, by path."""
    found = db.execute("SELECT path, file_id, size, mtime_ns, etag, state, error FROM files").fetchall()
    return {path: Entry(*rest) for path, *rest in found}


def compare(
    found: Iterable[Found], known: Mapping[str, Entry], lake: Lake, *, content: bool = False
) -> Changes:
    """What differs between the files of a lake and the ones that are known.

    A file of this machine that has the size and the time of change that it had counts as the same, or, with
    `content`, one whose bytes have the same checksum; an object of a store, one with the same ETag. A file that could
    not be read is read again only when it has changed, and one that could not be opened every time.
    """
    changes = Changes()
    left = {path: entry for path, entry in known.items() if entry.state != "deleted"}
    for file in found:
        entry = left.pop(file.path, None)
        same = entry is not None and _looks_same(file, entry)
        if same and (lake.remote or not content):
            changes.kept += 1
            continue
        etag, fault = file.etag or "", None
        if not lake.remote:
            try:
                etag = _digest(os.path.join(lake.root, file.name))  # noqa: PTH118 - a Path cannot hold each name
            except FileNotFoundError:
                if entry is not None:
                    changes.gone.append(entry)
                continue
            except OSError as error:
                fault = f"it cannot be opened: {(error.strerror or type(error).__name__).lower()}"
        if entry is None:
            changes.load.append(Change(file, etag, known.get(file.path), fault))
        elif entry.etag != etag or (not etag and entry.error != fault):
            changes.load.append(Change(file, etag, entry, fault))
        elif same or not etag:
            changes.kept += 1
        else:
            changes.touched.append((file, entry))
    changes.gone += left.values()
    return changes


def _looks_same(file: Found, entry: Entry) -> bool:
    if file.etag is not None:
        return file.etag == entry.etag
    return bool(entry.etag) and (file.size, file.mtime_ns) == (entry.size, entry.mtime_ns)


def _digest(path: str) -> str:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()
