"""Which labels a manifest has: pairs `<attribute>` and `<attribute>-metadata` of its lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIX = "groundtruth/"
ENDING = "-metadata"
SOURCES = ("source-ref", "source")

_CHUNK = 1 << 18
_MARK = b'-metadata"'
_KEY = re.compile(rb'"((?:[^"\\]|\\.)+)-metadata"\s*:')
_BLANK = rb"[ \t\r\x0b\x0c]*(?:\n|null[ \t\r\x0b\x0c]*(?:\n|\Z))"
_UNUSUAL = re.compile(rb"\n[^{]")  # what every odd line has, and is found the fastest
_ODD, _ODD_FIRST = re.compile(rb"\n" + _BLANK), re.compile(rb"(?:\xef\xbb\xbf)?" + _BLANK)


@dataclass(frozen=True)
class Pair:
    """A label attribute and the type of its labels, in lower case: `groundtruth/object-detection`.

    `column` is the name that the attribute has in the file to read, if not its own.
    """

    attribute: str
    type: str
    column: str = ""

    @property
    def key(self) -> str:
        """The name of the attribute in the file to read."""
        return self.column or self.attribute

    @property
    def task_type(self) -> str:
        """The type as the tables have it."""
        return self.type.removeprefix(PREFIX).replace("_", "-")


@dataclass
class Labels:
    """What a manifest has in the way of labels.

    `unknown` are names that look like label attributes and, where they are seen first, are none. `odd` says that there
    are lines that DuckDB would pass over, so that it would miscount the others, or that it would take for objects.
    """

    pairs: list[Pair] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    odd: bool = False


def label_type(metadata: Any) -> str | None:
    """The type of a label by its metadata, in lower case; None where they are the metadata of something else."""
    named = metadata.get("type") if isinstance(metadata, dict) else None
    lower = named.lower() if isinstance(named, str) else ""
    return lower if lower.startswith(PREFIX) else None


def labels_in(path: Path) -> Labels:
    """Find every label attribute of a manifest, and its type where it is first seen.

    All of the file is looked through, since later jobs of a chain may have labelled a few lines only; yet what costs
    is counting bytes, for names are taken apart only where a part of the file has one more than those that are known.
    """
    found = Labels()
    known: dict[bytes, bytes] = {}  # names as they are written, and their keys
    for chunk in _parts(path):
        found.odd = found.odd or bool(
            (_UNUSUAL.search(chunk) and _ODD.search(chunk)) or _ODD_FIRST.match(chunk)
        )
        if chunk.count(_MARK) == sum(map(chunk.count, known.values())) and not any(b"\\" in n for n in known):
            continue
        for match in _KEY.finditer(chunk):
            if (name := match[1]) not in known:
                known[name] = b'"' + name + _MARK
                line = chunk[chunk.rfind(b"\n", 0, match.start()) + 1 :]
                _note(name, line.partition(b"\n")[0], found)
    # DuckDB takes names of columns for the same where only their case differs
    found.odd = found.odd or any(p.attribute.lower() in SOURCES for p in found.pairs)
    return found


def _note(name: bytes, line: bytes, found: Labels) -> None:
    try:
        attribute = json.loads(b'"' + name + b'"')
        metadata = json.loads(line).get(attribute + ENDING)
        attribute.encode()
    except (ValueError, AttributeError, RecursionError):
        found.odd = True  # the line is none; which are will be seen one by one
        return
    kind = label_type(metadata)
    if kind is not None:
        found.pairs.append(Pair(attribute, kind))
    elif attribute not in SOURCES:
        found.unknown.append(attribute)


def _parts(path: Path) -> Iterator[bytes]:
    """A file in parts of whole lines."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk + file.readline()
