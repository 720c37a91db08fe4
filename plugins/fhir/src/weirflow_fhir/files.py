"""Files at an input as items of a task, by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from weirflow.api import Item, NodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from weirflow.api import File


def etag(file: File) -> str:
    """What changes with a file. Raises NodeError where it is not there."""
    try:
        found = file.path.stat()
    except OSError as error:
        raise NodeError(f"file '{file.name}' is not there", code="WF602") from error
    return f"{found.st_size}-{found.st_mtime_ns}"


def item(file: File, beside: Iterable[File] = (), **payload: Any) -> Item:
    """A file as an item; `beside` are others of which its work takes something."""
    tags = "".join(f"{f.name}\0{etag(f)}\0" for f in beside)
    extra = f"-{hashlib.sha256(tags.encode()).hexdigest()[:16]}" if tags else ""
    return Item(file.name, {"path": str(file.path), **payload}, etag(file) + extra)
