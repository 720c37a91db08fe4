"""Why a file could not be read: because of the file, or because of where we run."""

from __future__ import annotations

import errno
import re

from weirflow.api import NodeError
from weirflow_labels.readers.base import OTHER_TYPE, UnreadableError

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
NOT_JSON = "it is not valid JSON"

_ROOM = ("no space left", "file too large", "disk quota", "could not write", "max_temp_directory_size")


def is_ours(error: Exception) -> bool:
    """Whether an error says nothing of the file: no room, no memory, a library that lacks."""
    import duckdb

    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE}
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        said = str(error).lower()
        return isinstance(error, duckdb.OutOfMemoryException) or any(word in said for word in _ROOM)
    deadly = (duckdb.FatalException, duckdb.InternalException, duckdb.InterruptException)
    return isinstance(error, (NodeError, MemoryError, ImportError, *deadly))


def plain(error: Exception) -> str:
    """Why a file cannot be read, in words for people and without the values in it."""
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, EOFError):
        return "it is cut short"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read: {error.strerror.lower()}"
    said = _QUOTED.sub("", str(error)).lower()  # paths and values say nothing
    for words, reason in _REASONS:
        if any(word in said for word in words):
            return reason
    return f"it does not have the form of its kind ({type(error).__name__})"


_REASONS = (
    (("maximum_object_size",), "a JSON value in it is too large"),
    (("gzip",), "it is no whole gzip file"),
    (("invalid unicode", "utf-8", "utf8"), "it is not UTF-8"),
    (("unexpected end", "unclosed"), "it ends in the midst of a JSON value"),
    (("malformed json", "invalid json"), NOT_JSON),
    (
        ("transform error", "conversion", "cast", "could not convert"),
        OTHER_TYPE,
    ),
    (("permission denied",), "it cannot be opened: permission denied"),
)
