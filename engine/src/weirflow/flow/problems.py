"""Collecting what is wrong with a flow while it is read, and the checks of shape that all parts share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, DocumentPath, Severity, Where, did_you_mean
from weirflow.flow.positions import SourcePositions
from weirflow.flow.scalars import kind, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_ID = re.compile(r"\w[\w-]*")


@dataclass
class Problems:
    """The diagnostics so far. `broken` says that no flow can be made of what was read."""

    sources: Mapping[str, str]
    found: list[Diagnostic] = field(default_factory=list)
    broken: bool = False

    @cached_property
    def positions(self) -> SourcePositions:
        """Positions in what has been read so far, and in what will be."""
        return SourcePositions(self.sources)

    def add(
        self,
        code: str,
        message: str,
        where: Where | None,
        *,
        hint: str | None = None,
        node: str | None = None,
        also: tuple[tuple[Where, str], ...] = (),
        breaks: bool = False,
    ) -> None:
        """Add an error. `breaks` says that the flow has no meaning without what is wrong here."""
        self.found.append(Diagnostic(code, message, where, node=node, hint=hint, also=also))
        self.broken = self.broken or breaks


@dataclass(frozen=True)
class Section:
    """A part of a document under check: where it is, and to which node it belongs."""

    problems: Problems
    where: Where
    node: str | None = None

    def at(self, *path: str | int, key: bool = False) -> Where:
        """A place inside the section."""
        return Where(self.where.file, (*self.where.path, *path), key)

    def inside(self, *path: str | int, node: str | None = None) -> Section:
        """A part of the section."""
        return Section(self.problems, self.at(*path), node or self.node)

    def error(
        self,
        code: str,
        message: str,
        *path: str | int,
        key: bool = False,
        hint: str | None = None,
        also: tuple[tuple[Where, str], ...] = (),
        breaks: bool = False,
    ) -> None:
        """Report what is wrong at a place inside the section."""
        self.problems.add(
            code, message, self.at(*path, key=key), hint=hint, node=self.node, also=also, breaks=breaks
        )

    def keys(self, data: Mapping[Any, Any], allowed: Sequence[str], what: str, code: str = "WF201") -> None:
        """Report keys that are not among those allowed. `what` has them, as in "a node"."""
        for name in data:
            if name in allowed:
                continue
            hint = did_you_mean(str(name), allowed) or f"{what} takes {', '.join(allowed)}"
            self.error(code, f"unknown key '{name}' in {what}", str(name), key=True, hint=hint)

    def text(self, data: Mapping[Any, Any], key: str, default: str = "") -> str:
        """A value that has to be text."""
        value = data.get(key, default)
        if isinstance(value, str):
            return value
        self.wrong(key, "text", value, hint="put it in quotes" if _is_scalar(value) else None)
        return default

    def mapping(self, data: Mapping[Any, Any], key: str, *, breaks: bool = False) -> dict[str, Any]:
        """A value that has to be a mapping with keys of text; nothing at all counts as an empty one."""
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key, "a mapping", value, breaks=breaks)
            return {}
        for name in value:
            if not isinstance(name, str):
                self.error(
                    "WF205", f"a key of '{key}' is {kind(name)}, and keys are text", key, str(name), key=True,
                    hint="put it in quotes", breaks=breaks,
                )  # fmt: skip
        return {k: v for k, v in value.items() if isinstance(k, str)}

    def texts(self, data: Mapping[Any, Any], key: str) -> tuple[str, ...]:
        """A value that has to be text or a list of it."""
        value = data.get(key, [])
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(v, str) for v in values):
            return tuple(values)
        self.wrong(key, "a list of text", value)
        return ()

    def whole(self, data: Mapping[Any, Any], key: str) -> int | None:
        """A value that has to be a whole number, zero or above, where there is one."""
        if key not in data:
            return None
        value = data[key]
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong(key, "a whole number, 0 or above", value)
        return None

    def wrong(
        self, key: str, expected: str, value: object, *, hint: str | None = None, breaks: bool = False
    ) -> None:
        """Report a value of the wrong kind."""
        self.error(
            "WF205", f"'{key}' should be {expected}, and is {shown(value)}", key, hint=hint, breaks=breaks
        )


def _is_scalar(value: object) -> bool:
    return isinstance(value, (int, float))


def is_id(text: object) -> bool:
    """Whether a node or port may be called so: letters, digits, `_` and `-`, not beginning with `-`."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def nearest(word: str, candidates: Collection[str], otherwise: str) -> str:
    """A suggestion from the candidates; where none is near they are listed, if they are few."""
    few = 12
    listed = f"{otherwise}: {', '.join(sorted(candidates))}" if 0 < len(candidates) <= few else None
    return did_you_mean(word, candidates) or listed or otherwise


def arrange(diagnostics: Collection[Diagnostic], sources: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """The diagnostics in the order of files and of places in them, each once, those without a place first."""
    positions = SourcePositions(sources)
    files = {name: i for i, name in enumerate(sources)}
    once: dict[tuple[object, ...], Diagnostic] = {}
    for d in diagnostics:
        once.setdefault((d.code, d.message, d.where), d)

    def order(d: Diagnostic) -> tuple[int, str, int, int, bool, str]:
        if d.where is None:
            return (-1, "", 0, 0, d.severity is not Severity.ERROR, d.code)
        line, column, _ = positions.locate(d.where) or (0, 0, 0)
        file = d.where.file
        return (files.get(file, len(files)), file, line, column, d.severity is not Severity.ERROR, d.code)

    return tuple(sorted(once.values(), key=order))


def precise(problems: Problems, file: str, path: DocumentPath, fragment: str) -> Where:
    """The place of a piece of text inside a value, or of the value where it cannot be told."""
    where = Where(file, path)
    positions = problems.positions.of(file)
    found = positions.find(fragment, where) if positions is not None else None
    return where if found is None else Where(file, path, line=found[0], column=found[1])
