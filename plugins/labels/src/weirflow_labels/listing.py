"""Which files a lake has: a folder, one file, a pattern, or a prefix of an S3 bucket."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weirflow.api import NodeError
from weirflow_labels.layout import compiled

_WILD = set("*?")


@dataclass(frozen=True)
class Found:
    """A file: its path below the root with forward slashes, and what changes with its content."""

    path: str
    size: int
    mtime_ns: int = 0
    etag: str | None = None  # where the store gives one


@dataclass(frozen=True)
class Lake:
    """Where files lie: a root, a folder or `s3://bucket/prefix`, and a shell pattern for paths below it."""

    root: str
    pattern: str = ""

    @classmethod
    def at(cls, location: str) -> Lake:
        """The lake of a location. One with `*` or `?` is a pattern; the root is the part before it."""
        scheme, _, rest = location.rpartition("://")
        parts = rest.split("/")
        wild = next((i for i, p in enumerate(parts) if _WILD & set(p)), None)
        if wild is None and not scheme and Path(location).is_file():
            wild = len(parts) - 1
        if wild is None:
            return cls(location.rstrip("/") or "/")
        root = "/".join(parts[:wild])
        return cls(f"{scheme}://{root}" if scheme else root or ".", "/".join(parts[wild:]))

    @property
    def remote(self) -> bool:
        """Whether it is no folder of this machine."""
        return "://" in self.root

    def files(self) -> list[Found]:
        """Its files by path, hidden ones left out. Raises NodeError where the root is not there, or cannot be read."""
        found = _bucket(self.root) if self.remote else _folder(self.root)
        pattern = compiled(self.pattern or "**")
        return sorted((f for f in found if pattern.fullmatch(f.path)), key=lambda f: f.path)

    def local(self, path: str, into: Path) -> Path:
        """A file of it on this machine: where it lies, or a copy in the folder `into`."""
        if not self.remote:
            return Path(self.root, path)
        place = into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        bucket, prefix = _parts(self.root)
        key = f"{prefix}/{path}" if prefix else path
        try:
            _client().download_file(bucket, key, str(place))
        except Exception as error:
            raise NodeError(f"'{path}' cannot be fetched: {_said(error)}", code="WF603") from error
        return place


def _folder(root: str) -> Iterator[Found]:
    if not Path(root).is_dir():
        raise NodeError(f"folder '{root}' is not there", code="WF602")
    waiting = [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    path = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((f"{path}/", entry.path))
                        continue
                    about = entry.stat()
                    if stat.S_ISREG(about.st_mode):
                        yield Found(path, about.st_size, about.st_mtime_ns)
        except FileNotFoundError:
            continue  # it was taken away while we looked: the next run sees what there is then
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise NodeError(f"folder '{folder}' cannot be read: {reason}", code="WF603") from error


def _bucket(root: str) -> Iterator[Found]:
    bucket, prefix = _parts(root)
    start = f"{prefix}/" if prefix else ""
    try:
        for page in _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start):
            for entry in page.get("Contents", ()):
                path = entry["Key"].removeprefix(start)
                if path and not path.endswith("/"):
                    moment = int(entry["LastModified"].timestamp()) * 1_000_000_000
                    yield Found(path, entry["Size"], moment, entry["ETag"].strip('"'))
    except Exception as error:
        raise NodeError(
            f"'{root}' cannot be listed: {_said(error)}",
            code="WF602",
            hint="credentials and endpoint come from the environment: AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_ENDPOINT_URL",
        ) from error


def _parts(root: str) -> tuple[str, str]:
    scheme, _, rest = root.partition("://")
    if scheme not in {"s3", "s3a", "s3n"}:
        raise NodeError(
            f"lakes at {scheme}:// are not read", code="WF602", hint="use a folder, or s3://bucket/prefix"
        )
    bucket, _, prefix = rest.partition("/")
    return bucket, prefix


def _client() -> Any:
    import boto3

    return boto3.client("s3")


def _said(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", "refused"))
    return type(error).__name__
