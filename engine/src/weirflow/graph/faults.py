"""Errors that a node's code did not mean to raise: faults of a plugin, told apart from what data caused."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from weirflow.errors import Diagnostic, NodeError, WeirflowError

if TYPE_CHECKING:
    from weirflow.graph.model import GraphNode

_MEANT = (NodeError, WeirflowError, OSError, EOFError, MemoryError, UnicodeError)
_ENGINES = frozenset({"polars", "narwhals", "pyo3_runtime", "duckdb", "pyarrow"})


def is_fault(error: BaseException) -> bool:
    """Whether an error is a mistake in code, and neither a node's own sentence nor what an engine met in data."""
    return not isinstance(error, _MEANT) and type(error).__module__.partition(".")[0] not in _ENGINES


def fault(error: BaseException, node: GraphNode) -> Diagnostic:
    """What to say of it: the kind of error and where it was raised. Its text may quote data and is left out."""
    package = type(node.node).__module__.partition(".")[0]
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
        hint=f"this is a fault in the code of {package}: tell its authors",
    )
