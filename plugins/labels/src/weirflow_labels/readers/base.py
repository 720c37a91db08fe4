"""What a reader is, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import duckdb

LARGEST = 1 << 28
"""Bytes that one JSON value may have: a sequence of 12,000 frames has 27 MB."""


OTHER_TYPE = "a value in it is of another type than the format says"
"""Why what has the right form all the same cannot be read."""


@dataclass(frozen=True)
class Reject:
    """What could not be read of a file, by its path on this machine.

    It is a line, which count from 1, or an element at `place` in the JSON value that the file is: `$.answers[3]`.
    """

    local: str
    line_no: int | None
    reason: str
    raw: str | None = None
    place: str | None = None


class UnreadableError(Exception):
    """A file cannot be read as what it should be; the message says why, in words for people and without its values."""


class Reader(Protocol):
    """Reads files of one kind.

    Rows go into the tables `staged_<table>`, which have the columns of the tables of `schema.sql`:
    `INSERT INTO staged_labels BY NAME SELECT ...`. The temporary table `loading` has a row for each file, with
    `local` (its path on this machine), `file_id`, and the columns `path` to `iteration` of `files`; join it to the
    column `filename` that DuckDB's readers of files give. `local` has none of the characters that DuckDB takes for
    patterns or partitions; it may be a copy or a link under another name, with the suffix of `path`. A file has
    another `file_id` each time that it is read. The tables hold the rows of other files, too.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the rows of some of the files in `loading`, and return the lines and elements that had to be left out.

        Raises UnreadableError or a `duckdb.Error` where one of the files cannot be read at all: then none of these
        files counts, and the caller tries them in smaller groups, down to the guilty one.
        """
        ...
