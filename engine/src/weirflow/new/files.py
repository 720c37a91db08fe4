"""Templates rendered, and files written where there are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from weirflow.errors import Diagnostic, UsageError


def render(template: str, values: Mapping[str, str]) -> str:
    """The text of a template, as `node/task.py`, with values in place of its `$names`."""
    text = (files("weirflow.new") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def refuse_existing(paths: Mapping[Path, str] | tuple[Path, ...]) -> None:
    """Raises UsageError (WF802) for the first that exists."""
    for path in paths:
        if os.path.lexists(path):
            text = f"{shown(path)} exists, and nothing is written over"
            raise UsageError(Diagnostic("WF802", text, hint="choose another name, or remove it first"))


def write_new(texts: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write files, with the folders they lie in; none if one of them exists. Raises UsageError (WF802)."""
    refuse_existing(texts)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return tuple(texts)


def shown(path: Path) -> str:
    """A path as messages have it: relative to the current folder where it lies below."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
