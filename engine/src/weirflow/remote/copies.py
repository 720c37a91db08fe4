"""Copies of files that lie elsewhere, in a folder beside the flow."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from weirflow.errors import NodeError
from weirflow.remote.listing import objects
from weirflow.remote.locations import is_s3, is_web, unknown
from weirflow.remote.transfer import CHUNK, ShortError, fetch, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from weirflow.remote.listing import RemoteObject

_COPY = "--source NAME=FILE names a copy of it"
_WAIT = 30  # seconds
_KEPT = 7 * 86_400  # seconds since a copy was last asked for


def fetched(
    copies: Path, location: str, endings: Sequence[str] = ("",), *, nested: bool = False
) -> tuple[Path, ...]:
    """Copies of the files that a URL stands for, which a source reads in their place, in the order of their names.

    Of `s3://BUCKET/KEY` these are those that `objects` finds; of an `https://` location, that file. A copy is kept in
    the folder `copies`, a source's `context.copies`, has the time of change of an object, and is made anew when the
    original has changed; the old one stays for a week after it was last asked for, since another run may be reading
    it. Raises NodeError where there is none, or one cannot be read.
    """
    try:
        if is_web(location):
            return (_from_web(copies, location),)
        if is_s3(location):
            return tuple(_copied(o, copies) for o in objects(location, endings, nested=nested))
        raise unknown(location, "s3:// and https://")
    except NodeError as error:
        hint = _COPY if error.hint is None else f"{_COPY}; {error.hint}"
        raise NodeError(error.message, hint=hint, code=error.code) from error.__cause__


def _copied(found: RemoteObject, copies: Path) -> Path:
    folder = _folder(copies, found.location)
    kept = _place(folder, found.etag, found.key)
    if not kept.exists():
        fetch(found.location, kept, etag=found.etag, size=found.size)
        os.utime(kept, ns=(found.mtime_ns, found.mtime_ns))  # an unchanged object has unchanged results
    _forget(folder, kept)
    return kept


def _from_web(copies: Path, location: str) -> Path:
    """A copy of a file on a web server, which is asked whether it has changed. The error shows no query of a URL."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    parts = urlsplit(location)
    shown = f"'{parts.scheme}://{parts.hostname}{parts.path}' cannot be read"
    folder = _folder(copies, location)
    request = Request(location, headers={"User-Agent": "weirflow"})  # noqa: S310 -- http or https
    kept = None
    with suppress(OSError):
        known = (folder / "etag").read_text("utf-8")
        kept = _place(folder, known, parts.path)
        if kept.exists():
            request.add_header("If-None-Match", known)
    try:
        with urlopen(request, timeout=_WAIT) as response:  # noqa: S310
            tag = response.headers.get("ETag")
            length = response.headers.get("Content-Length")
            made = _place(folder, tag or "", parts.path)
            write(made, iter(lambda: response.read(CHUNK), b""), None if length is None else int(length))
    except HTTPError as error:
        error.close()
        if error.code == 304 and kept is not None:  # noqa: PLR2004 -- not modified
            _forget(folder, kept)
            return kept
        raise NodeError(f"{shown}: the server answers {error.code}", code="WF602") from None
    except (URLError, TimeoutError, ConnectionError, HTTPException, ValueError):
        raise NodeError(f"{shown}: nothing answers there", code="WF602") from None
    except ShortError:
        raise NodeError(f"{shown}: it was cut short on its way", code="WF602") from None
    (folder / "etag").unlink(missing_ok=True)
    if tag:
        (folder / "etag").write_text(tag, "utf-8")
    _forget(folder, made)
    return made


def _folder(copies: Path, url: str) -> Path:
    root = copies.parent
    folder = copies / _digest(url)[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (root / ".gitignore").exists():
            (root / ".gitignore").write_text("*\n", "utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise NodeError(f"no copy can be kept in {root}: {reason}", code="WF602") from None
    return folder


def _place(folder: Path, etag: str, path: str) -> Path:
    """Where a copy is, in a folder that is there and belongs to what the original is now."""
    name = PurePosixPath(path).name
    version = folder / _digest(etag)[:8]
    version.mkdir(exist_ok=True)
    return version / (name if name not in {"", ".", ".."} else "data")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _forget(folder: Path, kept: Path) -> None:
    """Note that a copy is used, and remove those of what the original was before, once no run can be at them."""
    os.utime(kept.parent)
    for old in folder.glob("*/*"):
        with suppress(OSError):
            if old.parent != kept.parent and time.time() - old.parent.stat().st_mtime > _KEPT:
                old.unlink()
