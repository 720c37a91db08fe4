"""A new flow over a CSV file, with columns found by looking at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.errors import Diagnostic, UsageError
from weirflow.new.files import refuse_existing, render, shown, writing
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
    refuse_existing([flow])
    if data is not None:
        with writing({flow: _text(name, folder, data, registry)}) as written:
            return written
    data = folder / f"{name}.csv"
    refuse_existing([data], hint=f"choose another name, or read that file: --data {shown(data)}")
    with (
        writing({data: render("flow/example.csv", {})}) as example,
        writing({flow: _text(name, folder, data, registry)}) as written,
    ):
        return (*written, *example)


def _text(name: str, folder: Path, data: Path, registry: Registry) -> str:
    """The flow. Raises UsageError where the data cannot be read."""
    from weirflow.flow.edit import written
    from weirflow.flow.layout import laid_out

    path = os.path.relpath(data, folder)
    found = _look(path, folder, registry)
    steps = ""
    if found.numbers:
        steps += render("flow/numbers", {"columns": written([_literal(c) for c in found.numbers])})
    if found.category is not None:
        steps += render("flow/category", {"column": written(_literal(found.category))})
    values = {"name": written(name), "file": name, "data": written(_literal(path)), "steps": steps}
    return laid_out(render("flow/flow", values))


def _look(path: str, folder: Path, registry: Registry) -> _Found:
    """The columns of a CSV file, by `read.csv` itself. Raises UsageError."""
    from weirflow.engines.base import engine
    from weirflow.engines.failures import explain_error
    from weirflow.node.contexts import SourceContext

    reference = registry.find("read.csv")
    assert not isinstance(reference, Diagnostic), "read.csv ships with weirflow"
    node: Any = registry.node_class(reference).model_validate({"path": path})
    try:
        schema = node.inspect(SourceContext(folder)).schema
        table = node.scan(SourceContext(folder, engine()), schema)
        names = [c.name for c in schema if c.dtype is not None and c.dtype.kind == "string"]
        frame = table.head(_ROWS).collect().to_native()
    except Exception as error:
        code, text = explain_error(error)
        raise UsageError(Diagnostic(code, text, hint=getattr(error, "hint", None))) from error
    numbers = tuple(c.name for c in schema if c.dtype is not None and c.dtype.is_numeric)
    categories = (n for n in names if _FEWEST <= frame[n].drop_nulls().n_unique() <= _MOST)
    return _Found(numbers, next(categories, None))


def _literal(text: str) -> str:
    """A text in a flow file: what would be an interpolation is none."""
    return text.replace("$" + "{", "$$" + "{")
