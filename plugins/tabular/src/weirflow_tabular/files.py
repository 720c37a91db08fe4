"""Which files a location stands for: one file, the files of a folder, or those that a pattern finds."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.api import FileFact, NodeError, SourceContext, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_pattern(location: str) -> bool:
    """Whether a location is a pattern for several files."""
    return re.search(r"[*?\[]", location) is not None


def is_folder(location: str) -> bool:
    """Whether a location looks like a folder, where nobody can look."""
    return location.endswith("/") or not Path(location).suffix


def find_files(context: SourceContext, location: str, endings: Sequence[str]) -> tuple[Path, ...]:
    """The files, sorted by name. Raises NodeError where there is none."""
    resolved = context.resolve(location)
    if "://" in resolved:
        raise NodeError(f"'{location}' is not a local file", hint="copy it here first", code="WF602")
    path = Path(resolved)
    if path.is_file():
        return (path,)
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.is_file() and f.name.endswith(tuple(endings)))
        if not files:
            raise NodeError(
                f"folder '{location}' holds no file that ends with {' or '.join(endings)}", code="WF602"
            )
        return tuple(files)
    if is_pattern(location):
        files = sorted(Path(f) for f in glob.glob(resolved, recursive=True) if Path(f).is_file())  # noqa: PTH207 -- absolute
        if not files:
            raise NodeError(f"no file matches '{location}'", hint=f"looked in {context.base}", code="WF602")
        return tuple(files)
    raise _missing(path, location)


def _missing(path: Path, location: str) -> NodeError:
    folder = path.parent
    if not folder.is_dir():
        return NodeError(
            f"there is no file '{location}', nor the folder it should be in",
            hint="paths are relative to the flow's folder",
            code="WF602",
        )
    near = did_you_mean(path.name, (f.name for f in folder.iterdir()))
    return NodeError(
        f"there is no file '{location}'", hint=near or "paths are relative to the flow's folder", code="WF602"
    )


def facts_of(files: Sequence[Path]) -> tuple[FileFact, ...]:
    """Size and time of change of each file."""
    return tuple(FileFact(str(f), s.st_size, s.st_mtime_ns) for f in files for s in (f.stat(),))
