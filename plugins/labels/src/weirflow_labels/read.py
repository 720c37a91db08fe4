"""`labels.read`: a lake of labelling output as tables of a database, kept up to date."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from weirflow.api import Field, Location, NodeError, Origin, Port, Receipt, Sink
from weirflow_labels.changes import compare, ledger
from weirflow_labels.database import SCHEMA, about, connect, create, define_views, views
from weirflow_labels.layout import Layout
from weirflow_labels.listing import Lake
from weirflow_labels.names import set_names
from weirflow_labels.refresh import Refresh, Summary
from weirflow_labels.workplace import clear_left_over, copy_of, drop_log, fetched, locked

if TYPE_CHECKING:
    from weirflow.api import Target
    from weirflow_labels.changes import Entry

TOLD = 5  # rejects that are told one by one; the table has them all


class ReadLabels(Sink):
    """Keep a database of labels up to date with a lake of labelling output.

    The lake is a folder, a file, a pattern such as `jobs/**/output.manifest`, or `s3://bucket/prefix` with credentials
    from the environment. What is in it is told by its paths: manifests, sequences of frames, every answer of every
    worker, the workers' log, the jobs' categories. The database is one DuckDB file with the tables and views that
    docs/reference/labels.md lists.

    A run reads the files that are new or changed since the last one, and takes out the rows of those that vanished. A
    line, an answer or a frame that cannot be read is a row of the view `left_out`, with its number or place and the
    reason, and all else is read; each run says how many there are. A file that cannot be read any more keeps its last
    good rows, is `stale` in `files`, and is read again when it changes. A lake without any file that is known is an
    error, and the database stays as it is: most likely it is not mounted.

    The database appears whole, in the place of the former one: whoever reads it meanwhile has that, and so has
    everybody after a crash. With another `path`, `layout` or `kinds` it is made anew.

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
    audit_attribute: str | None = Field(
        default=None,
        description="the attribute in which reviewers write their verdict; by default one with `audit` in its name, or "
        "the one that only the reviewing job has",
    )
    verify: Literal["time", "content"] = Field(
        default="time",
        description="how a changed file is known: by its size and time of change, or by reading all of it; objects of "
        "a store by their ETag",
    )

    @model_validator(mode="after")
    def _patterns(self) -> Self:
        try:
            self._layout()
        except NodeError as error:
            raise ValueError(
                error.message if error.hint is None else f"{error.message}: {error.hint}"
            ) from None
        return self

    def _layout(self) -> Layout:
        return Layout(self.layout, tuple(self.kinds.items()))

    def write(self, table: None, target: Target) -> Receipt:
        """Bring the database up to date."""
        del table
        lake, layout = Lake.at(target.origin(self.path)), self._layout()
        names = None if self.names is None else Path(target.origin(self.names))
        final = target.path(self.database)
        clear_left_over(final)
        facts, known, standing = self._former(final)
        wanted = self._wanted(lake, layout, names)
        fresh = any(facts.get(key) != wanted[key] for key in ("schema", "settings"))
        changes = compare(
            lake.files(layout.place), {} if fresh else known, lake, content=self.verify == "content"
        )
        if changes.nothing_there:
            self._refuse(known)
        if not changes and all(facts.get(key) == value for key, value in wanted.items()):
            self._tell(Summary(standing=standing), target)
            return _receipt(final)
        with ExitStack() as to_the_end, target.file(self.database) as temporary:
            to_the_end.enter_context(locked(temporary.parent))
            if not fresh:
                copy_of(final, temporary)
            with fetched(temporary) as folder, closing(connect(temporary)) as db:
                if fresh:
                    create(db, lake.root)
                summary = Refresh(db, lake, folder).apply(changes) if changes else Summary(standing=standing)
                set_names(db, names)
                define_views(db)
                db.execute("DELETE FROM about WHERE key <> 'run'")
                db.executemany("INSERT INTO about VALUES (?, ?)", list(wanted.items()))
                db.execute("CHECKPOINT")
            drop_log(final)
        self._tell(summary, target)
        return _receipt(final)

    def _former(self, final: Path) -> tuple[dict[str, str], dict[str, Entry], int]:
        """What the database says of itself, the files that it knows, and how much was left out of them."""
        if not final.exists():
            return {}, {}, 0
        with closing(connect(final, read_only=True)) as db:
            facts = about(db)
            if not facts:
                hint = "name another file, or remove this one"
                raise NodeError(f"'{self.database}' is a database of something else", code="WF603", hint=hint)
            if facts.get("schema") != SCHEMA:
                return facts, {}, 0
            ((standing,),) = db.execute("SELECT count(*) FROM rejects").fetchall()
            return facts, ledger(db), standing

    def _wanted(self, lake: Lake, layout: Layout, names: Path | None) -> dict[str, str]:
        """What is kept in `about` beside the number of the run: a difference is a reason to write."""
        try:
            called = "" if names is None else hashlib.sha256(names.read_bytes()).hexdigest()
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise NodeError(f"'{self.names}' cannot be read: {reason}", code="WF602") from error
        settings = json.dumps([self.path, layout.rules])
        return {
            "schema": SCHEMA,
            "root": lake.root,
            "settings": hashlib.sha256(settings.encode()).hexdigest(),
            "names": called,
            "audit_attribute": self.audit_attribute or "",
            "views": hashlib.sha256("\n".join(views()).encode()).hexdigest(),
        }

    def _refuse(self, known: dict[str, Entry]) -> None:
        files = sum(e.state != "deleted" for e in known.values())
        if files:
            raise NodeError(
                f"'{self.path}' has no file that labelling jobs write, and '{self.database}' has rows of {files}",
                code="WF602",
                hint="is it mounted? The database stays as it is; remove it if the lake is really empty",
            )
        raise NodeError(
            f"'{self.path}' has no file that labelling jobs write",
            code="WF602",
            hint="`layout` and `kinds` say where jobs lie and what files are",
        )

    def _tell(self, summary: Summary, target: Target) -> None:
        for each in summary.rejected[:TOLD]:
            target.warn(str(each))
        more = len(summary.rejected) - TOLD
        if more > 0:
            target.warn(f"{more} more could not be read: {self._where}")
        if summary.standing:
            target.warn(
                f"{summary.standing} that earlier runs could not read are still left out: {self._where}"
            )

    @property
    def _where(self) -> str:
        """What lists all that is left out."""
        return f"the view `left_out` of '{self.database}' lists all"


def _receipt(path: Path) -> Receipt:
    return Receipt((path,), bytes=path.stat().st_size)
