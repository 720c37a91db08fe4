"""Which files a lake has: a folder, one file, a pattern, or a prefix of an S3 bucket."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from weirflow.api import NodeError, remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from weirflow_labels.layout import Place

_WILD = frozenset("*?")
_SPECIAL = re.compile(r"[*?\[\]{}=]")  # DuckDB takes a path with these for a pattern, or for a partition


@dataclass(frozen=True)
class Found:
    r"""A file that is to be read.

    path: below the root, with forward slashes; a byte of a name that is no UTF-8 as `\xNN`.
    name: the same as the file system has it; of an object, its location.
    place: what the path tells.
    size: in bytes.
    mtime_ns: when it was changed, in nanoseconds since 1970.
    etag: what the store says of its content; None for a file of this machine.
    """

    path: str
    name: str
    place: Place
    size: int
    mtime_ns: int
    etag: str | None = None


@dataclass(frozen=True)
class Lake:
    """Where files lie: a root, a folder or `s3://bucket/prefix`, and which of the paths below it count.

    pattern: in which `**` stands for any number of folders, `*` for text without a slash, `?` for a character.
    only: the path of the one file that counts.
    """

    root: str
    pattern: str = ""
    only: str = ""

    @classmethod
    def at(cls, location: str) -> Lake:
        """The lake of a location. One with `*` or `?` is a pattern, unless a file or folder has that very name."""
        scheme, _, rest = location.rpartition("://")
        if not scheme and os.path.isfile(location):  # noqa: PTH113 - a Path cannot hold each name
            folder, name = os.path.split(location)
            return cls(folder or ".", only=name)
        parts = rest.split("/")
        wild = next((i for i, p in enumerate(parts) if _WILD & set(p)), None)
        if wild is None or (not scheme and os.path.isdir(location)):  # noqa: PTH112 - likewise
            return cls(location.rstrip("/") or "/")
        root = "/".join(parts[:wild])
        if scheme:
            return cls(f"{scheme}://{root}", "/".join(parts[wild:]))
        return cls(root or ("/" if location.startswith("/") else "."), "/".join(parts[wild:]))

    @property
    def remote(self) -> bool:
        """Whether it is no folder of this machine."""
        return remote.is_remote(self.root)

    def names(self, path: str, above: str) -> bool:
        """Whether a file is what the location names, itself or by a pattern, and not just what lies in a folder.

        `path` is below the root, and `above` is that of the root, as in `files`.
        """
        return bool(self.pattern or self.only) or f"{above}/{path}" == self.root.partition("://")[2]

    def files(self, place: Callable[[str, str], Place | None]) -> list[Found]:
        """Its files that have a place, in the order of their paths; hidden ones are left out.

        `place` is asked with a path below the root and that of the root. Links are followed. Raises NodeError where
        the root is not there, or a folder cannot be read.
        """
        found = self._objects(place) if self.remote else self._entries(place)
        return sorted(found, key=lambda f: f.path)

    def local(self, file: Found, into: Path) -> Path:
        """A file of it on this machine, under a path that DuckDB takes literally; copies and links go into a folder.

        Raises NodeError where the store cannot be asked, and remote.ObjectError where it does not give this object.
        """
        suffix = re.sub(r"[^.\w]", "", PurePosixPath(file.path).suffix, flags=re.ASCII)
        place = into / f"{hashlib.sha256(file.path.encode()).hexdigest()[:32]}{suffix}"
        if self.remote:
            remote.fetch(file.name, place)
            return place
        path = Path(os.path.abspath(self.root), file.name)  # noqa: PTH100 - links stay as they are
        if file.name == file.path and not _SPECIAL.search(str(path)):
            return path
        place.unlink(missing_ok=True)
        place.symlink_to(path)
        return place

    def _counts(self, path: str) -> bool:
        if self.only:
            return path == self.only
        return not self.pattern or _matches(self.pattern, path)

    def _entered(self, folder: str) -> bool:
        """Whether files in a folder may count."""
        if not self.pattern:
            return not self.only
        parts, last = self.pattern.split("/"), folder.count("/")
        free = next((i for i, p in enumerate(parts) if "**" in p), len(parts))
        if last < min(free, len(parts) - 1):
            return _matches(parts[last], folder[folder.rfind("/") + 1 :])
        return free < len(parts)

    def _objects(self, place: Callable[[str, str], Place | None]) -> Iterator[Found]:
        start = re.split(r"[*?]", self.pattern)[0]
        for found in remote.below(self.root, start):
            path = found.path
            if any(part.startswith(".") for part in path.split("/")) or not self._counts(path):
                continue
            above = f"{found.bucket}/{found.key.removesuffix(path)}".rstrip("/")
            if (what := place(path, above)) is not None:
                yield Found(path, found.location, what, found.size, found.mtime_ns, found.etag)

    def _entries(self, place: Callable[[str, str], Place | None]) -> Iterator[Found]:
        if not os.path.isdir(self.root):  # noqa: PTH112
            raise NodeError(f"'{self.root}' is not there", code="WF602")
        root = _text(os.path.abspath(self.root)).strip("/")  # noqa: PTH100
        waiting = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for entry in _entries(folder):
                name = f"{prefix}{entry.name}"
                about = _about(entry)
                if about is None:
                    continue
                if stat.S_ISDIR(about):
                    if self._entered(name) and not _leads_up(entry, folder):
                        waiting.append((f"{name}/", entry.path))
                    continue
                path = _text(name)
                if stat.S_ISREG(about) and self._counts(path) and (what := place(path, root)) is not None:
                    try:
                        facts = entry.stat()
                    except OSError:
                        continue  # it was taken away while we looked
                    yield Found(path, name, what, facts.st_size, facts.st_mtime_ns)


def _matches(pattern: str, path: str) -> bool:
    return remote.path_pattern(pattern, classes=False).fullmatch(path) is not None


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and is not hidden."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    yield entry
    except FileNotFoundError:
        return  # it was taken away while we looked: the next run sees what there is then
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise NodeError(f"folder '{folder}' cannot be read: {reason}", code="WF603") from error


def _about(entry: os.DirEntry[str]) -> int | None:
    """The kind of an entry as in `st_mode`, from the folder alone where it tells; None where the entry is gone."""
    try:
        if entry.is_symlink():
            return entry.stat().st_mode
        if entry.is_dir(follow_symlinks=False):
            return stat.S_IFDIR
        return stat.S_IFREG if entry.is_file(follow_symlinks=False) else 0
    except OSError:
        return None  # a link that leads nowhere, or in a circle


def _text(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _leads_up(entry: os.DirEntry[str], folder: str) -> bool:
    """Whether an entry of a folder is a link to that folder or to one that it is in."""
    if not entry.is_symlink():
        return False
    target = os.path.realpath(entry.path)
    return os.path.commonpath((target, os.path.realpath(folder))) == target
