"""Errors that a node's code did not mean to raise: faults of a plugin, told apart from what data caused."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from weirflow.errors import Diagnostic, NodeError, WeirflowError

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode

_MEANT = (NodeError, WeirflowError, OSError, EOFError, MemoryError, UnicodeError)
_ENGINES = frozenset({"polars", "narwhals", "pyo3_runtime", "duckdb", "_duckdb", "pyarrow"})


T = TypeVar("T")


class WrongResultError(TypeError):
    """A method of a node gave what is not of the type that it promises."""


def expect(value: object, kind: type[T], what: str) -> T:
    """The value, which `what` gave (`fit()`, `SourceFacts.rows`). Raises WrongResultError if it is of another kind."""
    if isinstance(value, kind):
        return value
    found = "nothing (None)" if value is None else f"a value of type {type(value).__name__}"
    raise WrongResultError(f"{what} gave {found}, and {_named(kind)} is expected")


def expect_all(values: object, kind: type[T], what: str) -> list[T]:
    """The values, each of a kind."""
    if isinstance(values, (str, bytes)):
        expect(values, list, what)
    return [expect(v, kind, f"{what}, in a list,") for v in expect(values, Iterable, what)]  # type: ignore[type-abstract]


def _named(kind: type) -> str:
    words = {Iterable: "a list", list: "a list", Mapping: "a mapping", str: "text", int: "a whole number"}
    return words.get(kind, kind.__name__)


def is_fault(error: BaseException) -> bool:
    """Whether an error is a mistake in code, and neither a node's own sentence nor what an engine met in data."""
    return not isinstance(error, _MEANT) and type(error).__module__.partition(".")[0] not in _ENGINES


def fault(error: BaseException, node: GraphNode) -> Diagnostic:
    """What to say of it: the kind of error and where it was raised. Its text may quote data and is left out."""
    package = type(node.node).__module__.partition(".")[0]
    hint = f"this is a fault in the code of {package}: tell its authors"
    if isinstance(error, WrongResultError):
        return Diagnostic("WF616", f"{node.reference}: {error}", node.spec.where, node=node.id, hint=hint)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f"/{package}/" in Path(f.filename).as_posix()]
    at = "".join(
        f" in {'/'.join(Path(f.filename).parts[-2:])}, line {f.lineno}" for f in (own or frames)[-1:]
    )
    return Diagnostic(
        "WF616",
        f"{node.reference} raised {type(error).__name__}{at}",
        node.spec.where,
        node=node.id,
        hint=hint,
    )
