"""An expression that was translated, and where names in expressions are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from weirflow_tabular.sparksql.casts import cast
from weirflow_tabular.sparksql.types import SparkType

Tree: TypeAlias = Any
"""A node of sqlglot's syntax tree, whose classes are typed in other ways from version to version."""


@dataclass(frozen=True)
class Value:
    """An expression in DuckDB's SQL with its type in Spark; a literal has its value too."""

    sql: str
    type: SparkType
    literal: Any = None

    def to(self, kind: SparkType) -> str:
        """It as another type, as a cast in Spark. Raises UnprovenError."""
        return cast(self.sql, self.type, kind)


class Scope(Protocol):
    """Where names of columns are looked up, and queries within expressions are made."""

    def column(self, tree: Tree) -> Value:
        """The column that is meant. Raises NodeError."""
        ...

    def query(self, tree: Tree) -> tuple[str, list[SparkType]]:
        """A query in which the names of this scope are known too. Raises NodeError."""
        ...
