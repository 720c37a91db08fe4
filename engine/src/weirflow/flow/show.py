"""Diagnostics for people, with the lines they are about, and for programs."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from weirflow.errors import Severity
from weirflow.flow.positions import SourcePositions
from weirflow.flow.problems import arrange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from weirflow.errors import Diagnostic, Where

_WIDEST = 100  # columns of source text that are shown of a line
_SUGGESTION = "did you mean "


class _Paint:
    """Colours for a terminal, or none."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color and text else text


_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33"}
_BOLD, _DIM = "1", "2"


def render(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, str],
    *,
    color: bool = False,
    counted: bool = True,
) -> str:
    """The diagnostics as text: sorted, each once, with source lines, a caret, hints, and where `counted` their count.

    `sources` has the text of each file by its displayed name. Empty where there is nothing to say.
    """
    arranged = arrange(tuple(diagnostics), sources)
    if not arranged:
        return ""
    paint = _Paint(color=color)
    positions = SourcePositions(sources)
    blocks = ["\n".join(_one(d, positions, paint)) for d in arranged]
    return "\n".join([*blocks, *([summary(arranged)] if counted else [])]) + "\n"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are: `2 errors, 1 warning in 1 file`."""
    found = tuple(diagnostics)
    errors = sum(d.severity is Severity.ERROR for d in found)
    counts = [_count(errors, "error")] if errors else []
    if len(found) > errors:
        counts.append(_count(len(found) - errors, "warning"))
    files = len({d.where.file for d in found if d.where is not None})
    return ", ".join(counts or ["0 errors"]) + (f" in {_count(files, 'file')}" if files else "")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _one(d: Diagnostic, positions: SourcePositions, paint: _Paint) -> list[str]:
    style = _STYLES[d.severity]
    head = paint(style, f"{d.severity}[{d.code}]:")
    subject = f" (node '{d.node}')" if d.node and f"'{d.node}'" not in d.message else ""
    at = f"{_location(d.where, positions)}: " if d.where is not None else ""
    lines = [f"{paint(_BOLD, at)}{head} {d.message}{subject}"]
    beside, below = _split_hint(d.hint)
    snippet = _snippet(d.where, positions, paint, style, beside)
    lines += snippet
    if not snippet and beside:
        below = [beside, *below]
    lines += [f"  hint: {b}" if not b.startswith(_SUGGESTION) else f"  {b}" for b in below]
    lines += [f"  {note}" for note in d.notes]
    for where, text in d.also:
        lines.append(f"  {text}: {_location(where, positions)}")
        lines += _snippet(where, positions, paint, _DIM, "", before=0)
    return lines


def _split_hint(hint: str | None) -> tuple[str, list[str]]:
    """What goes beside the caret, and what goes below."""
    if not hint:
        return "", []
    if not hint.startswith(_SUGGESTION):
        return "", [hint]
    suggestion, mark, rest = hint.partition("?")
    return suggestion + mark, [rest.strip(" ;·")] if rest.strip(" ;·") else []


def _location(where: Where | None, positions: SourcePositions) -> str:
    if where is None:
        return ""
    place = positions.locate(where)
    if place is None:
        return where.file
    line, column, _ = place
    return f"{where.file}:{line}:{column}"


def _snippet(
    where: Where | None,
    positions: SourcePositions,
    paint: _Paint,
    style: str,
    beside: str,
    *,
    before: int = 1,
) -> list[str]:
    """The line, `before` lines above it, and the caret run under it."""
    source = positions.of(where.file) if where is not None else None
    if where is None or source is None or not source.text.strip():
        return []
    number, column, length = source.locate(where)
    lines = source.lines
    if number > len(lines):  # the end of the text: point after its last line
        number, column, length = len(lines), len(lines[-1]) + 1, 1
    width = len(str(number))
    shown = range(max(number - before, 1), number + 1)
    line = lines[number - 1]
    start = max(column - 1 - _WIDEST * 2 // 3, 0) if len(line) > _WIDEST else 0
    found = []
    for n in shown:
        window = _visible(lines[n - 1], start)
        if n == number or window.strip(" …"):
            found.append(paint(_DIM, f"  {n:>{width}} | ") + window)
    cut = 1 if start else 0  # the ellipsis that stands for what is left out
    pad = _columns(line[start : column - 1]) + cut
    run = "^" * max(_columns(line[column - 1 : min(column - 1 + length, start + _WIDEST)]), 1)
    caret = paint(style, f"{run} {beside}".rstrip())
    return [*found, paint(_DIM, f"  {'':>{width}} | ") + " " * pad + caret]


def _visible(line: str, start: int) -> str:
    """A window of a line, with characters that would move or clear the terminal made visible."""
    text = line[start : start + _WIDEST]
    clean = "".join("→" if c == "\t" else c if c.isprintable() else "�" for c in text)
    left = "…" if start and line else ""
    right = "…" if start + _WIDEST < len(line) else ""
    return f"{left}{clean}{right}".rstrip()


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def as_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """The diagnostics as plain data, in the same order.

    Lines and columns are 1-based; `end_col` is the column after the last character. What is not known is None.
    """
    positions = SourcePositions(sources)
    found = []
    for d in arrange(tuple(diagnostics), sources):
        place = positions.locate(d.where) if d.where is not None else None
        line, column, length = place or (None, None, None)
        end = None if column is None or length is None else column + length
        found.append(
            {
                "code": d.code,
                "severity": str(d.severity),
                "file": d.where.file if d.where is not None else None,
                "line": line,
                "col": column,
                "end_line": line,
                "end_col": end,
                "node": d.node,
                "message": d.message,
                "hint": d.hint,
            }
        )
    return found
