"""The cases of `weirflow test`, as a flow's `tests:` or the file beside it says them: immutable, without meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.errors import Diagnostic, DocumentPath, Where
    from weirflow.node.schema import DType

TOLERANCE = 1e-9
"""How far a number may be from what is expected, as a share of its size, or of 1 where it is smaller."""


@dataclass(frozen=True)
class Mock:
    """The table that stands in for a node's. `node` is an id, or id.port, as written.

    The values are those of the text, by column, or lie in the file at `path`. `where` is their place; `by_rows`
    says that they were written row by row.
    """

    node: str
    where: Where
    columns: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    by_rows: bool = True
    path: Path | None = None
    schema: Mapping[str, DType] = field(default_factory=dict)

    def cell(self, column: str, row: int) -> DocumentPath:
        """Where a value stands, from `where` on."""
        return (row, column) if self.by_rows else (column, row)


@dataclass(frozen=True)
class Expectation:
    """What a node's table has to be. `node` is an id, or id.port, as written; `written` the text's own data.

    rows: the rows there have to be, no more and no fewer; each is held against the columns that it names.
    count: how many rows. columns: the names of all columns, in order. schema: types of some columns.
    contains: rows of which each has to be there. unique: sets of columns that no two rows share.
    between: for a column the least and the greatest value, None for no bound.
    error: the code that the node has to fail with.
    """

    node: str
    where: Where
    written: Any
    rows: tuple[Mapping[str, Any], ...] | None = None
    count: int | None = None
    columns: tuple[str, ...] | None = None
    schema: Mapping[str, DType] = field(default_factory=dict)
    contains: tuple[Mapping[str, Any], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    not_null: tuple[str, ...] = ()
    between: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    unordered: bool = False
    tolerance: float = TOLERANCE
    error: str | None = None

    @property
    def looks(self) -> bool:
        """Whether it says anything of a table."""
        return bool(
            self.rows is not None
            or self.count is not None
            or self.columns is not None
            or self.schema
            or self.contains
            or self.unique
            or self.not_null
            or self.between
        )


@dataclass(frozen=True)
class Case:
    """One case: what stands in for which nodes, and what has to come of it.

    `parameters` are values for the flow's own, `trained` what nodes have learned, by node; `sources` names those
    whose data is really read. `index` is its place in the list of its file.
    """

    name: str
    index: int
    where: Where
    mocks: tuple[Mock, ...]
    expectations: tuple[Expectation, ...]
    parameters: Mapping[str, Any]
    trained: Mapping[str, Mapping[str, Any]]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Cases:
    """The cases of a flow, what is wrong with their text, and the texts by displayed file name."""

    cases: tuple[Case, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def cases_path(flow: Path) -> Path:
    """Where the cases of a flow lie that do not stand in it: `NAME.tests.yaml` beside it."""
    return flow.with_name(f"{flow.stem}.tests.yaml")
