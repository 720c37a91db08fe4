"""What weirflow says when something is wrong: diagnostics, exceptions and exit codes."""

from __future__ import annotations

import difflib
import errno
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ExitCode(IntEnum):
    """Exit codes of every verb; documented in `docs/reference/exit-codes.md`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INVALID_FLOW = 3
    MISSING = 4
    NOTHING_SELECTED = 5
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


class Severity(StrEnum):
    """How bad it is. An error stops the verb; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


DocumentPath: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root of a flow document, as in `("nodes", 3, "parameters", "columns")`."""


@dataclass(frozen=True, order=True)
class Where:
    """A place in a flow document, turned into line and column only when it is shown.

    `key` points at the mapping key itself (an unknown parameter) instead of at its value.
    A path that the text does not hold stands for its nearest parent that does.
    """

    file: str
    path: DocumentPath = ()
    key: bool = False
    line: int | None = None  # known outright for syntax errors, which have no path (1-based)
    column: int | None = None


@dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong, where it is, and how to mend it.

    `code` is stable (`WF203`) and listed in `weirflow.catalogue`. `also` names second places, such as the
    first definition of a duplicated id. `hint` is one line on how to mend it.
    """

    code: str
    message: str
    where: Where | None = None
    node: str | None = None
    hint: str | None = None
    also: tuple[tuple[Where, str], ...] = ()
    severity: Severity = Severity.ERROR
    notes: tuple[str, ...] = field(default=())


class WeirflowError(Exception):
    """Base of all errors a user can cause. Carries the diagnostics and the exit code to end with."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        if isinstance(diagnostics, Diagnostic):
            diagnostics = (diagnostics,)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(f"{d.code}: {d.message}" for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[WeirflowError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)


class FlowError(WeirflowError):
    """The flow itself is wrong: syntax, parameters, edges, types."""

    exit_code = ExitCode.INVALID_FLOW


class MissingError(WeirflowError):
    """A plugin, an operator or an extra is not installed."""

    exit_code = ExitCode.MISSING


class RunError(WeirflowError):
    """The flow was right and the run failed."""

    exit_code = ExitCode.FAILED


class UsageError(WeirflowError):
    """The command line, or a call from Python, asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class SelectionError(WeirflowError):
    """A selection matched no node."""

    exit_code = ExitCode.NOTHING_SELECTED


class NodeError(Exception):
    """What a node raises when its input is wrong: one sentence, in the user's words, without data values.

    The engine adds the node, its line and the code. `hint` says how to mend it. An importer gives the `path` of what
    is wrong in the data that it was handed.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, code: str | None = None, path: DocumentPath = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return _node_error, (self.message, self.hint, self.code, self.path)


def _node_error(message: str, hint: str | None, code: str | None, path: DocumentPath) -> NodeError:
    return NodeError(message, hint=hint, code=code, path=path)


FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file grew larger than is allowed here",
}
"""What the system says when there is no room for what is written, in our words; all of it is WF605."""


def make_room(number: int | None) -> str:
    """How to mend one of `FULL`."""
    return "raise the limit (`ulimit -f`)" if number == errno.EFBIG else "free some space"


_BEHIND = 0.1


def did_you_mean(word: str, candidates: Iterable[str], *, most: int = 3) -> str | None:
    """Suggest the nearest candidates to a mistyped word, or None where nothing is near."""
    options: Sequence[str] = sorted(set(candidates))
    near = difflib.get_close_matches(word, options, n=most, cutoff=0.6)
    if near:  # what is far behind the best is no suggestion, though it shares an ending
        scores = {n: difflib.SequenceMatcher(None, n, word).ratio() for n in near}
        near = [n for n in near if scores[n] > scores[near[0]] - _BEHIND]
    else:
        folded = {o.casefold(): o for o in options}
        near = [folded[word.casefold()]] if word.casefold() in folded else []
    if not near:
        return None
    quoted = [f"'{n}'" for n in near]
    text = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    return f"did you mean {text}?"
