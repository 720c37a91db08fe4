"""The forms of Label Studio's exports: tasks one by one, whatever they are written as."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weirflow_labels.pseudonyms import worker_of
from weirflow_labels.readers.base import UnreadableError
from weirflow_labels.readers.common import object_size, patterns

if TYPE_CHECKING:
    import duckdb

FETCHED = 1000  # records at a time
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|/data/|/[^ ]*$|data:|[^ ]+\.[A-Za-z0-9]{2,4}$")
ABOUT = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "history")
"""What JSON_MIN says of an annotation, after its results; `id` stands before them."""


def is_list(path: str) -> bool:
    """Whether a file is a list of tasks, and not one. Raises UnreadableError where it is neither."""
    with Path(path).open(encoding="utf-8-sig") as file:
        first = next((c for c in iter(lambda: file.read(1), "") if not c.isspace()), "")
    if not first:
        raise UnreadableError("it is empty")
    if first not in "[{":
        raise UnreadableError("it is no export of Label Studio: it has neither a list nor an object")
    return first == "["


def records(db: duckdb.DuckDBPyConnection, path: str) -> Iterator[str]:
    """The JSON objects of a file, one after another, so that it need not be in memory."""
    form = "array" if is_list(path) else "unstructured"
    with db.cursor() as reader:
        reader.execute(
            f"SELECT json FROM read_json_objects(?, format = '{form}', maximum_object_size = {object_size([path])})",  # noqa: S608
            [patterns([path])],
        )
        while found := reader.fetchmany(FETCHED):
            yield from (record for (record,) in found)


def task(value: dict[str, Any]) -> dict[str, Any]:
    """A task with its annotations, whatever of the three forms it has. `completions` is what they once were called."""
    if isinstance(value.get("task"), dict) and "result" in value:
        return {**value["task"], "annotations": [value]}
    for name in ("annotations", "completions"):
        if isinstance(value.get(name), list):
            return value | {"annotations": value[name]}
    keys = list(value)
    if "id" in value and "annotator" in value:
        results = keys[keys.index("id") + 1 : keys.index("annotator")]
    else:
        results = [
            k for k in keys if isinstance(value[k], list) and all(isinstance(v, dict) for v in value[k])
        ]
    data = {k: v for k, v in value.items() if k not in {*results, "id", *ABOUT}}
    items = [item for name in results for item in _items(name, value[name])]
    annotation = {
        "id": value.get("annotation_id"),
        "completed_by": value.get("annotator"),
        "created_at": value.get("created_at"),
        "lead_time": value.get("lead_time"),
        "result": items,
    }
    if not data or (not results and "annotator" not in value):
        raise KeyError("data")
    return {"id": value.get("id"), "data": data, "annotations": [annotation]}


def _items(name: str, given: Any) -> Iterator[dict[str, Any]]:
    """Items of JSON_MIN as those of JSON, whose type is the key that says what was chosen."""
    for value in given if isinstance(given, list) else [given]:
        if not isinstance(value, dict):
            yield {"from_name": name, "type": "choices", "value": {"choices": [str(value)]}}
            continue
        kind = next(
            (k for k in value if k.endswith("labels") or k in {"choices", "taxonomy", "text"}), "unknown"
        )
        size = {k: value.get(k) for k in ("original_width", "original_height")}
        yield {"from_name": name, "type": "textarea" if kind == "text" else kind, "value": value} | size


def source(data: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> tuple[str | None, str]:
    """The data object of a task, and whether it is an address or a text.

    Old exports name its key, as `$image`. Else it is the first address, or the first text.
    """
    named = [str(i["source"]).removeprefix("$") for i in items if i.get("source")]
    texts = [v for k, v in data.items() if isinstance(v, str) and (not named or k in named)]
    address = next((v for v in texts if ADDRESS.match(v)), None)
    if address is not None:
        return address, "ref"
    return (texts[0] if texts else None), "text"


def moment(value: Any) -> datetime | None:
    """An instant, in UTC where no zone is given. Raises ValueError where it is none."""
    if value is None:
        return None
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def worker(value: Any) -> str | None:
    """The pseudonym of who made an annotation, who is a number, or an object in exports with details of users."""
    if isinstance(value, Mapping):
        value = value.get("id") if value.get("id") is not None else value.get("email")
    return None if value is None else worker_of(str(value))
