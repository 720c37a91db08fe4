"""`files.hash`: sizes and checksums of the files of a folder."""

from __future__ import annotations

import hashlib
import os
import stat
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from weirflow.api import (
    INT64,
    STRING,
    Effect,
    Field,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    Made,
    NodeError,
    Port,
    Rows,
    Schema,
    Task,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Hash(Task):
    """List the files of a folder with their sizes and checksums.

    One row a file, sorted by path: `path` relative to the folder with forward slashes, `bytes`, and a column
    named after the algorithm with the checksum in lower-case hexadecimal digits. Hidden files count, and
    symbolic links to files are read; links to folders are not entered, and what is no file (a socket, a pipe)
    is left out. A name that is not valid UTF-8 is shown with backslash escapes.

    A file that cannot be read is a bad item. A folder that cannot be read is an error, since nobody could say
    what is missing. After an interruption, and in later runs, only files whose size or time of change differ
    are read again.
    """

    operator: ClassVar[str] = "files.hash"
    inputs: ClassVar[tuple[Port, ...]] = ()

    folder: Location = Field(description="the folder whose files are read")
    pattern: str = Field(
        default="*",
        pattern="^[^/]+$",
        description="which files, by a shell pattern for the name without its folder: `*.csv`; case counts",
    )
    recursive: bool = Field(default=True, description="whether folders inside the folder are entered too")
    algorithm: Literal["sha256", "sha512", "sha1", "md5"] = Field(
        default="sha256", description="the checksum; sha1 and md5 find accidents, not forgeries"
    )

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which depend on the parameters alone."""
        del inputs
        columns = {"path": STRING, "bytes": INT64, self.algorithm: STRING}
        makes = {name: Made(dtype=dtype) for name, dtype in columns.items()}
        return {"default": Effect(makes=makes, rows=Rows.changed(by=()))}

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files, by path."""
        del inputs
        folder = Path(self.folder)
        if not folder.exists():
            raise NodeError(f"folder '{self.folder}' is not there", code="WF602")
        if not folder.is_dir():
            raise NodeError(f"'{self.folder}' is not a folder", code="WF602")
        return sorted(self._found(folder), key=lambda item: item.key)

    def _found(self, folder: Path) -> Iterator[Item]:
        for parent, folders, names in os.walk(folder, onerror=_refuse):
            if not self.recursive:
                folders.clear()
            for name in names:
                if fnmatchcase(name, self.pattern):
                    path = Path(parent, name)
                    etag = _etag(path)
                    if etag is not None:
                        yield _item(path.relative_to(folder).as_posix(), etag)

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Read one file, in chunks."""
        del out
        path = Path(self.folder, os.fsdecode(bytes.fromhex(item.payload["name"])))
        try:
            with path.open("rb", buffering=0) as file:
                digest = hashlib.file_digest(file, self.algorithm).hexdigest()
                size = file.tell()
        except OSError as error:
            reason = str(error.strerror).lower()
            raise NodeError(f"the file cannot be read: {reason}", code="WF603") from error
        if _etag(path) != item.etag:
            raise NodeError(f"file '{item.key}' changed while the flow ran", hint="run the flow again")
        return ItemResult(item.key, {"bytes": size, self.algorithm: digest})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The table of all files."""
        import polars as pl

        rows = [(r.key, r.facts["bytes"], r.facts[self.algorithm]) for r in results]
        schema = {"path": pl.String, "bytes": pl.Int64, self.algorithm: pl.String}
        return {"default": pl.DataFrame(rows, schema=schema, orient="row")}


def _item(name: str, etag: str) -> Item:
    """An item for a file. The payload has the name's very bytes, which need not be valid text."""
    key = os.fsencode(name).decode("utf-8", "backslashreplace")
    return Item(key, {"name": os.fsencode(name).hex()}, etag)


def _etag(path: Path) -> str | None:
    """What changes with a file's content: size and time; empty where neither can be had; None for no file."""
    try:
        found = path.stat()
    except OSError:  # a broken link: a bad item, to be seen, and not one that silently is not there
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}" if stat.S_ISREG(found.st_mode) else None


def _refuse(error: OSError) -> NoReturn:
    raise NodeError(f"folder '{error.filename}' cannot be read: {error.strerror}", code="WF603") from error
