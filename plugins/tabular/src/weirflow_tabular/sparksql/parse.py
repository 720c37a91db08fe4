"""Spark's SQL as a syntax tree in which functions have the names that they were written with."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import NodeError
from weirflow_tabular.sparksql.types import unproven

if TYPE_CHECKING:
    from sqlglot import exp

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_ESCAPES = "\\'\"ntr"
"""What may follow a backslash in a text: all else means something else from program to program."""


def parse_query(text: str) -> exp.Query:
    """One SELECT. Raises NodeError."""
    from sqlglot import exp

    trees = _parsed(text, "the query is no SQL of Spark's")
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise NodeError("the query is not one SELECT", code="WF402")
    return trees[0]


def parse_expression(text: str) -> exp.Expression:
    """One expression. Raises NodeError."""
    from sqlglot import exp

    said = "the formula is no expression of Spark's SQL"
    trees = _parsed(f"SELECT {text}", said)
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or set(_given(tree)) != {"expressions"}:
        raise NodeError(said, hint="give one expression, without SELECT and FROM", code="WF402")
    inner: exp.Expression = tree.expressions[0].unalias()
    return inner


def require_plain_texts(text: str) -> None:
    """That no text has an escape that means different things. Raises UnprovenError."""
    for found in _ESCAPE.finditer(text):
        if found[1] not in _PLAIN_ESCAPES:
            raise unproven(f"'\\{found[1]}' in a text")


def _given(tree: exp.Expression) -> list[str]:
    return [k for k, v in tree.args.items() if v not in (None, [], False)]


def given(tree: exp.Expression) -> set[str]:
    """Names of the parts that a node of the tree has."""
    return set(_given(tree))


def _parsed(text: str, said: str) -> list[Any]:
    import sqlglot

    try:
        return [t for t in sqlglot.parse(text, read=_dialect()) if t is not None]
    except sqlglot.errors.SqlglotError as error:
        raise NodeError(f"{said}: {first_line(error)}", code="WF402") from None


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [""])[0]


@cache
def _dialect() -> Any:
    """Spark's dialect, but that functions are not made into those of other databases."""
    from sqlglot.dialects.spark import Spark

    base: Any = Spark.Parser
    called, bare = Spark.Parser.FUNCTION_PARSERS, Spark.Parser.NO_PAREN_FUNCTION_PARSERS

    class Plain(Spark):
        class Parser(base):  # type: ignore[misc]
            FUNCTIONS: ClassVar[Any] = {}
            FUNCTION_PARSERS: ClassVar[Any] = {k: called[k] for k in ("CAST", "TRY_CAST")}
            NO_PAREN_FUNCTIONS: ClassVar[Any] = {}
            NO_PAREN_FUNCTION_PARSERS: ClassVar[Any] = {k: bare[k] for k in ("CASE", "IF")}

    return Plain
