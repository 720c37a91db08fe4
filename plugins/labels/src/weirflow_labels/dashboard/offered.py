"""What nobody chose: cells without rows for all that a panel's `zeros` offer, so that it is shown with 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weirflow_labels.dashboard.spec import AttributeOf, By, DateOf
from weirflow_labels.dashboard.sql import clean
from weirflow_labels.spelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

    from weirflow_labels.dashboard.cube import Cube, Key
    from weirflow_labels.dashboard.spec import Panel
    from weirflow_labels.dashboard.sql import Rows

MOST = 1_000
"""Cells that are added to a cube."""


def add_zeros(
    db: duckdb.DuckDBPyConnection,
    panel: Panel,
    cube: Cube,
    offered: Rows,
    *,
    names: dict[str, str],
    filters: dict[str, str],
) -> None:
    """Add a cell of no rows for each combination that is offered, in the dimensions of a cube.

    `names` has the attribute that is chosen for `by` and `colour`, `filters` the columns that are filtered by. What an
    offer does not say, as its date, is None: filters let such cells pass. Raises WrongPanelError where an offer lacks
    the columns that it is told apart by.
    """
    columns: dict[str, str] = {}
    conditions: list[str] = []
    for part, by in (("by", panel.by), ("colour", panel.colour)):
        if by is not None:
            columns[part] = _column(offered, by)
            conditions.append(f"{columns[part]} IS NOT NULL")
        if part in names:
            conditions.append(f"lower(attribute) = lower({literal(names[part])})")
    for name in ("job", "class"):
        if name in cube.dimensions and filters[name] in offered.types:
            columns[name] = _text(filters[name])
    found = db.execute(
        f"SELECT DISTINCT {', '.join(columns.values())} FROM {offered.sql}"  # noqa: S608
        f" WHERE {' AND '.join(conditions)} ORDER BY ALL LIMIT {MOST}"
    ).fetchall()
    for row in found:
        _add(cube, dict(zip(columns, row, strict=True)))


def _column(offered: Rows, by: By) -> str:
    if isinstance(by, DateOf):
        return "NULL"
    name = by
    if isinstance(by, AttributeOf):
        offered.column("attribute", "zeros")
        name = "value"
    assert isinstance(name, str)
    offered.column(name, "zeros")
    return _text(name)


def _text(name: str) -> str:
    return clean(f"CAST({quoted(name)} AS VARCHAR)")


def _add(cube: Cube, keys: dict[str, Key]) -> None:
    cube.counts.append(0)
    for name, dimension in cube.dimensions.items():
        key = keys.get(name)
        if key not in dimension.values:
            dimension.values.append(key)
        dimension.codes.append(dimension.values.index(key))
    for column in cube.columns.values():
        if column.a:
            column.a.append(0.0 if column.measure.how in {"sum", "distinct"} else None)
        if column.b:
            column.b.append(0)
