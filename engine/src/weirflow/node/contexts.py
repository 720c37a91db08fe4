"""What the engine hands to nodes while it works: contexts, items, results, receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from weirflow.node.schema import Schema

if TYPE_CHECKING:
    from weirflow.node.payloads import Table
    from weirflow.node.schema import DType


@dataclass(frozen=True)
class FileFact:
    """A file of a source: where, how large, when changed (nanoseconds), and an etag where a store gives one."""

    path: str
    bytes: int
    mtime_ns: int = 0
    etag: str | None = None


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source before it is read.

    `dear` says that decoding costs much more than reading (CSV, JSON): an engine that needs several passes
    decodes it once. `rows` is given where a header tells. `warnings` are shown to the user.
    `absent` says that the data is not there, and the schema what is known of it: plans are made so, not runs.
    """

    schema: Schema
    files: tuple[FileFact, ...] = ()
    rows: int | None = None
    dear: bool = False
    warnings: tuple[str, ...] = ()
    absent: bool = False


@dataclass(frozen=True)
class CsvFormat:
    """How a delimited text file is written. `quote` may be None for none; `skip` counts raw lines before the header.

    Where it is `lenient` all lines count that are not blank: what they lack is null, and what they have over the first
    is left out; names of columns are made as Spark makes them.
    """

    delimiter: str = ","
    header: bool = True
    quote: str | None = '"'
    encoding: str = "utf-8"
    skip: int = 0
    null_values: tuple[str, ...] = ("",)
    lenient: bool = False


@dataclass(frozen=True)
class Parts:
    """Several files in one folder: rows dealt out to `files` in turn, in folders `column=value` by the columns `by`.

    What the folders say is not in the files. Null, and empty text, are `__HIVE_DEFAULT_PARTITION__`. `ending` is that
    of the files' names, as `.csv`.
    """

    ending: str
    by: tuple[str, ...] = ()
    files: int = 1


class TableEngine(Protocol):
    """What a table engine offers to sources and sinks."""

    name: str

    def scan_csv(self, files: Sequence[str], schema: Schema, fmt: CsvFormat) -> Table:
        """A lazy table over delimited files, with exactly the schema's columns and types."""
        ...

    def scan_parquet(self, files: Sequence[str], schema: Schema) -> Table:
        """A lazy table over Parquet files, with exactly the schema's columns."""
        ...

    def sink_csv(self, table: Table, path: Path, fmt: CsvFormat, parts: Parts | None = None) -> int | None:
        """Write a table as one delimited file, or a folder of them, streaming; the number of rows where it is known.

        It is compressed with gzip where the name ends with .gz.
        """
        ...

    def sink_parquet(
        self, table: Table, path: Path, compression: str, parts: Parts | None = None
    ) -> int | None:
        """Write a table as one Parquet file, or a folder of them, streaming; the number of rows where it is known."""
        ...


@dataclass(frozen=True)
class SourceContext:
    """Where a source finds itself: the flow's folder and, when scanning, the engine.

    `types` are those that its columns had when the flow was fitted, where that binds it (`--frozen`). A source that
    infers types takes them instead, so that a file of few rows is read as the one that was learned from.

    `store` is the folder of what runs keep (`--store`); without it, that beside the flow.
    """

    base: Path
    engine: TableEngine | None = None
    types: Mapping[str, DType] = field(default_factory=dict)
    store: Path | None = None

    def resolve(self, location: str) -> str:
        """A path relative to the flow's folder as an absolute one; a URL stays as it is."""
        return location if "://" in location else str((self.base / location).expanduser())

    @property
    def copies(self) -> Path:
        """Where a source may keep copies of what lies elsewhere, so that it need not be fetched again."""
        return (self.store or self.base / ".weirflow") / "remote"

    @property
    def tables(self) -> TableEngine:
        """The table engine. Only there while scanning."""
        if self.engine is None:
            raise RuntimeError("a source has no engine while it is inspected")
        return self.engine


@dataclass(frozen=True)
class Receipt:
    """What a sink wrote: final paths, rows and bytes where known."""

    paths: tuple[Path, ...]
    rows: int | None = None
    bytes: int | None = None


class Target(Protocol):
    """Where a sink writes. `warn` records a sentence for the user and the report."""

    tables: TableEngine
    warn: Callable[[str], None]

    def file(self, location: str) -> AbstractContextManager[Path]:
        """A temporary path beside the final one; flushed and renamed when the block ends well, else removed."""
        ...

    def folder(self, location: str) -> AbstractContextManager[Path]:
        """A temporary folder to fill, which takes the place of the final one when the block ends well, else removed.

        A folder that stands there is replaced if it holds nothing but what such a block has put there before.
        Raises NodeError where it holds anything else.
        """
        ...

    def path(self, location: str) -> Path:
        """The final path that a location stands for."""
        ...

    def origin(self, location: str) -> str:
        """Where something lies that the sink reads: an absolute path, or a URL as it is."""
        ...


@dataclass(frozen=True)
class Item:
    """One independent piece of a task: a key that is stable from run to run, and a small JSON-like payload.

    `etag` tells when the item's content changed: a finished item with another etag is done again.
    """

    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""


@dataclass(frozen=True)
class ItemOutput:
    """Where one item may write: `folder` is its own, empty, and published atomically when the item is done.

    `warn` records a sentence for the report. `spawn` starts a child process (a `subprocess.Popen`) that is ended when
    the item is done, however it ends: for work that can be stopped in no other way.
    """

    folder: Path
    warn: Callable[[str], None] = lambda _text: None
    spawn: Callable[..., Popen[Any]] = Popen


@dataclass(frozen=True)
class ItemResult:
    """What became of an item: small JSON-like facts, kept in the ledger, and its published folder.

    The engine adds the folder and the item's payload as it is in this run; a task need not keep it in the facts.
    """

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


class JobContext(Protocol):
    """What the engine gives a job: a folder, checkpoints, a deadline, children that die with it."""

    folder: Path  # scratch space that survives a killed run of the same job
    deadline: float | None  # seconds since the epoch

    @property
    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that was published whole, of this run or an earlier one of the same job."""
        ...

    def checkpoint(self, name: str) -> AbstractContextManager[Path]:
        """A folder to fill; published atomically, in order, when the block ends well."""
        ...

    def spawn(self, command: Sequence[str], **options: Any) -> Any:
        """Start a child process (a `subprocess.Popen`) that is ended when the job ends, however it ends."""
        ...

    def progress(self, done: float, total: float | None, note: str = "") -> None:
        """Say how far it is."""
        ...


@dataclass(frozen=True)
class ServiceContext:
    """What the engine gives a service: where to listen, how to say it is ready, and when to stop."""

    host: str
    port: int
    ready: Callable[[str], None]
    stopping: Event
