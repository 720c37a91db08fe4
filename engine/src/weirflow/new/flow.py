"""A new flow over a CSV file, with columns found by looking at it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, NodeError, UsageError
from weirflow.new.files import refuse_existing, render, shown, write_new
from weirflow.new.names import check_flow

if TYPE_CHECKING:
    from weirflow.plugins.registry import Registry

_ROWS = 10_000  # looked at to tell categories from free text
_FEWEST, _MOST = 2, 12  # values of a category


@dataclass(frozen=True)
class _Found:
    """Columns that an example can use: numbers to scale, and one with few distinct texts."""

    numbers: tuple[str, ...]
    category: str | None


def new_flow(name: str, folder: Path, data: Path | None, registry: Registry) -> tuple[Path, ...]:
    """Write `folder/NAME.flow`, which reads `data`; without it an example file is written too. What was written.

    Raises UsageError where the name is not a flow's, a file exists, or the data cannot be read.
    """
    check_flow(name)
    flow = folder / f"{name}.flow"
    refuse_existing((flow,))
    written: tuple[Path, ...] = ()
    if data is None:
        data = folder / f"{name}.csv"
        written = write_new({data: render("flow/example.csv", {})})
    found = _look(data, registry)
    return (*write_new({flow: _text(name, Path(os.path.relpath(data, folder)), found)}), *written)


def _look(data: Path, registry: Registry) -> _Found:
    """The columns of a CSV file, by `read.csv` itself. Raises UsageError."""
    from weirflow.engines.base import engine
    from weirflow.node.contexts import SourceContext

    reference = registry.find("read.csv")
    assert not isinstance(reference, Diagnostic), "read.csv ships with weirflow"
    node: Any = registry.node_class(reference).model_validate({"path": str(data.absolute())})
    try:
        schema = node.inspect(SourceContext(data.parent)).schema
        table = node.scan(SourceContext(data.parent, engine()), schema)
        names = [c.name for c in schema if c.dtype is not None and c.dtype.kind == "string"]
        frame = table.select(*names).head(_ROWS).collect().to_native() if names else None
    except NodeError as error:
        text = f"{shown(data)}: {error}"
        raise UsageError(Diagnostic(error.code or "WF603", text, hint=error.hint)) from error
    numbers = tuple(c.name for c in schema if c.dtype is not None and c.dtype.is_numeric)
    categories = (
        n for n in names if frame is not None and _FEWEST <= frame[n].drop_nulls().n_unique() <= _MOST
    )
    return _Found(numbers, next(categories, None))


def _text(name: str, data: Path, found: _Found) -> str:
    from weirflow.flow.layout import laid_out

    steps = ""
    if found.numbers:
        steps += render("flow/numbers", {"columns": ", ".join(map(_quoted, found.numbers))})
    if found.category is not None:
        steps += render("flow/category", {"column": _quoted(found.category)})
    return laid_out(render("flow/flow", {"name": name, "data": _quoted(str(data)), "steps": steps}))


def _quoted(text: str) -> str:
    """A text as a flow file has it; what would be an interpolation is none."""
    return json.dumps(text.replace("$" + "{", "$$" + "{"), ensure_ascii=False)
