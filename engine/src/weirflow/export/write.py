"""Publishing what was exported."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, RunError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def write_export(text: str, path: Path, *, force: bool) -> None:
    """Write a text file, whole or not at all.

    Raises UsageError (WF802) where the destination exists and `force` is not given, or is a folder; RunError
    where it cannot be written.
    """
    if path.is_dir():
        raise UsageError(Diagnostic("WF802", f"{path} is a folder", hint="name a file with -o"))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        if force:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # unlike a rename it never replaces what another made meanwhile
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            hint = "write elsewhere with -o, or replace it with --force"
            raise UsageError(Diagnostic("WF802", f"{path} exists", hint=hint)) from None
        full = error.errno == errno.ENOSPC
        why = "a file stands where its folder should be" if error.errno == errno.EEXIST else error.strerror
        reason = "the disk is full" if full else f"cannot write {path}: {str(why).lower()}"
        raise RunError(Diagnostic("WF605" if full else "WF803", reason)) from error
    finally:
        with contextlib.suppress(OSError):  # it may have had no folder to be in
            temporary.unlink(missing_ok=True)
