"""`weirflow preview`: the first rows of a node's table."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from weirflow.cli.app import Verb
from weirflow.cli.options import HELP, Pairs, flow_argument, open_project, store, values
from weirflow.cli.tables import clip, pad, width
from weirflow.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from weirflow.project import Project

_WIDEST = 32  # of a cell on a terminal
_PICTURES = {"\n": "⏎", "\r": "⏎", "\t": "→"}


@click.command(cls=Verb, context_settings=HELP)
@flow_argument
@click.argument("node", required=False)
@click.option("--rows", type=click.IntRange(min=0), default=10, show_default=True, help="How many rows.")
@click.option("--limit", type=click.IntRange(min=1), help="Use only the first rows of each source.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="A table for people, CSV, or JSON with an object for each row.",
)
@click.option("--show-personal", is_flag=True, help="Show values of personal columns, which are masked else.")
@click.option("--allow-code", is_flag=True, help="Run Python code that the flow brings.")
@values
@store
@click.pass_obj
def preview(
    terminal: Terminal,
    flow: Path,
    node: str | None,
    rows: int,
    limit: int | None,
    form: str,
    show_personal: bool,  # noqa: FBT001 - click's signature
    allow_code: bool,  # noqa: FBT001 - click's signature
    parameters: Pairs,
    overrides: Pairs,
    store: Path | None,
) -> None:
    """Show the first rows of a NODE's table, or of the flow's last one; `node.port` names one of several.

    What is not fitted yet is fitted in memory; nothing is written, but for what tasks and jobs keep and copies of
    files from elsewhere. JSON has no infinity: it becomes null.
    """
    from weirflow.plan.model import Options
    from weirflow.project.preview import output_of
    from weirflow.project.preview import preview as look
    from weirflow.run.coordinate import refuse_code

    project = open_project(terminal, flow, parameters, overrides, store)
    place = output_of(project.graph, node)
    with _scratch(project, place[0], given=store is not None):
        if not allow_code and any(n.node.runs_code for n in project.graph):
            plan = project.plan(Options(select=(place[0],), limit=limit))
            refuse_code(plan, terminal.command(add=["--allow-code"]))  # as it was typed, with all its options
        frame = look(project, node, rows, limit, allow_code=allow_code, show_personal=show_personal)
    match form:
        case "csv":
            terminal.out(_csv(frame).rstrip("\n"))
        case "json":
            terminal.document(
                [dict(zip(frame.columns, map(_plain, row), strict=True)) for row in frame.rows()]
            )
        case _:
            _table(terminal, frame)


@contextmanager
def _scratch(project: Project, node: str, *, given: bool) -> Iterator[None]:
    """A store that goes again, unless one was given or what tasks and jobs keep is wanted of the flow's own."""
    above = (project.graph[n] for n in project.graph.ancestors([node]))
    if given or any(n.kind in {"task", "job"} for n in above):
        yield
        return
    from weirflow.run.store import Store

    with TemporaryDirectory(prefix="weirflow-") as folder:
        project.store = Store(Path(folder), project.path.stem, project.store.copies)
        yield


def _csv(frame: pl.DataFrame) -> str:
    """CSV by the standard library, since lists and structs have no form in Polars' own."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows([_text(v, null="") for v in row] for row in frame.rows())
    return text.getvalue()


def _table(terminal: Terminal, frame: pl.DataFrame) -> None:
    numeric = [d.is_numeric() for d in frame.dtypes]
    cells = [[_text(v, null="null") for v in row] for row in frame.rows()]
    names, types = frame.columns, [str(d).lower() for d in frame.dtypes]
    watched = terminal.is_terminal("stdout")
    sizes = [
        min(max(width(t) for t in column), _WIDEST if watched else 10**6)
        for column in zip(names, types, *cells, strict=True)
    ]
    for block in _blocks(sizes, _screen() if watched else 10**9):
        if block[0]:
            terminal.out("")
        for style, line in (("bold", names), ("dim", types)):
            text = _line(line, block, sizes, numeric)
            terminal.out(terminal.paint(text, style, stream="stdout"))
        for row in cells:
            terminal.out(_line(row, block, sizes, numeric))
    shown = "no rows" if not frame.height else "1 row" if frame.height == 1 else f"{frame.height} rows"
    terminal.say(terminal.paint(f"{shown} of {frame.width} columns", "dim"))


def _blocks(sizes: Sequence[int], room: int) -> list[range]:
    """Columns that stand beside one another, where they do not all fit."""
    found, start, used = [], 0, 0
    for i, size in enumerate(sizes):
        gap = 2 if i > start else 0
        if i > start and used + gap + size > room:
            found.append(range(start, i))
            start, used, gap = i, 0, 0
        used += gap + size
    return [*found, range(start, len(sizes))] if sizes else []


def _line(cells: Sequence[str], block: range, sizes: Sequence[int], numeric: Sequence[bool]) -> str:
    return "  ".join(pad(clip(cells[i], sizes[i]), sizes[i], right=numeric[i]) for i in block).rstrip()


def _screen() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _text(value: Any, *, null: str) -> str:
    match value:
        case None:
            return null
        case float() if null:  # for the eye; CSV and JSON have all digits
            return f"{value:.6g}"
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return json.dumps(_plain(value), ensure_ascii=False)
        case str():
            return "".join(c if c.isprintable() else _PICTURES.get(c, "�") for c in value) if null else value
        case _:
            return str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case float() if not math.isfinite(value):
            return None  # as pandas and Polars write it
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_plain(v) for v in value]
        case dict():
            return {k: _plain(v) for k, v in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)
