"""A comparison of flows as text for people."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from weirflow.cli.tables import clip, columns
from weirflow.flow.layout.words import is_word, quoted
from weirflow.plan.compare import ABSENT, Change, NodeChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from weirflow.cli.terminal import Terminal
    from weirflow.plan.compare import Comparison, Named

_SHORT = 60  # columns that each of two values may take to stand on one line
_AROUND = 30  # columns that are shown on either side of what differs in a long text
_WIDEST = 160  # columns that are shown of a value


def lines(found: Comparison, terminal: Terminal) -> Iterator[str]:
    """All that differs, in the order of a flow's text; last what has to be learned anew."""
    page = _Page(terminal)
    if found.flow:
        yield page.heading("flow")
        for change in found.flow:
            yield from page.change(change, 2)
    for title, named in (
        ("parameters", found.parameters),
        ("nodes", found.nodes),
        ("outputs", found.outputs),
        ("tests", found.tests),
    ):
        if named:
            yield page.heading(title)
            yield from page.named(named)
    if found.stale:
        yield page.heading("to be learned anew")
        for row in columns([(s.node, s.reason) for s in found.stale]):
            yield f"  {page.paint(row, 'yellow')}"


class _Page:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def paint(self, text: str, *styles: str) -> str:
        return self._terminal.paint(text, *styles, stream="stdout")

    def heading(self, text: str) -> str:
        return self.paint(text, "bold")

    def named(self, named: Named) -> Iterator[str]:
        """What changed, what is new, and what is gone."""
        for moved in named.changed:
            if not isinstance(moved, NodeChange):
                yield f"  {self.paint('~', 'yellow')} {moved.name}"
                for change in moved.changes:
                    yield from self.change(change, 6)
                continue
            yield f"  {self.paint('~', 'yellow')} {moved.name}" + self.paint(
                f"  (was {moved.was})" if moved.renamed else "", "cyan"
            )
            for change in [moved.operator] if moved.operator else []:
                yield from self.change(change, 6)
            for change in moved.inputs:
                alone = change.name == "default" and len(moved.inputs) == 1
                name = "inputs" if alone else f"inputs.{change.name}"
                yield from self.change(Change(name, change.old, change.new), 6)
            for change in (*moved.changes, *moved.others):
                yield from self.change(change, 6)
        yield from (self.paint(f"  + {name}", "green") for name in named.added)
        yield from (self.paint(f"  - {name}", "red") for name in named.removed)

    def change(self, change: Change, indent: int) -> Iterator[str]:
        """One value: old -> new on one line, or one below the other."""
        margin = " " * indent
        name, old, new = change.name, change.old, change.new
        if old is ABSENT and new is ABSENT:  # that it changed is all there is to say
            yield f"{margin}{name}"
        elif old is ABSENT or new is ABSENT:
            sign, value, style = ("+", new, "green") if old is ABSENT else ("-", old, "red")
            if isinstance(value, str) and "\n" in value:
                texts = [f"{name}: |", *(f"  {line}" for line in value.splitlines())]
            else:
                texts = [f"{name}: {shown(value)}"]
            yield from (margin + self.paint(f"{sign} {clip(text, _WIDEST)}", style) for text in texts)
        elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
            yield f"{margin}{name}:"
            for line in _text(old, new):
                yield f"{margin}  {self.paint(clip(line, _WIDEST), *_STYLES.get(line[:1], ()))}"
        elif _is_flat(old) and _is_flat(new) and len(shown(old)) + len(shown(new)) > _SHORT:
            gone, come = ([shown(v) for v in a if v not in b] for a, b in ((old, new), (new, old)))
            yield f"{margin}{name}:" + ("" if gone or come else " in another order")
            yield from (f"{margin}  {self.paint(f'- {v}', 'red')}" for v in gone)
            yield from (f"{margin}  {self.paint(f'+ {v}', 'green')}" for v in come)
        else:
            before, after = _parted(shown(old), shown(new))
            before, after = (
                clip(text, _WIDEST) + " (default)" * (side in change.defaults)
                for side, text in (("old", before), ("new", after))
            )
            if len(before) + len(after) <= 2 * _SHORT:
                yield f"{margin}{name}: {self.paint(before, 'red')} -> {self.paint(after, 'green')}"
            else:
                yield f"{margin}{name}:"
                yield f"{margin}  {self.paint(f'- {before}', 'red')}"
                yield f"{margin}  {self.paint(f'+ {after}', 'green')}"


_STYLES = {"-": ("red",), "+": ("green",)}


def _parted(old: str, new: str) -> tuple[str, str]:
    """Two long texts without most of what both begin and end with."""
    if max(len(old), len(new)) <= _WIDEST:
        return old, new
    start = max(_shared(old, new) - _AROUND, 0)
    end = max(_shared(old[:start:-1], new[:start:-1]) - _AROUND, 0)
    front, back = "…" * (start > 0), "…" * (end > 0)
    return front + old[start : len(old) - end] + back, front + new[start : len(new) - end] + back


def _shared(old: str, new: str) -> int:
    """How many characters two texts begin with that are the same."""
    return next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(v, (list, dict)) for v in value)


def _text(old: str, new: str) -> Iterable[str]:
    """The lines of a text that differ, with one line around them."""
    found = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
    return (line for line in found if not line.startswith("@@")) if found else ["(line ends)"]


def shown(value: Any) -> str:
    """A value as a flow has it, on one line."""
    match value:
        case str():
            return (
                value if is_word(value) or (value.startswith("${") and value.isprintable()) else quoted(value)
            )
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
        case _:
            return str(value)
