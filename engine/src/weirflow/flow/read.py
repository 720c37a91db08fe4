"""A flow's text into plain data. Everything that does not stop the reading is collected."""

from __future__ import annotations

import difflib
import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from weirflow.errors import Diagnostic, Where
from weirflow.flow.positions import Positions, is_json
from weirflow.flow.syntax import MalformedTextError, Twice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True)
class Parsed:
    """The data of a text. `complete` is False where the reading had to stop: there is no data then."""

    data: Any
    diagnostics: tuple[Diagnostic, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class FileText:
    """A file's text with line feeds alone, or why there is none."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = field(default=())


Reader: TypeAlias = "Callable[[Path, str], FileText]"
"""Takes a file and the name that messages call it by."""


def read_file(path: Path, display: str) -> FileText:
    """Read a file as UTF-8 text."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return FileText(None, (_unreadable(path, display, error),))
    return decoded(raw, display)


def decoded(raw: bytes, display: str) -> FileText:
    """The text that the bytes of a file are."""
    mark = _MARKS.get(raw[:2])
    if mark is not None:
        message = f"'{display}' is {mark} text, and a flow is UTF-8"
        return FileText(None, (Diagnostic("WF101", message, Where(display), hint="save it as UTF-8"),))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"line {line} of '{display}' is not UTF-8 text"
        where = Where(display, line=line)
        return FileText(None, (Diagnostic("WF101", message, where, hint="save it as UTF-8"),))
    return FileText(normalize(text))


def normalize(text: str) -> str:
    """The same text without a byte order mark and with line feeds alone, so that lines count alike."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unreadable(path: Path, display: str, error: OSError) -> Diagnostic:
    hint = None
    if isinstance(error, FileNotFoundError) or error.errno == errno.ENOTDIR:
        message = f"there is no file '{display}'"
        if not path.parent.is_dir():
            message = f"there is no folder '{path.parent.name}' to hold '{display}'"
        else:
            hint = neighbours(path)
    elif isinstance(error, IsADirectoryError):
        message = f"'{display}' is a folder, and a flow is a file"
        inside = sorted(p.name for p in path.glob("*.flow"))[:3]
        hint = f"it holds {', '.join(inside)}" if inside else None
    elif isinstance(error, PermissionError):
        message = f"'{display}' may not be read"
        hint = "check its permissions"
    else:
        message = f"'{display}' cannot be read: {(error.strerror or 'unknown reason').lower()}"
    return Diagnostic("WF101", message, Where(display), hint=hint)


def neighbours(path: Path) -> str | None:
    """Suggest flows of the folder whose names are near, or else name some."""
    try:
        flows = sorted(p.name for p in path.parent.glob("*.flow"))
    except OSError:
        return None
    stems = [name.removesuffix(".flow") for name in flows]
    near = difflib.get_close_matches(path.stem, stems, n=2, cutoff=0.6)
    if near:
        names = " or ".join(f"'{n}.flow'" for n in near)
        return f"did you mean {names}?"
    if not flows:
        return None
    more = f" and {len(flows) - 3} more" if len(flows) > 3 else ""  # noqa: PLR2004 - three names are enough
    return f"flows in that folder: {', '.join(flows[:3])}{more}"


def parse(text: str, display: str) -> Parsed:
    """Read a text as JSON where it begins with `{`, else as YAML."""
    positions = Positions(text)

    def where(offset: int) -> Where:
        line, column = positions.at(offset)
        return Where(display, line=line, column=column)

    if not text.strip():
        diagnostic = Diagnostic(
            "WF105", "the file is empty", Where(display), hint="begin it with 'flow: 1' and a list of 'nodes'"
        )
        return Parsed(None, (diagnostic,), complete=False)
    twice: list[Twice]
    tags: tuple[tuple[int, str], ...] = ()
    try:
        if is_json(text):
            from weirflow.flow import json_reader

            value, twice = json_reader.read(text)
        else:
            from weirflow.flow import yaml_reader

            read = yaml_reader.read(text)
            value, twice, tags = read.value, list(read.twice), read.tags
    except MalformedTextError as error:
        fault = error.fault
        diagnostic = Diagnostic(error.code, fault.message, where(fault.offset), hint=fault.hint)
        return Parsed(None, (diagnostic,), complete=False)
    except UnicodeEncodeError as error:
        message = "half of a character stands in the text"
        return Parsed(None, (Diagnostic("WF102", message, where(error.start)),), complete=False)
    found = []
    for t in twice:
        first, second = where(t.first), where(t.second)
        found.append(
            Diagnostic(
                "WF103",
                f"key '{t.key}' stands twice in one mapping, at lines {first.line} and {second.line}",
                second,
                hint="remove one of them",
                also=((first, "it stands here first"),),
            )
        )
    for offset, tag in tags:
        found.append(
            Diagnostic(
                "WF104",
                f"the YAML tag '{_short(tag)}' is not supported",
                where(offset),
                hint="remove it; put text that begins with '!' in quotes",
            )
        )
    return Parsed(value, tuple(found))


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
