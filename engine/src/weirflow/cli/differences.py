"""Tables' differences as lines for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from weirflow.cli.tables import clip, columns
from weirflow.flowtests.compare import NOTHING, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weirflow.flowtests.compare import Difference

MOST = 20  # lines that are shown of one failure
_WIDEST = 60  # columns of the terminal for one value


def table(differences: Sequence[Difference]) -> list[str]:
    """Row, column, expected, got: a line for each difference, the first of many."""
    if not differences:
        return []
    rows = [["row", "column", "expected", "got"]]
    for d in differences[:MOST]:
        cells = [_shown(d.expected), _shown(d.got)]
        rows.append(["" if d.row is None else str(d.row), _text(d.column or ""), *cells])
    lines = [f"    {line}" for line in columns(rows)]
    if len(differences) > MOST:
        lines.append(f"    … and {len(differences) - MOST} more")
    return lines


def _shown(value: Any) -> str:
    """A value as the text of a flow has it, words of ours in brackets as they are."""
    if isinstance(value, str) and (value in {NOTHING, ROW} or value.startswith("(")):
        return clip(_text(value), _WIDEST)
    return clip(_text(json.dumps(value, ensure_ascii=False, default=str)), _WIDEST)


def _text(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)
