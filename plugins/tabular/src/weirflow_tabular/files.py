"""Which files a location stands for: one file, the files of a folder, or those that a pattern finds."""

from __future__ import annotations

import glob
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.api import FileFact, NodeError, SourceContext, did_you_mean, remote

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_pattern(location: str) -> bool:
    """Whether a location is a pattern for several files."""
    return not remote.is_web(location) and re.search(r"[*?\[]", location) is not None


def is_folder(location: str) -> bool:
    """Whether a location looks like a folder, where nobody can look."""
    return not remote.is_web(location) and (location.endswith("/") or not Path(location).suffix)


def find_files(
    context: SourceContext, location: str, endings: Sequence[str], *, nested: bool = False
) -> tuple[Path, ...]:
    """The files, sorted by name; with `nested`, those in folders of a folder too. Raises NodeError where none is."""
    resolved = context.resolve(location)
    if remote.is_remote(resolved):
        return remote.fetched(context.copies, resolved, endings, nested=nested)
    path = Path(resolved)
    if os.path.isdir(path):  # noqa: PTH112 -- which raises nothing where nobody may look
        found = sorted(f for f in _listed(path, location, nested=nested) if f.name.endswith(tuple(endings)))
        why = f"folder '{location}' holds no file that ends with {' or '.join(endings)}"
    elif not os.path.lexists(path) and is_pattern(location):
        found = sorted(map(Path, glob.glob(resolved, recursive=True)))  # noqa: PTH207 -- absolute
        why = f"no file matches '{location}'"
    else:
        return (_readable(path, location),)
    files = tuple(
        _readable(f, str(f.relative_to(context.base)) if f.is_relative_to(context.base) else f.name)
        for f in found
        if not os.path.isdir(f)  # noqa: PTH112
    )
    if not files:
        raise NodeError(why, hint=f"looked in {context.base}" if is_pattern(location) else None, code="WF602")
    return files


def _listed(folder: Path, location: str, *, nested: bool = False) -> list[Path]:
    try:
        return list(folder.rglob("*") if nested else folder.iterdir())
    except OSError as error:
        raise _unreadable(f"folder '{location}'", error) from None


def _readable(path: Path, location: str) -> Path:
    """The path of a file that can be opened. Raises NodeError where it cannot be, or is no file."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):  # opening a pipe would wait for whoever writes to it
            path.open("rb").close()
            return path
    except FileNotFoundError:
        if path.is_symlink():
            raise NodeError(
                f"there is a link '{location}' to a file that is not there",
                hint="mend the link, or name the file itself",
                code="WF602",
            ) from None
        raise _missing(path, location) from None
    except OSError as error:
        raise _unreadable(f"'{location}'", error) from None
    raise NodeError(
        f"'{location}' is a pipe or a device, not a file",
        hint="a source is read more than once: write what comes from it to a file first",
        code="WF602",
    )


def _unreadable(what: str, error: OSError) -> NodeError:
    return NodeError(f"{what} cannot be read: {(error.strerror or 'unknown reason').lower()}", code="WF602")


def _missing(path: Path, location: str) -> NodeError:
    folder = path.parent
    if not folder.is_dir():
        return NodeError(
            f"there is no file '{location}', nor the folder it should be in",
            hint="paths are relative to the flow's folder",
            code="WF602",
        )
    near = did_you_mean(path.name, (f.name for f in _listed(folder, str(Path(location).parent))))
    return NodeError(
        f"there is no file '{location}'", hint=near or "paths are relative to the flow's folder", code="WF602"
    )


def facts_of(files: Sequence[Path]) -> tuple[FileFact, ...]:
    """Size and time of change of each file."""
    return tuple(FileFact(str(f), s.st_size, s.st_mtime_ns) for f in files for s in (f.stat(),))
