"""`fhir.read`: which files of health records lie at a location."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from weirflow.api import (
    Field,
    File,
    Files,
    Inputs,
    Item,
    ItemOutput,
    ItemResult,
    Location,
    NodeError,
    Port,
    Task,
    remote,
)
from weirflow_fhir.reading.source import ENDINGS, opened, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BUNDLE = "Bundle"
_NAME = re.compile(r"([A-Z][A-Za-z]+)(?![A-Za-z])")  # what bulk exports begin names of files with
_PIECE = 1 << 20
_OVERLAP = 256  # bytes that a resourceType and its value have at most, with space between


class Read(Task):
    """Find files of health records, and fetch those that lie elsewhere.

    `path` is a file, a folder, whose files are read whose names end with .ndjson, .jsonl or .json, or one of these and
    .gz, with those of the folders in it, or a pattern such as `export/*.ndjson`; or one of these on S3, as
    `s3://bucket/prefix`; or a file on a web server. Hidden files are left out. Files of this machine are read where
    they lie; copies of others are kept, and fetched again when they have changed.

    With `types` only those files are taken that may have a resource of one of these types. Where a file's name begins
    with a type, as `Patient.000.ndjson`, that decides; otherwise its content does. Resources of other types in a file
    that is taken are not left out.
    """

    operator: ClassVar[str] = "fhir.read"
    inputs: ClassVar[tuple[Port, ...]] = ()
    outputs: ClassVar[tuple[Port, ...]] = (Port("files", "files"),)

    path: Location = Field(
        description="a file, a folder or a pattern, of this machine or as `s3://bucket/prefix`, or `https://…`"
    )
    types: tuple[str, ...] = Field(
        default=(), description="only files that may have resources of these types: `[Patient, Condition]`"
    )

    def items(self, inputs: Inputs[Any]) -> Iterable[Item]:
        """The files by name, without those whose names say that they have none of the types."""
        del inputs
        found = sorted(self._found(), key=lambda item: item.key)
        if not found:
            raise NodeError(
                f"there is no file of health records in '{PurePosixPath(self.path).name}'",
                hint=f"their names end with {', '.join(ENDINGS[:3])}, or with .gz after that; a pattern finds others",
                code="WF602",
            )
        return [i for i in found if self._named(i.payload["name"]) is not False]

    def _found(self) -> Iterator[Item]:
        if remote.is_web(self.path):
            name = PurePosixPath(unquote(urlsplit(self.path).path)).name or "records.json"
            yield Item(name, {"name": name, "url": self.path}, _etag_of(self.path))
        elif remote.is_remote(self.path):
            for found in remote.objects(self.path, ENDINGS, nested=True):
                if not any(part.startswith(".") for part in found.path.split("/")):
                    payload = {"name": found.path, "object": found.location, "size": found.size}
                    yield Item(found.path, payload, found.etag)
        else:
            yield from _local(self.path)

    def _named(self, name: str) -> bool | None:
        """Whether a file has resources of the types, by its name; None where that does not tell."""
        if not self.types:
            return True
        found = _NAME.match(PurePosixPath(name).name)
        if found is None or found[1] == _BUNDLE or not _is_type(found[1]):
            return None
        return found[1] in self.types

    def process(self, item: Item, out: ItemOutput) -> ItemResult:
        """Fetch a file if it lies elsewhere, and look into it if its name does not tell what it has."""
        place = item.payload
        if "path" in place:
            path = Path(place["path"])
        else:
            path = out.folder / "file"
            if "url" in place:
                from weirflow_fhir.web import Web

                Web().fetch(f"'{place['name']}'", place["url"], path, token=False, accept="*/*")
            else:
                remote.fetch(place["object"], path, etag=item.etag, size=place["size"])
        taken = self._named(place["name"])
        if taken is None:
            try:
                taken = may_have(path, self.types)
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                raise NodeError(f"the file cannot be read: {reason}", code="WF603") from error
        return ItemResult(item.key, {"taken": taken})

    def finish(self, results: Iterable[ItemResult]) -> Mapping[str, Any]:
        """The files, by name."""
        files = []
        for result in results:
            if not result.facts["taken"]:
                continue
            path = Path(result.payload["path"]) if result.folder is None else result.folder / "file"
            try:
                size = path.stat().st_size
            except OSError as error:
                raise NodeError(f"'{result.key}' is gone", code="WF602", hint="run the flow again") from error
            files.append(File(path, size, name=result.payload["name"]))
        return {"files": Files(tuple(files))}


def may_have(path: Path, types: Iterable[str]) -> bool:
    """Whether a file has the name of one of these types where a resource has its own. Raises OSError.

    A file that cannot be unpacked may have any.
    """
    from weirflow_fhir.reading.parse import FaultError

    names = b"|".join(re.escape(t).encode() for t in types)
    wanted = re.compile(rb'"resourceType"\s*:\s*"(?:' + names + rb')"')
    end = b""
    try:
        with opened(path) as stream, told():
            while piece := stream.read1(_PIECE):
                if wanted.search(end + piece):
                    return True
                end = piece[-_OVERLAP:]
    except FaultError:
        return True
    return False


def _local(location: str) -> Iterator[Item]:
    """The files of this machine that a location stands for."""
    if os.path.isfile(location):  # noqa: PTH113
        yield _item(location, os.path.basename(location))  # noqa: PTH119
    elif os.path.isdir(location):  # noqa: PTH112
        for parent, folders, names in os.walk(location, onerror=_refuse, followlinks=False):
            folders[:] = [f for f in folders if not f.startswith(".")]
            for name in names:
                path = os.path.join(parent, name)  # noqa: PTH118
                if name.endswith(ENDINGS) and not name.startswith(".") and os.path.isfile(path):  # noqa: PTH113
                    yield _item(path, os.path.relpath(path, location))
    else:
        found = [p for p in glob.glob(location, recursive=True) if os.path.isfile(p)]  # noqa: PTH113, PTH207
        if not found and not glob.has_magic(location):
            raise NodeError(f"'{PurePosixPath(location).name}' is not there", code="WF602")
        root = re.split(r"[*?\[]", location)[0].rpartition("/")[0]
        for path in found:
            yield _item(path, os.path.relpath(path, root) if root else path)


def _item(path: str, name: str) -> Item:
    shown = os.fsencode(name).decode("utf-8", "backslashreplace").replace(os.sep, "/")
    facts = os.stat(path)  # noqa: PTH116
    return Item(
        shown,
        {"name": shown, "path": os.path.abspath(path)},  # noqa: PTH100
        f"{facts.st_size}-{facts.st_mtime_ns}",
    )


def _refuse(error: OSError) -> None:
    name = Path(error.filename).name
    raise NodeError(
        f"folder '{name}' cannot be read: {(error.strerror or '').lower()}", code="WF603"
    ) from error


def _etag_of(url: str) -> str:
    """What changes with the file at a URL, as far as its server tells; empty where it does not."""
    from weirflow_fhir.web import Web

    headers = Web().ask("the file", url, method="HEAD").headers
    return headers.get("ETag") or f"{headers.get('Last-Modified', '')}{headers.get('Content-Length', '')}"


def _is_type(name: str) -> bool:
    """Whether a name is one of FHIR's types of resources, of any version."""
    from weirflow_fhir.definitions import load

    return load("R4").resource(name) or load("R5").resource(name)
