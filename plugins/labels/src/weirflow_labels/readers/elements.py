"""Files that are one JSON value, of which some elements cannot be read: the others are."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from weirflow_labels.database import BY_FILE
from weirflow_labels.failures import NOT_JSON, plain
from weirflow_labels.readers.base import LARGEST, OTHER_TYPE, Reject, UnreadableError
from weirflow_labels.readers.common import document
from weirflow_labels.readers.manifest_types import Repeated, Type, fault

if TYPE_CHECKING:
    import duckdb

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fine(_element: Any) -> str | None:
    """No fault beyond those of types."""
    return None


@dataclass(frozen=True)
class Elements:
    """A list in a JSON value, whose elements can be left out one by one.

    place: of the list, as `$.answers`. values: the list. kind: the type of an element. check: what else is wrong with
    an element of that type, in words that do not tell its values.
    """

    place: str
    values: list[Any]
    kind: Type
    check: Callable[[Any], str | None] = fine


def key(place: str, name: str) -> str:
    """The place of what an object at a place has under a name."""
    return f"{place}.{name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)}"


class Load(Protocol):
    """Stages files. If they are `sifted`, nulls stand in them for elements that were left out."""

    def __call__(  # noqa: D102 - the class says it
        self, db: duckdb.DuckDBPyConnection, paths: Sequence[str], *, sifted: bool
    ) -> Sequence[Reject]: ...


def load_what_can_be(
    db: duckdb.DuckDBPyConnection,
    paths: Sequence[str],
    load: Load,
    lists: Callable[[Any], Iterable[Elements]],
) -> Sequence[Reject]:
    """Stage files; where that fails for a single one, stage it without the elements that are at fault.

    In their place it has nulls, so that the others keep their positions. Raises the error of `load` where no element
    is at fault, or the file is larger than 256 MiB.
    """
    import duckdb

    try:
        return load(db, paths, sifted=False)
    except (duckdb.Error, UnreadableError) as error:
        if len(paths) > 1 or plain(error) not in {OTHER_TYPE, NOT_JSON}:
            raise
        path = paths[0]
        bad, value = _sifted(path, lists)
        if not bad:
            raise
    ((file_id,),) = db.execute("SELECT file_id FROM loading WHERE local = ?", [path]).fetchall()
    for table in BY_FILE:
        db.execute(f"DELETE FROM staged_{table} WHERE file_id = ?", [file_id])  # noqa: S608
    with tempfile.TemporaryDirectory(prefix="weirflow-labels-") as folder:
        copy = Path(folder, "without.json")
        copy.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        move = "UPDATE loading SET local = ? WHERE file_id = ?"
        db.execute(move, [str(copy), file_id])
        try:
            found = load(db, [str(copy)], sifted=True)
        finally:
            db.execute(move, [path, file_id])
    return [*bad, *(replace(r, local=path) for r in found)]


def _sifted(path: str, lists: Callable[[Any], Iterable[Elements]]) -> tuple[list[Reject], Any]:
    """What is at fault in a file, and its value with nulls there."""
    if Path(path).stat().st_size > LARGEST:
        return [], None
    value = document(path)
    if isinstance(value, Repeated):
        raise UnreadableError("it has a name twice")
    return [r for each in lists(value) for r in _sift(path, each)], value


def _sift(path: str, of: Elements) -> Iterator[Reject]:
    for number, element in enumerate(of.values):
        reason = _reason(of, element)
        if reason is not None:
            of.values[number] = None
            yield Reject(path, None, reason, place=f"{of.place}[{number}]")


def _reason(of: Elements, element: Any) -> str | None:
    if element is None:
        return "it is null"
    try:
        json.dumps(element, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "it has half of a surrogate pair, which is no text"
    return fault(of.kind, element, "") or of.check(element)
