"""`labels.read`: a lake of labelling output as tables of a database, kept up to date."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from weirflow.api import Field, Location, NodeError, Origin, Port, Receipt, Sink
from weirflow_labels.database import SCHEMA, about, connect, create
from weirflow_labels.layout import Layout
from weirflow_labels.listing import Lake
from weirflow_labels.refresh import Refresh, Summary, compare, ledger, set_names

if TYPE_CHECKING:
    import duckdb

    from weirflow.api import Target

TOLD = 5  # rejects that are told one by one; the table has them all


class ReadLabels(Sink):
    """Keep a database of labels up to date with a lake of labelling output.

    The lake is a folder, a file, a pattern such as `jobs/**/output.manifest`, or `s3://bucket/prefix` with credentials
    from the environment. What is in it is told by its paths: manifests, sequences of frames, every answer of every
    worker, the workers' log, the jobs' categories. The database is one DuckDB file with the tables and views that
    docs/reference/labels.md lists.

    A run reads the files that are new or changed since the last one, and takes out the rows of those that vanished. A
    line that cannot be read is a row of `rejects`, with its number and the reason, and all else is read. A file that
    cannot be read any more keeps its last good rows, and is `stale` in `files`. The database appears whole, in
    the place of the former one: whoever reads it meanwhile has that, and so has everybody after a crash.

    Workers are pseudonyms, unless `names` says what they are called.
    """

    operator: ClassVar[str] = "labels.read"
    inputs: ClassVar[tuple[Port, ...]] = ()

    path: Origin = Field(description="where the labelling jobs have put their output")
    database: Location = Field(
        description="the database file, as `labels.duckdb`; it is made where it is missing"
    )
    layout: tuple[str, ...] = Field(
        default=(),
        description="patterns of the folders of jobs, where the known layouts do not fit: `{modality}/batch-{}/{job}`",
    )
    kinds: dict[str, str] = Field(
        default_factory=dict,
        description="what other files are, by patterns of their paths: `exports/*.json: label_studio`",
    )
    names: Origin | None = Field(
        default=None,
        description="a CSV file with the columns `worker_id` or `sub`, and `name`, `email` or both",
    )
    verify: Literal["time", "content"] = Field(
        default="time",
        description="how a changed file is known: by its size and time of change, or by reading all of it",
    )

    def write(self, table: None, target: Target) -> Receipt:
        """Bring the database up to date."""
        del table
        lake = Lake.at(target.origin(self.path))
        layout = Layout(self.layout, tuple(self.kinds.items()))
        names = None if self.names is None else Path(target.origin(self.names))
        found = lake.files()
        final = target.path(self.database)
        settings = self._settings(names)
        fresh = True
        known = {}
        if final.exists():
            with connect(final, read_only=True) as db:
                facts = about(db)
                if not facts:
                    raise NodeError(
                        f"'{self.database}' is a database of something else",
                        code="WF603",
                        hint="name another file",
                    )
                fresh = facts.get("schema") != SCHEMA or facts.get("settings") != settings[0]
                known = {} if fresh else ledger(db)
                same_names = facts.get("names") == settings[1]
            changes = compare(found, known, layout, hashed=lake if self.verify == "content" else None)
            if not fresh and same_names and not changes:
                return _receipt(final)
        else:
            changes = compare(found, known, layout)
        if not any(e.state != "deleted" for e in known.values()) and not changes.load:
            raise NodeError(
                f"no file in '{self.path}' is one that labelling jobs write",
                code="WF602",
                hint="`layout` and `kinds` say where jobs lie and what files are",
            )
        with target.file(self.database) as temporary:
            if not fresh:
                shutil.copyfile(final, temporary)
            with connect(temporary) as db:
                if fresh:
                    create(db, self.path)
                summary = Refresh(db, lake).apply(changes)
                set_names(db, names)
                _remember(db, settings)
                db.execute("CHECKPOINT")
        self._tell(summary, target)
        return _receipt(final)

    def _settings(self, names: Path | None) -> tuple[str, str]:
        """What decides how files are read, and a checksum of the names."""
        reads = json.dumps([self.path, list(self.layout), self.kinds], sort_keys=True)
        try:
            content = b"" if names is None else names.read_bytes()
        except OSError as error:
            raise NodeError(f"'{self.names}' cannot be read", code="WF602") from error
        return reads, hashlib.sha256(content).hexdigest()

    def _tell(self, summary: Summary, target: Target) -> None:
        for path, line, reason in summary.rejected[:TOLD]:
            target.warn(f"{path}{'' if line is None else f', line {line}'}: {reason}")
        if len(summary.rejected) > TOLD:
            target.warn(f"{len(summary.rejected) - TOLD} more are in the table `rejects`")


def _remember(db: duckdb.DuckDBPyConnection, settings: tuple[str, str]) -> None:
    db.execute("DELETE FROM about WHERE key IN ('settings', 'names')")
    db.execute("INSERT INTO about VALUES ('settings', ?), ('names', ?)", list(settings))


def _receipt(path: Path) -> Receipt:
    return Receipt((path,), bytes=path.stat().st_size)
