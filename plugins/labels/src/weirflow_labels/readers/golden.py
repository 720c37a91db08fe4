"""Answers that are known to be right, as whoever holds workers against them wrote them down."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.readers.base import Reject, UnreadableError
from weirflow_labels.readers.common import file_ids, insert, text

if TYPE_CHECKING:
    import duckdb

COLUMNS = {
    "dataset_object_id": ("datasetobjectid", "objectid"),
    "source": ("source", "sourceref", "imageid", "image", "filename", "file", "text", "url"),
    "class_name": ("classname", "class", "label", "category"),
    "job": ("job", "jobname"),
}
"""What columns and keys are called, in lower case without `-`, `_` and spaces."""

_HALF = re.compile("[\ud800-\udfff]")


class Golden:
    """Reads golden answers, a CSV file with a heading, a JSON list of objects or lines of JSON, into `golden`.

    An answer has a class, and a data object by `dataset_object_id` (the line of the manifest, from 0) or by `source`.
    That is an address, a text, or the name of a file without its folder and ending, as lists of images often have it
    (`[{"ImageId": "84f0", "Label": "Duck"}]`): what is compared with it has to take all three into account. The job is
    that of the path, unless a column `job` names another.
    """

    def load(self, db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Sequence[Reject]:
        """Stage the answers of some files."""
        jobs = file_ids(db)
        rows: list[dict[str, Any]] = []
        rejects: list[Reject] = []
        for path in paths:
            file_id, job = jobs[path]
            for index, (number, found) in enumerate(_answers(path)):
                if isinstance(found, str):
                    place = f"$[{index}]" if number is None else None  # of a list of JSON
                    rejects.append(Reject(path, number, found, place=place))
                else:
                    rows.append(
                        {"file_id": file_id, "job": job} | {k: v for k, v in found.items() if v is not None}
                    )
        insert(db, "golden", rows)
        return rejects


def _answers(path: str) -> Iterator[tuple[int | None, dict[str, str | None] | str]]:
    """The answers of a file with their lines, where those are known, or what is wrong with them."""
    content = Path(path).read_bytes().decode("utf-8-sig")
    if not content.strip():
        raise UnreadableError("it is empty")
    for number, record in _json(content) if content.lstrip()[0] in "[{" else _csv(content):
        if not isinstance(record, Mapping):
            yield number, "it is no JSON object"
            continue
        found = _named(record)
        if found["class_name"] is None:
            yield number, "it names no class"
        elif found["dataset_object_id"] is None and found["source"] is None:
            yield number, "it names no data object"
        elif any(_HALF.search(v) for v in found.values() if v):
            yield number, "it has half of a surrogate pair, which is no text"
        else:
            yield number, found


def _json(content: str) -> Iterable[tuple[int | None, Any]]:
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise UnreadableError("its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        if content.lstrip()[0] == "[":
            raise UnreadableError(f"it is not valid JSON from line {error.lineno} on") from error
        return _lines(content)
    return [(None, record) for record in (value if isinstance(value, list) else [value])]


def _lines(content: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                yield number, None


def _csv(content: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(content.splitlines(keepends=True), restkey="")
    known = _named(dict.fromkeys(reader.fieldnames or (), "there"))
    if known["class_name"] is None or not (known["dataset_object_id"] or known["source"]):
        raise UnreadableError(
            "its first line needs `class_name` (or `class`, `label`), and `dataset_object_id` or `source`"
        )
    try:
        for record in reader:
            yield reader.line_num, {k: v or None for k, v in record.items()}
    except csv.Error as error:
        raise UnreadableError(f"it is not valid CSV from line {reader.line_num} on") from error


def _named(record: Mapping[str, Any]) -> dict[str, str | None]:
    values = {k.lower().translate({ord(c): None for c in "-_ "}): text(v) for k, v in record.items()}
    return {
        column: next((values[n] for n in names if values.get(n) is not None), None)
        for column, names in COLUMNS.items()
    }
