"""Checks and findings: one check proves one clause of the node specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from weirflow.node.model import Analysis, Estimator, Node, Sink, Source, Task, Transform

if TYPE_CHECKING:
    from weirflow.testing.subject import Subject

ANY: tuple[type[Node], ...] = (Node,)
TABLES: tuple[type[Node], ...] = (Transform, Estimator)
"""The kinds that make a table from tables."""
RUNNABLE: tuple[type[Node], ...] = (Transform, Estimator, Analysis, Source, Sink, Task)
"""The kinds that the kit carries out; a job and a service are looked at, and their own tests run them."""

Look: TypeAlias = "Callable[[Subject], Iterator[str]]"
"""Looks at a node and yields what is not as it should be, one sentence each."""


@dataclass(frozen=True)
class Finding:
    """Something that a node does not keep: which check, which clause, what was seen, and how to mend it."""

    check: str
    clause: str
    seen: str
    mend: str

    def __str__(self) -> str:
        return f"{self.check} ({self.clause}): {self.seen}\n  to mend it: {self.mend}"


@dataclass(frozen=True)
class Check:
    """One check. `needs` are checks without which it says nothing: where one of them fails, it is left out."""

    id: str
    clause: str
    kinds: tuple[type[Node], ...]
    mend: str
    look: Look
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it looks at, in a line."""
        return (self.look.__doc__ or "").strip().partition("\n")[0]

    def findings(self, subject: Subject) -> tuple[Finding, ...]:
        """What it finds, the first of each sentence; an exception of the node is a finding too."""
        seen: list[str] = []
        try:
            seen += self.look(subject)
        except Exception as error:  # noqa: BLE001 - whatever a node raises is told to its author
            seen.append(f"{subject.name} raised {told(error)}")
        return tuple(Finding(self.id, self.clause, s, self.mend) for s in dict.fromkeys(seen))


CHECKS: list[Check] = []
"""All checks that were registered."""


def check(
    name: str, clause: str, kinds: tuple[type[Node], ...], mend: str, *, needs: tuple[str, ...] = ()
) -> Callable[[Look], Look]:
    """Register a check; its docstring says in a line what it looks at."""

    def register(look: Look) -> Look:
        CHECKS.append(Check(name, clause, kinds, mend, look, needs))
        return look

    return register


def told(error: BaseException) -> str:
    """An exception in a line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
