"""Where a database is made before it takes the former one's place, and what a killed run has left there."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Show other runs that a folder is in use. A file system without such locks has no left-overs cleared."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def fetched(temporary: Path) -> Iterator[Path]:
    """A folder beside a temporary database for copies of files, which is gone when the block has ended well."""
    folder = temporary.with_name("fetched")
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def copy_of(database: Path, temporary: Path) -> None:
    """Copy a database, with the log of what somebody else has written to it."""
    shutil.copyfile(database, temporary)
    with suppress(FileNotFoundError):
        shutil.copyfile(_log(database), _log(temporary))


def drop_log(database: Path) -> None:
    """Remove the log of a database that is about to be replaced, so that it is not played into the new one."""
    _log(database).unlink(missing_ok=True)


def clear_left_over(database: Path) -> None:
    """Remove what runs that were killed have left beside a database, with the database half-made in it."""
    for half in database.parent.glob(f".{glob.escape(database.stem)}.*.partial/{glob.escape(database.name)}"):
        with suppress(OSError):  # one that is in use is locked
            handle = os.open(half.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(half.parent)
            finally:
                os.close(handle)


def _log(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")
