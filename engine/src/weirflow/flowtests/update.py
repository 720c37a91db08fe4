"""Rewrite expectations that are not met, in the text where they stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow.flow.edit import EditError, edited, same
from weirflow.flow.read import normalize
from weirflow.flowtests.compare import pair, rows_of
from weirflow.flowtests.values import equal, plain
from weirflow.run.store import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from weirflow.errors import DocumentPath
    from weirflow.flowtests.carry_out import Found, Outcome


def renewals(outcomes: Sequence[Outcome]) -> dict[str, dict[DocumentPath, Any]]:
    """What to write where, by displayed file and path, so that what failed is met.

    Rows, their number, columns, types and error codes are written anew. What a property such as `unique` demands
    is meant as it stands, and stays; and so do values of personal columns, which never go into a file.
    """
    found: dict[str, dict[DocumentPath, Any]] = {}
    for outcome in outcomes:
        for part in outcome.found:
            expectation = part.expectation
            new = _renewed(part) if part.failures else expectation.written
            if not same(new, expectation.written):
                path = (*outcome.case.where.path, "expect", expectation.node)
                found.setdefault(outcome.case.where.file, {})[path] = new
    return found


def rewrite(path: Path, changes: Mapping[DocumentPath, Any]) -> list[DocumentPath]:
    """Put the changes into a file; the paths of those that cannot be put in come back."""
    text = before = read_text(path)
    refused = []
    for place, new in changes.items():
        try:
            text = edited(text, {place: new})
        except EditError:
            refused.append(place)
    if text != before:
        save(path, text)
    return refused


def read_text(path: Path) -> str:
    """The text of a file with line feeds alone."""
    return normalize(path.read_bytes().decode("utf-8"))


def save(path: Path, text: str) -> None:
    """Replace the text of a file. Its byte order mark and its line ends stay as they are."""
    raw = path.read_bytes().decode("utf-8") if path.exists() else ""
    if "\r\n" in raw and raw.count("\r\n") == raw.count("\n"):
        text = text.replace("\n", "\r\n")
    write_text(path, ("\ufeff" if raw.startswith("\ufeff") else "") + text)


def _renewed(found: Found) -> Any:
    """What the text should say of a node, as far as what came of it can tell."""
    expectation, frame = found.expectation, found.frame
    old = expectation.written
    if found.error is not None:
        same_node = found.error.node == expectation.node
        return {**old, "error": found.error.code} if expectation.error is not None and same_node else old
    if frame is None:
        return old
    rows = _rows(found) if expectation.rows is not None else []
    if isinstance(old, list):
        return rows
    new = dict(old)
    if expectation.count is not None:
        new["rows"] = frame.height
    elif isinstance(old.get("rows"), list):
        new["rows"] = rows
    if expectation.columns is not None and not found.telling.intersection(frame.columns):
        new["columns"] = frame.columns
    elif isinstance(old.get("columns"), dict):
        names = [n for n in old["columns"] if n in frame.columns]
        new["columns"] = {n: [row[n] for row in rows] for n in names}
    if expectation.schema:
        from weirflow.engines.polars_dtypes import from_polars

        types = {n: str(from_polars(frame.schema[n])) for n in expectation.schema if n in frame.columns}
        wrong = {n for n, t in types.items() if str(expectation.schema[n]) != t}
        new["schema"] = {n: types[n] if n in wrong else old["schema"][n] for n in types}
    return new


def _rows(found: Found) -> list[dict[str, Any]]:
    """The rows that there are, in the columns that the expectation names; what is met stays as it is written."""
    expectation, frame = found.expectation, found.frame
    assert frame is not None
    got = rows_of(frame)
    old = [dict(r) for r in expectation.rows or ()]
    named = list(dict.fromkeys(n for r in old for n in r)) or [
        n for n in frame.columns if n not in found.personal
    ]
    matches: list[int | None] = list(range(len(old)))
    left = list(range(len(old), len(got)))
    if expectation.unordered:
        matches, left = pair(old, got, expectation.tolerance)
        matches = [left.pop(0) if m is None and left else m for m in matches]
    else:
        matches = [m if m < len(got) else None for m in range(len(old))]
    new = []
    for row, match in zip(old, matches, strict=True):
        if match is not None:
            there = {n: v for n, v in row.items() if n in frame.columns}
            new.append({n: _value(v, got[match][n], n, found) for n, v in there.items()})
    return [
        *new,
        *({n: _value(None, got[i][n], n, found) for n in named if n in frame.columns} for i in left),
    ]


def _value(old: Any, got: Any, column: str, found: Found) -> Any:
    keep = column in found.personal or equal(old, got, found.expectation.tolerance)
    return old if keep else plain(got)
