"""Folders that sinks fill: replaced whole, and never with files in them that are somebody else's."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from weirflow.errors import NodeError
from weirflow.run.store import publish

LIST = ".weirflow-files.json"
"""The file in such a folder that lists the others, so that a later run knows what it may replace."""

_DEBRIS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what systems leave where a person has looked


@contextlib.contextmanager
def publish_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `path`, with a list of its files, when the block ends well.

    Raises NodeError where the folder that stands there holds what no such block has put there.
    """
    path = Path(os.path.realpath(path))  # the folder behind a link is replaced, not the link
    refuse_foreign(path)
    with publish(path) as temporary:
        temporary.mkdir()
        yield temporary
        names = sorted(_files(temporary))
        (temporary / LIST).write_text(json.dumps({"files": names}, indent=0), encoding="utf-8")


def refuse_foreign(path: Path) -> None:
    """Raise NodeError where a folder holds a file that no earlier run has put there."""
    if not path.is_dir():
        return
    ours: set[str] = {LIST}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        ours |= set(json.loads((path / LIST).read_text(encoding="utf-8"))["files"])
    foreign = next((n for n in _files(path) if n not in ours and n.rpartition("/")[2] not in _DEBRIS), None)
    if foreign is not None:
        raise NodeError(
            f"the folder '{path.name}' holds '{foreign}', which no run of a flow has put there",
            hint="a folder is replaced whole: name one that is not there yet, or move what is in it",
            code="WF601",
        )


def _files(folder: Path) -> Iterator[str]:
    """The files in a folder, and folders that are links, by relative path."""
    for parent, folders, names in os.walk(folder):
        links = [f for f in folders if Path(parent, f).is_symlink()]
        for name in (*links, *names):
            yield Path(parent, name).relative_to(folder).as_posix()
