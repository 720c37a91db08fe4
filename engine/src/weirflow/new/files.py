"""Templates rendered, and files written where there are none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from string import Template

from weirflow.errors import Diagnostic, UsageError


def render(template: str, values: Mapping[str, str]) -> str:
    """The text of a template, as `node/task.py`, with values in place of its `$names`."""
    text = (files("weirflow.new") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def refuse_existing(paths: Iterable[Path], hint: str = "choose another name, or remove it first") -> None:
    """Raises UsageError (WF802) for the first that exists."""
    for path in paths:
        if os.path.lexists(path):
            raise UsageError(
                Diagnostic("WF802", f"{shown(path)} exists, and nothing is written over", hint=hint)
            )


@contextmanager
def writing(texts: Mapping[Path, str]) -> Iterator[tuple[Path, ...]]:
    """Write files, with the folders they lie in, and carry out the block; the files.

    If one cannot be written, or the block fails, all that was made is removed again. Raises UsageError (WF802)
    where a file exists, and OSError.
    """
    refuse_existing(texts)
    folders: list[Path] = []
    written: list[Path] = []
    try:
        for path, text in texts.items():
            for folder in reversed([p for p in path.parents if not p.exists()]):
                folder.mkdir()
                folders.append(folder)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
        yield tuple(written)
    except BaseException:
        for path in reversed(written):
            with suppress(OSError):  # the first error is the one to tell
                path.unlink()
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        raise


def shown(path: Path) -> str:
    """A path as messages have it: relative to the current folder where it lies below."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
